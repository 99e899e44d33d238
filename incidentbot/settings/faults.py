"""What is wrong with a file, as values: collected first, shown all at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

# Tokens of Slack and AWS, private keys, and the password inside a URL.
TOKEN = re.compile(
    r"(?:xox[a-z](?:\.xox[a-z])?|xapp)-[A-Za-z0-9][^\s\"']*|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|-----BEGIN [A-Z ]*KEY-----"
)
_URL_PASSWORD = re.compile(r"(://[^\s/:@]*):[^\s/]*@")
# A long run without separators is how keys and hashes look; names people choose do not.
_KEY_LIKE = re.compile(r"[A-Za-z0-9+/=_]{20,}")
_LONGEST_SHOWN = 60


def redact(text: str) -> str:
    """The text without anything that looks like a token or a password."""
    text = TOKEN.sub("(hidden)", text)
    return _URL_PASSWORD.sub(r"\1:(hidden)@", text)


def shown(value: object) -> str:
    """A value as an error may quote it: short, and hidden when it looks like a secret."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    text = str(value)
    if TOKEN.search(text) or _KEY_LIKE.search(text):
        return "(hidden)"
    text = redact(text)
    if len(text) > _LONGEST_SHOWN:
        text = text[: _LONGEST_SHOWN - 1] + "…"
    return f"'{text}'" if isinstance(value, str) else text


def suggest(wrong: str, known: Iterable[str]) -> str:
    """`; did you mean x?` for the nearest known name, or nothing."""
    near = difflib.get_close_matches(wrong, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to correct. `line` counts from 1; None where there is no line to point at."""

    file: str
    line: int | None
    path: str
    message: str
    allowed: str = ""

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        parts = [where, self.path, self.message] if self.path else [where, self.message]
        text = ": ".join(parts)
        return redact(f"{text} (allowed: {self.allowed})" if self.allowed else text)


def render(faults: Iterable[Fault]) -> str:
    """Every fault on a line of its own."""
    return "\n".join(str(fault) for fault in faults)

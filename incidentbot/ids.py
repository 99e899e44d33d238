"""Ids that come out the same when the same thing happens twice, so a repeat can be seen as one."""

import hashlib
import json
import re
import unicodedata
from typing import Any


def canonical(value: Any) -> bytes:
    """One byte form per JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Any) -> str:
    """SHA-256 of the canonical form, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def short(*parts: str) -> str:
    """Twelve hexadecimal digits that stand for these parts, in this order."""
    return digest(list(parts))[:12]


def slug(text: str, limit: int = 40) -> str:
    """Lower-case letters, digits and single dashes, cut at a word where possible."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) <= limit:
        return words
    cut = words[: limit + 1]
    return (cut[: cut.rfind("-")] if "-" in cut else words[:limit]).strip("-")


def read_canonical(text: str) -> dict[str, Any]:
    """Read back what `canonical` wrote."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value

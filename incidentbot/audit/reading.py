"""Anchors read back from text: a file of ours, or lines copied out of Slack. Pure."""

import json
import re
from collections.abc import Iterator

from incidentbot.audit.heads import Anchor

LINE = "Audit head {n} {hash} {at}"
_IN_TEXT = re.compile(r"Audit head (\d{1,18})\W+([0-9a-f]{64})\b(?:\W+(\d{4}-\d\d-\d\dT[\d:.]+Z))?")


def line(anchor: Anchor) -> str:
    """An anchor as a line for people."""
    return LINE.format(n=anchor.n, hash=anchor.hash, at=anchor.at)


def anchors(text: str, source: str) -> Iterator[Anchor]:
    """Every anchor in a text, in its order; what is none is passed over."""
    for number, one in enumerate(text.splitlines(), 1):
        where = f"{source}:{number}"
        found = _of_json(one)
        if found is not None:
            yield Anchor(*found, where)
            continue
        for match in _IN_TEXT.finditer(one):
            yield Anchor(int(match[1]), match[2], match[3] or "", where)


def _of_json(one: str) -> tuple[int, str, str] | None:
    try:
        value = json.loads(one)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    n, hash, at = value.get("n"), value.get("hash"), value.get("at", "")
    if not isinstance(n, int) or not isinstance(hash, str):
        return None
    return n, hash, str(at)

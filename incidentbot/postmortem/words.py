"""How times, durations and foreign texts read, the same in every format."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime

# Characters that turn the reading direction or draw nothing: with them a text could lie.
_BIDI = {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}

# (seconds, its name, seconds of the smaller unit, its name, used below so many seconds)
_UNITS = (
    (60, "min", 1, "s", 3600),
    (3600, "h", 60, "min", 86400),
    (86400, "d", 3600, "h", float("inf")),
)


def duration(seconds: float) -> str:
    """ "8 s", "7 min 26 s", "2 h 5 min", "1 d 6 h"; below a second "under 1 s"."""
    if 0 < seconds < 1:
        return "under 1 s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    big, name, small, rest = next(unit for unit in _UNITS if whole < unit[4])[:4]
    more = whole % big // small
    return f"{whole // big} {name}" + (f" {more} {rest}" if more else "")


def day(at: datetime) -> str:
    """24 November 2026"""
    return f"{at.day} {at:%B %Y}"


def clock(at: datetime) -> str:
    """14:02:05"""
    return f"{at:%H:%M:%S}"


def when(at: datetime, start: datetime) -> str:
    """14:02:05, or 25 Nov 06:55 when that is not the day of `start`."""
    return clock(at) if at.date() == start.date() else f"{at.day} {at:%b %H:%M}"


def moment(at: datetime) -> str:
    """2026-11-24 14:02:05"""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def span(start: datetime, end: datetime | None) -> str:
    """14:02:05–14:09:31, with the second day where it is another one."""
    if end is None:
        return clock(start)
    if end.date() != start.date():
        return f"{moment(start)} – {moment(end)}"
    return f"{clock(start)}–{clock(end)}"


def count(many: int, one: str, more: str = "") -> str:
    """1 check, 2 checks"""
    return f"{many} {one if many == 1 else more or one + 's'}"


def listed(items: Sequence[str]) -> str:
    """a, b and c"""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def sentence(text: str) -> str:
    """With a full stop, unless it ends in a mark of its own."""
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."


def clean(text: str) -> str:
    """One line without control characters and without marks that turn the reading direction."""
    kept = (" " if c.isspace() else c for c in text if c not in _BIDI)
    return " ".join("".join(c for c in kept if unicodedata.category(c) not in ("Cc", "Cs")).split())


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis where something is left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"

"""Where things stand in the chart: an axis with round steps, and labels that never overlap."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

GAP = 8.0  # pixels between two labels of one row
STEPS = [timedelta(seconds=s) for s in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800)] + [
    timedelta(hours=h) for h in (1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 672)
]


def text_width(text: str, size: float) -> float:
    """A width that the text will hardly exceed, in pixels, for any sans-serif face."""
    wide = sum(1.02 if unicodedata.east_asian_width(c) in "WF" else 0.66 for c in text)
    return wide * size


def fit(text: str, size: float, room: float) -> str:
    """The text, cut with an ellipsis so that it is at most `room` pixels wide."""
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Flag:
    """A label that flies to the right of its pole at `x`; row 0 is nearest to the strips."""

    x: float
    width: float
    row: int


def flags(poles: Sequence[tuple[float, float]]) -> list[Flag]:
    """Rows for labels given as (x, width) with x never falling, so that nothing overlaps.

    Going from the last to the first, a label stands above every later pole that it reaches over.
    So no label meets another one, and no pole crosses a label.
    """
    placed: list[Flag] = []
    for x, width in reversed(poles):
        reached = [flag.row for flag in placed if flag.x < x + width + GAP]
        placed.append(Flag(x, width, max(reached, default=-1) + 1))
    return placed[::-1]


@dataclass(frozen=True, slots=True)
class Scale:
    """Time to pixels: `start` at `left`, `end` at `right`."""

    start: datetime
    end: datetime
    left: float
    right: float

    def x(self, at: datetime) -> float:
        share = (at - self.start) / (self.end - self.start)
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)


def scale(
    start: datetime,
    end: datetime,
    left: float,
    right: float,
    labels: Sequence[tuple[datetime, float]],
) -> Scale:
    """As wide as it can be with every label (time, width) still ending before `right`."""
    whole = max(end - start, timedelta(seconds=1))
    room = right - left
    for at, width in labels:
        share = (at - start) / whole
        if share > 0:
            room = min(room, (right - left - width) / share)
    return Scale(start, start + whole, left, left + max(room, 40.0))


def ticks(axis: Scale, letter: float, gap: float) -> list[tuple[datetime, str]]:
    """Round times and their labels, each with room for its letters and a gap, in pixels."""
    whole = axis.end - axis.start

    def fits(step: timedelta) -> bool:
        letters = 8 if step < timedelta(minutes=1) else 6
        return whole / step * (letters * letter + gap) <= axis.right - axis.left

    longest = STEPS[-1]
    step = next((step for step in STEPS if fits(step)), longest * (1 + whole // longest))
    day = datetime.combine(axis.start.date(), datetime.min.time(), UTC)
    at = day + step * -(-(axis.start - day) // step)
    found: list[tuple[datetime, str]] = []
    while at <= axis.end:
        found.append((at, _tick(at, step)))
        at += step
    return found


def _tick(at: datetime, step: timedelta) -> str:
    if step < timedelta(minutes=1):
        return f"{at:%H:%M:%S}"
    if step >= timedelta(days=1) or (at.hour, at.minute) == (0, 0):
        return f"{at.day} {at:%b}"
    return f"{at:%H:%M}"

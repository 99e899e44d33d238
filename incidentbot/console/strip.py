"""A strip of states over time, from the changes that were written down. Pure.

What is not known is a gap: before the first change, and after the last look.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from incidentbot.console.facts import Change
from incidentbot.postmortem import words

State = Literal["up", "degraded", "down", "unknown"]
STATES: tuple[State, ...] = ("down", "degraded", "unknown", "up")  # worst first
SAYS = {"down": "down", "degraded": "degraded", "unknown": "no data", "up": "up"}
SLOTS = 480  # as many pieces of a strip as can be told apart
NAMED = 3  # spells of one state that are named one by one


@dataclass(frozen=True, slots=True)
class Band:
    start: datetime
    end: datetime
    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Strip:
    """Bands without holes from `start` to `end`. `text` says the same in words."""

    start: datetime
    end: datetime
    bands: tuple[Band, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One rectangle; `x` and `width` in percent of the strip."""

    x: float
    width: float
    state: State
    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    text: str


def state(text: str) -> State:
    """A state of a row; what is none of ours is unknown."""
    return next((known for known in STATES if known == text), "unknown")


def strip(
    changes: Sequence[Change], now: datetime, length: timedelta, seen: datetime | None = None
) -> Strip:
    """The last `length` before `now`, from changes in the order in which they were written.

    `seen`: the last look, where nothing is known since.
    """
    start = now - length
    bands = tuple(_bands(changes, start, now, seen))
    return Strip(start, now, bands, _text(bands, length, now))


def pieces(of: Strip, slots: int = SLOTS) -> list[Piece]:
    """What to draw, good first and bad last, so that a short outage lies on top."""
    bands = of.bands if len(of.bands) <= slots else _coarse(of, slots)
    drawn = []
    for band in bands:
        x, end = _share(of, band.start), _share(of, band.end)
        said = f"{SAYS[band.state]}, {_span(band, of.end)}"
        said += f": {band.reason}" if band.reason else ""
        drawn.append(Piece(x, round(end - x, 3), band.state, said))
    return sorted(drawn, key=lambda piece: -STATES.index(piece.state))


def ticks(of: Strip) -> list[Tick]:
    """Midnights in UTC, and within a day every six hours; none too near the ends."""
    day = timedelta(days=1)
    step = timedelta(hours=6) if of.end - of.start <= 2 * day else day
    at = of.start.replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    while (at := at + step) < of.end:
        if 4 <= (x := _share(of, at)) <= 96:
            found.append(Tick(x, f"{at:%H:%M}" if at.hour else f"{at.day} {at:%b}"))
    return found


def _bands(
    changes: Sequence[Change], start: datetime, now: datetime, seen: datetime | None
) -> Iterable[Band]:
    marks = [Change(start, "unknown"), *_settled(changes)]
    if seen is not None:
        marks = [*(mark for mark in marks if mark.at < seen), Change(seen, "unknown", "not seen")]
    ends = [*marks, Change(now, "")]
    open_band: Band | None = None
    for mark, after in pairwise(ends):
        begin, end = max(mark.at, start), min(after.at, now)
        if end <= begin:
            continue
        band = Band(begin, end, state(mark.state), mark.reason)
        if open_band and (open_band.state, open_band.reason) == (band.state, band.reason):
            open_band = replace(open_band, end=end)
            continue
        if open_band:
            yield open_band
        open_band = band
    if open_band:
        yield open_band


def _settled(changes: Sequence[Change]) -> list[Change]:
    """A verdict begins with its evidence, so what was decided later may begin earlier."""
    settled: list[Change] = []
    for change in changes:
        while settled and settled[-1].at >= change.at:
            settled.pop()
        settled.append(change)
    return settled


def _coarse(of: Strip, slots: int) -> list[Band]:
    """As many bands as can be seen; each as bad as the worst in it."""
    width = (of.end - of.start) / slots
    worst: dict[int, State] = {}
    for band in of.bands:
        first = int((band.start - of.start) / width)
        last = min(slots - 1, int((band.end - of.start - timedelta.resolution) / width))
        for slot in range(first, last + 1):
            known = worst.get(slot, band.state)
            worst[slot] = min(known, band.state, key=STATES.index)
    bands: list[Band] = []
    for slot in range(slots):
        end = of.start + (slot + 1) * width
        if bands and bands[-1].state == worst[slot]:
            bands[-1] = replace(bands[-1], end=end)
        else:
            bands.append(Band(of.start + slot * width, end, worst[slot]))
    return bands


def _share(of: Strip, at: datetime) -> float:
    return round(100 * ((at - of.start) / (of.end - of.start)), 3)


def _text(bands: Sequence[Band], length: timedelta, now: datetime) -> str:
    days = round(length.total_seconds() / 86400)
    over = "last 24 hours" if days == 1 else f"last {days} days"
    parts = [_sum(which, bands, now) for which in STATES]
    return f"In the {over}: {', '.join(part for part in parts if part)}."


def _sum(which: State, bands: Sequence[Band], now: datetime) -> str:
    """down 17 min (09:14–09:31)"""
    spells = _spells(which, bands)
    seconds = sum((band.end - band.start).total_seconds() for band in spells)
    if not spells:
        return ""
    said = f"{SAYS[which]} {words.duration(seconds)}"
    if which in ("up", "unknown"):
        return said
    if len(spells) > NAMED:
        return f"{said} in {len(spells)} spells"
    return f"{said} ({', '.join(_span(band, now) for band in spells)})"


def _spells(which: State, bands: Sequence[Band]) -> list[Band]:
    """The bands of one state; what differs only in its reason is one spell."""
    spells: list[Band] = []
    for band in bands:
        if band.state != which:
            continue
        if spells and spells[-1].end == band.start:
            spells[-1] = replace(spells[-1], end=band.end)
        else:
            spells.append(band)
    return spells


def _span(band: Band, now: datetime) -> str:
    """09:14–09:31, 22 Nov 09:14–09:31 when that is not today; "since 09:14" up to now."""
    start = _minute(band.start, now)
    return f"since {start}" if band.end == now else f"{start}–{_minute(band.end, band.start)}"


def _minute(at: datetime, near: datetime) -> str:
    """09:14, or 24 Nov 09:14 where `near` is on another day."""
    return f"{at:%H:%M}" if at.date() == near.date() else f"{at.day} {at:%b %H:%M}"

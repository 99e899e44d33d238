"""The updates that a feed writes one after another into the text of one item.

Statuspage has the newest first, status.io the oldest, Instatus the one or the other. Most times
have no year, some no zone that can be read: what is near to the item's own time is meant.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from html import unescape

from incidentbot.signals.feeds.contract import Update
from incidentbot.signals.feeds.formats._said import (
    MOST_UPDATES,
    OVER,
    newest_first,
    plain,
    word_of,
)
from incidentbot.signals.feeds.formats._zones import minutes

# From the first to the last; a text that shows no times is ordered by them.
ORDER = (
    *("scheduled", "upcoming", "investigating", "identified", "in_progress", "verifying"),
    *("monitoring", "resolved", "completed", "closed", "canceled", "cancelled", "postmortem"),
)
PHASES = frozenset((*OVER, *ORDER))
# How pages in other languages write the phases that end something.
TRANSLATED = {
    **dict.fromkeys(("gelöst", "behoben", "beendet", "erledigt", "abgeschlossen"), "resolved"),
    **dict.fromkeys(
        ("résolu", "résolue", "terminé", "terminée", "resuelto", "risolto"), "resolved"
    ),
    **dict.fromkeys(("resolvido", "concluído", "opgelost", "voltooid", "løst", "löst"), "resolved"),
    **dict.fromkeys(("解決済み", "解決", "已解决", "已解決", "해결됨", "rozwiązane"), "resolved"),
    **dict.fromkeys(("completado", "completato", "erledigt", "ended", "fixed"), "resolved"),
    **dict.fromkeys(("überwachung", "surveillance", "supervisando", "monitorando"), "monitoring"),
}

VAR = re.compile(r"</?var\b[^<>]{0,80}>")
STAMPED = re.compile(
    r"<small>\s{0,20}([^<>]{4,60}?)\s{0,20}</small>\s{0,20}(?:<br\s{0,5}/?>\s{0,20})?"
    r"<(?:strong|b)>\s{0,20}([^<>]{1,60}?)\s{0,20}</(?:strong|b)>\s{0,20}(?:[-–:]\s)?"
)
BARE = re.compile(r"<(strong|b)>\s{0,20}([^<>]{1,60}?)\s{0,20}</\1>\s{0,20}[-–]\s")
STAMP = re.compile(
    r"([A-Z][a-z]{2})[a-z]{0,6}\.?\s{1,5}(\d{1,2}),\s{1,5}(?:(\d{4}),?\s{1,5})?(\d{1,2}):(\d\d)"
    r"(?::\d\d)?\s{0,5}([AaPp][Mm])?\s{1,5}([A-Z]{1,5}(?:[+-]\d{1,2}(?::?\d\d)?)?|[+-]\d\d:?\d{0,2})"
)
WRITTEN = re.compile(
    r"(?:(?:^|\s)([A-Z][a-z]{2,8} \d{1,2}, [\d: ]{4,13}(?: [AP]M)? [A-Z]{1,5}[+-]?[\d:]{0,5})"
    r"(?: -)?|^|(?<=[.!?])) ?"
    r"(Scheduled|Investigating|Identified|In progress|Verifying|Monitoring|Update|Resolved"
    r"|Completed) - "
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class _Stage:
    phase: str
    html: str
    stamp: re.Match[str] | None


@dataclass(frozen=True, slots=True)
class Stages:
    """`phase` is the newest that is one. The rest is made when asked for: most is history."""

    phase: str
    _found: tuple[_Stage, ...] = ()  # newest first
    _near: datetime | None = None
    _reversed: bool = False

    def newest(self) -> datetime | None:
        """The time of the newest update."""
        return next(self._times(1), None)

    def updates(self) -> tuple[Update, ...]:
        """All of them, newest first."""
        return newest_first(
            Update(at, stage.phase, plain(stage.html))
            for stage, at in zip(self._found, self._times(MOST_UPDATES), strict=False)
        )

    def _times(self, most: int) -> Iterator[datetime | None]:
        return _times([stage.stamp for stage in self._found[:most]], self._near, self._reversed)


def stages(html: str, at: datetime | None) -> Stages | None:
    """The updates in a text, or None when it has none. `at` is a time near to the newest."""
    found = list(_written(html))[:MOST_UPDATES]
    if not found:
        return None
    reverse = _oldest_first(found, at)
    if reverse:
        found.reverse()
    phase = next((stage.phase for stage in found if stage.phase in PHASES), "")
    return Stages(phase, tuple(found), at, reverse)


@lru_cache(512)  # a feed writes the same few
def phase_word(text: str) -> str:
    """A phase as our vocabulary writes it, also from another language."""
    word = word_of(text)
    return TRANSLATED.get(word, word)


def _written(html: str) -> Iterator[_Stage]:
    """Each update in the order of the text, by the marks that the text uses."""
    if "&lt;" in html:
        html = unescape(html)  # escaped once more than it should be
    marks: list[tuple[int, int, str, str]] = []
    if "<small>" in html:
        html = VAR.sub("", html) if "<var" in html else html
        marks = [(m.start(), m.end(), m[1], phase_word(m[2])) for m in STAMPED.finditer(html)]
    if not marks and ("<strong>" in html or "<b>" in html):
        known = ((m.start(), m.end(), "", phase_word(m[2])) for m in BARE.finditer(html))
        marks = [mark for mark in known if mark[3] in PHASES or mark[3] == "update"]
    if not marks and " - " in html:
        html = plain(html, 20_000)
        marks = [(m.start(), m.end(), m[1] or "", word_of(m[2])) for m in WRITTEN.finditer(html)]
    ends = [*(start for start, *_ in marks[1:]), len(html)]
    for (_, after, when, phase), end in zip(marks, ends, strict=False):
        text = html[after:end].strip().removeprefix("<p>").partition("</p>")[0]
        yield _Stage(phase, text, STAMP.match(when))


def _oldest_first(found: list[_Stage], at: datetime | None) -> bool:
    """By the times of the first and the last, or else by what their phases mean."""
    first, last = found[0], found[-1]
    if first.stamp and last.stamp:
        near = at or datetime(2000, 1, 1, tzinfo=UTC)
        one, other = (_closest(s.stamp, near) for s in (first, last) if s.stamp)
        return bool(one and other and one < other)
    known = [ORDER.index(stage.phase) for stage in found if stage.phase in ORDER]
    return len(known) > 1 and known[0] < known[-1]


def _times(
    found: list[re.Match[str] | None], near: datetime | None, reversed_: bool
) -> Iterator[datetime | None]:
    """The updates' times: years are counted back from the newest, whose time is known."""
    known: dict[str, int] = {}
    last = near
    for number, match in enumerate(found):
        if near is None or last is None or match is None or match[1] not in MONTHS:
            yield None
            continue
        zone = match[7]
        local = _closest(match, near if number == 0 else last, before=number > 0)
        if local is None:
            yield None
            continue
        if number == 0 and not reversed_ and zone.isalpha():
            known = _observed(zone, local, near)
        ahead = known.get(zone, minutes(zone))
        last = local - timedelta(minutes=ahead or 0)
        yield last if ahead is not None else None


def _observed(zone: str, local: datetime, newest: datetime) -> dict[str, int]:
    """The offset of the zone, seen in the one time that is known in both ways.

    It is right also where a short name means several zones. A published time that is not that
    of the update shows itself: zones differ by quarters of an hour, and not by days.
    """
    if minutes(zone) == 0:
        return {}
    apart = (local - newest).total_seconds() / 60
    rounded = round(apart / 15) * 15
    close = abs(apart - rounded) <= 1.5 and abs(rounded) <= 14 * 60
    return {zone: rounded} if close else {}


def _closest(match: re.Match[str], to: datetime, *, before: bool = False) -> datetime | None:
    """The match's day in the year that brings it closest to a time, or just before it."""
    if match[1] not in MONTHS:
        return None
    hour = int(match[4])
    if match[6]:
        hour = hour % 12 + (12 if match[6].lower() == "pm" else 0)
    years = (int(match[3]),) if match[3] else (to.year - 1, to.year, to.year + 1)
    days = []
    for year in years:
        try:
            month = MONTHS.index(match[1]) + 1
            day = datetime(year, month, int(match[2]), hour, int(match[5]), tzinfo=UTC)
        except ValueError:
            continue
        if not before or match[3] or day <= to + timedelta(days=1):
            days.append(day)
    return min(days, key=lambda day: abs(day - to), default=None)

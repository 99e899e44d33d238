"""Statuspage's `history.atom` and `history.rss`: one entry per incident with all its updates.

An entry names neither component nor impact. The times in its HTML have no year and are in the
page's zone, newest first; `published` (`pubDate`) is the time of the newest update.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from incidentbot.signals.feeds.contract import Body, Feed, Signal, State, Update, unknown
from incidentbot.signals.feeds.formats._prose import severity
from incidentbot.signals.feeds.formats._said import (
    MOST_UPDATES,
    OVER,
    newest_first,
    plain,
    quiet,
    say,
    word_of,
)
from incidentbot.signals.feeds.formats._xml import Channel, Item, channel_of, head_of, kind_of
from incidentbot.signals.feeds.formats._zones import minutes

PLANNED = ("scheduled", "in_progress", "verifying")
PHASES = frozenset((*OVER, *PLANNED, "investigating", "identified", "monitoring"))
RECENT = timedelta(days=1)  # how long a resolved incident is still told
VAR = re.compile(r"</?var\b[^<>]{0,80}>")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
UPDATE = re.compile(
    r"<small>\s{0,20}([A-Z][a-z]{2})[a-z]{0,6}\s{1,5}(\d{1,2}),\s{1,5}(\d\d):(\d\d)\s{1,5}"
    r"([A-Z]{1,5}|[+-]\d\d:?\d{0,2})\s{0,20}</small>\s{0,20}<br\s{0,5}/?>\s{0,20}"
    r"<strong>([^<>]{1,60})</strong>\s{0,20}(?:-\s)?"
)


def recognises(body: Body) -> bool:
    """An incident history by its title, its id or its one-word description."""
    kind = kind_of(body)
    if not kind:
        return False
    title, about = head_of(body)
    return (
        title.endswith("Incident History")
        or ",2005:/history" in about
        or (kind == "rss" and about == "Statuspage")
    )


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per open incident and maintenance under way; one if there is none."""
    channel = channel_of(body)
    if channel is None or not (channel.title or channel.items):
        return unknown(feed, "XML, but not an incident history")
    found = [signal for item in channel.items for signal in _told(item, feed)]
    if any(signal.phase not in OVER for signal in found):
        return found
    return [quiet(feed, _calm(channel)), *found]


def _told(item: Item, feed: Feed) -> Iterator[Signal]:
    """The incident, unless it is history or a work that is only announced."""
    html = VAR.sub("", item.html)
    marks = list(UPDATE.finditer(html))[:MOST_UPDATES]
    phase = next((w for w in (word_of(mark[6]) for mark in marks) if w in PHASES), "")
    planned = "THIS IS A SCHEDULED EVENT" in html or phase in PLANNED
    if phase in OVER and not (item.at and feed.read_at - item.at < RECENT):
        return
    state = _state(item, phase, planned)
    if not planned or state == "maintenance" or phase in OVER:
        yield _signal(item, _updates(item, html, marks), phase, state, feed)


def _calm(channel: Channel) -> str:
    return "No open incident" if channel.items else "No incident in the history"


def _state(item: Item, phase: str, planned: bool) -> State:
    if phase in OVER or phase == "monitoring":
        return "operational"
    if planned:
        return "maintenance" if phase in ("in_progress", "verifying") else "operational"
    return severity(item.title) or "degraded"


def _signal(
    item: Item, updates: tuple[Update, ...], phase: str, state: State, feed: Feed
) -> Signal:
    said = [update.text for update in updates] or [plain(item.html)]
    first = updates[-1].at if updates else item.at
    return say(
        feed,
        state,
        title=item.title,
        said=said,
        phase=phase or "open",
        vendor_id=item.id,
        started_at=first,
        updated_at=updates[0].at if updates else item.updated or item.at,
        updates=updates,
        link=item.link,
    )


def _updates(item: Item, html: str, marks: list[re.Match[str]]) -> tuple[Update, ...]:
    ends = [*(mark.start() for mark in marks[1:]), len(html)]
    return newest_first(
        Update(at, word_of(mark[6]), plain(html[mark.end() : end].partition("</p>")[0]))
        for mark, end, at in zip(marks, ends, _times(marks, item.at), strict=False)
    )


def _times(found: list[re.Match[str]], newest: datetime | None) -> Iterator[datetime | None]:
    """The updates' times: years are counted back from the newest, whose time is known."""
    known: dict[str, int] = {}
    last = newest
    for number, match in enumerate(found):
        if newest is None or last is None or match[1] not in MONTHS:
            yield None
            continue
        zone = match[5]
        local = _closest(match, last.year, newest if number == 0 else last, number > 0)
        if local is None:
            yield None
            continue
        if number == 0:
            known = _observed(zone, local, newest)
        ahead = known.get(zone, minutes(zone))
        last = local - timedelta(minutes=ahead or 0)
        yield last if ahead is not None else None


def _observed(zone: str, local: datetime, newest: datetime) -> dict[str, int]:
    """The offset of the zone, seen in the one time that is known in both ways.

    It is right also where a short name means several zones. A published time that is not that
    of the update shows itself: zones differ by quarters of an hour, and not by days.
    """
    apart = (local - newest).total_seconds() / 60
    rounded = round(apart / 15) * 15
    close = abs(apart - rounded) <= 1.5 and abs(rounded) <= 14 * 60
    return {zone: rounded} if close else {}


def _closest(match: re.Match[str], year: int, to: datetime, before: bool) -> datetime | None:
    """The match's day in the year that brings it closest to a time, or just before it."""
    days = []
    for candidate in (year - 1, year, year + 1):
        try:
            day = datetime(
                candidate,
                MONTHS.index(match[1]) + 1,
                int(match[2]),
                int(match[3]),
                int(match[4]),
                tzinfo=UTC,
            )
        except ValueError:
            continue
        if not before or day <= to + timedelta(days=1):
            days.append(day)
    return min(days, key=lambda day: abs(day - to), default=None)

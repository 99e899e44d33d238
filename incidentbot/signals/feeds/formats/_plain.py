"""Feeds of vendors whose product we do not know: RSS and Atom read by their words.

Some write an item per incident and change it, some an item per update. Items about the same thing
are told together, and the newest decides. Items never expire, so an old one counts for nothing.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from incidentbot.signals.feeds.contract import Feed, Signal, State, Update, time_of, unknown
from incidentbot.signals.feeds.formats._prose import judge, phase_of, subject
from incidentbot.signals.feeds.formats._said import (
    COMPONENT,
    OVER,
    bad,
    newest_first,
    plain,
    quiet,
    say,
    word_of,
)
from incidentbot.signals.feeds.formats._stages import Stages, stages
from incidentbot.signals.feeds.formats._xml import Channel, Item

STATUS_FEED = re.compile(r"\bstatus|\bincidents?\b|\bhealth\b|\boutages?\b|\buptime\b", re.I)
STALE = timedelta(days=7)  # an open item so much older than the feed is history
RECENT = timedelta(days=1)  # how long what is over is still told
# IBM writes fields into the text of an item.
TYPE = re.compile(r"\bType:\s{0,5}([A-Za-z]{3,20})")
BOUNDS = re.compile(
    r"\b(?:Outage|Maintenance|Event) (Start|End):\s{0,5}([^<>\n;|]{8,40}?)"
    r"(?=\s[A-Z][a-z]{1,20} ?\w{0,20}:|$)",
    re.IGNORECASE,
)
TYPES: dict[str, State] = {"incident": "major_outage", "maintenance": "maintenance"}
LISTED = re.compile(r"\baffected components\b", re.IGNORECASE)
PART = re.compile(r"<li>\s{0,20}([^<>]{1,200}?)\s{0,20}\(([A-Za-z ]{4,30})\)\s{0,20}</li>")
MOST_PARTS = 20
LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
NEWS = ("announcement", "release", "notification", "security")


def told(channel: Channel, feed: Feed) -> list[Signal]:
    """One signal per thing that is spoken of and not over; one if there is none."""
    if not channel.items:
        return [_empty(channel, feed)]
    signals = [signal for group in _grouped(channel) for signal in _signals(group, channel, feed)]
    known = [signal for signal in signals if signal.state != "unknown"]
    clock = _clock(channel, feed)
    fresh = [s for s in known if not s.updated_at or clock - s.updated_at < STALE]
    open_ = [signal for signal in fresh if bad(signal.state)]
    if open_:
        return open_
    if not any(signal.state == "operational" for signal in known):
        why = "its open items are all old" if known else "no item speaks of a state"
        return unknown(feed, why)
    ended = [s for s in fresh if s.updated_at and feed.read_at - s.updated_at < RECENT]
    return [quiet(feed, "No open item"), *ended]


def _empty(channel: Channel, feed: Feed) -> Signal:
    """No item is good news only from a feed that surely is about the state of services."""
    about = f"{channel.title} {channel.about} {channel.link}"
    if channel.title and STATUS_FEED.search(about):
        return quiet(feed, "No open item")
    return unknown(feed, "a feed without items that does not say it is about status")[0]


def _grouped(channel: Channel) -> list[list[Item]]:
    """Items with the same link or about the same thing, newest first.

    Items without times keep the order of the feed, which is newest first nearly always.
    """
    shared = {channel.link.rstrip("/"), ""}
    groups: list[list[Item]] = []
    known: dict[tuple[str, str], list[Item]] = {}
    for item in channel.items:
        own = item.link.partition("#")[0].rstrip("/")
        keys = [("subject", subject(item.title))] + ([("link", own)] if own not in shared else [])
        group = next((known[key] for key in keys if key in known), None)
        if group is None:
            group = []
            groups.append(group)
        group.append(item)
        known.update(dict.fromkeys(keys, group))
    return [sorted(group, key=_when, reverse=True) for group in groups]


def _when(item: Item) -> datetime:
    return item.updated or item.at or datetime.min.replace(tzinfo=UTC)


def _signals(items: list[Item], channel: Channel, feed: Feed) -> Iterator[Signal]:
    """What a group of items says; one signal per affected component where they are listed."""
    newest, oldest = items[0], items[-1]
    read = stages(newest.html, newest.updated or newest.at)
    updates = read.updates() if read else _by_item(items)
    state, phase = _judged(newest, read, max(_clock(channel, feed), newest.at or LONG_AGO))
    parts = _parts(newest.html)
    faulty = [(name, part) for name, part in parts if bad(part)]
    service = next(iter(newest.categories), "") if len(newest.categories) == 1 else ""
    told = [(name, part) for name, part in faulty if phase not in OVER]
    for name, part in told or [(parts[0][0] if parts else service, state)]:
        yield say(
            feed,
            part,
            service=name,
            title=newest.title,
            said=[update.text for update in updates],
            phase=phase,
            vendor_id=oldest.id,
            started_at=updates[-1].at if read else oldest.at,
            updated_at=(updates[0].at if read else None) or newest.updated or newest.at,
            updates=updates,
            link=newest.link,
        )


def _clock(channel: Channel, feed: Feed) -> datetime:
    return channel.built or feed.read_at


def _by_item(items: list[Item]) -> tuple[Update, ...]:
    return newest_first(
        Update(item.updated or item.at, judge(item.title, item.html, text)[1], text)
        for item in items[:10]
        for text in (plain(item.html),)
    )


def _judged(item: Item, read: Stages | None, now: datetime) -> tuple[State, str]:
    text = plain(item.html)
    if read:
        return judge(item.title, item.html, text, read.phase)
    typed = None if phase_of(item.title, "") in OVER else _by_type(text, now)
    return typed or judge(item.title, item.html, text)


def _parts(html: str) -> list[tuple[str, State]]:
    """(name, state) of the components that some pages list below the text."""
    lists = LISTED.search(html) if "<li>" in html else None
    found = PART.finditer(html, lists.end()) if lists else ()
    return [(plain(m[1]), COMPONENT[word]) for m in found if (word := word_of(m[2])) in COMPONENT][
        :MOST_PARTS
    ]


def _by_type(text: str, now: datetime) -> tuple[State, str] | None:
    """What the fields of an item say, where it has such fields."""
    kind = TYPE.search(text)
    if not kind:
        return None
    word = kind[1].lower()
    if word in NEWS:
        return "unknown", word
    times = {bound[1].lower(): _time(bound[2]) for bound in BOUNDS.finditer(text)}
    start, end = times.get("start"), times.get("end")
    if end and end <= now:
        return "operational", "resolved"
    if start and start > now:
        return "operational", "scheduled"
    return (TYPES[word], word) if word in TYPES else None


def _time(text: str) -> datetime | None:
    text = text.strip().removesuffix(" UTC")
    at = time_of(f"{text}+00:00") or time_of(text)
    if at:
        return at
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)

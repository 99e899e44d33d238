"""Feeds of vendors whose product we do not know: RSS and Atom read by their words.

Some write an item per incident and change it, some an item per update. Items about the same thing
are told together, and the newest decides. Items never expire, so an old one counts for nothing.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from incidentbot.signals.feeds.contract import Feed, Signal, State, Update, time_of, unknown
from incidentbot.signals.feeds.formats._prose import judge, subject
from incidentbot.signals.feeds.formats._said import (
    bad,
    newest_first,
    plain,
    quiet,
    say,
)
from incidentbot.signals.feeds.formats._xml import Channel, Item

STATUS_FEED = re.compile(r"\bstatus|\bincidents?\b|\bhealth\b|\boutages?\b|\buptime\b", re.I)
STALE = timedelta(days=7)  # an open item so much older than the feed is history
RECENT = timedelta(days=1)  # how long what is over is still told
# IBM writes fields into the text of an item.
TYPE = re.compile(r"\bType:\s{0,5}([A-Za-z]{3,20})")
UNTIL = re.compile(r"\b(?:Outage|Maintenance|Event) End:\s{0,5}([^<>\n;|]{8,40})", re.IGNORECASE)
TYPES: dict[str, State] = {"incident": "major_outage", "maintenance": "maintenance"}
NEWS = ("announcement", "release", "notification")


def told(channel: Channel, feed: Feed) -> list[Signal]:
    """One signal per thing that is spoken of and not over; one if there is none."""
    if not channel.items:
        return [_empty(channel, feed)]
    signals = [_signal(group, channel, feed) for group in _grouped(channel)]
    known = [signal for signal in signals if signal.state != "unknown"]
    clock = channel.built or feed.read_at
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


def _signal(items: list[Item], channel: Channel, feed: Feed) -> Signal:
    newest, oldest = items[0], items[-1]
    clock = channel.built or feed.read_at
    updates = newest_first(
        Update(item.updated or item.at, judge(item.title, item.html, text)[1], text)
        for item in items[:10]
        for text in (plain(item.html),)
    )
    text = plain(newest.html)
    state, phase = _by_type(text, max(clock, newest.at or clock)) or judge(
        newest.title, newest.html, text
    )
    service = next(iter(newest.categories), "") if len(newest.categories) == 1 else ""
    return say(
        feed,
        state,
        service=service,
        title=newest.title,
        said=[update.text for update in updates],
        phase=phase,
        vendor_id=oldest.id,
        started_at=oldest.at,
        updated_at=newest.updated or newest.at,
        updates=updates,
        link=newest.link,
    )


def _by_type(text: str, now: datetime) -> tuple[State, str] | None:
    """What the fields of an item say, where it has such fields."""
    kind = TYPE.search(text)
    if not kind:
        return None
    word = kind[1].lower()
    if word in NEWS:
        return "unknown", word
    until = UNTIL.search(text)
    at = _time(until[1]) if until else None
    if at and at <= now:
        return "operational", "resolved"
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

"""The RSS of the AWS status page: one item per update, newest first, of one service or of all.

An item has no incident's id; its GUID ends in `#<service>-<region>_<epoch>`. The newest item of a
service decides, by its title: titles are rewritten when the feed is made, and `[RESOLVED]` may
stand anywhere in them. Items never leave: those close in time are one incident, whose id is the
GUID of its first. The dialect of 2017 has two titles and two links in its channel.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element

from incidentbot.signals.feeds.contract import (
    Body,
    Feed,
    Signal,
    State,
    Update,
    region_in,
    text_of,
    unknown,
)
from incidentbot.signals.feeds.formats import _aws, _texts

PREFIXES: tuple[tuple[str, State], ...] = (
    ("service is operating normally", "operational"),
    ("informational message", "degraded"),
    ("performance issues", "partial_outage"),
    ("service degradation", "partial_outage"),
    ("service impact", "partial_outage"),
    ("service disruption", "major_outage"),
)
GUID = re.compile(r"#([A-Za-z0-9_-]{1,120})_\d{6,}$")
TAIL = re.compile(r"\s*Service Status\s*$", re.IGNORECASE)
OURS = re.compile(
    r"^(?:amazon|aws)\b|\b(?:status|health)\.(?:aws\.amazon\.com|amazonaws\.cn)\b"
    r"|aws service health dashboard",
    re.IGNORECASE,
)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
MOST_ITEMS = 5000
# Items of one service that are closer than this belong to one incident.
SAME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Item:
    """One update of one service."""

    service: str
    region: str
    title: str
    description: str
    guid: str
    link: str
    at: datetime | None

    @property
    def text(self) -> str:
        return text_of(_texts.plain(self.description), 2000)

    @property
    def when(self) -> datetime:
        return self.at or LONG_AGO


def recognises(body: Body) -> bool:
    """An RSS feed that is of AWS by its title, link or generator."""
    channel = _channel(body)
    if channel is None:
        return False
    about = (channel.findtext(tag) for tag in ("title", "link", "generator"))
    return any(OURS.search(text_of(text)) for text in about)


def parse(body: Body, feed: Feed) -> list[Signal]:
    """The newest word on each service, trouble first; one signal when there are no items."""
    channel = _channel(body)
    if channel is None or not recognises(body):
        return unknown(feed, "XML, but not the RSS of AWS")
    services: dict[tuple[str, str], list[Item]] = {}
    for item in _items(channel):
        services.setdefault((item.service, item.region), []).append(item)
    found = [signal for items in services.values() for signal in _signals(items, feed)]
    return sorted(found, key=lambda signal: signal.state == "operational") or [
        Signal(feed.name, feed.vendor, state="operational", title="No open items", storage="no")
    ]


def _channel(body: Body) -> Element | None:
    return body.xml.find("channel") if body.xml is not None and body.xml.tag == "rss" else None


def _items(channel: Element) -> Iterator[Item]:
    about = TAIL.sub("", text_of(channel.findtext("title")))
    for number, item in enumerate(channel.iter("item")):
        if number == MOST_ITEMS:
            return
        link = text_of(item.findtext("link"))
        guid = text_of(item.findtext("guid")) or link
        slug = GUID.search(guid)
        service, region = _aws.place(slug[1]) if slug else (about, region_in(about))
        text = item.findtext("description") or ""
        title, at = text_of(item.findtext("title")), _texts.rfc822(item.findtext("pubDate"))
        yield Item(service, region, title, text, guid, link, at)


def _signals(items: list[Item], feed: Feed) -> Iterator[Signal]:
    ordered = sorted(items, key=lambda item: item.when, reverse=True)
    incident = _newest_incident(ordered)
    newest, first = incident[0], incident[-1]
    state = _state(newest.title)
    yield from _aws.signals(
        feed,
        newest.service,
        newest.region,
        state,
        tuple(
            Update(item.at, _state(item.title), item.text or item.title)
            for item in incident[: _aws.MOST_UPDATES]
        ),
        phase="resolved" if state == "operational" else "open",
        title=newest.title,
        vendor_id=first.guid,
        link=newest.link,
        started_at=first.at,
        updated_at=newest.at,
    )


def _newest_incident(ordered: Sequence[Item]) -> list[Item]:
    found = [ordered[0]]
    for item in ordered[1:]:
        if found[-1].when - item.when > SAME:
            break
        found.append(item)
    return found


def _state(title: str) -> State:
    if _aws.RESOLVED.search(title):
        return "operational"
    lower = title.lower()
    # A title we have no word for is still an item about trouble, of unknown size.
    return next((state for prefix, state in PREFIXES if lower.startswith(prefix)), "degraded")

"""The RSS of the AWS status page: one item per update, newest first, of one service or of all.

An item has no incident's id; its GUID ends in `#<service>-<region>_<epoch>`. The newest item of a
service decides. Titles are rewritten later: `[RESOLVED]` may stand anywhere in them.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import Element

from incidentbot.signals.feeds.contract import (
    Body,
    Feed,
    Signal,
    State,
    Storage,
    names_storage,
    region_in,
    text_of,
    unknown,
)

PREFIXES: tuple[tuple[str, State], ...] = (
    ("service is operating normally", "operational"),
    ("informational message", "degraded"),
    ("performance issues", "partial_outage"),
    ("service degradation", "partial_outage"),
    ("service impact", "partial_outage"),
    ("service disruption", "major_outage"),
)
RESOLVED = re.compile(r"\[\s*resolved\s*\]|^\s*resolved\b", re.IGNORECASE)
GUID = re.compile(r"#([a-z0-9-]+)_\d{6,}$")
TAIL = re.compile(r"\s*Service Status\s*$", re.IGNORECASE)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def recognises(body: Body) -> bool:
    """An RSS feed that speaks of AWS in its title or links."""
    channel = _channel(body)
    if channel is None:
        return False
    about = f"{channel.findtext('title')} {channel.findtext('link')}".lower()
    return "amazon" in about or "aws" in about


def parse(body: Body, feed: Feed) -> list[Signal]:
    """The newest word on each service, trouble first; one signal when there are no items."""
    channel = _channel(body)
    if channel is None:
        return unknown(feed, "XML, but not an RSS feed")
    newest: dict[str, Signal] = {}
    for signal in _items(channel, feed):
        known = newest.get(_slug(signal))
        if known is None or (signal.updated_at or LONG_AGO) > (known.updated_at or LONG_AGO):
            newest[_slug(signal)] = signal
    return sorted(newest.values(), key=_calm) or [
        Signal(feed.name, feed.vendor, state="operational", title="No open items", storage="no")
    ]


def _channel(body: Body) -> Element | None:
    return body.xml.find("channel") if body.xml is not None and body.xml.tag == "rss" else None


def _slug(signal: Signal) -> str:
    return f"{signal.service}/{signal.region}"


def _calm(signal: Signal) -> bool:
    return signal.state == "operational"


def _items(channel: Element, feed: Feed) -> Iterator[Signal]:
    about = TAIL.sub("", text_of(channel.findtext("title")))
    for item in channel.iter("item"):
        title = text_of(item.findtext("title"))
        guid = text_of(item.findtext("guid")) or text_of(item.findtext("link"))
        service, region = _service(guid, about)
        at = _time(item.findtext("pubDate"))
        state = _state(title)
        storage, why = _storage(service, state)
        yield Signal(
            feed.name,
            feed.vendor,
            service=service,
            region=region,
            state=state,
            phase="resolved" if state == "operational" else "",
            title=title,
            vendor_id=guid,
            started_at=at,
            updated_at=at,
            storage=storage,
            why=why,
        )


def _service(guid: str, about: str) -> tuple[str, str]:
    """("s3", "us-east-1") out of `...#s3-us-standard_1488318790`, or what the channel is about."""
    found = GUID.search(guid)
    if not found:
        return about, region_in(about)
    slug = found[1]
    region = region_in(slug)
    for tail in (region, "us-standard"):
        if tail and slug.endswith(f"-{tail}"):
            return slug.removesuffix(f"-{tail}"), region
    return slug, region


def _state(title: str) -> State:
    if RESOLVED.search(title):
        return "operational"
    lower = title.lower()
    # A title we have no word for is still an item about trouble, of unknown size.
    return next((state for prefix, state in PREFIXES if lower.startswith(prefix)), "degraded")


def _storage(service: str, state: State) -> tuple[Storage, str]:
    if state == "operational":
        return "no", "the newest item says that it is over"
    if names_storage(service.replace("-", " ")):
        return "yes", f"the item is about {service}"
    if service.startswith("multipleservices"):
        return "unclear", "several services of a region"
    return "no", "no storage is named"


def _time(text: str | None) -> datetime | None:
    try:
        at = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return at.astimezone(UTC) if at.tzinfo else None

"""RSS and Atom in one shape, whatever their version: a channel with its items."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import Element

from incidentbot.signals.feeds.contract import Body, text_of, time_of
from incidentbot.signals.feeds.formats._said import link_of
from incidentbot.signals.feeds.formats._zones import minutes

MOST_ITEMS = 500
LONGEST = 64_000  # characters of one item's text that are read


@dataclass(frozen=True, slots=True)
class Item:
    """One item or entry. `at` is when it was published, `updated` when it changed last.

    `html` is its longest text, `brief` the description beside it.
    """

    title: str
    html: str
    id: str
    link: str
    at: datetime | None
    updated: datetime | None
    categories: tuple[str, ...] = ()
    brief: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """`built` is the feed's own clock: when it was made, or else its newest item."""

    kind: str  # rss or atom
    title: str
    about: str  # its description, and an Atom feed's id
    link: str
    items: tuple[Item, ...]
    built: datetime | None


def kind_of(body: Body) -> str:
    """`rss` or `atom`, or nothing when it is neither."""
    name = "" if body.xml is None else _local(body.xml)
    if name in ("rss", "RDF"):
        return "rss" if _top(body) is not None else ""
    return "atom" if name == "feed" else ""


def head_of(body: Body) -> tuple[str, str]:
    """The title, and the description with the id, of a feed; for recognising it."""
    top = _top(body)
    return ("", "") if top is None else (text_of(_text(top, "title")), _about(top))


def channel_of(body: Body) -> Channel | None:
    """The channel of an RSS 0.9 to 2.0 or Atom body; None when it is neither."""
    kind, top, root = kind_of(body), _top(body), body.xml
    if top is None or root is None or not kind:
        return None
    # RSS 1.0 has its items beside the channel.
    holder = root if _local(root) == "RDF" else top
    items = tuple(_items(holder, "item" if kind == "rss" else "entry"))
    dates = [at for item in items for at in (item.at, item.updated) if at]
    built = _time(_text(top, "lastBuildDate" if kind == "rss" else "updated"))
    return Channel(
        kind,
        text_of(_text(top, "title")),
        _about(top),
        _link(top),
        items,
        built or _time(_text(top, "pubDate")) or max(dates, default=None),
    )


def _top(body: Body) -> Element | None:
    root = body.xml
    if root is None or _local(root) == "feed":
        return root
    return next((child for child in root if _local(child) == "channel"), None)


def _about(top: Element) -> str:
    return text_of(" ".join(_text(top, name) for name in ("description", "subtitle", "id")))


def _items(holder: Element, member: str) -> Iterator[Item]:
    count = 0
    for child in holder:
        if _local(child) == member:
            count += 1
            if count > MOST_ITEMS:
                return
            yield _item(child)


def _item(child: Element) -> Item:
    texts = [_text(child, name) for name in ("content", "encoded", "description", "summary")]
    told = [text for text in texts if text.strip()] or [""]
    link = _link(child)
    published = _time(_text(child, "published")) or _time(_text(child, "pubDate"))
    updated = _time(_text(child, "updated")) or _time(_text(child, "date"))
    return Item(
        title=text_of(_text(child, "title")),
        html=told[0],
        id=text_of(_text(child, "guid")) or text_of(_text(child, "id")) or link,
        link=link,
        at=published or updated,
        updated=updated,
        categories=tuple(
            text_of(c.get("term") or c.text) for c in child if _local(c) == "category"
        ),
        brief=told[-1],
    )


def _local(element: Element) -> str:
    """The name without its namespace; comments and instructions have none."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _text(parent: Element, name: str) -> str:
    """The text in the first child of that name, also when its HTML was not escaped."""
    for child in parent:
        if _local(child) == name:
            if not len(child):
                return (child.text or "")[:LONGEST]
            return "".join(child.itertext())[:LONGEST]
    return ""


def _link(parent: Element) -> str:
    for child in parent:
        if _local(child) == "link" and child.get("rel", "alternate") == "alternate":
            link = link_of(child.get("href")) or link_of((child.text or "").strip())
            if link:
                return link
    return ""


def _time(text: str) -> datetime | None:
    """A time in a year that somebody may mean; others only break the sums made with it."""
    at = _read_time(text_of(text, 80))
    return at if at and 1990 <= at.year <= 2200 else None


def _read_time(text: str) -> datetime | None:
    """An ISO 8601 time or one as mails write it; a time without a zone means UTC."""
    if not text:
        return None
    if text[:4].isdigit():
        return time_of(text)
    try:
        at = parsedate_to_datetime(text)
        if at.tzinfo:
            return at.astimezone(UTC)
        zone = text.rpartition(" ")[2]
        ahead = minutes(zone) if zone.isalpha() else 0
        return at.replace(tzinfo=UTC) - timedelta(minutes=ahead) if ahead is not None else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None

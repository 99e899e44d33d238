"""The RSS of Azure's status page: an item per open incident, none when all is well.

Services and regions are categories (none in 2018: then they are in the title). State and severity
stand only in the prose, so an item is trouble of unknown size until its text says that it is
mitigated. The GUID is made of the title, times end in a bare Z, an item vanishes when it is over.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element

from incidentbot.signals.feeds.contract import (
    Body,
    Feed,
    Signal,
    State,
    Update,
    names_storage,
    region_in,
    text_of,
    time_of,
    unknown,
)
from incidentbot.signals.feeds.formats import _texts

OURS = re.compile(
    r"^azure status\b|\bazure\.status\.microsoft\b|\bstatus\.azure\.com\b"
    r"|\bazure\.microsoft\.com/(?:[a-z-]{1,10}/)?status\b|\bazure(?:com|status)?cdn\."
    r"|\bstatus\.azure\.cn\b|\bazure\.cn/(?:[a-z-]{1,10}/)?(?:support/)?(?:service-)?status\b",
    re.IGNORECASE,
)
MOST_ITEMS = 300
MOST_CATEGORIES = 200
# At the head of a title, or as its last part: "Storage - West Europe - Mitigated".
_OVER = re.compile(
    r"^\W*(?:(?:post )?mitigated|resolved|rca|pir|(?:preliminary|final) (?:rca|pir)"
    r"|post[ -]incident review)\b"
    r"|(?:\s[-–—|]|:|[\[(])\s*(?:fully )?(?:mitigated|resolved)\W*$",
    re.IGNORECASE,
)
_PLANNED = re.compile(r"^\W*(?:planned|scheduled) maintenance\b", re.IGNORECASE)
# A report of what was: "Between 02:50 and 10:37 UTC on 27 Oct 2018", and how it was mitigated.
_REPORT = re.compile(
    r"\bsummary of impact:?\s{0,3}between [^.\n]{1,40}? and [^.\n]{1,40}? utc\b", re.IGNORECASE
)
# In Azure's prose a product like others: "customers using Storage in East US".
_STORAGE = re.compile(
    r"\bStorage\b(?<!Azure Storage)(?<!Blob Storage)(?<!File Storage)(?<!Lake Storage)"
    r"(?<!Cloud Storage)(?<!Queue Storage)(?<!Table Storage)(?! (?:[Aa]ccount|Sync|Mover|Explorer))"
)
_STATUS = re.compile(
    r"(?:current )?status:?\s{0,3}(?:this (?:issue|incident) (?:is|has been) (?:now )?)?"
    r"(?:fully )?(?:mitigated|resolved)\b",
    re.IGNORECASE,
)
_START = re.compile(
    r"\b(?:starting|beginning|started|between|early as|from|since)\b.{0,30}?(\d{1,2}:\d{2})"
    r"(?:\s{1,3}UTC)?(?:\s{1,3}and\s{1,3}\d{1,2}:\d{2}\s{1,3}UTC)?\s{1,3}on\s{1,3}"
    r"(\d{1,2})\s{1,3}([A-Za-z]{3,9})\s{1,3}(\d{4})",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"\b(?:global|non-regional|multiple regions|all regions)\b", re.IGNORECASE)
_SEVERAL = re.compile(r"^(?:multiple|several|all|various|azure)\b.{0,40}\bservices$", re.IGNORECASE)
_LABEL = re.compile(r"^([^:]{2,60}?)\s+(?:-|–|:)\s")


def recognises(body: Body) -> bool:
    """An RSS feed that is Azure's by its title or link."""
    channel = _channel(body)
    if channel is None:
        return False
    return any(OURS.search(text_of(channel.findtext(tag))) for tag in ("title", "link"))


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per item and service; one when there are no items."""
    channel = _channel(body)
    if channel is None or not recognises(body):
        return unknown(feed, "XML, but not the RSS of Azure")
    # Some were seen with their items behind the channel instead of in it.
    root = channel if body.xml is None else body.xml
    items = [item for _, item in zip(range(MOST_ITEMS), root.iter("item"), strict=False)]
    return [signal for item in items for signal in _Item(item, feed).signals()] or [
        Signal(feed.name, feed.vendor, state="operational", title="No open items", storage="no")
    ]


def _channel(body: Body) -> Element | None:
    return body.xml.find("channel") if body.xml is not None and body.xml.tag == "rss" else None


class _Item:
    def __init__(self, item: Element, feed: Feed) -> None:
        self._item = item
        self._feed = feed
        self._title = text_of(item.findtext("title"))
        self._raw = _texts.plain(item.findtext("description") or "")
        self._text = text_of(self._raw, 2000)
        told = [text_of(part.text) for part in item.findall("category")[:MOST_CATEGORIES]]
        self._regions = _regions(told) or _regions([self._title])
        self._services = [c for c in told if c and not region_in(c) and not _ELSEWHERE.search(c)]
        # Published when it began; what is said later only moves the other time.
        changed = self._updated()
        self._changed = _texts.rfc822(changed) or time_of(changed)
        self._at = _texts.rfc822(item.findtext("pubDate")) or self._changed

    def _updated(self) -> str | None:
        return self._item.findtext("{http://www.w3.org/2005/Atom}updated")

    def signals(self) -> Iterator[Signal]:
        state = self._state()
        services = self._services or [self._labelled()]
        listed = any(names_storage(service) for service in services)
        other = _texts.of_other([_STORAGE.sub("Azure Storage", self._raw), self._title])
        vague = all(not service or _SEVERAL.search(service) for service in services)
        if vague and other is _texts.NOTHING:
            other = _texts.Said("unclear", "names neither one service nor storage")
        for service in sorted(services, key=lambda name: not names_storage(name)):
            said = _NO_TROUBLE.get(state) or self._said(service, other, listed)
            yield self._signal(service, state, said)
        if state not in _NO_TROUBLE and not listed:
            for name in other.names:
                yield self._signal(name, state, other)

    def _said(self, service: str, other: _texts.Said, listed: bool) -> _texts.Said:
        if names_storage(service):
            return _texts.of_storage(service, [self._raw])
        if listed:
            return _texts.Said("no", "another service of an item that lists storage for itself")
        return other

    def _state(self) -> State:
        if _OVER.search(self._title) or _STATUS.search(self._raw) or self._reports():
            return "operational"
        return "maintenance" if _PLANNED.search(self._title) else "degraded"

    def _reports(self) -> bool:
        return bool(_REPORT.search(self._raw)) and "mitigation:" in self._raw.lower()

    def _labelled(self) -> str:
        """The service at the head of a title: "Storage - West Europe", "SQL Database: ..."."""
        found = _LABEL.match(self._title)
        return found[1].strip() if found and not region_in(found[1]) else ""

    def _signal(self, service: str, state: State, said: _texts.Said) -> Signal:
        guid = text_of(self._item.findtext("guid"))
        started_at = _started(self._text)
        return Signal(
            self._feed.name,
            self._feed.vendor,
            service=service,
            region=", ".join(self._regions),
            state=state,
            phase="mitigated" if state == "operational" else "open",
            title=self._title,
            vendor_id=guid or self._title,
            started_at=started_at or self._at,
            updated_at=self._changed or self._at or started_at,
            storage=said.storage,
            why=said.why,
            updates=(Update(self._changed or self._at, "", self._text),) if self._text else (),
            link=text_of(self._item.findtext("link")),
        )


_NO_TROUBLE = {
    "operational": _texts.Said("no", "the item says that it is mitigated"),
    "maintenance": _texts.Said("no", "announced, no trouble by the vendor's word"),
}


def _regions(texts: list[str]) -> list[str]:
    found = (region_in(text) for text in texts)
    every = ["global" for text in texts if _ELSEWHERE.search(text)]
    return list(dict.fromkeys([*every, *(code for code in found if code)]))


def _started(text: str) -> datetime | None:
    found = _START.search(text)
    if not found:
        return None
    clock, day, month, year = found.groups()
    return _texts.rfc822(f"{day} {month[:3]} {year} {clock}:00 +0000") or None

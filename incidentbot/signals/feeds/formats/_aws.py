"""What the formats of AWS share: slugs, severity numbers, clock times without a date, texts.

AWS files storage trouble also under other services, so the prose of an entry counts as well.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from incidentbot.signals.feeds.contract import (
    Feed,
    Signal,
    State,
    Update,
    names_storage,
    region_in,
    text_of,
    time_of,
)
from incidentbot.signals.feeds.formats import _texts

SEVERITY: dict[str, State] = {
    "0": "operational",
    "1": "degraded",
    "2": "partial_outage",
    "3": "major_outage",
}
# Slugs and codes that are longer than the names people use.
SHORT = {
    "elasticfilesystem": "efs",
    "elasticblockstore": "ebs",
    "elasticloadbalancing": "elb",
    "simplestorageservice": "s3",
    "s3glacier": "glacier",
}
# Entries that are about everything in a region.
WHOLE = ("multipleservices", "internetconnectivity")
RESOLVED = re.compile(
    r"\[\s*(?:resolved|已解决|解決済み)\s*\]|^\s*(?:resolved|已解决)\b", re.IGNORECASE
)
LEGACY = ("us-standard", "us-east-1")  # how S3 called its oldest region
MOST_UPDATES = 100
MOST_BLOB = 200_000
MOST_PART = 10_000
ZONES = {"PST": timezone(timedelta(hours=-8)), "PDT": timezone(timedelta(hours=-7))}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_STAMP = re.compile(
    r"(?:([A-Za-z]{3})[a-z]{0,6}\.?\s{1,3}(\d{1,2}),?\s{1,3})?"
    r"(\d{1,2}):(\d\d)\s{0,3}([AP]M)\s{1,3}(P[SD]T)"
)
_SPAN = re.compile(r"<span\b[^<>]{0,100}>")
_BRACKET = re.compile(r"\[(?=(?:[A-Za-z]{3,9}\.? \d{1,2},? )?\d{1,2}:\d\d [AP]M P[SD]T\])")


@lru_cache(4096)
def place(slug: str) -> tuple[str, str]:
    """("s3", "us-east-1") out of `s3-us-standard`; a global service has no region."""
    slug = slug.strip().lower().replace("_", "-")
    region = region_in(slug)
    for tail in (region, *LEGACY):
        if tail and slug.endswith(f"-{tail}"):
            return short(slug.removesuffix(f"-{tail}")), region or LEGACY[1]
    return short(slug), region


def short(name: str) -> str:
    """The short name: `EC2`, `MULTIPLE_SERVICES` and `elasticfilesystem` as ec2, ... and efs."""
    plain = name.strip().lower().replace("_", "").replace("-", "")
    if plain in SHORT or plain in WHOLE:
        return SHORT.get(plain, plain)
    return name.strip().lower()


def severity(code: Any) -> State:
    """The state of a number or its text. A code that is not known is trouble of unknown size."""
    if isinstance(code, bool):
        return "degraded"
    if isinstance(code, float) and code.is_integer():
        code = int(code)
    return SEVERITY.get(str(code).strip(), "degraded")


def moment(value: Any) -> datetime | None:
    """A time in UTC from epoch seconds or milliseconds, as number or text, or from ISO 8601."""
    if isinstance(value, str):
        text = value.strip()
        if not re.fullmatch(r"\d{1,15}(?:\.\d{1,9})?", text):
            return time_of(text)
        value = float(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def day_of(at: datetime | None) -> str:
    """The day in AWS's own zone. Its start times are corrected by hours, the day mostly stays."""
    return at.astimezone(ZONES["PST"]).date().isoformat() if at else ""


def blob_updates(blob: Any, base: datetime | None) -> tuple[Update, ...]:
    """The updates in one HTML text, oldest first in it, here newest first.

    Each begins with a time of day, in a span or in brackets. Dates are missing until the day
    rolls over: `base` is about when the first was written.
    """
    text = blob[-MOST_BLOB:] if isinstance(blob, str) else ""
    parts = _SPAN.split(text)
    if len(parts) == 1:
        parts = _BRACKET.split(text)
    found: list[Update] = []
    before = base
    for part in parts[-MOST_UPDATES:]:
        match, line = _stamped(part[:MOST_PART])
        at = _dated(match, before, first=not found) if match else None
        if line:
            found.append(Update(at, "", line))
            before = at or before
    return tuple(reversed(found))


@lru_cache(512)  # a feed says the same again and again, and a little more each time
def _stamped(part: str) -> tuple[re.Match[str] | None, str]:
    """The time of day at the head of an update, and its text in one line."""
    stamp, closed, said = part.partition("</span>")
    if not closed:
        stamp, closed, said = part.partition("]")
    match = _STAMP.search(stamp[:80]) if closed else None
    return match, text_of(_texts.plain(said if match else part), 2000)


def _dated(match: re.Match[str], before: datetime | None, first: bool) -> datetime | None:
    month, day, hour, minute, half, zone = match.groups()
    if before is None:
        return None
    there = before.astimezone(ZONES[zone])
    try:
        at = there.replace(
            hour=int(hour) % 12 + (12 if half == "PM" else 0),
            minute=int(minute),
            second=0,
            microsecond=0,
        )
        if month and month.lower() in MONTHS:
            at = at.replace(month=MONTHS.index(month.lower()) + 1, day=int(day))
            return _nearest(at, there).astimezone(UTC)
        if first:
            days = (at + timedelta(days=n) for n in (0, -1, 1))
            return min(days, key=lambda one: abs(one - there)).astimezone(UTC)
        # Oldest first: a clock that goes far back has passed midnight.
        late = there - at > timedelta(hours=3)
        return (at + timedelta(days=1) if late else at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _nearest(at: datetime, there: datetime) -> datetime:
    """The same date in the year that is nearest: a December event goes on in January."""
    if abs(at - there) <= timedelta(days=180):
        return at
    return at.replace(year=at.year + (1 if at < there else -1))


def storage(service: str, texts: Sequence[str]) -> _texts.Said:
    """Whether an entry in trouble about this service, with these texts newest first, is storage."""
    if names_storage(service):
        return _texts.of_storage(service, texts)
    said = _texts.of_other(texts)
    if said is _texts.NOTHING and service.startswith(WHOLE):
        return _texts.Said("unclear", "several services of a region, storage is not named")
    return said


def signals(
    feed: Feed, service: str, region: str, state: State, updates: tuple[Update, ...], **more: Any
) -> Iterator[Signal]:
    """The signal of one entry, and one for each storage service that only its text names."""
    if state in ("operational", "maintenance"):
        said = _texts.Said("no", "no trouble, by the vendor's word")
        if state == "maintenance" and names_storage(service):
            said = _texts.Said("yes", f"maintenance of {service}")
    else:
        said = storage(service, [update.text for update in updates] + [more.get("title", "")])
    more = {"region": region, "state": state, "why": said.why, "storage": said.storage} | more
    yield Signal(feed.name, feed.vendor, service=service, updates=updates, **more)
    for name in said.names:
        if name != service:
            yield Signal(feed.name, feed.vendor, service=name, **more)


def key(slug: str, started_at: datetime | None) -> str:
    """A key for an entry without an id: one service is in one trouble a day."""
    return f"{slug}/{day_of(started_at)}" if started_at else slug


def span(
    started: datetime | None, updates: Sequence[Update]
) -> tuple[datetime | None, datetime | None]:
    """When it began and when last something was said of it."""
    times = [update.at for update in updates if update.at]
    first = min([*times, started] if started else times, default=None)
    return first, max(times, default=started)

"""Stripe's `/current`: one light, which froze in February 2024 and has said "up" since.

So its own time counts: an answer without one, or with one long before it was fetched, says nothing.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from incidentbot.signals.feeds.contract import Body, Feed, Signal, State, text_of, unknown

LIGHT: dict[str, State] = {
    "up": "operational",
    "degraded": "degraded",
    "down": "major_outage",
    "maintenance": "maintenance",
}
STALE = timedelta(days=30)
# February 09, 2024 @ 06:08PM +00:00
_TIME = re.compile(
    r"([A-Z][a-z]{2,8}) (\d{1,2}), (\d{4}) @ (\d{1,2}:\d{2}) ?([AP]M) ([+-]\d{2}:?\d{2})"
)


def recognises(body: Body) -> bool:
    """The light under its name, which no other page has."""
    return isinstance(body.json, dict) and "largestatus" in body.json


def parse(body: Body, feed: Feed) -> list[Signal]:
    """The one light, if it is fresh."""
    page = body.json
    light = text_of(page.get("largestatus")).lower() if isinstance(page, dict) else ""
    if not light:
        return unknown(feed, "JSON, but without the light of Stripe")
    at = _time(page.get("time"))
    if at is None:
        return _nothing(feed, "the answer has no time, so it may be an old one")
    if feed.read_at - at > STALE:
        return _nothing(feed, f"the answer is stale: its time is {at:%Y-%m-%d}")
    state = LIGHT.get(light, "degraded")
    title = text_of(page.get("message")) or light
    why = "no storage is named"
    return [
        Signal(
            feed.name,
            feed.vendor,
            state=state,
            title=title,
            phase=light,
            updated_at=at,
            storage="no",
            why=why,
        )
    ]


def _nothing(feed: Feed, why: str) -> list[Signal]:
    return [Signal(feed.name, feed.vendor, state="unknown", storage="no", why=why)]


def _time(value: Any) -> datetime | None:
    found = _TIME.search(text_of(value))
    if not found:
        return None
    month, day, year, clock, half, zone = found.groups()
    text = f"{month[:3]} {day} {year} {clock} {half} {zone}"
    try:
        return datetime.strptime(text, "%b %d %Y %I:%M %p %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None

"""Oracle Cloud's own `components.json`: the health of each service in each region."""

from typing import Any

from incidentbot.signals.feeds.contract import Body, Feed, Signal, State, text_of, unknown
from incidentbot.signals.feeds.formats._said import bad, listed, quiet, say

# Their words are written together; we know a few of them, and the sense of the others by a part.
WORDS: tuple[tuple[str, State], ...] = (
    ("normal", "operational"),
    ("maint", "maintenance"),
    ("partial", "partial_outage"),
    ("outage", "major_outage"),
    ("disruption", "major_outage"),
    ("degrad", "degraded"),
    ("information", "degraded"),
)


def recognises(body: Body) -> bool:
    """A list of reports per region."""
    return isinstance(body.json, dict) and "regionHealthReports" in body.json


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per service and region that is not well."""
    found, known = [], False
    for region in listed(body.json, "regionHealthReports"):
        code = text_of(region.get("regionCanonicalName")) or text_of(region.get("regionId"))
        place = text_of(region.get("regionName"))
        for service in listed(region, "serviceHealthReports"):
            state = _state(service.get("serviceStatus"))
            known = known or state != "unknown"
            if bad(state):
                found.append(_signal(service, code or place, place, state, feed))
    if not known:
        return unknown(feed, "no service of a region has a state that is known")
    return found or [quiet(feed, "Normal performance in all regions")]


def _signal(service: dict[str, Any], code: str, place: str, state: State, feed: Feed) -> Signal:
    name = text_of(service.get("serviceName"))
    incidents = listed(service, "incidents")[:1]
    title = next((text_of(i.get("incidentTitle") or i.get("summary")) for i in incidents), "")
    return say(
        feed,
        state,
        service=name,
        title=title or f"{name} in {place}: {state.replace('_', ' ')}",
        region=code,
        vendor_id=next((text_of(i.get("incidentId")) for i in incidents), ""),
    )


def _state(value: Any) -> State:
    word = text_of(value, 60).lower()
    return next((state for part, state in WORDS if part in word), "unknown")

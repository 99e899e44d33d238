"""Azure DevOps' health: each service in each geography, and one light over all.

`unknown` is one of its words: such a place is neither well nor ill.
"""

from collections.abc import Iterator
from typing import Any

from incidentbot.signals.feeds.contract import (
    Body,
    Feed,
    Signal,
    State,
    Storage,
    entries,
    names_storage,
    text_of,
    unknown,
)

HEALTH: dict[str, State] = {
    "healthy": "operational",
    "advisory": "degraded",
    "degraded": "partial_outage",
    "unhealthy": "major_outage",
    "unknown": "unknown",
}


def recognises(body: Body) -> bool:
    """A light with `health` and services with geographies."""
    page = body.json
    if not isinstance(page, dict) or not isinstance(page.get("status"), dict):
        return False
    return "health" in page["status"] and "services" in page


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per service and geography that is not healthy; one if all are."""
    page = body.json
    light = page.get("status") if isinstance(page, dict) else None
    if not isinstance(light, dict) or "health" not in light:
        return unknown(feed, "JSON, but not the health of Azure DevOps")
    state, title = _state(light), text_of(light.get("message"))
    found = [s for service in entries(page, "services") for s in _places(service, feed, title)]
    if any(signal.state != "unknown" for signal in found):
        return found
    if state == "operational":
        return [_signal(feed, state, title or "All healthy", "no", ""), *found]
    why = "its own light says unknown" if state == "unknown" else "only the page's light"
    return [_signal(feed, state, title, "unclear", why), *found]


def _state(thing: dict[str, Any]) -> State:
    word = text_of(thing.get("health")).lower()
    # A word we do not know is trouble of unknown size; none at all says nothing.
    return HEALTH.get(word, "degraded") if word else "unknown"


def _places(service: dict[str, Any], feed: Feed, title: str) -> Iterator[Signal]:
    name = text_of(service.get("id"))
    for place in entries(service, "geographies"):
        state = _state(place)
        if state == "operational":
            continue
        where = text_of(place.get("id")) or text_of(place.get("name"))
        word = text_of(place.get("health")) or "no health"
        storage: Storage = "yes" if names_storage(name) and state != "unknown" else "no"
        yield Signal(
            feed.name,
            feed.vendor,
            service=name,
            region=where,
            state=state,
            phase=word,
            title=f"{name} in {where}: {word}" + (f" ({title})" if title else ""),
            vendor_id=f"{name}/{where}",
            storage=storage,
            why="no storage is named" if storage == "no" else f"{name} is storage",
        )


def _signal(feed: Feed, state: State, title: str, storage: Storage, why: str) -> Signal:
    return Signal(feed.name, feed.vendor, state=state, title=title, storage=storage, why=why)

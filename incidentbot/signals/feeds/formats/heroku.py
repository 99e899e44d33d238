"""Heroku's status: v4 `current-status` with a colour per system, and v3 with one per environment.

Yellow covers degraded and partial outage; the systems' colours are those of now, an incident may be
open while they are green. What is scheduled counts when a system is blue.
"""

from collections.abc import Iterator
from typing import Any

from incidentbot.signals.feeds.contract import (
    Body,
    Feed,
    Signal,
    State,
    Update,
    entries,
    names_storage,
    text_of,
    time_of,
    unknown,
)
from incidentbot.signals.feeds.formats import _texts

COLOUR: dict[str, State] = {
    "green": "operational",
    "yellow": "degraded",
    "orange": "partial_outage",
    "red": "major_outage",
    "blue": "maintenance",
}
V3 = {"Production", "Development"}
MOST = 200


def recognises(body: Body) -> bool:
    """A list of systems with a colour each, or the two environments of v3."""
    page = body.json
    if not isinstance(page, dict):
        return False
    if isinstance(page.get("status"), dict):
        return bool(V3 & set(page["status"]))
    systems = entries(page, "status")
    return bool(systems) and all("system" in system for system in systems)


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per system that is not green; open incidents if all are; one if all is well."""
    page = body.json if isinstance(body.json, dict) else {}
    systems = _systems(page)
    if not systems:
        return unknown(feed, "JSON, but without the systems of Heroku")
    listed = entries(page, "incidents") or entries(page, "issues")
    incidents = [incident for incident in listed[:MOST] if not _over(incident)]
    planned = entries(page, "scheduled")[:MOST]
    found = [s for system in systems for s in _system(system, incidents, planned, feed)]
    if not any(signal.state not in ("unknown", "maintenance") for signal in found):
        found += [_open(incident, feed) for incident in incidents]
    if found:
        return found
    return [Signal(feed.name, feed.vendor, state="operational", title="All green", storage="no")]


def _systems(page: dict[str, Any]) -> list[tuple[str, State]]:
    """Each system with its state; a colour we do not know is trouble, none at all is unknown."""
    status = page.get("status")
    if isinstance(status, dict):
        pairs = [(name, status[name]) for name in sorted(V3 & set(status))]
    else:
        pairs = [(text_of(s.get("system")), s.get("status")) for s in entries(page, "status")]
    return [(name, _state(colour)) for name, colour in pairs[:MOST] if name]


def _state(colour: Any) -> State:
    word = text_of(colour).lower()
    return COLOUR.get(word, "degraded") if word else "unknown"


def _over(incident: dict[str, Any]) -> bool:
    if incident.get("resolved") is True or text_of(incident.get("state")).lower() == "resolved":
        return True
    return time_of(incident.get("resolved_at")) is not None


def _system(
    system: tuple[str, State],
    incidents: list[dict[str, Any]],
    planned: list[dict[str, Any]],
    feed: Feed,
) -> Iterator[Signal]:
    name, state = system
    if state == "operational":
        return
    about = planned if state == "maintenance" else incidents
    yield _signal(about[0] if about else {}, name, state, feed)


def _open(incident: dict[str, Any], feed: Feed) -> Signal:
    """An incident while all systems are green: by the colours of its newest update."""
    newest = next(iter(entries(incident, "updates")), {})
    colours = [_state(newest.get(key)) for key in ("status_prod", "status_dev")]
    return _signal(incident, "", "major_outage" if "major_outage" in colours else "degraded", feed)


def _signal(incident: dict[str, Any], service: str, state: State, feed: Feed) -> Signal:
    updates = _updates(incident)
    texts = [update.text for update in updates]
    storage = names_storage(service)
    said = _texts.of_storage(service, texts) if storage else _texts.of_customer(texts)
    if state == "unknown":
        said = _texts.Said("no", "the system has no colour")
    number = incident.get("id")
    return Signal(
        feed.name,
        feed.vendor,
        service=service,
        state=state,
        phase=updates[0].phase if updates else "",
        title=text_of(incident.get("title")) or f"{service}: {state.replace('_', ' ')}",
        vendor_id=str(number) if isinstance(number, int) else text_of(number),
        started_at=time_of(incident.get("created_at")),
        updated_at=(updates[0].at if updates else None) or time_of(incident.get("updated_at")),
        storage=said.storage,
        why=said.why,
        updates=updates,
        link=text_of(incident.get("full_url")),
    )


def _updates(incident: dict[str, Any]) -> tuple[Update, ...]:
    return _texts.newest_first(
        Update(
            time_of(update.get("created_at")),
            text_of(update.get("update_type")),
            text_of(update.get("contents"), 2000),
        )
        for update in entries(incident, "updates")[:MOST]
    )

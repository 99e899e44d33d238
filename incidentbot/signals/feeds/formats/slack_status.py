"""Slack's status API: `current` of v2.0.0 and v1.0.0, and the list of past incidents, `history`.

The state is in the type of an incident (`notice`, `incident`, `outage`, `maintenance`), its phase
in `status`. v1 has at most one incident, in the page itself. Times have an offset, notes have CRLF.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from incidentbot.signals.feeds.contract import (
    Body,
    Feed,
    Signal,
    State,
    Update,
    entries,
    names_storage,
    region_in,
    text_of,
    time_of,
    unknown,
)
from incidentbot.signals.feeds.formats import _texts

TYPE: dict[str, State] = {
    "ok": "operational",
    "notice": "degraded",
    "incident": "partial_outage",
    "outage": "major_outage",
    "maintenance": "maintenance",
}
OVER = ("resolved", "completed", "cancelled", "canceled", "ok")
PLANNED = ("scheduled", "upcoming")
KEYS = {"date_created", "date_updated"}
RECENT = timedelta(hours=24)  # a resolved incident of the history is told this long
MOST = 500


def recognises(body: Body) -> bool:
    """A status with Slack's two dates, or a list of incidents with services and notes."""
    page = body.json
    if isinstance(page, list):
        first = page[0] if page else None
        return isinstance(first, dict) and KEYS | {"services", "notes"} <= set(first)
    return isinstance(page, dict) and "status" in page and set(page) >= KEYS


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per open incident and service; one if all is well."""
    page = body.json
    if isinstance(page, list) and page:
        found = [s for incident in page[:MOST] for s in _incident(incident, feed)]
        return found or [_quiet(feed, "No open incidents")]
    status = text_of(page.get("status")).lower() if isinstance(page, dict) else ""
    if not status or not isinstance(page, dict):
        return unknown(feed, "JSON, but not a status of Slack")
    active = page.get("active_incidents")
    if isinstance(active, list):
        found = [s for incident in active[:MOST] for s in _incident(incident, feed)]
    else:
        found = list(_incident(page, feed)) if status != "ok" else []
    if found or status == "ok":
        return found or [_quiet(feed, "All is well")]
    why = f"the status is {status!r}, but no incident is listed"
    return [Signal(feed.name, feed.vendor, state="degraded", title=f"Status {status}", why=why)]


def _quiet(feed: Feed, title: str) -> Signal:
    return Signal(feed.name, feed.vendor, state="operational", title=title, storage="no")


def _incident(incident: Any, feed: Feed) -> Iterator[Signal]:
    if not isinstance(incident, dict) or not {"type", "title", "id"} & set(incident):
        yield from unknown(feed, "an entry that is no incident")
        return
    phase = text_of(incident.get("status")).lower()
    updated_at = time_of(incident.get("date_updated"))
    kind = text_of(incident.get("type")).lower()
    state: State = TYPE.get(kind, "degraded")
    if phase in OVER:
        if updated_at is None or feed.read_at - updated_at > RECENT:
            return
        state = "operational"
    elif phase in PLANNED:
        return
    updates = _notes(incident)
    for service in _services(incident):
        said = _said(service, state, updates)
        yield Signal(
            feed.name,
            feed.vendor,
            service=service,
            region=region_in(service),
            state=state,
            phase=phase,
            title=text_of(incident.get("title")),
            vendor_id=_id(incident),
            started_at=time_of(incident.get("date_created")),
            updated_at=updated_at,
            storage=said.storage,
            why=said.why,
            updates=updates,
            link=text_of(incident.get("url")),
        )


def _said(service: str, state: State, updates: tuple[Update, ...]) -> _texts.Said:
    if state == "operational":
        return _texts.Said("no", "it is over")
    texts = [update.text for update in updates]
    return (
        _texts.of_storage(service, texts) if names_storage(service) else _texts.of_customer(texts)
    )


def _services(incident: dict[str, Any]) -> list[str]:
    listed = incident.get("services")
    names = [text_of(name) for name in listed[:100]] if isinstance(listed, list) else []
    return [name for name in names if name] or [""]


def _notes(incident: dict[str, Any]) -> tuple[Update, ...]:
    return _texts.newest_first(
        Update(time_of(note.get("date_created")), "", text_of(_texts.plain(_body(note)), 2000))
        for note in entries(incident, "notes")[:200]
    )


def _body(note: dict[str, Any]) -> str:
    body = note.get("body")
    return body if isinstance(body, str) else ""


def _id(incident: dict[str, Any]) -> str:
    number = incident.get("id")
    return str(number) if isinstance(number, int) else text_of(number)

"""Salesforce Trust: the list of all instances, with the incidents and maintenances of each inside.

`status` says how bad it is and whether the core service is touched. The list is long (1,500
instances in 1.5 MB): only those that are not OK are told. The list of localizations has no state.
A product has its instances inside. The lists of incidents and of maintenances have no `status`:
there impacts without an end, their severity and `isCore` say the same, and the planned times.
"""

from collections.abc import Iterator
from datetime import datetime
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

STATUS: dict[str, State] = {
    "OK": "operational",
    "INFORMATIONAL": "degraded",
    "MINOR_INCIDENT_NONCORE": "degraded",
    "MINOR_INCIDENT_CORE": "partial_outage",
    "MAJOR_INCIDENT_NONCORE": "partial_outage",
    "MAJOR_INCIDENT_CORE": "major_outage",
    "MAINTENANCE_CORE": "maintenance",
    "MAINTENANCE_NONCORE": "maintenance",
}
KEYS = {"Incidents", "Maintenances"}
PLACE = {"location", "environment"}  # of an instance whose lists are left out
IMPACTS = {"IncidentImpacts", "MaintenanceImpacts"}
# The same words as of an instance, by whether it is core and whether an impact is major.
BAD = {
    (True, True): "MAJOR_INCIDENT_CORE",
    (True, False): "MINOR_INCIDENT_CORE",
    (False, True): "MAJOR_INCIDENT_NONCORE",
    (False, False): "MINOR_INCIDENT_NONCORE",
}
DONE = ("resolved", "completed", "closed", "canceled", "cancelled")
SITE = "https://status.salesforce.com/instances/"
MOST_INSTANCES = 20_000
MOST_TOLD = 2000


def recognises(body: Body) -> bool:
    """Instances with their incidents inside, one or a list, events, or the localizations."""
    items = _items(body.json)
    first = items[0] if items else None
    return isinstance(first, dict) and (
        _is_instance(first) or _is_event(first) or _is_reference(first)
    )


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per instance and service that is not OK; one if all are."""
    items = _items(body.json)
    if items and isinstance(items[0], dict) and _is_event(items[0]):
        return _events(items, feed)
    if items and isinstance(items[0], dict) and _is_reference(items[0]):
        why = "reference texts, which carry no state"
        return [Signal(feed.name, feed.vendor, state="unknown", storage="no", why=why)]
    if not items or not any(isinstance(item, dict) and _is_instance(item) for item in items):
        return unknown(feed, "JSON, but not the instances of Salesforce")
    found: list[Signal] = []
    for item in items[:MOST_INSTANCES]:
        found += _instance(item, feed)
        if len(found) >= MOST_TOLD:
            break
    title = f"All {len(items)} instances are OK"
    return found or [Signal(feed.name, feed.vendor, state="operational", title=title, storage="no")]


def _items(page: Any) -> list[Any]:
    """The members of a list, the instances of a product, or the one that the page is."""
    if isinstance(page, dict) and isinstance(page.get("Instances"), list):
        page = page["Instances"]
    return page if isinstance(page, list) else [page]


def _is_instance(item: dict[str, Any]) -> bool:
    keys = set(item)
    return keys >= {"key", "status"} and (bool(KEYS & keys) or keys >= PLACE)


def _is_event(item: dict[str, Any]) -> bool:
    return bool(IMPACTS & set(item)) and "instanceKeys" in item


def _events(items: list[Any], feed: Feed) -> list[Signal]:
    """One signal per event that is under way, its instance and service; one if there is none."""
    found: list[Signal] = []
    for item in items[:MOST_TOLD]:
        if not isinstance(item, dict) or not _is_event(item):
            found += unknown(feed, "an entry that is no incident")
        elif not _ended(item, feed.read_at):
            status = "MAINTENANCE" if "MaintenanceImpacts" in item else _badness(item)
            state = STATUS.get(status, "maintenance")
            for place in _names(item, "instanceKeys"):
                for service in _names(item, "serviceKeys"):
                    found.append(_signal(feed, place, service, state, status, item))
        if len(found) >= MOST_TOLD:
            break
    title = "No open incidents"
    return found or [Signal(feed.name, feed.vendor, state="operational", title=title, storage="no")]


def _badness(incident: dict[str, Any]) -> str:
    impacts = [i for i in entries(incident, "IncidentImpacts") if not i.get("endTime")]
    major = any(text_of(impact.get("severity")).lower() == "major" for impact in impacts)
    return BAD[incident.get("isCore") is not False, major]


def _is_reference(item: dict[str, Any]) -> bool:
    return {"modelName", "modelKey", "text"} <= set(item)


def _instance(item: Any, feed: Feed) -> Iterator[Signal]:
    if isinstance(item, dict) and item.get("status") == "OK":
        return
    if not isinstance(item, dict) or not _is_instance(item):
        yield from unknown(feed, "an entry that is no instance")
        return
    name, status = text_of(item.get("key")), text_of(item.get("status"))
    if not status:
        yield from unknown(feed, f"the instance {name} has no status")
        return
    state = STATUS.get(status, "maintenance" if status.startswith("MAINTENANCE") else "degraded")
    kind = "Maintenances" if state == "maintenance" else "Incidents"
    for about in _open(entries(item, kind), feed.read_at) or [{}]:
        for service in _names(about, "serviceKeys"):
            yield _signal(feed, name, service, state, status, about)


def _open(found: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """Those that are still open; all when none is, as the status says that something is."""
    left = [one for one in found if not _ended(one, now)]
    return (left or found)[:20]


def _ended(about: dict[str, Any], now: datetime) -> bool:
    """Whether it is over, or maintenance that has not begun."""
    starts, ends = time_of(about.get("plannedStartTime")), time_of(about.get("plannedEndTime"))
    if (starts and starts > now) or (ends and ends <= now):
        return True
    impacts = entries(about, "IncidentImpacts")
    if impacts:
        return all(time_of(impact.get("endTime")) for impact in impacts)
    return any(update.phase.lower() in DONE for update in _updates(about)[:1])


def _names(about: dict[str, Any], key: str) -> list[str]:
    keys = about.get(key)
    names = [text_of(key) for key in keys[:50]] if isinstance(keys, list) else []
    return [name for name in names if name] or [""]


def _signal(
    feed: Feed, instance: str, service: str, state: State, status: str, about: dict[str, Any]
) -> Signal:
    updates = _updates(about)
    texts = [update.text for update in updates]
    storage = names_storage(service)
    said = _texts.of_storage(service, texts) if storage else _texts.of_customer(texts)
    impacts = entries(about, "IncidentImpacts") or entries(about, "MaintenanceImpacts")
    starts = [time_of(i.get("startTime")) for i in impacts]
    starts = starts or [time_of(about.get("plannedStartTime")) or time_of(about.get("createdAt"))]
    kinds = ", ".join(text_of(impact.get("type")) for impact in impacts[:5])
    number = about.get("id")
    return Signal(
        feed.name,
        feed.vendor,
        service=service,
        region=instance,
        state=state,
        phase=status.lower(),
        title=text_of(about.get("name")) or kinds or f"{instance}: {status}",
        vendor_id=str(number) if isinstance(number, int) else text_of(number),
        started_at=min((at for at in starts if at), default=None),
        updated_at=time_of(about.get("updatedAt")),
        storage=said.storage,
        why=said.why,
        updates=updates,
        link=SITE + instance if instance.isalnum() else "",
    )


def _updates(about: dict[str, Any]) -> tuple[Update, ...]:
    return _texts.newest_first(
        Update(
            time_of(event.get("createdAt")),
            text_of(event.get("type")),
            text_of(_texts.plain(str(event.get("message") or "")), 2000),
        )
        for event in (entries(about, "IncidentEvents") or entries(about, "MaintenanceEvents"))[:200]
    )

"""A vendor's status page that posts to its subscribers: a component changed, or an incident did.

As Statuspage writes it, and after its example Instatus, with words in capitals and no underscores,
and Better Stack.
"""

from typing import Any, ClassVar

from incidentbot.settings import Weight
from incidentbot.signals import ORDER
from incidentbot.signals.hooks.contract import (
    Body,
    Feed,
    Request,
    Signal,
    State,
    alert,
    at,
    entries,
    harmless,
    label,
    labels_of,
    moment,
    mute,
    text_of,
)
from incidentbot.signals.hooks.proof import UrlSecretOptions, by_secret

COMPONENT: dict[str, State] = {
    "operational": "operational",
    "degradedperformance": "degraded",
    "minoroutage": "partial_outage",
    "partialoutage": "partial_outage",
    "majoroutage": "major_outage",
    "undermaintenance": "maintenance",
}
IMPACT: dict[str, State] = {
    "major": "partial_outage",
    "minoroutage": "partial_outage",
    "partialoutage": "partial_outage",
    "critical": "major_outage",
    "majoroutage": "major_outage",
}
OVER = ("resolved", "postmortem", "completed")
# Better Stack's word for the page, as the phase that it means.
INDICATOR = {
    "operational": "resolved",
    "degraded": "degraded",
    "downtime": "downtime",
    "maintenance": "in_progress",
}
UNDER_WAY = ("inprogress", "verifying")
PLANNED = ("scheduled", "notstartedyet")


class Options(UrlSecretOptions):
    WEIGHT: ClassVar[Weight] = "feed"


def authenticate(request: Request, options: Options) -> str:
    """Statuspage can be given an address and nothing else."""
    return by_secret(request, options)


def recognises(body: Body) -> bool:
    page = body.json
    if not isinstance(page, dict) or not {"meta", "page"} <= set(page):
        return False
    return _event(page) is not None or "component_update" in page


def _event(page: Any) -> dict[str, Any] | None:
    found = at(page, "incident") or at(page, "maintenance")
    return found if isinstance(found, dict) else None


def _indicator(page: Any) -> str:
    """Better Stack's reports have no status of their own, but the page's, as it is with them."""
    told = label(at(page, "page", "status_indicator")) if label(at(page, "event_type")) else ""
    return INDICATOR.get(told, "")


def _word(value: Any) -> str:
    return text_of(value).lower().replace("_", "")


def parse(body: Body, feed: Feed) -> list[Signal]:
    """The page's own light is not looked at: it may be green while an incident is open."""
    page = body.json
    if isinstance(at(page, "component_update"), dict):
        return _component(page, feed)
    event = _event(page)
    if event is not None:
        return _incident(event, page, feed)
    return mute(feed, "neither a component_update nor an incident of Statuspage")


def _component(page: dict[str, Any], feed: Feed) -> list[Signal]:
    update, component = page["component_update"], page.get("component")
    key = label(update.get("component_id")) or label(at(component, "id"))
    word = text_of(update.get("new_status")) or text_of(at(component, "status"))
    name = text_of(at(component, "name"))
    if not key or _word(word) not in COMPONENT:
        return mute(feed, f"a component without id, or of the status {word!r}")
    return [
        alert(
            feed,
            f"component:{key}",
            COMPONENT[_word(word)],
            f"{name or key}: {word.replace('_', ' ').lower()}",
            service=name,
            phase=word,
            started_at=moment(update.get("created_at")),
            updated_at=moment(update.get("created_at")),
            labels=labels_of({"component": name, "page": at(page, "page", "id")}),
            named=name,
        )
    ]


def _incident(incident: dict[str, Any], page: dict[str, Any], feed: Feed) -> list[Signal]:
    key = label(incident.get("id"))
    phase = text_of(incident.get("status")).lower() or _indicator(page)
    if not key or not phase:
        return mute(feed, "an incident without id or status")
    if _word(phase) in PLANNED:
        return harmless(feed, "note", "planned work that has not begun")
    components = entries(incident, "components")
    faulty = [c for c in components if _word(c.get("status")) not in ("operational", "")]
    names = ", ".join(text_of(c.get("name")) for c in faulty or components)
    title = text_of(incident.get("name"))
    return [
        alert(
            feed,
            key,
            _state(incident, _word(phase), faulty),
            title,
            service=text_of(names),
            phase=phase,
            started_at=moment(incident.get("started_at") or incident.get("created_at")),
            updated_at=moment(incident.get("updated_at")),
            labels=labels_of({"page": at(page, "page", "id"), "impact": incident.get("impact")}),
            link=text_of(incident.get("shortlink") or incident.get("url"), 1000),
            named=f"{names} {title}",
        )
    ]


def _state(incident: dict[str, Any], phase: str, faulty: list[dict[str, Any]]) -> State:
    if phase in OVER:
        return "operational"
    if phase in UNDER_WAY:
        return "maintenance"
    states = [COMPONENT.get(_word(c.get("status")), "degraded") for c in faulty]
    if states:
        return max(states, key=ORDER.index)
    if phase == "monitoring":
        return "operational"
    if phase == "downtime":
        return "major_outage"
    return IMPACT.get(_word(incident.get("impact")), "degraded")

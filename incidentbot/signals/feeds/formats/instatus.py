"""Instatus: `summary.json`, `components.json`, and the site object inside a page.

The components come as an object with a list or as the bare list.
Words are upper case without separators. A summary has no `activeIncidents` when all is well.
"""

from collections.abc import Iterator
from typing import Any

from incidentbot.signals.feeds.contract import (
    Body,
    Feed,
    Signal,
    State,
    text_of,
    time_of,
    unknown,
)
from incidentbot.signals.feeds.formats._said import (
    OVER,
    bad,
    light,
    link_of,
    listed,
    object_of,
    quiet,
    say,
    word_of,
)

PAGE: dict[str, State] = {
    "UP": "operational",
    "OPERATIONAL": "operational",
    "HASISSUES": "degraded",
    "UNDERMAINTENANCE": "maintenance",
    "ALLUNDERMAINTENANCE": "maintenance",
    "SOMEMAJOROUTAGE": "major_outage",
    "ALLMAJOROUTAGE": "major_outage",
    "SOMEPARTIALOUTAGE": "partial_outage",
    "SOMEMINOROUTAGE": "partial_outage",
    "SOMEDEGRADEDPERFORMANCE": "degraded",
}
COMPONENT: dict[str, State] = {
    "OPERATIONAL": "operational",
    "DEGRADEDPERFORMANCE": "degraded",
    "MINOROUTAGE": "partial_outage",
    "PARTIALOUTAGE": "partial_outage",
    "MAJOROUTAGE": "major_outage",
    "UNDERMAINTENANCE": "maintenance",
}


def recognises(body: Body) -> bool:
    """A page or a first component whose state is one of Instatus's words."""
    page = _page(body.json)
    if (
        _word(object_of(page, "page").get("status")) in PAGE
        or _word(page.get("mainStatus")).isupper()
    ):
        return True
    components = listed(page, "components")[:1]
    return any(_word(component.get("status")) in COMPONENT for component in components)


def _page(value: Any) -> dict[str, Any]:
    """The page, also of its bare list of components."""
    if isinstance(value, list):
        return {"components": value}
    return value if isinstance(value, dict) else {}


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per component that is not well, and per open incident and maintenance."""
    page = _page(body.json)
    if not page:
        return unknown(feed, "JSON, but not of Instatus")
    about = object_of(page, "page") or page
    main = _word(page.get("mainStatus")) or _word(about.get("status"))
    state = PAGE.get(main) or PAGE.get(_word(about.get("status")), "unknown")
    parts = list(_leaves(page))
    found = [*_components(parts, feed), *_events(page, state, feed)]
    if found:
        return found
    if any(part_state != "unknown" for _, _, part_state in parts):
        return [quiet(feed, "All components are operational")]
    if state == "unknown":
        return unknown(feed, "neither components nor a state of the page that is known")
    return [light(feed, state, main)]


def _word(value: Any) -> str:
    """Only upper case is Instatus's; other products write the same words in lower case."""
    return text_of(value, 60)


def _name(value: Any) -> str:
    """A name, which the site object writes per language."""
    if isinstance(value, dict):
        value = value.get("default") or next(iter(value.values()), "")
    return text_of(value)


def _leaves(page: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], State]]:
    """(group, component, state) of each component that is not itself a group."""
    for component in listed(page, "components"):
        children = listed(component, "children")
        inside = [(_name(component.get("name")), child) for child in children]
        group = _name(object_of(component, "group").get("name"))
        for where, part in inside or [(group, component)]:
            if not part.get("archivedAt"):
                yield where, part, COMPONENT.get(_word(part.get("status")), "unknown")


def _components(parts: list[tuple[str, dict[str, Any], State]], feed: Feed) -> Iterator[Signal]:
    for group, part, state in parts:
        if bad(state):
            name = _name(part.get("name"))
            yield say(feed, state, group=group, service=name, vendor_id=text_of(part.get("id")))


def _events(page: dict[str, Any], state: State, feed: Feed) -> Iterator[Signal]:
    for incident in listed(page, "activeIncidents"):
        phase = word_of(incident.get("status"))
        impact = COMPONENT.get(_word(incident.get("impact")), "degraded")
        if phase == "monitoring" and state == "operational":
            impact = "operational"
        if phase not in OVER:
            yield _event(incident, "degraded" if impact == "operational" != state else impact, feed)
    for work in listed(page, "activeMaintenances"):
        if word_of(work.get("status")) in ("inprogress", "in_progress", "verifying"):
            yield _event(work, "maintenance", feed)


def _event(about: dict[str, Any], state: State, feed: Feed) -> Signal:
    link = link_of(about.get("url"))
    return say(
        feed,
        state,
        title=_name(about.get("name")),
        phase=word_of(about.get("status")),
        vendor_id=text_of(about.get("id")) or link,
        started_at=time_of(about.get("started")) or time_of(about.get("start")),
        updated_at=time_of(about.get("updatedAt")),
        link=link,
    )

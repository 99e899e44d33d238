"""Cachet: pages of components or of incidents, and the one-line status, of API 1 and of 3.

Components count from 1 (well) to 4, incidents from 0 (planned) to 4 (fixed); numbers may be texts.
Times bear no zone: that of the server, which is UTC unless somebody changed it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from incidentbot.signals.feeds.contract import Body, Feed, Signal, State, Update, text_of, unknown
from incidentbot.signals.feeds.formats._said import (
    bad,
    light,
    link_of,
    listed,
    newest_first,
    number_of,
    object_of,
    plain,
    quiet,
    say,
    utc_of,
)

COMPONENT: dict[int | None, State] = {
    1: "operational",
    2: "degraded",
    3: "partial_outage",
    4: "major_outage",
    6: "maintenance",  # of version 3; 5 is unknown there
}
INCIDENT: dict[int | None, State] = {
    0: "maintenance",
    1: "major_outage",
    2: "partial_outage",
    3: "degraded",
    4: "operational",
}
PHASES = {0: "scheduled", 1: "investigating", 2: "identified", 3: "watching", 4: "fixed"}
LIGHTS: dict[str, State] = {
    "success": "operational",
    "info": "degraded",
    "warning": "partial_outage",
    "danger": "major_outage",
    "operational": "operational",
    "partial_outage": "partial_outage",
    "major_outage": "major_outage",
    "under_maintenance": "maintenance",
}
OF_A_COMPONENT = {"group_id", "component_group_id", "status_name"}
OF_AN_INCIDENT = {"human_status", "is_resolved", "latest_status", "stickied"}


def recognises(body: Body) -> bool:
    """Its list of components or incidents, an empty one with its pages, or its status line."""
    page = body.json
    if not isinstance(page, dict):
        return False
    data = page.get("data")
    if isinstance(data, dict):
        return set(data) == {"status", "message"} and text_of(data.get("status")) in LIGHTS
    things = _things(page)
    if not things:
        return data == [] and "pagination" in object_of(page, "meta")
    newer = "enabled" in things[0] and "value" in object_of(things[0], "status")
    own = newer or bool((OF_A_COMPONENT | OF_AN_INCIDENT) & set(things[0]))
    return "status" in things[0] and own


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per component that is not well, or per open incident."""
    page = body.json
    data = page.get("data") if isinstance(page, dict) else None
    if isinstance(data, dict):
        state = LIGHTS.get(text_of(data.get("status")), "unknown")
        title = text_of(data.get("message"))
        known = state != "unknown"
        return [light(feed, state, title)] if known else unknown(feed, "a status we do not know")
    things = _things(page)
    if not things:
        return unknown(feed, "a list of Cachet without any member")
    if OF_AN_INCIDENT & set(things[0]):
        return list(_incidents(things, feed)) or [quiet(feed, "No open incident" + _which(page))]
    return _components(things, page, feed)


def _things(page: Any) -> list[dict[str, Any]]:
    """The members; the newer API keeps what they say under `attributes`.

    In a list of groups they are the members of the groups.
    """
    found = []
    for thing in listed(page, "data"):
        if "attributes" in thing:
            thing = {"id": thing.get("id")} | object_of(thing, "attributes")
        found += listed(thing, "enabled_components") if "enabled_components" in thing else [thing]
    return found


def _code(value: Any) -> int | None:
    return number_of(value.get("value") if isinstance(value, dict) else value)


def _components(things: list[dict[str, Any]], page: Any, feed: Feed) -> list[Signal]:
    known = 0
    found = []
    for thing in things:
        state = COMPONENT.get(_code(thing.get("status")), "unknown")
        if thing.get("enabled") is False:
            continue
        known += state != "unknown"
        if bad(state):
            found.append(
                say(
                    feed,
                    state,
                    service=text_of(thing.get("name")),
                    vendor_id=_id(thing),
                    updated_at=_time(thing.get("updated_at"), feed),
                    link=link_of(thing.get("link")),
                )
            )
    if not known:
        return unknown(feed, "its components have no state that is known")
    return found or [quiet(feed, "All components are operational" + _which(page))]


def _incidents(things: list[dict[str, Any]], feed: Feed) -> Iterator[Signal]:
    for thing in things:
        code = _code(thing.get("latest_status"))
        code = _code(thing.get("status")) if code is None else code
        state = INCIDENT.get(code, "degraded")
        visible = number_of(thing.get("visible"))
        starts = _time(thing.get("scheduled_at"), feed) if code == 0 else None
        over = thing.get("is_resolved") is True or state == "operational"
        if over or visible == 0 or (code == 0 and (not starts or starts > feed.read_at)):
            continue
        updates = newest_first(_updates(thing, feed))
        yield say(
            feed,
            state,
            service=text_of(object_of(thing, "component").get("name")),
            title=text_of(thing.get("name")),
            said=[*(update.text for update in updates), plain(thing.get("message"))],
            phase=PHASES.get(-1 if code is None else code, ""),
            vendor_id=_id(thing),
            started_at=starts or _time(thing.get("occurred_at") or thing.get("created_at"), feed),
            updated_at=_time(thing.get("updated_at"), feed),
            updates=updates,
            link=link_of(thing.get("permalink")),
        )


def _id(thing: dict[str, Any]) -> str:
    number = number_of(thing.get("id"))
    return text_of(thing.get("id")) if number is None else str(number)


def _updates(thing: dict[str, Any], feed: Feed) -> Iterator[Update]:
    for update in listed(thing, "updates"):
        phase = PHASES.get(number_of(update.get("status")) or 0, "")
        yield Update(_time(update.get("created_at"), feed), phase, plain(update.get("message")))


def _time(value: Any, feed: Feed) -> datetime | None:
    """The time as UTC; one that lies ahead shows that the server's zone is another."""
    at = utc_of(value.get("string") if isinstance(value, dict) else value)
    return at if at and at <= feed.read_at + timedelta(minutes=5) else None


def _which(page: Any) -> str:
    """Says that there are more pages than this one."""
    pages = object_of(page, "meta", "pagination")
    last, here = number_of(pages.get("total_pages")), number_of(pages.get("current_page"))
    return f" (page {here} of {last})" if last and last > 1 else ""

"""Statuspage v2 JSON: summary, status, components, incidents and maintenances, and its dialects.

Components and incidents count and not the page's light, which is close to useless: some pages show
`minor` for years, also during a total outage. incident.io, Rootly and others serve the same
addresses with parts of the schema.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from incidentbot.signals.feeds.contract import (
    Body,
    Feed,
    Signal,
    State,
    Update,
    text_of,
    time_of,
    unknown,
)
from incidentbot.signals.feeds.formats._said import (
    COMPONENT,
    EDGE_WORK,
    MOST_UPDATES,
    OVER,
    bad,
    light,
    link_of,
    listed,
    newest_first,
    object_of,
    plain,
    quiet,
    say,
    word_of,
)

INDICATOR: dict[str, State] = {
    "none": "operational",
    "minor": "degraded",
    "major": "partial_outage",
    "critical": "major_outage",
    "maintenance": "maintenance",
}
LISTS = ("components", "incidents", "scheduled_maintenances")
UNDER_WAY = ("in_progress", "verifying")
CALMING = ("monitoring", "mitigated")
RECENT = timedelta(days=1)  # how long a resolved incident is still told
# Edge sites such as "Oslo, Norway - (OSL)": some are always re-routed, which harms nobody.
PLACE = re.compile(r"[A-Z]{3}\d|[a-z]{2,4}-[a-z]{3,20}-\d")  # FRA1, fr-par-1
EDGE_SITE = re.compile(r", .+ - \([A-Z]{3}\)$")


def recognises(body: Body) -> bool:
    """A page with an indicator, or with lists of components, incidents or maintenances.

    Dialects write null for a list without members. A page that has a state itself is another's.
    """
    page = body.json
    if not isinstance(page, dict) or "ongoing_incidents" in page:
        return False
    if "indicator" in object_of(page, "status"):
        return True
    about = page.get("page")
    if isinstance(about, dict):
        return "status" not in about and any(
            key in page and isinstance(page[key], list | None) for key in LISTS
        )
    return any("incident_updates" in first for key in LISTS for first in listed(page, key)[:1])


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per affected component of an incident or maintenance; one if all is well."""
    page = body.json
    if not isinstance(page, dict) or not {"status", *LISTS} & set(page):
        return unknown(feed, "JSON, but not a Statuspage summary")
    return _Reader(page, feed).signals()


class _Reader:
    def __init__(self, page: dict[str, Any], feed: Feed) -> None:
        self._page = page
        self._feed = feed
        self._listed = listed(page, "components")
        self._groups = {
            str(c.get("id")): text_of(c.get("name")) for c in self._listed if c.get("group") is True
        }
        self._components = {
            str(c.get("id")): c for c in self._listed if c.get("group") is not True and not _edge(c)
        }

    def signals(self) -> list[Signal]:
        found = [*self._incidents(), *self._maintenances()]
        told = {signal.service for signal in found}
        found += [s for s in self._alone() if s.service not in told]
        return [*(found or [self._whole_page()]), *self._resolved()]

    def _incidents(self) -> Iterator[Signal]:
        for incident in listed(self._page, "incidents"):
            phase = word_of(incident.get("status"))
            if _over(incident) or phase == "scheduled":
                continue
            named = self._named(incident)
            faulty = [c for c in named if bad(_state(c))]
            for component in faulty:
                yield self._signal(incident, component, _state(component))
            if not faulty:
                first = named[0] if named else None
                yield self._signal(incident, first, _by_impact(incident, phase))

    def _resolved(self) -> Iterator[Signal]:
        """What was over lately is told with its time; older incidents are history."""
        for incident in listed(self._page, "incidents")[:20]:
            at = time_of(incident.get("resolved_at")) or time_of(incident.get("updated_at"))
            if _over(incident) and at and self._feed.read_at - at < RECENT:
                named = self._named(incident)
                yield self._signal(incident, named[0] if named else None, "operational")

    def _maintenances(self) -> Iterator[Signal]:
        for planned in listed(self._page, "scheduled_maintenances"):
            if word_of(planned.get("status")) not in UNDER_WAY:
                continue
            named = self._named(planned)
            for component in named:
                state = _state(component)
                yield self._signal(planned, component, state if bad(state) else "maintenance")
            edge = EDGE_WORK.match(text_of(planned.get("name"))) or listed(planned, "components")
            if not named and not edge:
                yield self._signal(planned, None, "maintenance")

    def _alone(self) -> Iterator[Signal]:
        """Components that are not well although no incident names them."""
        for component in self._components.values():
            if bad(_state(component)):
                yield self._signal({}, component, _state(component))

    def _whole_page(self) -> Signal:
        status = object_of(self._page, "status")
        state = INDICATOR.get(word_of(status.get("indicator")), "unknown")
        title = text_of(status.get("description")) or "All green"
        if any(_state(c) != "unknown" for c in self._listed):
            return quiet(self._feed, title)
        if state != "unknown":
            return light(self._feed, state, title)
        if self._listed:
            why = "its components have no state that is known"
            return unknown(self._feed, why)[0]
        if any(key in self._page for key in LISTS[1:]):
            return quiet(self._feed, "No open incident")
        return unknown(self._feed, "neither components nor an indicator that is known")[0]

    def _named(self, incident: dict[str, Any]) -> list[dict[str, Any]]:
        """The incident's components as they are now; its own copy may be older.

        Where a dialect leaves them out, its newest update that names components has them.
        """
        named = listed(incident, "components") or next(
            filter(None, (_affected(u) for u in listed(incident, "incident_updates"))), []
        )
        now = [self._components.get(str(c.get("id")), c) for c in named]
        return [c for c in now if not _edge(c) and str(c.get("id")) not in self._groups]

    def _signal(
        self, about: dict[str, Any], component: dict[str, Any] | None, state: State
    ) -> Signal:
        updates = newest_first(_updates(about))
        part = component or {}
        page = object_of(self._page, "page")
        signal = say(
            self._feed,
            state,
            service=text_of(part.get("name")),
            group=self._groups.get(str(part.get("group_id")), ""),
            title=text_of(about.get("name")) or text_of(about.get("title")),
            said=[update.text for update in updates],
            phase=word_of(about.get("status")),
            vendor_id=text_of(about.get("id")),
            started_at=time_of(about.get("started_at")) or time_of(about.get("created_at")),
            updated_at=time_of(about.get("updated_at")) or time_of(part.get("updated_at")),
            updates=updates,
            link=link_of(about.get("shortlink")) or link_of(page.get("url")),
        )
        if signal.storage == "no" and bad(state) and self._nameless(part):
            why = f"{signal.service!r} is a place, and its group is not in this body"
            return replace(signal, storage="unclear", why=why)
        return signal

    def _nameless(self, part: dict[str, Any]) -> bool:
        """A place of some service, whose name is that of a group which the body does not have."""
        group = part.get("group_id")
        unknown_group = bool(group) and str(group) not in self._groups
        return unknown_group and bool(PLACE.fullmatch(text_of(part.get("name"))))


def _edge(component: dict[str, Any]) -> bool:
    return bool(EDGE_SITE.search(text_of(component.get("name"))))


def _state(component: dict[str, Any]) -> State:
    return COMPONENT.get(word_of(component.get("status")), "unknown")


def _over(incident: dict[str, Any]) -> bool:
    return word_of(incident.get("status")) in OVER or bool(time_of(incident.get("resolved_at")))


def _by_impact(incident: dict[str, Any], phase: str) -> State:
    if phase in CALMING:
        return "operational"
    state = INDICATOR.get(word_of(incident.get("impact")), "degraded")
    return "degraded" if state == "operational" else state


def _affected(update: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"id": c.get("code"), "name": c.get("name"), "status": c.get("new_status")}
        for c in listed(update, "affected_components")
    ]


def _updates(about: dict[str, Any]) -> Iterator[Update]:
    for update in listed(about, "incident_updates")[:MOST_UPDATES]:
        at = time_of(update.get("display_at")) or time_of(update.get("created_at"))
        yield Update(at, word_of(update.get("status")), plain(update.get("body")))

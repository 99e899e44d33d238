"""Statuspage v2 `summary.json` (and `status.json`): components and incidents, not the page's light.

The light is close to useless: some pages show `minor` for years, also during a total outage.
"""

import re
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
    region_in,
    text_of,
    time_of,
    unknown,
)

COMPONENT: dict[str, State] = {
    "operational": "operational",
    "degraded_performance": "degraded",
    "partial_outage": "partial_outage",
    "major_outage": "major_outage",
    "full_outage": "major_outage",
    "under_maintenance": "maintenance",
}
INDICATOR: dict[str, State] = {
    "none": "operational",
    "minor": "degraded",
    "major": "partial_outage",
    "critical": "major_outage",
    "maintenance": "maintenance",
}
KEYS = {"status", "components", "incidents"}
UNDER_WAY = ("in_progress", "verifying")
OVER = ("resolved", "postmortem", "completed")
# Edge sites such as "Oslo, Norway - (OSL)": some are always re-routed, which harms nobody.
EDGE_SITE = re.compile(r", .+ - \([A-Z]{3}\)$")
BLAMES_PROVIDER = re.compile(
    r"\b(?:cloud|hosting|infrastructure) provider|\bAWS\b|\bregional?\b|network infrastructure",
    re.IGNORECASE,
)


def recognises(body: Body) -> bool:
    """A page with an indicator, components or incidents in Statuspage's words."""
    page = body.json
    return isinstance(page, dict) and "page" in page and bool(KEYS & set(page))


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per affected component of an incident or maintenance; one if all is well."""
    page = body.json
    if not isinstance(page, dict) or not KEYS & set(page):
        return unknown(feed, "JSON, but not a Statuspage summary")
    return _Reader(page, feed).signals()


class _Reader:
    def __init__(self, page: dict[str, Any], feed: Feed) -> None:
        self._page = page
        self._feed = feed
        listed = entries(page, "components")
        self._groups = {str(c.get("id")): text_of(c.get("name")) for c in listed if c.get("group")}
        self._components = {
            str(c.get("id")): c
            for c in listed
            if not c.get("group") and not EDGE_SITE.search(text_of(c.get("name")))
        }

    def signals(self) -> list[Signal]:
        found = [*self._incidents(), *self._maintenances()]
        told = {signal.service for signal in found}
        found += [s for s in self._alone() if s.service not in told]
        return found or [self._whole_page()]

    def _incidents(self) -> Iterator[Signal]:
        for incident in entries(self._page, "incidents"):
            phase = text_of(incident.get("status"))
            if phase in OVER:
                continue
            named = self._named(incident)
            faulty = [c for c in named if self._state(c) not in ("operational", "unknown")]
            for component in faulty:
                yield self._signal(incident, component, self._state(component))
            if not faulty:
                first = named[0] if named else None
                yield self._signal(incident, first, self._by_impact(incident, phase))

    def _by_impact(self, incident: dict[str, Any], phase: str) -> State:
        if phase == "monitoring":
            return "operational"
        state = INDICATOR.get(text_of(incident.get("impact")), "degraded")
        return "degraded" if state == "operational" else state

    def _maintenances(self) -> Iterator[Signal]:
        for planned in entries(self._page, "scheduled_maintenances"):
            if text_of(planned.get("status")) in UNDER_WAY:
                named = self._named(planned)
                for component in named:
                    if self._state(component) == "maintenance":
                        yield self._signal(planned, component, "maintenance")
                if not named:
                    yield self._signal(planned, None, "maintenance")

    def _alone(self) -> Iterator[Signal]:
        """Components that are not well although no incident names them."""
        for component in self._components.values():
            state = self._state(component)
            if state not in ("operational", "unknown"):
                yield self._signal({}, component, state)

    def _whole_page(self) -> Signal:
        status = self._page.get("status")
        light = status if isinstance(status, dict) else {}
        title = text_of(light.get("description"))
        state = INDICATOR.get(text_of(light.get("indicator")), "unknown")
        listed = bool(entries(self._page, "components"))
        if state == "unknown":
            why = "neither components nor an indicator that is known"
            return unknown(self._feed, why)[0]
        if listed or state == "operational":
            return self._make(title or "All green", state="operational", storage="no")
        return self._make(title, state=state, storage="unclear", why="only the page's light")

    def _named(self, incident: dict[str, Any]) -> list[dict[str, Any]]:
        """The incident's components as they are now; its own copy may be older."""
        return [
            self._components.get(str(c.get("id")), c)
            for c in entries(incident, "components")
            if not EDGE_SITE.search(text_of(c.get("name"))) and str(c.get("id")) not in self._groups
        ]

    def _state(self, component: dict[str, Any]) -> State:
        return COMPONENT.get(text_of(component.get("status")), "unknown")

    def _signal(
        self, about: dict[str, Any], component: dict[str, Any] | None, state: State
    ) -> Signal:
        title, service = text_of(about.get("name")), ""
        if component is not None:
            service = text_of(component.get("name"))
            group = self._groups.get(str(component.get("group_id")), "")
            service = f"{group} / {service}" if group else service
        storage, why = self._storage(about, service, title)
        return self._make(
            title or f"{service}: {state.replace('_', ' ')}",
            state=state,
            service=service,
            region=region_in(service) or region_in(title),
            phase=text_of(about.get("status")),
            vendor_id=text_of(about.get("id")),
            started_at=time_of(about.get("started_at") or about.get("created_at")),
            updated_at=time_of(about.get("updated_at")),
            storage=storage,
            why=why,
        )

    def _storage(self, about: dict[str, Any], service: str, title: str) -> tuple[Storage, str]:
        if names_storage(service):
            return "yes", f"the component {service!r} is storage"
        if names_storage(title):
            return "yes", f"the title {title!r} names storage"
        said = " ".join(
            text_of(update.get("body"), 2000) for update in entries(about, "incident_updates")
        )
        blamed = BLAMES_PROVIDER.search(f"{service} {title} {said}")
        if blamed:
            return "unclear", f"speaks of {blamed[0]!r} without naming storage"
        return "no", "no storage is named"

    def _make(self, title: str, **rest: Any) -> Signal:
        return Signal(self._feed.name, self._feed.vendor, title=title, **rest)

"""Status.io's public status: a code per component and per container (place) of it."""

from collections.abc import Iterator
from typing import Any

from incidentbot.signals.feeds.contract import (
    Body,
    Feed,
    Signal,
    State,
    Update,
    region_in,
    text_of,
    time_of,
    unknown,
)
from incidentbot.signals.feeds.formats._said import (
    bad,
    light,
    listed,
    newest_first,
    number_of,
    object_of,
    plain,
    quiet,
    say,
    worst,
)

CODES: dict[int | None, State] = {
    100: "operational",
    200: "maintenance",
    300: "degraded",
    400: "partial_outage",
    500: "major_outage",
    600: "major_outage",  # a security event
}
PHASES = {100: "investigating", 200: "identified", 300: "monitoring"}


def recognises(body: Body) -> bool:
    """A `result` with `status_overall`."""
    return "status_overall" in object_of(body.json, "result")


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per component that is not well, and per one that an incident names."""
    result = object_of(body.json, "result")
    if not result:
        return unknown(feed, "JSON, but not the public status of Status.io")
    components = listed(result, "status")
    found = [*_told(result, components, feed), *_planned(result, components, feed)]
    names = {signal.labels.get("component", "") for signal in found}
    for component in components:
        if bad(_state(component)) and text_of(component.get("name")) not in names:
            found += _places(component, {}, (), feed)
    return found or [_whole(result, components, feed)]


def _state(thing: dict[str, Any]) -> State:
    return CODES.get(number_of(thing.get("status_code")), "unknown")


def _told(result: dict[str, Any], components: list[dict[str, Any]], feed: Feed) -> Iterator[Signal]:
    by_id = {str(component.get("id")): component for component in components}
    for incident in listed(result, "incidents"):
        updates = newest_first(_updates(incident))
        named = [
            by_id.get(str(c.get("_id")), {"name": c.get("name")})
            for c in listed(incident, "components_affected")
        ]
        faulty = [component for component in named if bad(_state(component))]
        for component in faulty:
            yield from _places(component, incident, updates, feed)
        if not faulty:
            said = worst(CODES.get(number_of(m.get("status")), "unknown") for m in _last(incident))
            calm = bool(updates) and updates[0].phase == "monitoring"
            state = "operational" if calm else said if bad(said) else "degraded"
            first = text_of(named[0].get("name")) if named else ""
            yield _signal(first, state, incident, updates, feed)


def _places(
    component: dict[str, Any], about: dict[str, Any], updates: tuple[Update, ...], feed: Feed
) -> Iterator[Signal]:
    """The component where it is not well; its places are named when there are several."""
    name = text_of(component.get("name"))
    places = listed(component, "containers")
    faulty = [place for place in places if bad(_state(place))]
    if len(places) < 2 or not faulty:
        yield _signal(name, _state(component), about, updates, feed)
        return
    for place in faulty:
        where = text_of(place.get("name"))
        yield _signal(name, _state(place), about, updates, feed, where)


def _planned(
    result: dict[str, Any], components: list[dict[str, Any]], feed: Feed
) -> Iterator[Signal]:
    by_id = {str(component.get("id")): component for component in components}
    for work in listed(object_of(result, "maintenance"), "active"):
        updates = newest_first(_updates(work))
        named = listed(work, "components_affected")
        for part in named:
            now = _state(by_id.get(str(part.get("_id")), {}))
            state = now if bad(now) else "maintenance"
            yield _signal(text_of(part.get("name")), state, work, updates, feed)
        if not named:
            yield _signal("", "maintenance", work, updates, feed)


def _signal(
    name: str,
    state: State,
    about: dict[str, Any],
    updates: tuple[Update, ...],
    feed: Feed,
    place: str = "",
) -> Signal:
    return say(
        feed,
        state,
        group=name if place else "",
        service=place or name,
        region=region_in(place),
        title=text_of(about.get("name")),
        said=[update.text for update in updates],
        phase=updates[0].phase if updates else "",
        vendor_id=text_of(about.get("_id")),
        started_at=time_of(about.get("datetime_open")) or time_of(about.get("datetime_start")),
        updated_at=updates[0].at if updates else None,
        updates=updates,
        labels={"component": name},
    )


def _updates(about: dict[str, Any]) -> Iterator[Update]:
    for message in listed(about, "messages"):
        phase = PHASES.get(number_of(message.get("state")) or 0, "")
        yield Update(time_of(message.get("datetime")), phase, plain(message.get("details")))


def _last(incident: dict[str, Any]) -> list[dict[str, Any]]:
    messages = listed(incident, "messages")
    return sorted(messages, key=lambda m: text_of(m.get("datetime")))[-1:]


def _whole(result: dict[str, Any], components: list[dict[str, Any]], feed: Feed) -> Signal:
    overall = object_of(result, "status_overall")
    state, title = _state(overall), text_of(overall.get("status"))
    if any(_state(component) != "unknown" for component in components):
        return quiet(feed, title or "All components are operational")
    if state == "unknown":
        return unknown(feed, "neither components nor an overall code that is known")[0]
    return light(feed, state, title)

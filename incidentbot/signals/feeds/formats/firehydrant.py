"""FireHydrant's `data/payload.json`: components with a condition, incidents and announced work.

A page names its conditions itself and says what each of them means.
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
    text_of,
    time_of,
    unknown,
)
from incidentbot.signals.feeds.formats._said import (
    MOST,
    OVER,
    bad,
    link_of,
    listed,
    newest_first,
    object_of,
    plain,
    quiet,
    say,
    word_of,
)

MEANINGS: dict[str, State] = {
    "operational": "operational",
    "degraded": "degraded",
    "bad": "degraded",
    "partial_outage": "partial_outage",
    "offline": "major_outage",
    "maintenance": "maintenance",
}
CALMING = ("mitigated", "monitoring")


def recognises(body: Body) -> bool:
    """Its own names for conditions beside components and the page's configuration."""
    page = body.json
    return isinstance(page, dict) and all(
        isinstance(page.get(key), kind)
        for key, kind in (("conditions", dict), ("config", dict), ("components", list))
    )


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per affected component of an open incident or of work under way."""
    if not recognises(body):
        return unknown(feed, "JSON, but not a page of FireHydrant")
    page: dict[str, Any] = body.json
    found = [*_incidents(page, feed), *_works(page, feed)]
    told = {signal.service for signal in found}
    parts = listed(page, "components")
    for part in parts:
        state = _meaning(page, part.get("customerCondition") or part.get("condition"))
        if bad(state) and text_of(part.get("name")) not in told:
            found.append(say(feed, state, service=text_of(part.get("name"))))
    title = text_of(object_of(page, "config").get("operationalMessage"))
    if found:
        return found
    return [quiet(feed, title or "No open incident")] if parts else unknown(feed, "no components")


def _meaning(page: dict[str, Any], condition: Any) -> State:
    """What a condition means; one whose name speaks of maintenance is that, whatever it maps to."""
    name = text_of(condition, 60)
    if "maintenance" in name.lower():
        return "maintenance"
    conditions = object_of(page, "conditions")
    said = conditions.get(condition) if isinstance(condition, str) else None
    return MEANINGS.get(word_of(said)) or MEANINGS.get(word_of(name), "unknown")


def _affected(page: dict[str, Any], about: dict[str, Any]) -> list[tuple[str, State]]:
    """(name, state) of each component that it names."""
    named = object_of(about, "componentConditions")
    return [(text_of(name), _meaning(page, named[name])) for name in list(named)[:MOST]]


def _incidents(page: dict[str, Any], feed: Feed) -> Iterator[Signal]:
    for about in listed(page, "incidents"):
        phase = word_of(about.get("currentMilestone"))
        if phase in OVER or time_of(object_of(about, "timestamps").get("resolved")):
            continue
        named = _affected(page, about)
        faulty = [(name, state) for name, state in named if bad(state)]
        if faulty:
            for name, state in faulty:
                yield _signal(about, name, state, phase, feed)
        else:
            calm = phase in CALMING
            first = named[0][0] if named else ""
            yield _signal(about, first, "operational" if calm else "degraded", phase, feed)


def _works(page: dict[str, Any], feed: Feed) -> Iterator[Signal]:
    """Announced work between its times."""
    for about in listed(page, "scheduledMaintenances"):
        starts, ends = time_of(about.get("startsAt")), time_of(about.get("endsAt"))
        if not _under_way(starts, ends, feed.read_at):
            continue
        for name, state in _affected(page, about) or [("", "maintenance")]:
            worse = state if bad(state) else "maintenance"
            yield _signal(about, name, worse, "in_progress", feed)


def _under_way(starts: datetime | None, ends: datetime | None, now: datetime) -> bool:
    return starts is not None and starts <= now and (ends is None or now < ends)


def _signal(about: dict[str, Any], name: str, state: State, phase: str, feed: Feed) -> Signal:
    updates = newest_first(_updates(about))
    started = time_of(object_of(about, "timestamps").get("started"))
    return say(
        feed,
        state,
        service=name,
        title=text_of(about.get("name")),
        said=[*(update.text for update in updates), plain(about.get("summary"))],
        phase=phase,
        vendor_id=text_of(about.get("id")),
        started_at=started or time_of(about.get("startsAt")),
        updated_at=updates[0].at if updates else time_of(about.get("updatedAt")),
        updates=updates,
        link=link_of(about.get("url")),
    )


def _updates(about: dict[str, Any]) -> Iterator[Update]:
    for event in listed(about, "timeline"):
        details = object_of(event, "details")
        text = plain(details.get("note"))
        phase = word_of(details.get("currentMilestone")) or word_of(details.get("milestone"))
        if text or phase:
            yield Update(time_of(event.get("occurredAt")), phase, text)

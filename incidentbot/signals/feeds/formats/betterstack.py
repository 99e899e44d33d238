"""Better Stack's `index.json` (JSON:API): resources with their state, and status reports.

A report may name resources that are no longer on the page.
"""

from collections.abc import Iterator
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
    worst,
)

WORDS: dict[str, State] = {
    "operational": "operational",
    "recovered": "operational",
    "resolved": "operational",
    "degraded": "degraded",
    "downtime": "major_outage",
    "maintenance": "maintenance",
}


def recognises(body: Body) -> bool:
    """JSON:API whose data is a status page."""
    return object_of(body.json, "data").get("type") == "status_page"


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per resource that is not well, with the open report that names it."""
    page = object_of(body.json, "data", "attributes")
    if not page:
        return unknown(feed, "JSON, but not a status page of Better Stack")
    included = _Included(listed(body.json, "included"))
    link = link_of(page.get("company_url"))
    found = [
        signal for report in included.reports for signal in _report(report, included, link, feed)
    ]
    told = {signal.service for signal in found}
    for resource in included.resources.values():
        if bad(_state(resource)):
            alone = say(feed, _state(resource), **included.name(resource))
            found += [alone] if alone.service not in told else []
    if found:
        return found
    state = WORDS.get(word_of(page.get("aggregate_state")), "unknown")
    if any(_state(resource) != "unknown" for resource in included.resources.values()):
        return [quiet(feed, "All resources are operational")]
    if state == "unknown":
        return unknown(feed, "neither resources nor an aggregate state that is known")
    return [light(feed, state, word_of(page.get("aggregate_state")))]


class _Included:
    """What the document carries beside the page, by type and id."""

    def __init__(self, things: list[dict[str, Any]]) -> None:
        by_type: dict[str, dict[str, dict[str, Any]]] = {}
        for thing in things:
            kind = by_type.setdefault(text_of(thing.get("type")), {})
            kind[text_of(thing.get("id"))] = thing
        self._sections = by_type.get("status_page_section", {})
        self._updates = by_type.get("status_update", {})
        self.resources = by_type.get("status_page_resource", {})
        self.reports = list(by_type.get("status_report", {}).values())

    def name(self, resource: dict[str, Any]) -> dict[str, str]:
        about = object_of(resource, "attributes")
        section = self._sections.get(str(about.get("status_page_section_id")), {})
        group = text_of(object_of(section, "attributes").get("name"))
        return {"service": text_of(about.get("public_name")), "group": group}

    def updates(self, report: dict[str, Any]) -> tuple[Update, ...]:
        ids = listed(object_of(report, "relationships", "status_updates"), "data")
        found = [object_of(self._updates.get(text_of(i.get("id"))), "attributes") for i in ids]
        return newest_first(
            Update(time_of(a.get("published_at")), "", plain(a.get("message"))) for a in found if a
        )


def _state(resource: dict[str, Any]) -> State:
    return WORDS.get(word_of(object_of(resource, "attributes").get("status")), "unknown")


def _report(report: dict[str, Any], included: _Included, link: str, feed: Feed) -> Iterator[Signal]:
    about = object_of(report, "attributes")
    starts, ends = time_of(about.get("starts_at")), time_of(about.get("ends_at"))
    planned = text_of(about.get("report_type")) == "maintenance"
    whole = WORDS.get(word_of(about.get("aggregate_state")), "unknown")
    if whole == "operational" or (starts and starts > feed.read_at):
        return
    if ends and (not planned or ends <= feed.read_at):
        return
    updates = included.updates(report)
    rest: dict[str, Any] = {
        "title": text_of(about.get("title")),
        "said": [update.text for update in updates],
        "phase": "maintenance" if planned else "open",
        "vendor_id": text_of(report.get("id")),
        "started_at": starts,
        "updated_at": updates[0].at if updates else starts,
        "updates": updates,
        "link": link,
    }
    named = listed(about, "affected_resources")
    known = [included.resources.get(str(n.get("status_page_resource_id"))) for n in named]
    faulty = [resource for resource in known if resource and bad(_state(resource))]
    for resource in faulty:
        yield say(feed, _state(resource), **included.name(resource), **rest)
    if not faulty:
        said = worst([whole, *(WORDS.get(word_of(n.get("status")), "unknown") for n in named)])
        first = included.name(next((r for r in known if r), {}))
        yield say(feed, said if bad(said) else "degraded", **first, **rest)

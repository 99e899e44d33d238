"""The public events of the AWS Health Dashboard: a list, empty when all is well, often in UTF-16.

The severity of an event and the `current` of each of `impacted_services` are numbers or their
texts; 0 is over but still listed. A storage outage may be filed under `multipleservices-<region>`
with the storage service only among the impacted ones. Some events stay open for months.
"""

from collections.abc import Iterator
from typing import Any

from incidentbot.signals.feeds.contract import (
    Body,
    Feed,
    Signal,
    Update,
    entries,
    names_storage,
    text_of,
    unknown,
)
from incidentbot.signals.feeds.formats import _aws, _texts

MOST_EVENTS = 500
MOST_SERVICES = 400


def recognises(body: Body) -> bool:
    """A list of events with their log or ARN. The empty list is how AWS says that all is well."""
    page = body.json
    if not isinstance(page, list):
        return False
    first = page[0] if page else {"service": "", "event_log": []}
    return (
        isinstance(first, dict) and "service" in first and bool({"event_log", "arn"} & set(first))
    )


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per event and per impacted service; one if the list is empty."""
    if not isinstance(body.json, list):
        return unknown(feed, "JSON, but not a list of AWS events")
    found = [signal for event in body.json[:MOST_EVENTS] for signal in _event(event, feed)]
    return found or [
        Signal(feed.name, feed.vendor, state="operational", title="No open events", storage="no")
    ]


def _event(event: Any, feed: Feed) -> Iterator[Signal]:
    slug = text_of(event.get("service")) if isinstance(event, dict) else ""
    if not slug:
        yield from unknown(feed, "an event without a service")
        return
    service, region = _aws.place(slug)
    updates = _updates(event)
    started_at, updated_at = _aws.span(_aws.moment(event.get("date")), updates)
    state = _aws.severity(event.get("status"))
    about: dict[str, Any] = {
        "title": text_of(event.get("summary")) or text_of(event.get("service_name")),
        "vendor_id": text_of(event.get("arn")) or _aws.key(slug, started_at),
        "phase": "resolved" if state == "operational" else "open",
        "started_at": started_at,
        "updated_at": updated_at,
    }
    listed = [
        s for s in _impacted(event, feed, about) if (s.service, s.region) != (service, region)
    ]
    if any(names_storage(signal.service) for signal in listed):
        # Each storage service is told with its own severity, which the whole event's is not.
        about |= {"storage": "unclear", "why": "its storage services are listed for themselves"}
        if state == "operational" or all(s.storage == "no" for s in listed):
            about |= {"storage": "no", "why": "no storage among the impacted services"}
        yield Signal(
            feed.name,
            feed.vendor,
            service=service,
            region=region,
            state=state,
            updates=updates,
            **about,
        )
    else:
        yield from _aws.signals(feed, service, region, state, updates, **about)
    yield from listed


def _updates(event: dict[str, Any]) -> tuple[Update, ...]:
    found = [
        Update(
            _aws.moment(entry.get("timestamp")),
            _aws.severity(entry.get("status")),
            text_of(_texts.plain(str(entry.get("message") or entry.get("summary") or "")), 2000),
        )
        for entry in entries(event, "event_log")[-_aws.MOST_UPDATES :]
    ]
    return _texts.newest_first(found)


def _impacted(event: dict[str, Any], feed: Feed, about: dict[str, Any]) -> Iterator[Signal]:
    impacted = event.get("impacted_services")
    if not isinstance(impacted, dict):
        return
    for slug, now in list(impacted.items())[:MOST_SERVICES]:
        service, region = _aws.place(text_of(slug))
        state = _aws.severity(now.get("current") if isinstance(now, dict) else now)
        hit = names_storage(service) and state != "operational"
        yield Signal(
            feed.name,
            feed.vendor,
            service=service,
            region=region,
            state=state,
            storage="yes" if hit else "no",
            why=f"{service} is listed as impaired" if hit else "no storage, or not impaired",
            **about | {"phase": "resolved" if state == "operational" else "open"},
        )

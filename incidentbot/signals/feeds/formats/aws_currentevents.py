"""The public events of the AWS Health Dashboard: a list, empty when all is well, often in UTF-16.

The severity of an event and the `current` of each of `impacted_services` are numbers or their
texts; 0 is over but still listed. A storage outage may be filed under `multipleservices-<region>`
with the storage service only among the impacted ones. Some events stay open for months.

`historyevents.json` has the same events in lists by service. There the number stays at its worst:
the newest entry of the log says that it is over, or an end does.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from incidentbot.signals.feeds.contract import (
    Body,
    Feed,
    Signal,
    State,
    Update,
    entries,
    names_service,
    names_storage,
    region_in,
    text_of,
    unknown,
)
from incidentbot.signals.feeds.formats import _aws, _texts

MOST_EVENTS = 500
MOST_SERVICES = 400
MARKS = {"event_log", "arn", "impacted_services"}
WORDS = {"service_name", "summary"}
RECENT = timedelta(hours=24)  # an event of the history is told this long after its end


def recognises(body: Body) -> bool:
    """A list of events with their log or ARN. The empty list is how AWS says that all is well."""
    page = body.json
    if isinstance(page, dict):
        return _is_history(page)
    if not isinstance(page, list):
        return False
    first = page[0] if page else {"service": "", "event_log": []}
    # The API's events have a code for their type, and another format.
    return (
        isinstance(first, dict)
        and "service" in first
        and (bool(MARKS & set(first)) or set(first) >= WORDS)
        and "eventTypeCode" not in first
    )


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per event and per impacted service; one if the list is empty."""
    page = body.json
    if isinstance(page, dict) and _is_history(page):
        found = [signal for event in _history(page, feed) for signal in _event(event, feed)]
    elif isinstance(page, list):
        found = [signal for event in page[:MOST_EVENTS] for signal in _event(event, feed)]
    else:
        return unknown(feed, "JSON, but not a list of AWS events")
    return found or [
        Signal(feed.name, feed.vendor, state="operational", title="No open events", storage="no")
    ]


def _is_history(page: dict[str, Any]) -> bool:
    """Lists by service; enough to look at the first that has an event."""
    first = next((events[0] for events in page.values() if isinstance(events, list) and events), 0)
    return isinstance(first, dict) and "event_log" in first


def _history(page: dict[str, Any], feed: Feed) -> Iterator[Any]:
    """The events that are open, or were until a short while ago."""
    for slug, events in page.items():
        for event in events[:MOST_EVENTS] if isinstance(events, list) else ():
            if not isinstance(event, dict):
                yield event
                continue
            newest = next(iter(_updates(event)), None)
            ended = _aws.moment(event.get("end_time"))
            ended = ended or (newest.at if newest and newest.phase == "operational" else None)
            if ended is None:
                yield {"service": slug} | event
            elif feed.read_at - ended < RECENT:
                yield {"service": slug} | event | {"status": "0"}


def _event(event: Any, feed: Feed) -> Iterator[Signal]:
    slug = text_of(event.get("service")) if isinstance(event, dict) else ""
    if not slug:
        yield from unknown(feed, "an event without a service")
        return
    service, region = _aws.place(slug)
    region = region or region_in(text_of(event.get("arn")).partition("::")[0])
    updates = _updates(event)
    started_at, updated_at = _aws.span(_aws.moment(event.get("date")), updates)
    about: dict[str, Any] = {
        "title": text_of(event.get("summary")) or text_of(event.get("service_name")),
        "vendor_id": text_of(event.get("arn")) or _aws.key(slug, started_at),
        "started_at": started_at,
        "updated_at": updated_at,
    }
    listed = [
        s
        for s in _impacted(event, feed, about, updates)
        if (s.service, s.region) != (service, region)
    ]
    ended = _aws.moment(event.get("end_time"))
    over = ended is not None and all(signal.state == "operational" for signal in listed)
    state: State = "operational" if over else _aws.severity(event.get("status"))
    about["phase"] = "resolved" if state == "operational" else "open"
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


_NOT_HIT = _texts.Said("no", "no storage, or not impaired")


def _listed(service: str, updates: Sequence[Update]) -> _texts.Said:
    """A storage service that is listed as impaired, unless the text says of it that it works."""
    said = _texts.of_other([update.text for update in updates])
    if said.storage == "no" and names_service(said.why, service):
        return _texts.Said("unclear", f"{service} is listed as impaired, but {said.why}")
    return _texts.Said("yes", f"{service} is listed as impaired")


def _impacted(
    event: dict[str, Any], feed: Feed, about: dict[str, Any], updates: Sequence[Update]
) -> Iterator[Signal]:
    impacted = event.get("impacted_services")
    if isinstance(impacted, list):
        impacted = dict(_by_slug(impacted[:MOST_SERVICES], event))
    if not isinstance(impacted, dict):
        return
    for slug, now in list(impacted.items())[:MOST_SERVICES]:
        service, region = _aws.place(text_of(slug))
        state = _aws.severity(now.get("current") if isinstance(now, dict) else now)
        said = _NOT_HIT
        if names_storage(service) and state != "operational":
            said = _listed(service, updates)
        yield Signal(
            feed.name,
            feed.vendor,
            service=service,
            region=region,
            state=state,
            storage=said.storage,
            why=said.why,
            **about | {"phase": "resolved" if state == "operational" else "open"},
        )


def _by_slug(impacted: list[Any], event: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """A list of slugs, or of objects with one: what has no number has that of the event."""
    for one in impacted:
        slug = text_of(one.get("service") if isinstance(one, dict) else one)
        if slug:
            now = one if isinstance(one, dict) and "current" in one else event.get("status")
            yield slug, now

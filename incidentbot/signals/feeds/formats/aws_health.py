"""What boto3's client of the AWS Health API returns, as one JSON document.

    {"events":   [...],   # describe_events: `events` of all pages
     "details":  [...],   # describe_event_details: `successfulSet` of all calls, may be missing
     "entities": [...]}   # describe_affected_entities: `entities` of all pages, may be missing

Also the answers as they are: the bare list of events, and `successfulSet`, whose members have both
an event and its description.

All in boto3's own field names: an event has `arn`, `service`, `eventTypeCode`, `eventTypeCategory`
(`issue`, `scheduledChange`, `accountNotification`, `investigation`), `region`, `statusCode`
(`open`, `closed`, `upcoming`), `startTime`, `endTime`, `lastUpdatedTime`; a detail has `event`
(with `arn`) and `eventDescription.latestDescription`; an entity has `eventArn` and `entityValue`.
Times are ISO 8601 with a zone (`datetime.isoformat()`) or epoch seconds. Severity is in no field:
an open issue is trouble of unknown size. The events are all there are, so none, or only notices,
is all clear.
"""

from collections.abc import Iterator
from typing import Any

from incidentbot.signals.feeds.contract import Body, Feed, Signal, entries, text_of, unknown
from incidentbot.signals.feeds.formats import _aws_health

MOST_EVENTS = 1000


def recognises(body: Body) -> bool:
    """The lists of events and details, or events as the API has them."""
    page = _page(body.json)
    if page is None:
        return False
    first = next(iter(entries(page, "events")), {})
    known = {"eventTypeCategory", "eventTypeCode"} & set(first)
    return isinstance(page.get("details"), list) or bool(known)


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per issue or scheduled change; one if there are none."""
    page = _page(body.json)
    if page is None:
        return unknown(feed, "JSON, but without the events of the AWS Health API")
    return list(_signals(page, feed)) or [
        Signal(feed.name, feed.vendor, state="operational", title="No open issues", storage="no")
    ]


def _page(page: Any) -> dict[str, Any] | None:
    """The document that is described above, out of any of the API's answers."""
    if isinstance(page, list):
        return {"events": page} if page else None
    if not isinstance(page, dict):
        return None
    if isinstance(page.get("successfulSet"), list):
        details = [d for d in entries(page, "successfulSet") if isinstance(d.get("event"), dict)]
        return {"events": [detail["event"] for detail in details], "details": details}
    return page if isinstance(page.get("events"), list) else None


def _signals(page: dict[str, Any], feed: Feed) -> Iterator[Signal]:
    texts = _texts(page)
    entities: dict[str, list[str]] = {}
    for entity in entries(page, "entities"):
        value = text_of(entity.get("entityValue"))
        if value:
            entities.setdefault(text_of(entity.get("eventArn")), []).append(value)
    for item in page["events"][:MOST_EVENTS]:
        if not isinstance(item, dict) or not {"arn", "service", "eventTypeCode"} & set(item):
            yield from unknown(feed, "an event without ARN, service and type")
            continue
        arn = text_of(item.get("arn"))
        event = _event(item, texts.get(arn, ""), entities.get(arn, []))
        if not event.informs:
            yield from _aws_health.signals(event, feed)


def _texts(page: dict[str, Any]) -> dict[str, str]:
    found = {}
    for detail in entries(page, "details"):
        event, said = detail.get("event"), detail.get("eventDescription")
        if isinstance(event, dict) and isinstance(said, dict):
            text = said.get("latestDescription")
            found[text_of(event.get("arn"))] = text if isinstance(text, str) else ""
    return found


def _event(item: dict[str, Any], text: str, entities: list[str]) -> _aws_health.Event:
    return _aws_health.Event(
        arn=text_of(item.get("arn")),
        service=text_of(item.get("service")),
        code=text_of(item.get("eventTypeCode")),
        category=text_of(item.get("eventTypeCategory")),
        region=text_of(item.get("region")),
        status=text_of(item.get("statusCode")),
        started_at=_aws_health.when(item.get("startTime")),
        ended_at=_aws_health.when(item.get("endTime")),
        updated_at=_aws_health.when(item.get("lastUpdatedTime")),
        text=text,
        entities=entities,
    )

"""An event of AWS Health as EventBridge sends it: the envelope of 2016 and that of 2023.

`statusCode` decides, also when an `endTime` is past; the first schema has no status, there the end
does. Dates inside are RFC 1123. An event may come in several pages, which have one ARN. Reports of
abuse come in the same envelope: they are about the account and say nothing of a service.
"""

from typing import Any

from incidentbot.signals.feeds.contract import Body, Feed, Signal, entries, text_of, unknown
from incidentbot.signals.feeds.formats import _aws_health

SOURCE = "aws.health"
TYPE = "AWS Health"


def recognises(body: Body) -> bool:
    """The envelope of EventBridge with an event of AWS Health in it."""
    return bool(_detail(body))


def parse(body: Body, feed: Feed) -> list[Signal]:
    """The signals of one event: that it is open, planned or over."""
    detail = _detail(body)
    if not detail:
        return unknown(feed, "JSON, but not an event of AWS Health from EventBridge")
    event = _event(body.json, detail)
    if event.informs or "abuse" in text_of(body.json.get("detail-type")).lower():
        why = "a notice about the account, it says nothing of how a service does"
        title = _aws_health.title_of(event)
        return [
            Signal(
                feed.name,
                feed.vendor,
                title=title,
                vendor_id=event.arn,
                phase=event.status,
                started_at=event.started_at,
                storage="no",
                why=why,
            )
        ]
    return list(_aws_health.signals(event, feed))


def _detail(body: Body) -> dict[str, Any]:
    page = body.json
    if not isinstance(page, dict) or not isinstance(page.get("detail"), dict):
        return {}
    ours = page.get("source") == SOURCE or text_of(page.get("detail-type")).startswith(TYPE)
    detail: dict[str, Any] = page["detail"]
    return detail if ours and {"eventArn", "eventTypeCode", "service"} & set(detail) else {}


def _event(page: dict[str, Any], detail: dict[str, Any]) -> _aws_health.Event:
    entities = [text_of(e.get("entityValue")) for e in entries(detail, "affectedEntities")]
    return _aws_health.Event(
        arn=text_of(detail.get("eventArn")),
        service=text_of(detail.get("service")),
        code=text_of(detail.get("eventTypeCode")),
        category=text_of(detail.get("eventTypeCategory")),
        region=text_of(detail.get("eventRegion")) or text_of(page.get("region")),
        status=text_of(detail.get("statusCode")),
        started_at=_aws_health.when(detail.get("startTime")),
        ended_at=_aws_health.when(detail.get("endTime")),
        updated_at=_aws_health.when(detail.get("lastUpdatedTime"))
        or _aws_health.when(page.get("time")),
        text=_text(detail),
        entities=[entity for entity in entities if entity],
    )


def _text(detail: dict[str, Any]) -> str:
    one = detail.get("eventDescription")  # a list in the envelope, one in the API's own words
    told = [one] if isinstance(one, dict) else entries(detail, "eventDescription")
    english = [t for t in told if text_of(t.get("language")).lower().startswith("en")]
    texts = (item.get("latestDescription") for item in english or told)
    return next((text for text in texts if isinstance(text, str)), "")

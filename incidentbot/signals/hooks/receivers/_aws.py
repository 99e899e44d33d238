"""What Amazon tells about alarms and its own health, by SNS and by EventBridge alike."""

from collections.abc import Mapping
from typing import Any

from incidentbot.signals import Storage
from incidentbot.signals.hooks.contract import (
    Feed,
    Signal,
    State,
    alert,
    at,
    entries,
    first,
    harmless,
    labels_of,
    moment,
    mute,
    names_storage,
    region_in,
    text_of,
)

ALARM: dict[str, State] = {
    "OK": "operational",
    "ALARM": "major_outage",
    "INSUFFICIENT_DATA": "unknown",
}
STORES = ("AWS/S3", "AWS/CloudFront", "AWS/EBS", "AWS/EFS", "AWS/FSx")
# What these count is how much is stored and asked for, and not how well it is served.
COUNTS = (
    *("BucketSizeBytes", "NumberOfObjects", "AllRequests", "Requests", "BytesDownloaded"),
    *("BytesUploaded", "StorageBytes", "ClientConnections", "4xxErrors", "4xxErrorRate"),
)


def region_of(arn: str) -> str:
    """The region in arn:aws:service:region:account:..., or nothing."""
    parts = arn.split(":", 5)
    return parts[3] if len(parts) > 4 and parts[0] == "arn" else ""


def alarm(data: dict[str, Any], feed: Feed, region: str) -> list[Signal]:
    """A CloudWatch alarm in the form that SNS carries."""
    found = data.get("Trigger")
    trigger: dict[str, Any] = found if isinstance(found, dict) else {}
    metric = trigger if "MetricName" in trigger else _metric_in(trigger)
    dimensions = {text_of(d.get("name")): d.get("value") for d in entries(metric, "Dimensions")}
    return _alarm(
        feed,
        name=text_of(data.get("AlarmName")),
        arn=text_of(data.get("AlarmArn"), 500),
        account=text_of(data.get("AWSAccountId")),
        region=region_of(text_of(data.get("AlarmArn"), 500)) or region,
        word=text_of(data.get("NewStateValue")),
        said=first((data.get("AlarmDescription"), data.get("NewStateReason"))),
        metric=(text_of(metric.get("Namespace")), text_of(metric.get("MetricName"))),
        dimensions=dimensions,
        changed=data.get("StateChangeTime"),
    )


def _metric_in(trigger: dict[str, Any]) -> dict[str, Any]:
    stats = [at(query, "MetricStat", "Metric") for query in entries(trigger, "Metrics")]
    return _telling(stats, "Namespace", "MetricName")


def _telling(metrics: list[Any], namespace: str, name: str) -> dict[str, Any]:
    """Of the metrics that an alarm computes with: the first of storage's faults, or the first.

    An error rate divides faults by requests, in any order.
    """
    found = [metric for metric in metrics if isinstance(metric, dict)]
    faults = (m for m in found if m.get(namespace) in STORES and m.get(name) not in COUNTS)
    return next(faults, found[0] if found else {})


def event(data: dict[str, Any], feed: Feed) -> list[Signal]:
    """An event of EventBridge: an alarm that changed, or Amazon's word on its own health."""
    kind = text_of(data.get("detail-type"))
    detail = data.get("detail")
    if not isinstance(detail, dict):
        return mute(feed, "an event without a detail")
    if kind == "CloudWatch Alarm State Change":
        return _alarm_event(data, detail, feed)
    if kind.startswith("AWS Health"):
        return _health(data, detail, feed)
    return mute(feed, f"the detail-type {kind!r} is neither an alarm nor AWS Health")


def _alarm_event(data: dict[str, Any], detail: dict[str, Any], feed: Feed) -> list[Signal]:
    queries = entries(detail.get("configuration"), "metrics")
    metrics = [at(query, "metricStat", "metric") for query in queries]
    metric = _telling(metrics, "namespace", "name")
    return _alarm(
        feed,
        name=text_of(detail.get("alarmName")),
        arn=text_of(at(data, "resources", 0), 500),
        account=text_of(data.get("account")),
        region=text_of(data.get("region")),
        word=text_of(at(detail, "state", "value")),
        said=first((at(detail, "configuration", "description"), at(detail, "state", "reason"))),
        metric=(text_of(metric.get("namespace")), text_of(metric.get("name"))),
        dimensions=labels_of(metric.get("dimensions")),
        changed=at(detail, "state", "timestamp"),
    )


def _alarm(
    feed: Feed,
    *,
    name: str,
    arn: str,
    account: str,
    region: str,
    word: str,
    said: str,
    metric: tuple[str, str],
    dimensions: Mapping[str, Any],
    changed: Any,
) -> list[Signal]:
    if not name or not word:
        return mute(feed, "an alarm without its name or its state")
    namespace, counted = metric
    storage, why = _touches(namespace, counted, name)
    known = {"alarm": name, "account": account, "namespace": namespace, "metric": counted}
    return [
        alert(
            feed,
            arn or f"{account}:{region}:{name}",
            ALARM.get(word, "unknown"),
            f"{name}: {said}" if said else name,
            service=namespace or name,
            region=region,
            phase=word,
            started_at=moment(changed),
            updated_at=moment(changed),
            labels=labels_of(dict(dimensions), known),
            storage=storage,
            why=why,
        )
    ]


def _touches(namespace: str, metric: str, name: str) -> tuple[Storage, str]:
    if namespace in STORES:
        if metric in COUNTS:
            return "no", f"{metric} counts use and not faults"
        return "yes", f"{metric} of {namespace}"
    if names_storage(name):
        return "yes", "the alarm's name names storage"
    return "no", "neither namespace nor name speak of storage"


def _health(data: dict[str, Any], detail: dict[str, Any], feed: Feed) -> list[Signal]:
    category = text_of(detail.get("eventTypeCategory"))
    service = text_of(detail.get("service"))
    said = text_of(at(detail, "eventDescription", 0, "latestDescription"), 2000)
    key = text_of(detail.get("eventArn"), 500)
    if not key or not category:
        return mute(feed, "an AWS Health event without its eventArn or eventTypeCategory")
    if category not in ("issue", "scheduledChange"):
        return harmless(feed, "note", f"{category} says nothing of a state")
    region = first((detail.get("eventRegion"), region_of(key), data.get("region")))
    return [
        alert(
            feed,
            key,
            _health_state(detail, category),
            said[:300] or text_of(detail.get("eventTypeCode")),
            service=service,
            region="" if region == "global" else region_in(region) or region,
            phase=text_of(detail.get("statusCode")),
            started_at=moment(detail.get("startTime")),
            updated_at=moment(first((detail.get("lastUpdatedTime"), data.get("time")))),
            labels=labels_of(
                {"service": service, "code": detail.get("eventTypeCode"), "category": category}
            ),
            named=f"{service} {said}",
        )
    ]


def _health_state(detail: dict[str, Any], category: str) -> State:
    status = text_of(detail.get("statusCode"))
    # "open" may stand beside an end that is past, and older events have an end and no status.
    if status == "closed" or (not status and detail.get("endTime")):
        return "operational"
    return "degraded" if category == "issue" else "maintenance"

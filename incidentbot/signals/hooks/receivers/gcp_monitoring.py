"""Google Cloud Monitoring: an incident of an alerting policy."""

from dataclasses import replace
from typing import Any

from incidentbot.signals.hooks.contract import (
    Body,
    Feed,
    Shape,
    Signal,
    at,
    label,
    mute,
    shaped,
    words,
)
from incidentbot.signals.hooks.proof import UrlSecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

# What these count is how much is stored, and not how well it is served.
COUNTS = ("/total_bytes", "/object_count", "/total_byte_seconds")
SHAPE = Shape(
    key=("incident.incident_id",),
    state=("incident.state",),
    firing=words("open"),
    eased=words("acknowledged"),
    resolved=words("closed"),
    severity=("incident.severity", "incident.policy_user_labels.severity"),
    title=("incident.summary", "incident.condition_name"),
    service=("incident.policy_name", "incident.resource_display_name"),
    region=("incident.resource.labels.location", "incident.resource.labels.region"),
    link=("incident.url",),
    started_at=("incident.started_at",),
    updated_at=("incident.ended_at",),
    labels={
        "policy": "incident.policy_name",
        "condition": "incident.condition_name",
        "resource": "incident.resource_name",
        "resource_type": "incident.resource.type",
        "bucket": "incident.resource.labels.bucket_name",
        "project": "incident.scoping_project_id",
    },
    named=("incident.stores", "incident.policy_name"),
)


def recognises(body: Body) -> bool:
    page = body.json
    return (
        at(page, "incident", "incident_id") is not None
        and at(page, "incident", "state") is not None
    )


def parse(body: Body, feed: Feed) -> list[Signal]:
    incident = at(body.json, "incident")
    if not isinstance(incident, dict):
        return mute(feed, "there is no incident in it")
    page = {"incident": {**incident, "stores": _stores(incident)}}
    return shaped(replace(body, json=page), feed, SHAPE)


def _stores(incident: dict[str, Any]) -> str:
    """What is watched, in words: gcs_bucket is a bucket, unless only its use is counted."""
    metric = label(at(incident, "metric", "type"))
    if metric.endswith(COUNTS):
        return ""
    return label(at(incident, "resource", "type")).replace("_", " ")

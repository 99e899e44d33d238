"""Google Cloud Monitoring: an incident of an alerting policy."""

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, at, shaped, words
from incidentbot.signals.hooks.proof import UrlSecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("incident.incident_id",),
    state=("incident.state",),
    firing=words("open", "acknowledged"),
    resolved=words("closed"),
    severity=("incident.severity",),
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
    named=("incident.resource.type", "incident.policy_name"),
)


def recognises(body: Body) -> bool:
    page = body.json
    return (
        at(page, "incident", "incident_id") is not None
        and at(page, "incident", "state") is not None
    )


def parse(body: Body, feed: Feed) -> list[Signal]:
    return shaped(body, feed, SHAPE)

"""Grafana OnCall, outgoing or formatted webhook."""

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, at, shaped, words
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("alert_uid", "alert_group.id"),
    state=("state", "alert_group.state"),
    firing=words("alerting", "firing", "silenced"),
    eased=words("acknowledged"),
    resolved=words("ok", "resolved"),
    severity=("severity",),
    title=("title", "message", "alert_group.title"),
    link=("link_to_upstream_details", "alert_group.permalinks.web"),
    started_at=("alert_group.created_at",),
    updated_at=("alert_group.resolved_at",),
    labels={"title": "title", "integration": "integration.name"},
)


def recognises(body: Body) -> bool:
    page = body.json
    return (isinstance(page, dict) and {"alert_uid", "state"} <= set(page)) or (
        at(page, "alert_group", "id") is not None and at(page, "alert_group", "state") is not None
    )


def parse(body: Body, feed: Feed) -> list[Signal]:
    return shaped(body, feed, SHAPE)

"""Grafana OnCall, outgoing or formatted webhook."""

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, shaped, words
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("alert_uid",),
    state=("state",),
    firing=words("alerting", "firing", "acknowledged"),
    resolved=words("ok", "resolved"),
    severity=("severity",),
    title=("title", "message"),
    link=("link_to_upstream_details",),
    labels={"title": "title"},
)


def recognises(body: Body) -> bool:
    page = body.json
    return isinstance(page, dict) and {"alert_uid", "state"} <= set(page)


def parse(body: Body, feed: Feed) -> list[Signal]:
    return shaped(body, feed, SHAPE)

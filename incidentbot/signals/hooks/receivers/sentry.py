"""Sentry: metric alerts have a state, single errors have none."""

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, at, shaped, words
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("data.metric_alert.alert_rule.id", "data.metric_alert.id"),
    state=("action",),
    firing=words("warning"),
    worst=words("critical"),
    resolved=words("resolved"),
    title=("data.description_title", "data.metric_alert.title"),
    service=("data.metric_alert.projects.0",),
    link=("data.web_url",),
    started_at=("data.metric_alert.date_started",),
    updated_at=("data.metric_alert.date_detected",),
    labels={
        "rule": "data.metric_alert.alert_rule.name",
        "project": "data.metric_alert.projects.0",
    },
)


def recognises(body: Body) -> bool:
    page = body.json
    return isinstance(at(page, "action"), str) and at(page, "data", "metric_alert") is not None


def parse(body: Body, feed: Feed) -> list[Signal]:
    return shaped(body, feed, SHAPE)

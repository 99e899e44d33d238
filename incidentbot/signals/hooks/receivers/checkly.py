"""Checkly's alert channel "Webhook", with the template it offers."""

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, shaped, words
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("check_id",),
    state=("alert_type",),
    firing=words("ALERT_DEGRADED", "ALERT_DEGRADED_REMAIN", "ALERT_FAILURE_DEGRADED", "ALERT_SSL"),
    worst=words("ALERT_FAILURE", "ALERT_FAILURE_REMAIN", "ALERT_DEGRADED_FAILURE"),
    resolved=words("ALERT_RECOVERY", "ALERT_DEGRADED_RECOVERY"),
    silent=words("NO_ALERT"),
    title=("event", "check_name"),
    service=("check_name",),
    region=("region",),
    link=("link",),
    started_at=("started_at",),
    updated_at=("started_at",),
    labels={"check": "check_name", "group": "group_name", "type": "check_type", "tags": "tags"},
)


def recognises(body: Body) -> bool:
    page = body.json
    return isinstance(page, dict) and str(page.get("alert_type")).startswith("ALERT_")


def parse(body: Body, feed: Feed) -> list[Signal]:
    return shaped(body, feed, SHAPE)

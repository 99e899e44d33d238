"""LibreNMS, transport "API" or "Webhook" with every field as JSON."""

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, shaped, words
from incidentbot.signals.hooks.proof import UrlSecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("device_id", "rule_id"),
    state=("state",),
    firing=words("1", "3", "4", "5"),  # raised, worse, better, changed
    eased=words("2"),  # acknowledged
    resolved=words("0"),
    severity=("severity",),
    title=("title", "msg"),
    service=("name",),
    started_at=("timestamp",),
    updated_at=("timestamp",),
    labels={"host": "hostname", "rule": "name", "location": "location", "type": "type"},
)


def recognises(body: Body) -> bool:
    page = body.json
    return isinstance(page, dict) and {"device_id", "rule", "state"} <= set(page)


def parse(body: Body, feed: Feed) -> list[Signal]:
    return shaped(body, feed, SHAPE)

"""Zabbix, media type "Webhook" with the usual fields."""

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, shaped, words
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("host", "hostname", "trigger_id", "trigger"),
    state=("status", "event_status"),
    firing=words("PROBLEM", "UPDATE", "1"),
    resolved=words("RESOLVED", "OK", "RECOVERY", "0"),
    severity=("severity", "event_severity"),
    title=("trigger", "item"),
    service=("hostname", "host"),
    link=("link",),
    labels={"host": "hostname", "item": "item", "trigger": "trigger"},
)


def recognises(body: Body) -> bool:
    page = body.json
    return (
        isinstance(page, dict) and "trigger" in page and {"host", "hostname"} & set(page) != set()
    )


def parse(body: Body, feed: Feed) -> list[Signal]:
    return shaped(body, feed, SHAPE)

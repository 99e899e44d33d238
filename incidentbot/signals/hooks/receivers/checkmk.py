"""Checkmk notifications as JSON, of hosts and of services."""

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, shaped, words
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("host", "service"),
    state=("status",),
    firing=words("DOWN", "UNREACH", "UNREACHABLE", "WARN", "WARNING", "CRIT", "CRITICAL"),
    resolved=words("UP", "OK"),
    unseen=words("UNKNOWN", "PENDING"),
    severity=("status",),
    title=("summary", "output"),
    service=("service", "host"),
    link=("url",),
    started_at=("short_date_time",),
    updated_at=("short_date_time",),
    labels={"host": "host", "service": "service", "site": "site", "output": "output"},
)


def recognises(body: Body) -> bool:
    page = body.json
    return isinstance(page, dict) and {"host", "status", "notification_type"} <= set(page)


def parse(body: Body, feed: Feed) -> list[Signal]:
    return shaped(body, feed, SHAPE)

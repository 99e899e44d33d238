"""Kapacitor's HTTP post."""

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, shaped, words
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("id",),
    state=("level",),
    firing=words("INFO", "WARNING", "CRITICAL"),
    resolved=words("OK"),
    severity=("level",),
    title=("message",),
    service=("data.series.0.name",),
    started_at=("time",),
    updated_at=("time",),
    labels={"id": "id", "series": "data.series.0.name"},
)


def recognises(body: Body) -> bool:
    page = body.json
    return isinstance(page, dict) and {"id", "level", "previousLevel"} <= set(page)


def parse(body: Body, feed: Feed) -> list[Signal]:
    return shaped(body, feed, SHAPE)

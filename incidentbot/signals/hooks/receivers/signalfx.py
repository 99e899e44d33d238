"""Splunk Observability (SignalFx) detectors."""

from incidentbot.signals.hooks.contract import (
    Body,
    Feed,
    Shape,
    Signal,
    first,
    look,
    mute,
    shaped,
    words,
)
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("incidentId",),
    state=("statusExtended", "status"),
    firing=words("anomalous"),
    resolved=words("ok", "manually resolved", "stopped"),
    severity=("severity",),
    title=("messageTitle", "description", "rule"),
    service=("rule", "detector"),
    link=("detectorUrl",),
    started_at=("timestamp", "timestampISO8601"),
    updated_at=("timestamp", "timestampISO8601"),
    labels={"detector": "detector", "rule": "rule", "metric": "originatingMetric"},
)


def recognises(body: Body) -> bool:
    page = body.json
    return isinstance(page, dict) and "incidentId" in page and "detectorUrl" in page


def parse(body: Body, feed: Feed) -> list[Signal]:
    word = first(look(body.json, path) for path in SHAPE.state)
    prose = first((look(body.json, "messageBody"),)).lower()
    if word.lower() in SHAPE.firing and (" cleared at " in prose or "resolved" in prose):
        return mute(feed, "contradicts itself: anomalous, and cleared by its own words")
    return shaped(body, feed, SHAPE)

"""Sentry: metric alerts have a state, single errors of an application have none."""

from typing import Any

from incidentbot.signals.hooks.contract import (
    Body,
    Feed,
    Shape,
    Signal,
    alert,
    at,
    harmless,
    label,
    shaped,
    text_of,
    words,
)
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("data.metric_alert.alert_rule.id", "data.metric_alert.id"),
    state=("action",),
    firing=words("warning", "open"),
    worst=words("critical"),
    resolved=words("resolved", "close"),
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
    if not isinstance(at(page, "action"), str):
        return False
    return at(page, "data", "metric_alert") is not None or _is_error(page)


def _is_error(page: Any) -> bool:
    errors = any(isinstance(at(page, "data", part), dict) for part in ("issue", "event", "error"))
    return errors and ("installation" in page or "actor" in page)


def parse(body: Body, feed: Feed) -> list[Signal]:
    """A new error of an application is no outage; else each exception would alarm."""
    if at(body.json, "data", "metric_alert") is None and _is_error(body.json):
        return _error(body.json, feed)
    return shaped(body, feed, SHAPE)


def _error(page: dict[str, Any], feed: Feed) -> list[Signal]:
    word, key = text_of(page.get("action")), label(at(page, "data", "issue", "id"))
    if word != "resolved" or not key:
        return harmless(feed, "note", f"an error ({word}) says nothing of a state")
    title = text_of(at(page, "data", "issue", "title"))
    return [alert(feed, f"issue:{key}", "operational", title, phase=word)]

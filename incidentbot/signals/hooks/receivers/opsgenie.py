"""Opsgenie, and Jira Service Management, whose webhook is the same."""

from incidentbot.signals.hooks.contract import (
    Body,
    Feed,
    Shape,
    Signal,
    at,
    harmless,
    label,
    shaped,
    words,
)
from incidentbot.signals.hooks.proof import UrlSecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("alert.alertId",),
    state=("action",),
    firing=words(
        *("Create", "UnAcknowledge", "Escalate", "EscalateNext", "EscalateToNext", "Snooze"),
        *("SnoozeEnded", "UnSnooze", "UpdatePriority"),
    ),
    eased=words("Acknowledge"),
    resolved=words("Close", "Delete"),
    title=("alert.message",),
    service=("alert.entity", "alert.alias"),
    severity=("alert.priority",),
    started_at=("alert.createdAt",),
    updated_at=("alert.updatedAt",),
    labels={
        "alias": "alert.alias",
        "entity": "alert.entity",
        "source": "alert.source",
        "priority": "alert.priority",
    },
)


def recognises(body: Body) -> bool:
    return (
        isinstance(at(body.json, "action"), str) and at(body.json, "alert", "alertId") is not None
    )


def parse(body: Body, feed: Feed) -> list[Signal]:
    """Notes, tags and owners change nothing, and a custom action may have any name at all."""
    action = label(at(body.json, "action"))
    if action and action.lower() not in SHAPE.firing | SHAPE.eased | SHAPE.resolved:
        return harmless(feed, "note", f"{action!r} says nothing of a state")
    return shaped(body, feed, SHAPE)

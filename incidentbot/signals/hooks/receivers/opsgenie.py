"""Opsgenie, and Jira Service Management, whose webhook is the same."""

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, at, shaped, words
from incidentbot.signals.hooks.proof import UrlSecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("alert.alertId",),
    state=("action",),
    firing=words(
        *("Create", "Acknowledge", "UnAcknowledge", "Escalate", "EscalateNext", "Snooze"),
        *("SnoozeEnded", "UpdatePriority"),
    ),
    resolved=words("Close", "Delete"),
    silent=words(
        *("AddNote", "AddTags", "RemoveTags", "AddRecipient", "AddResponder", "AddTeam"),
        *("AssignOwnership", "TakeOwnership", "AddDetails", "RemoveDetails", "AddAttachment"),
        *("UpdateDescription", "UpdateMessage", "CustomAction", "AddActions", "RemoveActions"),
    ),
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
    return shaped(body, feed, SHAPE)

"""ThousandEyes alert notifications: one, or a list of them."""

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, at, shaped, words
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("alert.alertId",),
    state=("eventType",),
    firing=words("ALERT_NOTIFICATION_TRIGGER"),
    resolved=words("ALERT_NOTIFICATION_CLEAR"),
    silent=words("ALERT_NOTIFICATION_TEST", "WEBHOOK_TEST"),
    severity=("alert.severity",),
    title=("alert.ruleName", "alert.ruleExpression"),
    service=("alert.testName", "alert.hostname", "alert.agentName"),
    link=("alert.permalink",),
    started_at=("alert.dateStartZoned", "alert.dateStart"),
    updated_at=("alert.dateEndZoned", "alert.dateEnd"),
    labels={
        "rule": "alert.ruleName",
        "test": "alert.testName",
        "agent": "alert.agentName",
        "type": "alert.type",
        "expression": "alert.ruleExpression",
    },
)


def recognises(body: Body) -> bool:
    page = body.json
    return str(at(page, 0, "eventType") or at(page, "eventType")).startswith("ALERT_NOTIFICATION")


def parse(body: Body, feed: Feed) -> list[Signal]:
    return shaped(body, feed, SHAPE)

"""New Relic: workflows, incidents of the older alerts, and the form of the oldest."""

import json
from dataclasses import replace
from typing import Any

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, mute, shaped, words
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("issueId", "incident_id", "alert_url"),
    state=("current_state", "state"),
    firing=words("open", "opened", "acknowledged", "created", "activated"),
    resolved=words("closed", "resolved", "canceled"),
    severity=("severity", "priority"),
    title=("title", "details", "long_description", "message"),
    service=("condition_name", "application_name", "impactedEntities.0"),
    link=("issueUrl", "incident_url", "alert_url"),
    started_at=("timestamp", "createdAt", "created_at"),
    updated_at=("updatedAt", "timestamp", "created_at"),
    labels={
        "policy": "policy_name",
        "condition": "condition_name",
        "account": "account_name",
        "application": "application_name",
    },
)
ENDS = ("closed", "ended", "recovered", "cancelled", "canceled")


def recognises(body: Body) -> bool:
    if body.form is not None:
        return {"alert", "deployment"} & set(body.form) != set()
    page = body.json
    if not isinstance(page, dict):
        return False
    incident = {"current_state", "incident_id", "policy_name"} <= set(page)
    return incident or {"issueId", "state"} <= set(page) or {"issueUrl", "state"} <= set(page)


def parse(body: Body, feed: Feed) -> list[Signal]:
    if body.form is None:
        return shaped(body, feed, SHAPE)
    try:
        page = json.loads(body.form.get("alert", ""))
    except (ValueError, RecursionError):
        page = None
    if not isinstance(page, dict):
        return mute(feed, "a form without an alert in JSON")
    return shaped(replace(body, kind="json", json=_told(page)), feed, SHAPE)


def _told(page: dict[str, Any]) -> dict[str, Any]:
    """The oldest form tells its state in prose only: "alert opened", "alert ended"."""
    prose = f"{page.get('short_description')} {page.get('long_description')}".lower()
    ended = any(word in prose for word in ENDS)
    return {"current_state": "closed" if ended else "open", **page}

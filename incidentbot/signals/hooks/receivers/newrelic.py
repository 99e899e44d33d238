"""New Relic: workflows, incidents of the older alerts, and the form of the oldest."""

import json
from dataclasses import replace
from typing import Any

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, first, mute, shaped, words
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("key",),
    state=("current_state", "state"),
    firing=words("open", "opened", "created", "activated"),
    eased=words("acknowledged"),
    resolved=words("closed", "resolved", "canceled"),
    severity=("severity", "priority"),
    title=("title", "title.0", "details", "long_description", "message"),
    service=(
        *("condition_name", "application_name", "alertConditionNames.0", "conditionName.0"),
        *("impactedEntities.0", "entitiesData.names.0"),
    ),
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
# Workflows send the id as `id`, if their template was left as it comes.
IDS = ("issueId", "incident_id", "id", "issueUrl", "alert_url")
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
        page = body.json
        return shaped(replace(body, json=_keyed(page)), feed, SHAPE)
    try:
        page = json.loads(body.form.get("alert", ""))
    except (ValueError, RecursionError):
        page = None
    if not isinstance(page, dict):
        return mute(feed, "a form without an alert in JSON")
    return shaped(replace(body, kind="json", json=_keyed(_told(page))), feed, SHAPE)


def _keyed(page: Any) -> Any:
    """With what the alert is known by: each generation has its own name for it."""
    if not isinstance(page, dict):
        return page
    return {**page, "key": first(page.get(key) for key in IDS)}


def _told(page: dict[str, Any]) -> dict[str, Any]:
    """The oldest form tells its state in prose only: "alert opened", "alert ended"."""
    prose = f"{page.get('short_description')} {page.get('long_description')}".lower()
    ended = any(word in prose for word in ENDS)
    return {"current_state": "closed" if ended else "open", **page}

"""Grafana: unified alerting (several alerts in one body), and the legacy webhook with one."""

from typing import Any

from incidentbot.signals.hooks.contract import (
    Body,
    Feed,
    Signal,
    State,
    alert,
    at,
    first,
    label,
    labels_of,
    mute,
    state_of,
    text_of,
)
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate
from incidentbot.signals.hooks.receivers._prometheus import alerts_of

__all__ = ["Options", "authenticate", "parse", "recognises"]

UNIFIED = {"orgId", "numFiring", "title", "state"}
LEGACY = {"ok": False, "alerting": True}


def recognises(body: Body) -> bool:
    page = body.json
    if not isinstance(page, dict):
        return False
    unified = isinstance(page.get("alerts"), list) and bool(UNIFIED & set(page))
    return unified or ({"ruleName", "state"} <= set(page) and "ruleId" in page)


def parse(body: Body, feed: Feed) -> list[Signal]:
    page = body.json
    if isinstance(page, dict) and isinstance(page.get("alerts"), list):
        return alerts_of(page, feed)
    if isinstance(page, dict) and "ruleId" in page:
        return [_legacy(page, feed)]
    return mute(feed, "not a Grafana webhook: neither alerts nor a ruleId")


def _legacy(page: dict[str, Any], feed: Feed) -> Signal:
    name, word = text_of(page.get("ruleName")), text_of(page.get("state"))
    labels = labels_of(at(page, "evalMatches", 0, "tags"), page.get("tags"))
    severity = first(labels.get(key) for key in ("severity", "priority"))
    state: State = state_of(severity, LEGACY[word]) if word in LEGACY else "unknown"
    return alert(
        feed,
        f"{label(page.get('orgId'))}:{label(page['ruleId'])}",
        state,
        first((page.get("message"), page.get("title"))) or name,
        service=name,
        phase=word,
        labels={"alertname": name, **labels},
        link=text_of(page.get("ruleUrl"), 1000),
        named=f"{name} {text_of(page.get('title'))}",
    )

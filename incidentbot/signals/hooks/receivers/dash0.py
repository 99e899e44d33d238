"""Dash0: check rules that fail and recover."""

from typing import Any

from incidentbot.signals.hooks.contract import (
    Body,
    Feed,
    Signal,
    alert,
    at,
    entries,
    first,
    label,
    labels_of,
    moment,
    mute,
    state_of,
    text_of,
)
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

RESOLVED = ("resolved", "closed")


def recognises(body: Body) -> bool:
    return at(body.json, "data", "issue", "issueIdentifier") is not None


def parse(body: Body, feed: Feed) -> list[Signal]:
    issue = at(body.json, "data", "issue")
    key = first((at(issue, "issueIdentifier"), at(issue, "id")))
    word = text_of(at(issue, "status"))
    if not key or not word:
        return mute(feed, "not an issue of Dash0: issueIdentifier or status is missing")
    labels = _labels(issue)
    firing = word not in RESOLVED
    service = first((labels.get("service.name"), labels.get("dash0.resource.name")))
    return [
        alert(
            feed,
            key,
            state_of(word, firing),
            first((at(issue, "summary"), at(issue, "checkrules", 0, "name"))),
            service=service,
            region=labels.get("cloud.region", ""),
            phase=word,
            started_at=moment(at(issue, "start")),
            updated_at=None if firing else moment(at(issue, "end")),
            labels=labels,
            link=text_of(at(issue, "url"), 1000),
        )
    ]


def _labels(issue: dict[str, Any]) -> dict[str, str]:
    """OpenTelemetry writes each as {"key", "value": {"stringValue"}}."""
    pairs = entries(issue, "labels")
    told = {label(p.get("key")): at(p, "value") for p in pairs}
    return labels_of({k: first(v.values()) for k, v in told.items() if isinstance(v, dict)})

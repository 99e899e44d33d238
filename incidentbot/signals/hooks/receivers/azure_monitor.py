"""Azure Monitor with its common alert schema: metrics, logs, and Azure's word on its own health."""

from typing import Any

from incidentbot.signals import Storage
from incidentbot.signals.hooks.contract import (
    Body,
    Feed,
    Signal,
    alert,
    at,
    first,
    label,
    labels_of,
    moment,
    mute,
    names_storage,
    state_of,
    text_of,
)
from incidentbot.signals.hooks.proof import UrlSecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SCHEMA = "azuremonitorcommonalertschema"
SEVERITY = {"sev0": "critical", "sev1": "error", "sev2": "warning", "sev3": "informational"}
CONDITIONS = {"fired": True, "resolved": False}
# What these count is how much is stored and asked for, and not how well it is served.
COUNTS = ("usedcapacity", "blobcapacity", "blobcount", "transactions", "ingress", "egress")


def recognises(body: Body) -> bool:
    return label(at(body.json, "schemaId")).lower() == SCHEMA


def parse(body: Body, feed: Feed) -> list[Signal]:
    told = at(body.json, "data", "essentials")
    word = text_of(at(told, "monitorCondition"))
    if not isinstance(told, dict) or word.lower() not in CONDITIONS:
        return mute(feed, f"no common alert schema, or the condition {word!r} is none that we know")
    context = at(body.json, "data", "alertContext")
    if text_of(told.get("monitoringService")) == "ServiceHealth":
        return _health(told, context, feed)
    return _alert(told, context, feed, word)


def _alert(told: dict[str, Any], context: Any, feed: Feed, word: str) -> list[Signal]:
    name = text_of(told.get("alertRule"))
    # Each firing has an alertId of its own, which its end bears too.
    key = first((told.get("alertId"), told.get("originAlertId")))
    if not key:
        return mute(feed, "an alert without its alertId")
    severity = text_of(told.get("severity"))
    target = label(at(told, "alertTargetIDs", 0))
    storage, why = _touches(target, text_of(at(context, "condition", "allOf", 0, "metricName")))
    return [
        alert(
            feed,
            key,
            state_of(SEVERITY.get(severity.lower(), severity), CONDITIONS[word.lower()]),
            first((name, told.get("description"))),
            service=first((at(told, "configurationItems", 0), target.rpartition("/")[2], name)),
            phase=word.lower(),
            started_at=moment(told.get("firedDateTime")),
            updated_at=moment(told.get("resolvedDateTime")),
            labels=labels_of({"rule": name, "severity": severity, "target": target}),
            named=name,
            storage=storage,
            why=why,
        )
    ]


def _touches(target: str, metric: str) -> tuple[Storage | None, str]:
    if "/microsoft.storage/" not in target.lower():
        return None, ""  # its name may say so still
    if metric.lower() in COUNTS:
        return "no", f"{metric} counts use and not faults"
    return "yes", "the alert is about a storage account"


def _health(told: dict[str, Any], context: Any, feed: Feed) -> list[Signal]:
    """Fired stands at each message of these; what has become of it is in the context."""
    key = first((at(context, "properties", "trackingId"), told.get("alertId")))
    if not key:
        return mute(feed, "a health alert without its trackingId")
    over = label(at(context, "status")).lower() == "resolved"
    services = label(at(context, "properties", "impactedServices"))
    planned = label(at(context, "properties", "incidentType")).lower() == "maintenance"
    title = first((at(context, "properties", "title"), told.get("alertRule")))
    return [
        alert(
            feed,
            key,
            "operational" if over else "maintenance" if planned else "degraded",
            title,
            service=first((at(context, "properties", "service"), "Azure")),
            region=label(at(context, "properties", "region")),
            phase="resolved" if over else "active",
            started_at=moment(at(context, "properties", "impactStartTime")),
            updated_at=moment(told.get("firedDateTime")),
            labels=labels_of({"rule": told.get("alertRule"), "tracking": key}),
            storage="yes" if names_storage(f"{title} {services}") else "no",
        )
    ]

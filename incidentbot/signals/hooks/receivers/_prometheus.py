"""The alerts that Alertmanager sends, and Grafana after its example: several in one body."""

from typing import Any

from incidentbot import ids
from incidentbot.signals.hooks.contract import (
    Feed,
    Signal,
    State,
    alert,
    entries,
    first,
    labels_of,
    moment,
    mute,
    state_of,
    text_of,
)

# Grafana fires these when it got no answer to its own question: it saw nothing, good or bad.
BLIND = ("DatasourceNoData", "DatasourceError")


def alerts_of(page: dict[str, Any], feed: Feed) -> list[Signal]:
    """One signal per alert, each with its own status; the group's status says less."""
    note = _cut_off(page)
    found = [_one(page, item, feed, note) for item in entries(page, "alerts")]
    return found or mute(feed, "the list of alerts is empty")


def _cut_off(page: dict[str, Any]) -> str:
    cut = page.get("truncatedAlerts")
    if isinstance(cut, int) and cut > 0:
        return f"{cut} more alerts were cut off by the sender (see max_alerts there)"
    return ""


def _one(page: dict[str, Any], item: dict[str, Any], feed: Feed, note: str) -> Signal:
    labels = labels_of(page.get("commonLabels"), item.get("labels"))
    said = labels_of(page.get("commonAnnotations"), item.get("annotations"))
    name = labels.get("alertname", "")
    title = first(said.get(key) for key in ("summary", "title", "description", "message")) or name
    status = text_of(item.get("status")) or text_of(page.get("status"))
    service = labels.get("service") or name
    resolved = status == "resolved"
    return alert(
        feed,
        text_of(item.get("fingerprint")) or ids.digest(labels_of(item.get("labels"))),
        _state(status, labels),
        title,
        service=service,
        region=labels.get("region") or labels.get("aws_region") or "",
        phase=status,
        started_at=moment(item.get("startsAt")),
        updated_at=moment(item.get("endsAt")) if resolved else None,
        labels=labels,
        link=first(item.get(key) for key in ("panelURL", "generatorURL")),
        named=f"{service} {name} {title}",
        why=note,
    )


def _state(status: str, labels: dict[str, str]) -> State:
    if status not in ("firing", "resolved"):
        return "unknown"
    if status == "firing" and labels.get("alertname") in BLIND:
        return "unknown"
    severity = first(labels.get(key) for key in ("severity", "priority", "level"))
    return state_of(severity, status == "firing")

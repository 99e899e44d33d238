"""Uptime Kuma's notification "Webhook", as JSON."""

from datetime import UTC

from incidentbot.signals.hooks.contract import (
    Body,
    Feed,
    Signal,
    State,
    alert,
    at,
    harmless,
    label,
    labels_of,
    moment,
    mute,
    text_of,
)
from incidentbot.signals.hooks.proof import UrlSecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

BEAT: dict[str, State] = {
    "0": "major_outage",
    "1": "operational",
    "2": "degraded",
    "3": "maintenance",
}


def recognises(body: Body) -> bool:
    page = body.json
    return isinstance(page, dict) and {"heartbeat", "monitor", "msg"} <= set(page)


def parse(body: Body, feed: Feed) -> list[Signal]:
    """Times are UTC without saying so; `localDateTime` is not. A test has no heartbeat."""
    page = body.json
    if not recognises(body):
        return mute(feed, "not of Uptime Kuma: heartbeat, monitor or msg is missing")
    beat, monitor = page["heartbeat"], page["monitor"]
    if beat is None:
        return harmless(feed, "test" if monitor is None else "note", text_of(page["msg"]) or "test")
    key = label(at(monitor, "id")) or label(at(beat, "monitorID"))
    word = label(at(beat, "status"))
    if not key or word not in BEAT:
        return mute(feed, f"a heartbeat without monitor, or of the status {word!r}")
    name, when = text_of(at(monitor, "name")), moment(at(beat, "time"), UTC)
    return [
        alert(
            feed,
            key,
            BEAT[word],
            f"{name}: {text_of(at(beat, 'msg'))}".strip(": "),
            service=name,
            phase=word,
            started_at=when,
            updated_at=when,
            labels=labels_of({"monitor": name, "type": at(monitor, "type")}),
            link=text_of(at(monitor, "url"), 1000),
            named=f"{name} {text_of(at(monitor, 'url'))}",
        )
    ]

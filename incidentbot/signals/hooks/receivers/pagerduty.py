"""PagerDuty webhooks: version 3 as it is sent today, and the messages of versions 1 and 2."""

import json
from datetime import timedelta
from typing import Any

from pydantic import Field

from incidentbot.settings import HookOptions
from incidentbot.settings.secrets import Secret
from incidentbot.signals.hooks.contract import (
    Body,
    Feed,
    Request,
    Signal,
    State,
    Unproven,
    alert,
    at,
    entries,
    first,
    harmless,
    label,
    labels_of,
    latest,
    moment,
    mute,
    text_of,
)
from incidentbot.signals.hooks.proof import SECRET, digest, fresh, mark, signed_by

HEADER = "X-PagerDuty-Signature"
# It tries again for hours; what is older was recorded by somebody.
WITHIN = timedelta(hours=24)
STATUS: dict[str, State] = {
    "triggered": "degraded",
    "acknowledged": "degraded",
    "resolved": "operational",
}
MOST_SIGNATURES = 10
TITLES = (
    *(("title",), ("summary",), ("description",)),
    *(("trigger_summary_data", "subject"), ("trigger_summary_data", "description")),
)


class Options(HookOptions):
    secret: Secret = Field(description=SECRET)


def authenticate(request: Request, options: Options) -> str:
    """HMAC-SHA256 over the raw bytes; several signatures stand there while a secret changes.

    The mark is the event's own id, which a second try bears too. Raises Unproven or Stale.
    """
    offers = request.headers.get(HEADER, "").split(",")[:MOST_SIGNATURES]
    secret = options.secret.reveal()
    given = [offer.strip()[3:] for offer in offers if offer.strip().startswith("v1=")]
    if not any(signed_by(one, secret, request.raw) for one in given):
        raise Unproven("no signature v1=, or one that is not by the secret")
    try:
        event = at(json.loads(request.raw), "event")
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict) or not label(event.get("id")):
        return digest(request.raw)
    fresh(moment(event.get("occurred_at")), request.now, WITHIN)
    return mark(label(event["id"]))


def recognises(body: Body) -> bool:
    if isinstance(at(body.json, "event", "event_type"), str):
        return True
    sent = entries(body.json, "messages")
    return bool(sent) and all(isinstance(_within(message)[0], dict) for message in sent)


def parse(body: Body, feed: Feed) -> list[Signal]:
    event = at(body.json, "event")
    if isinstance(event, dict):
        return _version_3(event, feed)
    sent = entries(body.json, "messages")
    found = latest(_incident(*_within(message), message, feed) for message in sent)
    return found or mute(feed, "not a PagerDuty webhook: neither event nor messages")


def _within(message: dict[str, Any]) -> tuple[Any, str]:
    """The incident of a message and what happened to it; version 1 has them elsewhere than 2."""
    if "event" in message:
        return message.get("incident"), text_of(message["event"])
    return at(message, "data", "incident"), text_of(message.get("type"))


def _version_3(event: dict[str, Any], feed: Feed) -> list[Signal]:
    kind, data = text_of(event.get("event_type")), event.get("data")
    if kind == "pagey.ping":
        return harmless(feed, "test", "a ping")
    if at(data, "type") not in ("incident", None) or at(data, "status") is None:
        return harmless(feed, "note", f"{kind or 'the event'} says nothing of a state")
    return [_incident(data, kind, event, feed)]


def _incident(data: Any, kind: str, around: dict[str, Any], feed: Feed) -> Signal:
    key, status = label(at(data, "id")), text_of(at(data, "status"))
    if not key or status not in STATUS:
        return mute(feed, f"an incident without id, or of the status {status!r}")[0]
    service = first((at(data, "service", "summary"), at(data, "service", "name")))
    labels = {
        "service": service,
        "urgency": at(data, "urgency"),
        "priority": at(data, "priority", "summary"),
    }
    return alert(
        feed,
        key,
        STATUS[status],
        first(at(data, *path) for path in TITLES),
        service=service,
        phase=kind or status,
        started_at=moment(first((at(data, "created_at"), at(data, "created_on")))),
        updated_at=moment(first((around.get("occurred_at"), around.get("created_on")))),
        labels=labels_of(labels),
        link=text_of(at(data, "html_url"), 1000),
    )

"""updown.io: a list of events, of checks and of their certificates."""

from typing import Any

from incidentbot.signals.hooks.contract import (
    Body,
    Feed,
    Signal,
    State,
    alert,
    at,
    first,
    harmless,
    label,
    labels_of,
    latest,
    moment,
    mute,
    text_of,
)
from incidentbot.signals.hooks.proof import UrlSecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

# A certificate is told apart from the answer: either may be well while the other is not.
EVENTS: dict[str, tuple[str, State]] = {
    "check.down": ("", "major_outage"),
    "check.still_down": ("", "major_outage"),
    "check.up": ("", "operational"),
    "check.ssl_invalid": (":ssl", "degraded"),
    "check.ssl_expiration": (":ssl", "degraded"),
    "check.ssl_valid": (":ssl", "operational"),
    "check.ssl_renewed": (":ssl", "operational"),
}


def recognises(body: Body) -> bool:
    return str(at(body.json, 0, "event")).startswith("check.")


def parse(body: Body, feed: Feed) -> list[Signal]:
    events = body.json if isinstance(body.json, list) else []
    return latest(_one(event, feed) for event in events) or mute(feed, "not a list of events")


def _one(event: Any, feed: Feed) -> Signal:
    word, token = text_of(at(event, "event")), label(at(event, "check", "token"))
    if not word.startswith("check.") or not token:
        return mute(feed, "an event without its name or check.token")[0]
    if word not in EVENTS:
        return harmless(feed, "note", f"{word} says nothing of a state")[0]
    part, state = EVENTS[word]
    url = text_of(at(event, "check", "url"))
    name = first((at(event, "check", "alias"), url))
    downtime = at(event, "downtime")
    return alert(
        feed,
        token + part,
        state,
        f"{name}: {first((at(downtime, 'error'), at(event, 'check', 'error'), word))}",
        service=name,
        phase=word,
        started_at=moment(first((at(downtime, "started_at"), at(event, "time")))),
        # When it was told: a short downtime may have ended before its beginning was.
        updated_at=moment(first((at(event, "time"), at(downtime, "ended_at")))),
        labels=labels_of({"check": name, "url": url}),
        link=url,
        named=name,
    )

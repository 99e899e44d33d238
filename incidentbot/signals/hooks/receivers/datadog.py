"""Datadog's webhook. Its body is a template of the user's, so several spellings are understood.

Best is a template with `"alert_transition": "$ALERT_TRANSITION"` and `"alert_cycle_key":
"$ALERT_CYCLE_KEY"`; without them the state is read from the title that Datadog writes.
"""

import re
from typing import Any

from incidentbot.signals.hooks.contract import (
    Body,
    Feed,
    Signal,
    State,
    alert,
    fields,
    first,
    labels_of,
    moment,
    mute,
    state_of,
    text_of,
)
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

OURS = {"alert_transition", "alert_cycle_key", "aggreg_key"}
# [Triggered on {host:web-1}] Name of the monitor
TITLE = re.compile(r"\[(?:P\d\]\s*\[)?([A-Za-z -]{2,30}?)(?: on [^\]]*)?\]\s*(.*)", re.DOTALL)
FIRING = ("triggered", "re-triggered", "warn", "re-warn", "renotify", "alert")
RESOLVED = ("recovered", "warn recovered", "no data recovered", "ok")
BLIND = ("no data", "re-no data")


def recognises(body: Body) -> bool:
    page = fields(body)
    if not isinstance(page, dict):
        return False
    low = {key.lower() for key in page if isinstance(key, str)}
    monitor = str(page.get("event_type", "")).endswith("_monitor")
    return bool(low & OURS) or monitor or {"monitor_id", "title", "message"} <= low


def parse(body: Body, feed: Feed) -> list[Signal]:
    sent = fields(body)
    if not isinstance(sent, dict):
        return mute(feed, "not an object")
    page = {key.lower(): value for key, value in sent.items() if isinstance(key, str)}
    title = first(page.get(key) for key in ("alert_title", "event_title", "title"))
    told = TITLE.match(title)
    word = first((page.get("alert_transition"), page.get("transition"))) or (
        told[1] if told else ""
    )
    name = told[2].strip() if told else title
    key = first(page.get(k) for k in ("alert_cycle_key", "aggreg_key")) or _monitor(page) or name
    if not word:
        return mute(feed, 'no transition: put "alert_transition": "$ALERT_TRANSITION" in the body')
    state = _state(word.lower(), page)
    if state is None or not key:
        return mute(feed, f"the transition {word!r} is none that we know")
    return [_signal(page, feed, key, state, name, word)]


def _monitor(page: dict[str, Any]) -> str:
    """A monitor and the group of it that is meant."""
    number = first(page.get(key) for key in ("alert_id", "monitor_id"))
    scope = first((page.get("alert_scope"),))
    return f"{number}:{scope}" if number else ""


def _state(word: str, page: dict[str, Any]) -> State | None:
    if word in BLIND:
        return "unknown"
    if word not in FIRING and word not in RESOLVED:
        return None
    severity = first(
        (
            _tags(page).get("severity"),
            *(page.get(key) for key in ("alert_priority", "severity", "priority")),
        )
    )
    return state_of(severity, word in FIRING)


def _tags(page: dict[str, Any]) -> dict[str, str]:
    """`"a:b,c:d"` or a list of such words."""
    tags = page.get("tags")
    words = tags.split(",") if isinstance(tags, str) else tags if isinstance(tags, list) else []
    pairs = (word.strip().partition(":") for word in words if isinstance(word, str))
    return labels_of({name: value for name, _, value in pairs if value})


def _signal(
    page: dict[str, Any], feed: Feed, key: str, state: State, name: str, word: str
) -> Signal:
    tags = _tags(page)
    when = moment(first((page.get("date"), page.get("last_updated"))))
    return alert(
        feed,
        key,
        state,
        name,
        service=tags.get("service", ""),
        region=tags.get("region", ""),
        phase=word,
        started_at=when,
        updated_at=when,
        labels=labels_of(tags, {"monitor": first((page.get("alert_id"), page.get("monitor_id")))}),
        link=text_of(page.get("link"), 1000),
    )

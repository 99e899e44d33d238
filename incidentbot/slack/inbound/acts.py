"""What makes two deliveries one act: its keys, its lane and Slack's own time of it. Pure.

Slack delivers at least once, and copies of one event with ids of their own have been seen. So an
event goes by its content (who did what to which thing at which moment) as well as by its id, and
whatever may rightly happen again (an edit of an edit, a reaction given anew, the same command
typed twice) differs in the moment or in the trigger, which Slack gives to each act afresh.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from incidentbot import ids

KEY_DIGITS = 24
# A moment without its dot, as seen for app_mention: microseconds instead of seconds.
MICROSECONDS = 1e12


@dataclass(frozen=True, slots=True)
class Act:
    """`key` and `second` are each the same for a repeat; "" when there is no second one.

    Acts of one `lane` are worked off in the order in which they `happened`, None when Slack does
    not say when that was.
    """

    key: str
    second: str
    lane: str
    happened: datetime | None


def act_of(kind: str, payload: dict[str, Any]) -> Act:
    """`kind` is command, click, submit, shortcut, closed or event; the payload is Slack's."""
    if kind == "event":
        return _event(payload)
    person = f"person:{_id(payload.get('user')) or payload.get('user_id', '')}"
    trigger = str(payload.get("trigger_id") or "")
    if kind in ("submit", "closed"):
        # One version of a form is sent once, and one form is closed once, however often it comes.
        view = payload["view"]
        version = str(view.get("hash", "")) if kind == "submit" else ""
        return Act(_key(kind, view["id"], version), "", person, None)
    pressed = _pressed(kind, payload)
    second = _key(kind, "trigger", trigger) if trigger else ""
    key = _key(kind, *pressed) if pressed else second
    return Act(key or _key(kind, payload), second if pressed else "", person, None)


def key_of(kind: str, payload: dict[str, Any]) -> str:
    """The key of its row: one person's one act, however it is delivered."""
    return act_of(kind, payload).key


def press_of(payload: dict[str, Any]) -> str:
    """Which button of which message, with which value; "" for what may be used twice at once.

    Two presses of it within a moment are one slip of the finger. In a form they are not: there
    people turn pages and tick boxes.
    """
    action = (payload.get("actions") or [{}])[0]
    where = payload.get("container") or {}
    if action.get("type") != "button" or where.get("view_id") or payload.get("view"):
        return ""
    parts = (where.get("channel_id"), where.get("message_ts"), action.get("action_id"))
    return _key("press", *parts, action.get("block_id"), action.get("value"))


def _pressed(kind: str, payload: dict[str, Any]) -> tuple[Any, ...]:
    """What else tells a click or a shortcut: Slack's time of it, the thing and the person."""
    action = (payload.get("actions") or [{}])[0] if kind == "click" else payload
    moment = action.get("action_ts")
    if kind not in ("click", "shortcut") or not moment:
        return ()
    where = payload.get("container") or {}
    message = where.get("message_ts") or payload.get("message_ts")
    thing = where.get("view_id") or message
    what = action.get("action_id") or payload.get("callback_id")
    place = where.get("channel_id") or _id(payload.get("channel"))
    return moment, _id(payload.get("user")), what, action.get("block_id"), place, thing


def _event(payload: dict[str, Any]) -> Act:
    event = payload.get("event") or {}
    item, inner = event.get("item") or {}, event.get("message") or {}
    channel = _id(event.get("channel")) or event.get("channel_id") or item.get("channel") or ""
    moment = event.get("ts") or event.get("event_ts") or ""
    about = (
        inner.get("ts")
        or event.get("deleted_ts")
        or item.get("ts")
        or (item.get("message") or {}).get("ts")
        or event.get("message_ts")
        or event.get("ts")
    )
    edited = event.get("edited") or inner.get("edited") or {}
    who = _id(event.get("user")) or event.get("user_id") or _id(edited.get("user"))
    parts: list[Any] = [payload.get("team_id"), event.get("type"), event.get("subtype"), channel]
    parts += [str(moment), who, about, event.get("reaction"), event.get("file_id")]
    # An edit that adds a mention has the moment of the message it edits.
    parts.append(edited.get("ts"))
    if not moment:
        parts += [payload.get("event_time"), event]
    thing = f"{channel}:{about}" if about else channel or who or str(event.get("type"))
    id_ = payload.get("event_id")
    happened = _moment(event.get("event_ts")) or _moment(event.get("ts"))
    return Act(_key("event", *parts), _key("event", "id", id_) if id_ else "", thing, happened)


def _key(kind: str, *parts: Any) -> str:
    return f"{kind}:{ids.digest(list(parts))[:KEY_DIGITS]}"


def _id(value: Any) -> str:
    """Slack names a person or a channel by its id, or by an object that has one."""
    return str(value.get("id", "") if isinstance(value, dict) else value or "")


def _moment(ts: Any) -> datetime | None:
    try:
        seconds = float(ts)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(seconds) or seconds < 0:
        return None
    try:
        return datetime.fromtimestamp(seconds / 1e6 if seconds > MICROSECONDS else seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None

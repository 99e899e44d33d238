"""conversations.*: looking."""

from __future__ import annotations

import re
from typing import Any

from ..errors import SlackError
from ..state import Channel, Message, Range
from . import shapes
from .pins import check_ts
from .registry import Call, Table, make_cursor, read_cursor

TABLE = Table()
CONVERSATIONS_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
MANAGE = ("channels:manage", "channels:write", "groups:write", "im:write", "mpim:write")
UNLISTED = 15  # messages a call, for apps that are sold outside the Marketplace
TYPES = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}


def _type(channel: Channel) -> str:
    if channel.is_mpim:
        return "mpim"
    return "im" if channel.is_im else "private_channel" if channel.is_private else "public_channel"


def list_page(call: Call, channels: list[Channel]) -> dict[str, Any]:
    """Shared by conversations.list and users.conversations: filter by type, then one page."""
    types = call.words("types") or ["public_channel"]
    if any(t not in TYPES for t in types):
        raise SlackError("invalid_types")
    limit = call.number("limit", 100)
    if not 1 <= limit <= 1000:
        raise SlackError("invalid_limit")
    for kind in types:
        needed = f"{TYPES[kind]}:read"
        if needed not in call.app.scopes:
            provided = ",".join(sorted(call.app.scopes))
            raise SlackError("missing_scope", needed=needed, provided=provided)
    seen = [
        c
        for c in channels
        if _type(c) in types
        and call.workspace.team_of(c) is call.team
        and (_type(c) == "public_channel" or call.bot in c.members)
        and not (c.is_archived and call.flag("exclude_archived"))
    ]
    page, cursor = call.page(seen, limit)
    return {
        "channels": [shapes.conversation(call.workspace, c, call.bot, count=True) for c in page],
        "response_metadata": {"next_cursor": cursor},
    }


@TABLE.method("conversations.list", tier=2, scopes=CONVERSATIONS_READ)
def list_(call: Call) -> dict[str, Any]:
    return list_page(call, list(call.workspace.channels.values()))


@TABLE.method("conversations.info", tier=3, scopes=CONVERSATIONS_READ)
def info(call: Call) -> dict[str, Any]:
    count = call.flag("include_num_members")
    shape = shapes.conversation(call.workspace, call.channel(), call.bot, count=count)
    return {"channel": shape}


@TABLE.method("conversations.mark", tier=3, scopes=MANAGE, mutates=True)
def mark(call: Call) -> dict[str, Any]:
    call.workspace.mark_read(call.bot, call.channel().id, check_ts(call.need("ts")))
    return {}


def _range(call: Call) -> Range:
    for name in ("oldest", "latest"):
        if not re.fullmatch(r"(\d+(\.\d*)?)?", call.text(name)):
            raise SlackError(f"invalid_ts_{name}")
    return Range(call.text("oldest") or "0", call.text("latest"), call.flag("inclusive"))


def _plain(call: Call, message: Message) -> Message:
    """Metadata is only given when asked for; then without it the key says what was there."""
    if "metadata" not in message or call.flag("include_all_metadata"):
        return message
    shown = {k: v for k, v in message.items() if k != "metadata"}
    shown["metadata"] = {"event_type": message["metadata"].get("event_type", "")}
    return shown


def _us(ts: str) -> int:
    return int(ts.replace(".", ""))


@TABLE.method("conversations.history", tier=3, scopes=HISTORY)
def history(call: Call) -> dict[str, Any]:
    window = _range(call)
    most = UNLISTED if call.app.unlisted else 999
    limit = min(most, max(1, call.number("limit", 100)))
    found = call.workspace.history(call.bot, call.channel().id, window)
    if before := read_cursor(call.text("cursor"), "next_ts"):
        found = [m for m in found if _us(m["ts"]) <= before]
    page, rest = found[:limit], found[limit:]
    answer: dict[str, Any] = {
        "messages": [_plain(call, m) for m in page],
        "has_more": bool(rest),
        "pin_count": len(call.channel().pins),
        "channel_actions_ts": None,
        "channel_actions_count": 0,
    }
    for name in ("oldest", "latest"):
        if call.text(name):
            answer[name] = call.text(name)
    if rest:
        cursor = make_cursor("next_ts", _us(rest[0]["ts"]))
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


@TABLE.method("conversations.replies", tier=3, scopes=HISTORY)
def replies(call: Call) -> dict[str, Any]:
    window = _range(call)
    most = UNLISTED if call.app.unlisted else 1000
    limit = min(most, max(1, call.number("limit", 1000)))
    ts = call.need("ts")
    parent, *answers = call.workspace.replies(call.bot, call.channel().id, ts, window)
    if after := read_cursor(call.text("cursor"), "next_ts"):
        answers = [m for m in answers if _us(m["ts"]) >= after]
    page, rest = answers[: max(1, limit - 1)], answers[max(1, limit - 1) :]
    answer: dict[str, Any] = {
        "messages": [_plain(call, m) for m in [parent, *page]],
        "has_more": bool(rest),
    }
    if rest:
        cursor = make_cursor("next_ts", _us(rest[0]["ts"]))
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer

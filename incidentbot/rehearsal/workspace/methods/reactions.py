"""reactions.*"""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from .pins import check_ts
from .registry import Call, Table

TABLE = Table()


def _item(call: Call) -> tuple[str, str]:
    if not call.text("channel") or not call.text("timestamp"):
        raise SlackError("no_item_specified")
    return call.channel().id, check_ts(call.text("timestamp"))


@TABLE.method("reactions.add", tier=3, scopes=["reactions:write"], mutates=True)
def add(call: Call) -> dict[str, Any]:
    channel, ts = _item(call)
    call.workspace.react(call.bot, channel, ts, call.need("name").strip(":"))
    return {}


@TABLE.method("reactions.remove", tier=2, scopes=["reactions:write"], mutates=True)
def remove(call: Call) -> dict[str, Any]:
    channel, ts = _item(call)
    call.workspace.unreact(call.bot, channel, ts, call.need("name").strip(":"))
    return {}


@TABLE.method("reactions.get", tier=3, scopes=["reactions:read"])
def get(call: Call) -> dict[str, Any]:
    channel_id, ts = _item(call)
    message = call.channel().find(ts)
    if message is None:
        raise SlackError("message_not_found")
    return {"type": "message", "channel": channel_id, "message": message}


@TABLE.method("reactions.list", tier=2, scopes=["reactions:read"])
def list_(call: Call) -> dict[str, Any]:
    user = call.text("user") or call.bot
    items = [
        {"type": "message", "channel": channel.id, "message": message}
        for channel in call.workspace.channels.values()
        if call.bot in channel.members or not (channel.is_private or channel.is_im)
        for message in channel.messages
        if any(user in r["users"] for r in message.get("reactions", []))
    ]
    page, cursor = call.page(items, call.number("limit", 100))
    return {"items": page, "response_metadata": {"next_cursor": cursor}}

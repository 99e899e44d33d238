"""bookmarks.*"""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from .registry import Call, Table

TABLE = Table()


@TABLE.method("bookmarks.add", tier=2, scopes=["bookmarks:write"], mutates=True)
def add(call: Call) -> dict[str, Any]:
    channel = call.channel("channel_id")
    title = call.need("title")
    if call.need("type") != "link":
        raise SlackError("invalid_bookmark_type")
    bookmark = call.workspace.add_bookmark(
        call.bot, channel.id, title, call.text("link"), call.text("emoji")
    )
    return {"bookmark": bookmark}


@TABLE.method("bookmarks.edit", tier=2, scopes=["bookmarks:write"], mutates=True)
def edit(call: Call) -> dict[str, Any]:
    channel = call.channel("channel_id")
    changes: dict[str, str] = {
        k: call.text(k) for k in ("title", "link", "emoji") if k in call.args
    }
    bookmark = call.workspace.edit_bookmark(call.bot, channel.id, call.need("bookmark_id"), changes)
    return {"bookmark": bookmark}


@TABLE.method("bookmarks.remove", tier=2, scopes=["bookmarks:write"], mutates=True)
def remove(call: Call) -> dict[str, Any]:
    channel = call.channel("channel_id")
    call.workspace.remove_bookmark(call.bot, channel.id, call.need("bookmark_id"))
    return {}


@TABLE.method("bookmarks.list", tier=3, scopes=["bookmarks:read"])
def list_(call: Call) -> dict[str, Any]:
    return {"bookmarks": call.channel("channel_id").bookmarks}

"""conversations.*: who is in."""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from . import shapes
from .conversations_reading import CONVERSATIONS_READ, MANAGE
from .registry import Call, Table

TABLE = Table()
INVITE = (
    "channels:manage",
    "channels:write.invites",
    "groups:write",
    "groups:write.invites",
    "im:write",
    "mpim:write",
)
INVITE_LIMIT = 1000


@TABLE.method("conversations.invite", tier=3, scopes=INVITE, mutates=True)
def invite(call: Call) -> dict[str, Any]:
    users = call.words("users")
    if len(users) > INVITE_LIMIT:
        raise SlackError("too_many_users")
    channel, errors = call.workspace.invite(
        call.bot, call.channel().id, users, force=call.flag("force")
    )
    shape = shapes.conversation(call.workspace, channel, call.bot, count=False)
    return {"channel": shape, **({"errors": errors} if errors else {})}


@TABLE.method("conversations.join", tier=3, scopes=["channels:join"], mutates=True)
def join(call: Call) -> dict[str, Any]:
    channel, known = call.workspace.join(call.bot, call.channel().id)
    if known:
        call.warnings.append("already_in_channel")
    return {"channel": shapes.conversation(call.workspace, channel, call.bot, count=False)}


@TABLE.method("conversations.leave", tier=3, scopes=MANAGE, mutates=True)
def leave(call: Call) -> dict[str, Any]:
    left = call.workspace.leave(call.bot, call.channel().id)
    return {} if left else {"not_in_channel": True}


@TABLE.method("conversations.kick", tier=3, scopes=MANAGE, mutates=True)
def kick(call: Call) -> dict[str, Any]:
    call.workspace.kick(call.bot, call.channel().id, call.need("user"))
    return {"errors": {}}


@TABLE.method("conversations.members", tier=4, scopes=CONVERSATIONS_READ)
def members(call: Call) -> dict[str, Any]:
    limit = call.number("limit", 100)
    if not 1 <= limit <= 1000:
        raise SlackError("invalid_limit")
    page, cursor = call.page(call.channel().members, limit)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}

"""conversations.*: making, naming, closing."""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from . import shapes
from .conversations_reading import MANAGE
from .registry import Call, Table

TABLE = Table()
TOPIC = (
    "channels:manage",
    "channels:write.topic",
    "groups:write",
    "groups:write.topic",
    "im:write",
    "im:write.topic",
    "mpim:write",
    "mpim:write.topic",
)


@TABLE.method("conversations.create", tier=2, scopes=MANAGE, mutates=True)
def create(call: Call) -> dict[str, Any]:
    private = call.flag("is_private")
    needed = "groups:write" if private else "channels:manage"
    if needed not in call.app.scopes:
        provided = ",".join(sorted(call.app.scopes))
        raise SlackError("missing_scope", needed=needed, provided=provided)
    team = call.team.id
    channel = call.workspace.create_channel(
        call.bot, call.text("name"), is_private=private, team=team
    )
    return {"channel": shapes.conversation(call.workspace, channel, call.bot, count=False)}


@TABLE.method("conversations.setTopic", tier=2, scopes=TOPIC, mutates=True)
def set_topic(call: Call) -> dict[str, Any]:
    channel = call.workspace.set_topic(call.bot, call.channel().id, call.text("topic"))
    return {"channel": shapes.conversation(call.workspace, channel, call.bot, count=False)}


@TABLE.method("conversations.setPurpose", tier=2, scopes=TOPIC, mutates=True)
def set_purpose(call: Call) -> dict[str, Any]:
    channel = call.workspace.set_purpose(call.bot, call.channel().id, call.text("purpose"))
    return {
        "purpose": channel.purpose["value"],
        "channel": shapes.conversation(call.workspace, channel, call.bot, count=False),
    }


@TABLE.method("conversations.rename", tier=2, scopes=MANAGE, mutates=True)
def rename(call: Call) -> dict[str, Any]:
    channel = call.channel()
    if call.bot != channel.creator and not call.workspace.users[call.bot].is_admin:
        raise SlackError("not_authorized")
    channel = call.workspace.rename(call.bot, channel.id, call.text("name"))
    return {"channel": shapes.conversation(call.workspace, channel, call.bot, count=False)}


@TABLE.method("conversations.archive", tier=2, scopes=MANAGE, mutates=True)
def archive(call: Call) -> dict[str, Any]:
    call.workspace.archive(call.bot, call.channel().id)
    return {}


@TABLE.method("conversations.unarchive", tier=2, scopes=MANAGE, mutates=True)
def unarchive(call: Call) -> dict[str, Any]:
    call.workspace.unarchive(call.bot, call.channel().id)
    return {}


@TABLE.method("conversations.open", tier=3, scopes=MANAGE, mutates=True)
def open_(call: Call) -> dict[str, Any]:
    users = call.words("users")
    if call.text("channel"):
        channel, known = call.channel(), True
        if not (channel.is_im or channel.is_mpim):
            raise SlackError("method_not_supported_for_channel_type")
    elif not users:
        raise SlackError("users_list_not_supplied")
    elif len(users) > 1:
        if len(users) > 8:
            raise SlackError("too_many_users")
        channel, known = call.workspace.open_mpim(call.bot, users)
    else:
        channel, known = call.workspace.open_im(call.bot, users[0])
    shape = {"id": channel.id}
    if call.flag("return_im"):
        shape = shapes.conversation(call.workspace, channel, call.bot, count=False)
    more = {"no_op": True, "already_open": True} if known else {}
    return {"channel": shape, **more}

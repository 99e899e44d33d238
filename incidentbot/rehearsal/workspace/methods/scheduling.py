"""chat.*: messages to be posted later."""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from .chat import WRITE, draft
from .registry import Call, Table, argument_error

TABLE = Table()


@TABLE.method("chat.scheduleMessage", tier=3, scopes=WRITE, mutates=True)
def schedule(call: Call) -> dict[str, Any]:
    channel = call.channel()
    post_at = call.need("post_at")
    if not post_at.isdigit():
        raise SlackError("invalid_time")
    made = call.workspace.schedule(call.bot, channel.id, int(post_at), draft(call))
    message = {
        "type": "delayed_message",
        "text": made.draft.text or "",
        "user": call.bot,
        "bot_id": call.app.bot_id,
        "app_id": call.app.app_id,
        "team": call.workspace.team_of(channel).id,
    }
    return {
        "scheduled_message_id": made.id,
        "channel": channel.id,
        "post_at": made.post_at,
        "message": message,
    }


@TABLE.method("chat.deleteScheduledMessage", tier=3, scopes=WRITE, mutates=True)
def delete(call: Call) -> dict[str, Any]:
    channel = call.channel()
    call.workspace.unschedule(call.bot, channel.id, call.need("scheduled_message_id"))
    return {}


@TABLE.method("chat.scheduledMessages.list", tier=3)
def list_(call: Call) -> dict[str, Any]:
    wanted = call.channel().id if call.text("channel") else ""
    oldest, latest = call.number("oldest", 0), call.number("latest", 2**40)
    if oldest > latest:
        raise argument_error("oldest must not be later than latest [json-pointer:/oldest]")
    found = [
        {
            "id": waiting.id,
            "channel_id": waiting.channel,
            "post_at": waiting.post_at,
            "date_created": waiting.created,
            "text": waiting.draft.text or "",
        }
        for waiting in sorted(call.workspace.scheduled.values(), key=lambda s: s.post_at)
        if waiting.actor == call.bot
        and wanted in ("", waiting.channel)
        and oldest <= waiting.post_at <= latest
    ]
    page, cursor = call.page(found, max(1, call.number("limit", 100)))
    return {"scheduled_messages": page, "response_metadata": {"next_cursor": cursor}}

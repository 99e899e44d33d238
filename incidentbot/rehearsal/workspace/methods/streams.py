"""chat.*Stream: a message that is written bit by bit, and what an assistant shows meanwhile.

Slack does not say which events a stream makes; here its start is a message, its end a change.
"""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from ..state import Channel, Draft, Message
from .chat import MARKDOWN_LIMIT, WRITE, draft
from .registry import Call, Table

TABLE = Table()


def _more(call: Call, before: str = "") -> str:
    text = before + call.text("markdown_text")
    if len(text) > MARKDOWN_LIMIT:
        raise SlackError("msg_too_long")
    return text


def _open(call: Call) -> tuple[Channel, Message]:
    """The stream a call is about. Raises what chat.appendStream's page lists."""
    channel, ts = call.channel(), call.need("ts")
    message = channel.find(ts)
    if message is None:
        raise SlackError("message_not_found")
    if message.get("app_id") != call.app.app_id:
        raise SlackError("message_not_owned_by_app")
    if (channel.id, ts) not in call.workspace.streams:
        raise SlackError("message_not_in_streaming_state")
    return channel, message


@TABLE.method("chat.startStream", tier=2, scopes=WRITE, mutates=True)
def start(call: Call) -> dict[str, Any]:
    channel, text = call.channel(), _more(call)
    first = Draft(text=text or "…", thread_ts=call.need("thread_ts"))
    message = call.workspace.post_message(call.bot, channel.id, first)
    call.workspace.streams[channel.id, message["ts"]] = text
    return {"channel": channel.id, "ts": message["ts"]}


@TABLE.method("chat.appendStream", tier=4, scopes=WRITE, mutates=True)
def append(call: Call) -> dict[str, Any]:
    channel, message = _open(call)
    call.need("markdown_text")
    text = _more(call, call.workspace.streams[channel.id, message["ts"]])
    call.workspace.stream(channel, message, text)
    return {"channel": channel.id, "ts": message["ts"]}


@TABLE.method("chat.stopStream", tier=2, scopes=WRITE, mutates=True)
def stop(call: Call) -> dict[str, Any]:
    channel, message = _open(call)
    text = _more(call, call.workspace.streams[channel.id, message["ts"]])
    call.args.pop("markdown_text", None)
    given = draft(call)
    call.workspace.end_stream(channel, message, text, given)
    return {"channel": channel.id, "ts": message["ts"], "message": message}


def _thread(call: Call) -> tuple[str, str]:
    channel, ts = call.channel("channel_id"), call.need("thread_ts")
    if channel.find(ts) is None:
        raise SlackError("thread_not_found")
    return channel.id, ts


@TABLE.method(
    "assistant.threads.setStatus", tier=0, scopes=("assistant:write", *WRITE), mutates=True
)
def set_status(call: Call) -> dict[str, Any]:
    """ "" takes it away, as the app's next message in the thread does."""
    call.workspace.assistants.setdefault(_thread(call), {})["status"] = call.text("status")
    return {}


@TABLE.method("assistant.threads.setTitle", tier=4, scopes=["assistant:write"], mutates=True)
def set_title(call: Call) -> dict[str, Any]:
    call.workspace.assistants.setdefault(_thread(call), {})["title"] = call.need("title")
    return {}


@TABLE.method(
    "assistant.threads.setSuggestedPrompts", tier=4, scopes=["assistant:write"], mutates=True
)
def set_prompts(call: Call) -> dict[str, Any]:
    prompts = call.nested("prompts", "invalid_arguments")
    if not isinstance(prompts, list) or not all(isinstance(one, dict) for one in prompts):
        raise SlackError("invalid_arguments")
    call.workspace.assistants.setdefault(_thread(call), {})["prompts"] = prompts
    return {}

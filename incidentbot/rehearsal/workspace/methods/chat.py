"""chat.*: posting, changing, deleting."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from ..blocks import check_blocks
from ..errors import SlackError
from ..state import Channel, Draft
from ..typed import linked
from . import shapes
from .registry import Call, Table

TABLE = Table()
WRITE = ("chat:write",)
ATTACHMENTS = 100
MARKDOWN_LIMIT = 12_000
METADATA_BYTES = 64_000  # our number: Slack does not publish its own
TEXT_LIMIT = 40_000


def draft(call: Call) -> Draft:
    """Read and check the content arguments shared by all chat methods."""
    blocks = call.nested("blocks", "invalid_blocks_format")
    if blocks is not None:
        check_blocks(blocks)
    attachments = call.nested("attachments", "invalid_attachments")
    if attachments is not None:
        _check_attachments(attachments)
    text = call.text("text") if call.args.get("text") is not None else None
    full = call.text("parse") == "full"
    if text and (full or call.flag("link_names")):
        text = linked(call.workspace, text, links=full)
    if markdown := call.text("markdown_text"):
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        if len(markdown) > MARKDOWN_LIMIT:
            raise SlackError("msg_too_long")
        blocks = [{"type": "markdown", "text": markdown}]
        text = markdown
    if blocks and not text:
        call.warnings.append("missing_text_in_message")
    return Draft(
        text=text,
        blocks=blocks,
        attachments=attachments,
        metadata=_metadata(call),
        thread_ts=call.text("thread_ts") or None,
        reply_broadcast=call.flag("reply_broadcast"),
    )


def _check_attachments(attachments: Any) -> None:
    if not isinstance(attachments, list) or not all(isinstance(a, dict) for a in attachments):
        raise SlackError("invalid_attachments")
    if len(attachments) > ATTACHMENTS:
        raise SlackError("too_many_attachments")
    for n, attachment in enumerate(attachments):
        if attachment.get("blocks"):
            check_blocks(attachment["blocks"], pointer=f"/attachments/{n}/blocks")


def _metadata(call: Call) -> dict[str, Any] | None:
    given = call.nested("metadata", "invalid_metadata_format")
    if given is None:
        return None
    if not isinstance(given, dict):
        raise SlackError("invalid_metadata_format")
    named = isinstance(given.get("event_type"), str) and isinstance(
        given.get("event_payload"), dict
    )
    if given and not named and "entities" not in given:
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(given)) > METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return given


def _target(call: Call) -> Channel:
    """The channel; a user's id means the direct message with that user."""
    given = call.need("channel")
    if given in call.workspace.users:
        return call.workspace.open_im(call.bot, given)[0]
    return call.channel()


@TABLE.method("chat.postMessage", tier=0, scopes=WRITE, mutates=True)
def post_message(call: Call) -> dict[str, Any]:
    channel = _target(call)
    given = draft(call)
    if call.text("username") and "chat:write.customize" in call.app.scopes:
        given = replace(given, extra={"username": call.text("username")}, subtype="bot_message")
    public = "chat:write.public" in call.app.scopes and not channel.is_private
    message = call.workspace.post_message(
        call.bot, channel.id, given, may_post_outside=public and not channel.is_im
    )
    return {"channel": channel.id, "ts": message["ts"], "message": message}


@TABLE.method("chat.update", tier=3, scopes=WRITE, mutates=True)
def update(call: Call) -> dict[str, Any]:
    channel = call.channel()
    given = draft(call)
    message = call.workspace.update_message(call.bot, channel.id, call.need("ts"), given)
    return {
        "channel": channel.id,
        "ts": message["ts"],
        "text": message["text"],
        "message": message,
    }


@TABLE.method("chat.delete", tier=3, scopes=WRITE, mutates=True)
def delete(call: Call) -> dict[str, Any]:
    channel, ts = call.channel(), call.need("ts")
    call.workspace.delete_message(call.bot, channel.id, ts)
    return {"channel": channel.id, "ts": ts}


@TABLE.method("chat.postEphemeral", tier=4, scopes=WRITE, mutates=True)
def post_ephemeral(call: Call) -> dict[str, Any]:
    channel, user = call.channel(), call.need("user")
    given = draft(call)
    if given.text and len(given.text) > TEXT_LIMIT:
        raise SlackError("msg_too_long")
    if given.attachments and given.blocks:
        raise SlackError("invalid_attachments")
    message = call.workspace.post_ephemeral(call.bot, channel.id, user, given)
    return {"message_ts": message["ts"]}


@TABLE.method("chat.meMessage", tier=3, scopes=WRITE, mutates=True)
def me_message(call: Call) -> dict[str, Any]:
    channel = call.channel()
    if not call.text("text"):
        raise SlackError("no_text")
    if len(call.text("text")) > TEXT_LIMIT:
        raise SlackError("msg_too_long")
    me = Draft(text=call.text("text"), subtype="me_message")
    message = call.workspace.post_message(call.bot, channel.id, me)
    return {"channel": channel.id, "ts": message["ts"]}


@TABLE.method("chat.getPermalink", tier=0)
def get_permalink(call: Call) -> dict[str, Any]:
    channel, ts = call.channel(), call.need("message_ts")
    message = channel.find(ts)
    if message is None or not re.fullmatch(r"\d+\.\d{6}", ts):
        raise SlackError("message_not_found")
    thread = message.get("thread_ts")
    link = shapes.permalink(call.workspace, channel, ts, thread if thread != ts else None)
    return {"channel": channel.id, "permalink": link}

"""chat.unfurl: what an app shows under links to its domains."""

from __future__ import annotations

from typing import Any

from ..blocks import check_blocks
from ..errors import SlackError
from ..state import Channel
from ..unfurls import links_of, read_id
from .registry import Call, Table

TABLE = Table()


@TABLE.method("chat.unfurl", tier=3, scopes=["links:write"], mutates=True)
def unfurl(call: Call) -> dict[str, Any]:
    channel, ts = _target(call)
    message = channel.find(ts)
    if message is None:
        raise SlackError("cannot_find_message")
    wanted = call.nested("unfurls", "invalid_unfurls_format")
    if not wanted:
        raise SlackError("missing_unfurls")
    if not isinstance(wanted, dict) or not all(isinstance(one, dict) for one in wanted.values()):
        raise SlackError("invalid_unfurls_format")
    ours = {link["url"] for link in links_of(call.app, message)}
    for url, shown in wanted.items():
        if url not in ours:
            raise SlackError("cannot_unfurl_url")
        if shown.get("blocks"):
            check_blocks(shown["blocks"], pointer=f"/unfurls/{url}/blocks")
    call.workspace.unfurl(call.app, channel, message, wanted)
    return {}


def _target(call: Call) -> tuple[Channel, str]:
    """By `channel` and `ts`, or by the `unfurl_id` and `source` of the event."""
    if not call.text("unfurl_id"):
        if not call.text("channel"):
            raise SlackError("missing_channel")
        if not call.text("ts"):
            raise SlackError("missing_ts")
        return call.channel(), call.text("ts")
    if call.text("source") not in ("composer", "conversations_history"):
        raise SlackError("invalid_source" if call.text("source") else "missing_source")
    channel_id, ts = read_id(call.text("unfurl_id"))
    channel = call.workspace.channels.get(channel_id)
    if channel is None:
        raise SlackError("invalid_unfurl_id")
    return channel, ts

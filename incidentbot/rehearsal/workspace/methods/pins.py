"""pins.*"""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from . import shapes
from .registry import Call, Table

TABLE = Table()


def _item(call: Call) -> tuple[str, str]:
    channel, ts = call.channel(), call.text("timestamp")
    if not ts:
        raise SlackError("no_item_specified")
    return channel.id, check_ts(ts)


def check_ts(ts: str) -> str:
    """bad_timestamp unless it looks like one."""
    seconds, dot, micros = ts.partition(".")
    if not (seconds.isdigit() and dot and micros.isdigit()):
        raise SlackError("bad_timestamp")
    return ts


@TABLE.method("pins.add", tier=2, scopes=["pins:write"], mutates=True)
def add(call: Call) -> dict[str, Any]:
    call.workspace.pin(call.bot, *_item(call))
    return {}


@TABLE.method("pins.remove", tier=2, scopes=["pins:write"], mutates=True)
def remove(call: Call) -> dict[str, Any]:
    call.workspace.unpin(call.bot, *_item(call))
    return {}


@TABLE.method("pins.list", tier=2, scopes=["pins:read"])
def list_(call: Call) -> dict[str, Any]:
    channel = call.channel()
    items = []
    for pin in channel.pins:
        message = channel.find(pin["ts"])
        if message is not None:
            link = shapes.permalink(call.workspace, channel, pin["ts"])
            items.append(
                {
                    "type": "message",
                    "created": pin["created"],
                    "created_by": pin["created_by"],
                    "channel": channel.id,
                    "message": {**message, "permalink": link},
                }
            )
    return {"items": items}

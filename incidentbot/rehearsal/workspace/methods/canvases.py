"""canvases.* and conversations.canvases.*"""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from .registry import Call, Table, argument_error

TABLE = Table()
WRITE = ("canvases:write",)


def _markdown(content: Any) -> str:
    if content is None:
        return ""
    if not isinstance(content, dict) or content.get("type") != "markdown":
        raise argument_error("must be of type markdown [json-pointer:/document_content]")
    return str(content.get("markdown", ""))


@TABLE.method("canvases.create", tier=2, scopes=WRITE, mutates=True)
def create(call: Call) -> dict[str, Any]:
    channel = call.channel("channel_id").id if call.text("channel_id") else ""
    text = _markdown(call.nested("document_content"))
    return {
        "canvas_id": call.workspace.create_canvas(call.bot, call.text("title"), text, channel).id
    }


@TABLE.method("conversations.canvases.create", tier=2, scopes=WRITE, mutates=True)
def create_in_channel(call: Call) -> dict[str, Any]:
    channel = call.workspace.writable(call.channel("channel_id").id, call.bot)
    text = _markdown(call.nested("document_content"))
    made = call.workspace.create_canvas(call.bot, call.text("title"), text, channel.id)
    return {"canvas_id": made.id}


@TABLE.method("canvases.edit", tier=3, scopes=WRITE, mutates=True)
def edit(call: Call) -> dict[str, Any]:
    canvas = call.workspace.canvas(call.need("canvas_id"))
    changes = call.nested("changes")
    if not isinstance(changes, list) or len(changes) != 1 or not isinstance(changes[0], dict):
        raise argument_error("exactly one change is taken [json-pointer:/changes]")
    change = changes[0]
    content = change.get("title_content" if change.get("operation") == "rename" else "")
    text = _markdown(content or change.get("document_content"))
    section = str(change.get("section_id") or "")
    call.workspace.edit_canvas(canvas, str(change.get("operation")), section, text)
    return {}


@TABLE.method("canvases.delete", tier=3, scopes=WRITE, mutates=True)
def delete(call: Call) -> dict[str, Any]:
    canvas = call.workspace.canvas(call.need("canvas_id"))
    del call.workspace.canvases[canvas.id]
    return {}


@TABLE.method("canvases.access.set", tier=3, scopes=WRITE, mutates=True)
def set_access(call: Call) -> dict[str, Any]:
    canvas = call.workspace.canvas(call.need("canvas_id"))
    if call.need("access_level") not in ("read", "write", "owner"):
        raise argument_error("must be read, write or owner [json-pointer:/access_level]")
    people, channels = call.words("user_ids"), call.words("channel_ids")
    if bool(people) == bool(channels):
        raise argument_error("exactly one of user_ids and channel_ids is required")
    known = call.workspace.users if people else call.workspace.channels
    failed = [one for one in people or channels if one not in known]
    canvas.access |= {one: call.text("access_level") for one in people or channels if one in known}
    kind = "user" if people else "channel"
    return {f"failed_to_update_{kind}_ids": failed} if failed else {}


@TABLE.method("canvases.sections.lookup", tier=3, scopes=["canvases:read"])
def lookup(call: Call) -> dict[str, Any]:
    canvas = call.workspace.canvas(call.need("canvas_id"))
    criteria = call.nested("criteria")
    if not isinstance(criteria, dict):
        raise SlackError("invalid_criteria")
    wanted = str(criteria.get("contains_text", ""))
    headers = bool(criteria.get("section_types"))
    return {
        "sections": [
            {"id": known}
            for known, text in canvas.sections
            if wanted in text and (not headers or text.startswith("#"))
        ]
    }

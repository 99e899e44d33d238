"""What a form carries that must first become something of Slack's: files, and formatted text."""

from __future__ import annotations

import base64
import copy
from typing import Any

from .inputs import elements_of
from .state import Block, File, Workspace
from .typed import rich_text


def content_of(one: dict[str, str]) -> bytes:
    """The bytes of {name, text} or {name, base64}."""
    if "base64" in one:
        return base64.b64decode(one["base64"], validate=True)
    return one["text"].encode()


def handed_in(
    ws: Workspace, user: str, blocks: list[Block], typed: dict[str, Any]
) -> dict[str, Any]:
    """The typed values with files uploaded and plain words made rich_text.

    `typed` is as for `inputs.states`: {block_id: {action_id: raw}} or {block_id or action_id: raw}.
    """
    values = copy.deepcopy(typed)
    for block in blocks:
        for element in elements_of(block):
            if element["type"] not in ("file_input", "rich_text_input"):
                continue
            block_id, action_id = block["block_id"], element["action_id"]
            inner = values.get(block_id)
            place, key = (inner, action_id) if isinstance(inner, dict) else (values, block_id)
            key = key if key in place else action_id
            if key in place:
                place[key] = _made(ws, user, element, place[key])
    return values


def _made(ws: Workspace, user: str, element: dict[str, Any], raw: Any) -> Any:
    if element["type"] == "rich_text_input":
        return rich_text(ws, raw) if isinstance(raw, str) and raw.strip() else raw or None
    most = element.get("max_files", 10)
    return [ws.file_shape(_uploaded(ws, user, one)) for one in (raw or [])[:most]]


def _uploaded(ws: Workspace, user: str, one: dict[str, str]) -> File:
    content = content_of(one)
    file = ws.reserve_file(user, one["name"], len(content))
    ws.receive_file(file.id, content)
    return ws.complete_file(user, file.id, None)

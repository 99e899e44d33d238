"""What Slack adds to blocks it accepts: ids that were left out and the defaults of text objects."""

from __future__ import annotations

import copy
import secrets
from typing import Any

from .model import Block


def _short_id() -> str:
    return secrets.token_urlsafe(4)[:5]


def _fill_any(value: Any, in_list: str | None) -> None:
    if isinstance(value, list):
        for item in value:
            _fill_any(item, in_list)
        return
    if not isinstance(value, dict):
        return
    kind = value.get("type")
    if kind == "plain_text" and "text" in value:
        value.setdefault("emoji", True)
    elif kind == "mrkdwn" and "text" in value:
        value.setdefault("verbatim", False)
    elif in_list == "interactive" and kind not in (None, "image"):
        value.setdefault("action_id", _short_id())
    for key, child in value.items():
        interactive = key in ("accessory", "element") or (key == "elements" and kind == "actions")
        _fill_any(child, "interactive" if interactive else None)


def fill(blocks: list[Block]) -> list[Block]:
    """A deep copy of valid blocks with block_id, action_id, `emoji` and `verbatim` filled in."""
    filled = copy.deepcopy(blocks)
    for block in filled:
        if not block.get("block_id"):
            block["block_id"] = _short_id()
        _fill_any(block, None)
    return filled

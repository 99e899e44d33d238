"""The blocks themselves, per surface: message, modal, home."""

from __future__ import annotations

from typing import Any

from .elements import (
    BUTTON,
    FIELDS,
    IMAGE,
    MENUS,
    MODAL_FIELDS,
    MULTI_MENUS,
    OVERFLOW,
    PICKERS,
)
from .recent import ALERT, CARD, CAROUSEL, DATA_TABLE, container
from .rich import RICH_TEXT
from .spec import (
    TYPE,
    Checker,
    Problems,
    anything,
    array,
    boolean,
    by_type,
    choice,
    plain,
    shape,
    string,
    text,
)

BLOCK = {**TYPE, "block_id": string(255)}
CLICKABLE: dict[str, Checker] = {"button": BUTTON, "overflow": OVERFLOW, **MENUS, **PICKERS}
ACCESSORY = by_type({**CLICKABLE, **MULTI_MENUS, "image": IMAGE})
CONTEXT_PART = by_type(
    {
        "image": IMAGE,
        "plain_text": shape({**TYPE, "text": string(3000, 1), "emoji": boolean}, ["text"]),
        "mrkdwn": shape({**TYPE, "text": string(3000, 1), "verbatim": boolean}, ["text"]),
    }
)


def _section_has_content(problems: Problems, block: Any, pointer: str) -> None:
    if not block.get("text") and not block.get("fields"):
        problems.add("either text or fields is required", pointer)


def _action_ids_differ(problems: Problems, block: Any, pointer: str) -> None:
    elements = block.get("elements")
    seen: set[str] = set()
    for n, element in enumerate(elements if isinstance(elements, list) else []):
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if not isinstance(action_id, str):
            continue
        if action_id in seen:
            where = f"{pointer}/elements/{n}/action_id"
            problems.add(f"`action_id` {action_id} already exists in this block", where)
        seen.add(action_id)


def _image_has_source(problems: Problems, block: Any, pointer: str) -> None:
    if bool(block.get("image_url")) == bool(block.get("slack_file")):
        problems.add("exactly one of image_url and slack_file is required", pointer)


COMMON: dict[str, Checker] = {
    "divider": shape(BLOCK),
    "section": shape(
        {
            **BLOCK,
            "text": text(3000),
            "fields": array(text(2000), 1, 10),
            "accessory": ACCESSORY,
            "expand": boolean,
        },
        also=_section_has_content,
    ),
    "header": shape({**BLOCK, "text": plain(150)}, ["text"]),
    "context": shape({**BLOCK, "elements": array(CONTEXT_PART, 1, 10)}, ["elements"]),
    "actions": shape(
        {**BLOCK, "elements": array(by_type(CLICKABLE), 1, 25)},
        ["elements"],
        also=_action_ids_differ,
    ),
    "image": shape(
        {
            **BLOCK,
            "image_url": string(3000, 1),
            "slack_file": anything,
            "alt_text": string(2000, 1),
            "title": plain(2000),
        },
        ["alt_text"],
        also=_image_has_source,
    ),
    "rich_text": RICH_TEXT,
    "video": shape(
        {
            **BLOCK,
            "alt_text": string(2000, 1),
            "author_name": string(50),
            "description": plain(200),
            "provider_icon_url": string(3000),
            "provider_name": string(50),
            "title": plain(199),
            "title_url": string(3000),
            "thumbnail_url": string(3000),
            "video_url": string(3000),
        },
        ["alt_text", "title", "thumbnail_url", "video_url"],
    ),
}


def _input(kinds: dict[str, Checker]) -> Checker:
    return shape(
        {
            **BLOCK,
            "label": plain(2000),
            "element": by_type(kinds),
            "hint": plain(2000),
            "dispatch_action": boolean,
            "optional": boolean,
        },
        ["label", "element"],
    )


_PLAIN_INPUTS = {**FIELDS, **MENUS, **MULTI_MENUS, **PICKERS}
_CELL = by_type(
    {
        "raw_text": shape({**TYPE, "text": string(10_000, 1)}, ["text"]),
        "raw_number": shape({**TYPE, "value": anything, "text": anything}),
        "rich_text": RICH_TEXT,
    }
)
TABLE = shape(
    {
        **BLOCK,
        "rows": array(array(_CELL, 1, 20), 1, 100),
        "column_settings": array(
            shape({"align": choice("left", "center", "right"), "is_wrapped": boolean}), 0, 20
        ),
    },
    ["rows"],
)
FEEDBACK = by_type({"feedback_buttons": anything, "icon_button": anything})
MESSAGE: dict[str, Checker] = {
    **COMMON,
    "input": _input(_PLAIN_INPUTS),
    "markdown": shape({**BLOCK, "text": string(12_000, 1)}, ["text"]),
    "table": TABLE,
    "context_actions": shape({**BLOCK, "elements": array(FEEDBACK, 1, 5)}, ["elements"]),
    "call": shape({**BLOCK, "call_id": string(255, 1)}, ["call_id"]),
    "card": CARD,
    "carousel": CAROUSEL,
    "data_table": DATA_TABLE,
    "container": container(COMMON),
}
HOME: dict[str, Checker] = {**COMMON, "input": _input(_PLAIN_INPUTS)}
MODAL: dict[str, Checker] = {
    **COMMON,
    "input": _input({**_PLAIN_INPUTS, **MODAL_FIELDS}),
    "alert": ALERT,
}

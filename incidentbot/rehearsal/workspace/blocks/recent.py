"""Blocks Slack added in 2025 and 2026, with the limits its pages state."""

from __future__ import annotations

from typing import Any

from .elements import BUTTON, IMAGE
from .spec import (
    TYPE,
    Checker,
    Problems,
    anything,
    array,
    boolean,
    by_type,
    choice,
    integer,
    shape,
    string,
    text,
)

BLOCK = {**TYPE, "block_id": string(255)}
ALERT = shape(
    {
        **BLOCK,
        "text": text(200),
        "level": choice("default", "info", "warning", "error", "success"),
    },
    ["text"],
)
CARD = shape(
    {
        **BLOCK,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "icon": IMAGE,
        "hero_image": IMAGE,
        "actions": array(by_type({"button": BUTTON}), 0, 25),
    },
)
CAROUSEL = shape({**BLOCK, "elements": array(by_type({"card": CARD}), 1, 10)}, ["elements"])
_CELL = by_type({"raw_text": anything, "raw_number": anything, "rich_text": anything})


def _rows_are_even(problems: Problems, block: Any, pointer: str) -> None:
    rows = block.get("rows")
    widths = {len(row) for row in rows if isinstance(row, list)} if isinstance(rows, list) else {0}
    if len(widths) > 1:
        problems.add("all rows must have the same number of cells", f"{pointer}/rows")


DATA_TABLE = shape(
    {
        **BLOCK,
        "caption": string(3000, 1),
        "rows": array(array(_CELL, 1, 20), 2, 101),
        "page_size": integer(1, 100),
    },
    ["caption", "rows"],
    also=_rows_are_even,
)


def container(children: dict[str, Checker]) -> Checker:
    """A titled box of at most ten of these blocks."""
    return shape(
        {
            **BLOCK,
            "title": text(150),
            "subtitle": text(150),
            "child_blocks": array(by_type(children), 1, 10),
            "width": choice("narrow", "standard", "wide", "full"),
            "is_collapsible": boolean,
        },
        ["title", "child_blocks"],
    )

"""A whole message or view: counts, unique block ids, what goes together."""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from .elements import GROUP, SELECT_OPTION
from .layout import HOME, MESSAGE, MODAL
from .spec import TYPE, Checker, Problems, anything, array, boolean, by_type, plain, shape, string

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MARKDOWN_TOTAL = 12_000
TABLE_TOTAL = 10_000


def _block_ids_differ(problems: Problems, blocks: Any, pointer: str) -> None:
    seen: set[str] = set()
    for n, block in enumerate(blocks if isinstance(blocks, list) else []):
        block_id = block.get("block_id") if isinstance(block, dict) else None
        if not block_id or not isinstance(block_id, str):
            continue
        if block_id in seen:
            problems.add(f"`block_id` {block_id} already exists", f"{pointer}/{n}/block_id")
        seen.add(block_id)


def _totals(problems: Problems, blocks: list[Any], pointer: str) -> None:
    known = [b for b in blocks if isinstance(b, dict)]
    markdown = sum(len(str(b.get("text", ""))) for b in known if b.get("type") == "markdown")
    if markdown > MARKDOWN_TOTAL:
        problems.add(f"markdown must be less than {MARKDOWN_TOTAL + 1} characters", pointer)
    tables = [b for b in known if b.get("type") == "table"]
    if len(tables) > 1:
        problems.add("only one table allowed", pointer)
    for table in tables:
        if len(_words(table.get("rows"))) > TABLE_TOTAL:
            problems.add(f"table must be less than {TABLE_TOTAL + 1} characters", pointer)


def _words(value: Any) -> str:
    if isinstance(value, list):
        return "".join(_words(part) for part in value)
    if isinstance(value, dict):
        return str(value.get("text", "")) + _words(value.get("elements"))
    return ""


def check_blocks(blocks: Any, *, pointer: str = "/blocks") -> None:
    """Raise invalid_blocks_format or invalid_blocks for a message's blocks."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    problems = Problems()
    array(by_type(MESSAGE), 0, MESSAGE_BLOCKS)(problems, blocks, pointer)
    _block_ids_differ(problems, blocks, pointer)
    _totals(problems, blocks, pointer)
    if problems.found:
        raise SlackError(
            "invalid_blocks",
            errors=problems.found,
            response_metadata={"messages": [f"[ERROR] {p}" for p in problems.found]},
        )


_VIEW: dict[str, Checker] = {
    **TYPE,
    "private_metadata": string(3000),
    "callback_id": string(255),
    "external_id": string(255),
}
_MODAL = shape(
    {
        **_VIEW,
        "title": plain(24),
        "submit": plain(24),
        "close": plain(24),
        "blocks": array(by_type(MODAL), 0, VIEW_BLOCKS),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
    ["title", "blocks"],
)
_HOME = shape(
    {**_VIEW, "blocks": array(by_type(HOME), 0, VIEW_BLOCKS), "title": anything}, ["blocks"]
)


def _has_input(blocks: Any) -> bool:
    found = blocks if isinstance(blocks, list) else []
    return any(isinstance(b, dict) and b.get("type") == "input" for b in found)


def check_view(view: Any, kind: str) -> None:
    """Raise invalid_arguments when this is not a proper "modal" or "home" view."""
    problems = Problems()
    if not isinstance(view, dict):
        problems.add("must be an object", "/view")
    else:
        by_type({kind: _MODAL if kind == "modal" else _HOME})(problems, view, "/view")
        _block_ids_differ(problems, view.get("blocks"), "/view/blocks")
        if kind == "modal" and _has_input(view.get("blocks")) and not view.get("submit"):
            problems.add("missing required field: submit (there are inputs)", "/view")
    if problems.found:
        messages = [f"[ERROR] {p}" for p in problems.found]
        raise SlackError("invalid_arguments", response_metadata={"messages": messages})


_OPTIONS = shape({"options": array(SELECT_OPTION, 0, 100)}, ["options"])
_GROUPS = shape({"option_groups": array(GROUP, 0, 100)}, ["option_groups"])


def check_options(answer: Any) -> None:
    """Raise invalid_options for an answer to block_suggestion that Slack would not show."""
    problems = Problems()
    grouped = isinstance(answer, dict) and "option_groups" in answer
    (_GROUPS if grouped else _OPTIONS)(problems, answer, "")
    if problems.found:
        messages = [f"[ERROR] {p}" for p in problems.found]
        raise SlackError("invalid_options", response_metadata={"messages": messages})

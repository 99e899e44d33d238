"""A browser's form fields as raw values: {block_id: {action_id: text, list of texts or number}}."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from multidict import MultiMapping

from incidentbot.rehearsal.workspace.inputs import elements_of
from incidentbot.rehearsal.workspace.state import Block

Raw = str | int | list[str] | None


def form_values(blocks: Iterable[Block], form: MultiMapping[str]) -> dict[str, dict[str, Raw]]:
    """What a person typed and picked; a form names its fields `block_id/action_id`.

    Every element of the blocks is there: an unticked box sends nothing, and that is a value too.
    """
    values: dict[str, dict[str, Raw]] = {}
    for block in blocks:
        for element in elements_of(block):
            block_id, action_id = block["block_id"], element.get("action_id", "")
            given = form.getall(f"{block_id}/{action_id}", [])
            values.setdefault(block_id, {})[action_id] = raw_value(element, given)
    return values


def raw_value(element: dict[str, Any], given: list[str]) -> Raw:
    """One element's value: a list where several may be chosen, else the first that is filled."""
    kind = str(element.get("type", ""))
    filled = [value for value in given if value]
    if kind == "checkboxes" or kind.startswith("multi_"):
        return list(filled)
    first = filled[0].replace("\r\n", "\n") if filled else None
    return seconds(first) if kind == "datetimepicker" else first


def seconds(text: str | None) -> int | None:
    """A date and time of the browser's control, or unix seconds, as unix seconds."""
    if not text:
        return None
    if text.isdecimal():
        return int(text)
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None

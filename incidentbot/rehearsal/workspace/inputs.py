"""What a person typed or picked, as Slack writes it into `state.values` and `actions`."""

from __future__ import annotations

import re
from typing import Any

from .errors import SlackError
from .state import Block

TEXT = ("plain_text_input", "email_text_input", "url_text_input", "number_input")
ONE_OPTION = ("static_select", "external_select", "radio_buttons", "overflow")
MANY_OPTIONS = ("multi_static_select", "multi_external_select", "checkboxes")
IDS = {
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
ID_LISTS = {
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
}


def options_of(element: dict[str, Any]) -> list[dict[str, Any]]:
    """All options of a menu, checkboxes or radio buttons, groups flattened."""
    groups = element.get("option_groups") or []
    return [*(element.get("options") or []), *(o for g in groups for o in g["options"])]


def _option(element: dict[str, Any], value: str) -> dict[str, Any]:
    found = next((o for o in options_of(element) if o.get("value") == value), None)
    if found is None:
        raise SlackError("no_such_option")
    return found


def read(element: dict[str, Any], raw: Any) -> dict[str, Any]:
    """The state of one element. Options are given by their `value`; only existing ones count."""
    kind = element["type"]
    empty = raw is None or raw == "" or raw == []
    state: dict[str, Any] = {"type": kind}
    if kind in TEXT:
        return state | {"value": None if empty else str(raw)}
    if kind == "rich_text_input":
        return state | {"rich_text_value": raw}
    if kind == "file_input":
        return state | {"files": list(raw or [])}
    if kind in ONE_OPTION:
        return state | {"selected_option": None if empty else _option(element, str(raw))}
    if kind in MANY_OPTIONS:
        values = [raw] if isinstance(raw, str) else list(raw or [])
        return state | {"selected_options": [_option(element, str(v)) for v in values if v != ""]}
    if kind in IDS:
        name = IDS[kind][0]
        if kind == "datetimepicker" and not empty:
            raw = int(raw)
        return state | {name: None if empty else raw}
    if kind in ID_LISTS:
        return state | {ID_LISTS[kind][0]: [raw] if isinstance(raw, str) and raw else raw or []}
    return state


def initial(element: dict[str, Any]) -> dict[str, Any]:
    """The state of an element nobody has touched."""
    kind = element["type"]
    state: dict[str, Any] = {"type": kind}
    if kind in TEXT:
        return state | {"value": element.get("initial_value")}
    if kind == "rich_text_input":
        return state | {"rich_text_value": element.get("initial_value")}
    if kind == "file_input":
        return state | {"files": []}
    if kind in ONE_OPTION:
        return state | {"selected_option": element.get("initial_option")}
    if kind in MANY_OPTIONS:
        return state | {"selected_options": element.get("initial_options") or []}
    if kind in IDS:
        name, first = IDS[kind]
        return state | {name: element.get(first)}
    if kind in ID_LISTS:
        name, first = ID_LISTS[kind]
        return state | {name: element.get(first) or []}
    return state


def is_empty(state: dict[str, Any]) -> bool:
    """True when nothing was entered."""
    return all(not value for key, value in state.items() if key != "type")


def elements_of(block: Block) -> list[dict[str, Any]]:
    """The interactive elements of a block, images left out."""
    found = [block.get("accessory"), block.get("element")]
    if block.get("type") == "actions":
        found += block["elements"]
    return [e for e in found if e and e["type"] != "image"]


def states(blocks: list[Block], typed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """`state.values` of a surface: {block_id: {action_id: state}}.

    `typed` is {block_id: {action_id: raw}}, or shorter {block_id or action_id: raw}.
    """
    values: dict[str, dict[str, Any]] = {}
    for block in blocks:
        for element in elements_of(block):
            if element["type"] == "button":
                continue
            given, raw = _typed(typed, block["block_id"], element["action_id"])
            state = read(element, raw) if given else initial(element)
            values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def _typed(typed: dict[str, Any], block_id: str, action_id: str) -> tuple[bool, Any]:
    inner = typed.get(block_id)
    if isinstance(inner, dict):
        return (action_id in inner), inner.get(action_id)
    if block_id in typed:
        return True, inner
    return (action_id in typed), typed.get(action_id)


def complaints(blocks: list[Block], values: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What Slack's client refuses before it submits a modal: {block_id: why}."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        state = values[block["block_id"]][element["action_id"]]
        if is_empty(state):
            if not block.get("optional"):
                found[block["block_id"]] = "Please complete this required field."
            continue
        if why := _wrong(element, str(state.get("value") or "")):
            found[block["block_id"]] = why
    return found


def _wrong(element: dict[str, Any], value: str) -> str | None:
    kind = element["type"]
    if kind == "plain_text_input":
        if len(value) < element.get("min_length", 0):
            return f"Must be at least {element['min_length']} characters."
        if len(value) > element.get("max_length", 3000):
            return f"Must be at most {element.get('max_length', 3000)} characters."
    if kind == "email_text_input" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        return "Must be a valid email address."
    if kind == "url_text_input" and not re.match(r"https?://\S+$", value):
        return "Must be a valid URL."
    if kind == "number_input":
        return _wrong_number(element, value)
    return None


def _wrong_number(element: dict[str, Any], value: str) -> str | None:
    whole = r"-?\d+" if not element.get("is_decimal_allowed") else r"-?\d+(\.\d+)?"
    if not re.fullmatch(whole, value):
        return "Must be a valid number."
    low, high = element.get("min_value"), element.get("max_value")
    if low is not None and float(value) < float(low):
        return f"Must be at least {low}."
    if high is not None and float(value) > float(high):
        return f"Must be at most {high}."
    return None

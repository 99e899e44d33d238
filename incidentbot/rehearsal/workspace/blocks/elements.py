"""Interactive elements and the objects in them."""

from __future__ import annotations

from typing import Any

from .spec import (
    TYPE,
    Checker,
    Problems,
    anything,
    array,
    boolean,
    choice,
    integer,
    plain,
    shape,
    string,
    text,
)

STYLE = choice("primary", "danger")
CONFIRM = shape(
    {
        "title": plain(100),
        "text": text(300),
        "confirm": plain(30),
        "deny": plain(30),
        "style": STYLE,
    },
    ["title", "text", "confirm", "deny"],
)
ACTION = {**TYPE, "action_id": string(255)}
INPUT = {**ACTION, "placeholder": plain(150), "focus_on_load": boolean}
DISPATCH = shape(
    {"trigger_actions_on": array(choice("on_enter_pressed", "on_character_entered"), 1, 2)}
)


def _option(label: Checker, **more: Checker) -> Checker:
    return shape({"text": label, "value": string(150), **more}, ["text", "value"])


SELECT_OPTION = _option(plain(75), description=plain(75))
OVERFLOW_OPTION = _option(plain(75), description=plain(75), url=string(3000))
CHOICE_OPTION = _option(text(75), description=text(75))
GROUP = shape({"label": plain(75), "options": array(SELECT_OPTION, 1, 100)}, ["label", "options"])
FILTER = shape(
    {
        "include": array(choice("im", "mpim", "private", "public"), 1, 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    }
)


def _all_options(element: dict[str, Any]) -> list[Any]:
    groups = element.get("option_groups") or []
    grouped = [o for g in groups if isinstance(g, dict) for o in g.get("options") or []]
    return [*(element.get("options") or []), *grouped]


def _initial_known(problems: Problems, element: Any, pointer: str) -> None:
    known = [o.get("value") for o in _all_options(element) if isinstance(o, dict)]
    wanted = element.get("initial_options") or []
    if element.get("initial_option"):
        wanted = [element["initial_option"]]
    for option in wanted:
        if isinstance(option, dict) and option.get("value") not in known:
            problems.add("initial option must match one of the options", pointer)


def _one_source(problems: Problems, element: Any, pointer: str) -> None:
    if bool(element.get("options")) == bool(element.get("option_groups")):
        problems.add("exactly one of options and option_groups is required", pointer)
    _initial_known(problems, element, pointer)


def _bounds(problems: Problems, element: Any, pointer: str) -> None:
    low, high = element.get("min_length"), element.get("max_length")
    if isinstance(low, int) and isinstance(high, int) and low > high:
        problems.add("min_length must not be greater than max_length", pointer)


CHOICES: dict[str, Checker] = {
    **INPUT,
    "options": array(SELECT_OPTION, 1, 100),
    "option_groups": array(GROUP, 1, 100),
    "confirm": CONFIRM,
}
ONE = {**INPUT, "confirm": CONFIRM}
MANY = {**ONE, "max_selected_items": integer(1, 10_000)}

BUTTON = shape(
    {
        **ACTION,
        "text": plain(75),
        "url": string(3000),
        "value": string(2000),
        "style": STYLE,
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
    ["text"],
)
IMAGE = shape(
    {**TYPE, "image_url": string(3000, 1), "slack_file": anything, "alt_text": string(2000)},
    ["alt_text"],
)
OVERFLOW = shape(
    {**ACTION, "options": array(OVERFLOW_OPTION, 1, 5), "confirm": CONFIRM}, ["options"]
)
MENUS: dict[str, Checker] = {
    "static_select": shape({**CHOICES, "initial_option": SELECT_OPTION}, also=_one_source),
    "external_select": shape(
        {**ONE, "initial_option": SELECT_OPTION, "min_query_length": integer(0, 1000)}
    ),
    "users_select": shape({**ONE, "initial_user": string(255)}),
    "conversations_select": shape(
        {
            **ONE,
            "initial_conversation": string(255),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": FILTER,
        }
    ),
    "channels_select": shape(
        {**ONE, "initial_channel": string(255), "response_url_enabled": boolean}
    ),
}
MULTI_MENUS: dict[str, Checker] = {
    "multi_static_select": shape(
        {
            **CHOICES,
            "initial_options": array(SELECT_OPTION, 1, 100),
            "max_selected_items": integer(1, 10_000),
        },
        also=_one_source,
    ),
    "multi_external_select": shape(
        {
            **MANY,
            "initial_options": array(SELECT_OPTION, 1, 100),
            "min_query_length": integer(0, 1000),
        }
    ),
    "multi_users_select": shape({**MANY, "initial_users": array(string(255), 1, 1000)}),
    "multi_conversations_select": shape(
        {
            **MANY,
            "initial_conversations": array(string(255), 1, 1000),
            "default_to_current_conversation": boolean,
            "filter": FILTER,
        }
    ),
    "multi_channels_select": shape({**MANY, "initial_channels": array(string(255), 1, 1000)}),
}
PICKERS: dict[str, Checker] = {
    "datepicker": shape({**ONE, "initial_date": string(10)}),
    "timepicker": shape({**ONE, "initial_time": string(5), "timezone": string(255)}),
    "datetimepicker": shape(
        {
            **ACTION,
            "initial_date_time": integer(10**9, 10**10 - 1),
            "confirm": CONFIRM,
            "focus_on_load": boolean,
        }
    ),
    "checkboxes": shape(
        {
            **ACTION,
            "options": array(CHOICE_OPTION, 1, 10),
            "initial_options": array(CHOICE_OPTION, 1, 10),
            "confirm": CONFIRM,
            "focus_on_load": boolean,
        },
        ["options"],
        also=_initial_known,
    ),
    "radio_buttons": shape(
        {
            **ACTION,
            "options": array(CHOICE_OPTION, 1, 10),
            "initial_option": CHOICE_OPTION,
            "confirm": CONFIRM,
            "focus_on_load": boolean,
        },
        ["options"],
        also=_initial_known,
    ),
}
_TYPED = {**INPUT, "initial_value": string(3000), "dispatch_action_config": DISPATCH}
FIELDS: dict[str, Checker] = {
    "plain_text_input": shape(
        {
            **_TYPED,
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
        also=_bounds,
    ),
    "rich_text_input": shape(
        {**INPUT, "initial_value": anything, "dispatch_action_config": DISPATCH}
    ),
}
MODAL_FIELDS: dict[str, Checker] = {
    "email_text_input": shape(_TYPED),
    "url_text_input": shape(_TYPED),
    "number_input": shape(
        {**_TYPED, "is_decimal_allowed": boolean, "min_value": anything, "max_value": anything},
        ["is_decimal_allowed"],
    ),
    "file_input": shape(
        {**ACTION, "filetypes": array(string(50), 1, 100), "max_files": integer(1, 10)}
    ),
}

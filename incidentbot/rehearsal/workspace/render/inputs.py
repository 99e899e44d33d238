"""Inputs a person types or picks into: text, number, address, date and time."""

from __future__ import annotations

from datetime import UTC, datetime

from markupsafe import Markup

from incidentbot.rehearsal.workspace.render.data import Json, obj, objs, text, texts
from incidentbot.rehearsal.workspace.render.html import Attribute, el
from incidentbot.rehearsal.workspace.render.reader import Reader
from incidentbot.rehearsal.workspace.render.texts import words

KINDS = {
    "plain_text_input": "text",
    "number_input": "number",
    "email_text_input": "email",
    "url_text_input": "url",
    "datepicker": "date",
    "timepicker": "time",
    "datetimepicker": "datetime-local",
    "rich_text_input": "text",
    "file_input": "file",
}

PICKERS = frozenset({"datepicker", "timepicker", "datetimepicker"})


def typed(element: Json, name: str, element_id: str, value: Json, reader: Reader) -> Markup:
    """The input for an element of KINDS."""
    kind = text(element.get("type"))
    if kind == "file_input":
        return _file(element, name, element_id)
    now = initial(element, value)
    attrs: dict[str, Attribute] = {
        "name": name,
        "id": element_id,
        "placeholder": words(element.get("placeholder")) or None,
        "autofocus": element.get("focus_on_load") is True,
    }
    if kind == "rich_text_input":
        return el("textarea", "\n" + now, attrs=attrs | {"rows": 4})
    if kind == "plain_text_input":
        attrs["minlength"] = _number(element.get("min_length"))
        attrs["maxlength"] = _number(element.get("max_length"))
        if element.get("multiline") is True:
            # The parser drops a first line break of a textarea, so one is put there for it.
            return el("textarea", "\n" + now, attrs=attrs | {"rows": 4})
    if kind == "number_input":
        attrs["min"] = text(element.get("min_value")) or None
        attrs["max"] = text(element.get("max_value")) or None
        attrs["step"] = "any" if element.get("is_decimal_allowed") is True else "1"
    attrs |= {"type": KINDS[kind], "value": now or None}
    return el("input", attrs=attrs)


def _file(element: Json, name: str, element_id: str) -> Markup:
    kinds = ",".join(f".{kind}" for kind in texts(element.get("filetypes")))
    attrs: dict[str, Attribute] = {
        "type": "file",
        "name": name,
        "id": element_id,
        "accept": kinds or None,
        "multiple": element.get("max_files") != 1,
        "data-own": True,
    }
    return el("input", attrs=attrs)


def initial(element: Json, value: Json) -> str:
    """What stands in the input: the value kept for it, else the initial one."""
    kind = text(element.get("type"))
    if kind == "datetimepicker":
        return _local(value.get("selected_date_time") or element.get("initial_date_time"))
    if kind == "rich_text_input":
        return _words(value.get("rich_text_value") or element.get("initial_value"))
    if kind in PICKERS:
        part = kind.removesuffix("picker")
        return text(value.get(f"selected_{part}")) or text(element.get(f"initial_{part}"))
    return text(value.get("value")) if "value" in value else text(element.get("initial_value"))


def _words(part: object) -> str:
    """The bare words of a rich_text value: what a plain box can show of it."""
    given = obj(part)
    inner = "".join(_words(one) for one in objs(given.get("elements")))
    return text(given.get("text")) or text(given.get("url")) or inner


def _local(seconds: object) -> str:
    """Unix seconds as the browser's control wants them. In UTC, as the form is read in UTC."""
    if not isinstance(seconds, int) or not 0 <= seconds < 10**10:
        return ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M}"


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None

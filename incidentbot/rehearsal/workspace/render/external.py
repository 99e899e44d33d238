"""External selects: a box to type in; the script asks the app and shows what it offers."""

from __future__ import annotations

from markupsafe import Markup

from incidentbot.rehearsal.workspace.render.data import Json, obj, objs, text
from incidentbot.rehearsal.workspace.render.html import Attribute, el
from incidentbot.rehearsal.workspace.render.reader import Surface
from incidentbot.rehearsal.workspace.render.texts import option_label, words

EXTERNAL = frozenset({"external_select", "multi_external_select"})
MIN_QUERY = 3


def external(
    block_id: str, element: Json, name: str, element_id: str, value: Json, surface: Surface
) -> Markup:
    """The box with what is chosen before it. Without script only the initial choice can stay."""
    many = text(element.get("type")) == "multi_external_select"
    least = element.get("min_query_length")
    least = least if isinstance(least, int) else MIN_QUERY
    holder = words(element.get("placeholder")) or "Type to search…"
    box: dict[str, Attribute] = {
        "type": "text",
        "id": element_id,
        "role": "combobox",
        "autocomplete": "off",
        "aria-autocomplete": "list",
        "aria-expanded": "false",
        "aria-controls": f"{element_id}-list",
        "placeholder": holder,
        "data-query": True,
        "autofocus": element.get("focus_on_load") is True,
    }
    where: dict[str, Attribute] = {
        "data-own": True,
        "data-suggest": name,
        "data-block": block_id,
        "data-action": text(element.get("action_id")),
        "data-least": str(least),
        "data-many": many,
        "data-channel": surface.channel or None,
        "data-ts": surface.ts or None,
        "data-view": surface.view_id or None,
        "id": f"{element_id}-box",
    }
    listed: dict[str, Attribute] = {
        "id": f"{element_id}-list",
        "role": "listbox",
        "aria-label": holder,
        "hidden": True,
    }
    chips = (_chip(option, name) for option in _chosen(element, value))
    return el(
        "div",
        el("span", *chips, cls="chips"),
        el("input", attrs=box),
        el("div", cls="menu-list offers", attrs=listed),
        cls="external",
        attrs=where,
    )


def _chosen(element: Json, value: Json) -> list[Json]:
    """What is kept for it, else its initial choice."""
    source, prefix = (value, "selected_") if value else (element, "initial_")
    one, many = source.get(f"{prefix}option"), source.get(f"{prefix}options")
    return [option for option in (obj(one), *objs(many)) if option]


def _chip(option: Json, name: str) -> Markup:
    label = option_label(option)
    hidden: dict[str, Attribute] = {
        "type": "hidden",
        "name": name,
        "value": text(option.get("value")),
    }
    remove: dict[str, Attribute] = {
        "type": "button",
        "data-remove": True,
        "aria-label": f"Remove {label}",
    }
    return el("span", el("input", attrs=hidden), label, el("button", "×", attrs=remove), cls="chip")

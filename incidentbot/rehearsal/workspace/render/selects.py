"""Select menus, checkboxes and radio buttons, as the browser's own controls."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from incidentbot.rehearsal.workspace.render.buttons import field_id, question, submit_attrs
from incidentbot.rehearsal.workspace.render.data import Json, obj, objs, text
from incidentbot.rehearsal.workspace.render.html import Attribute, el
from incidentbot.rehearsal.workspace.render.reader import Reader, Surface
from incidentbot.rehearsal.workspace.render.texts import option_label, text_object, words

Choice = tuple[str, str]  # value, label
Group = tuple[str, list[Choice]]  # heading ("" for none), choices

CHOICES = frozenset({"checkboxes", "radio_buttons"})


def groups(element: Json, reader: Reader) -> list[Group]:
    """What a select offers: its own options, or the people or channels the reader may see."""
    kind = text(element.get("type"))
    if kind.endswith("users_select"):
        names = sorted(reader.users.items(), key=lambda item: item[1].lower())
        return [("", [(key, name) for key, name in names if key not in reader.bots])]
    if kind.endswith(("channels_select", "conversations_select")):
        names = sorted(reader.channels.items(), key=lambda item: item[1].lower())
        return [("", [(key, f"#{name}") for key, name in names])]
    heads = objs(element.get("option_groups"))
    if heads:
        return [(words(g.get("label")), _choices(objs(g.get("options")))) for g in heads]
    return [("", _choices(objs(element.get("options"))))]


def _choices(options: Iterable[Json]) -> list[Choice]:
    return [(text(option.get("value")), option_label(option)) for option in options]


def chosen(element: Json, value: Json) -> set[str]:
    """What is chosen: the value kept for this element, else its initial one."""
    found: set[str] = set()
    for prefix, source in (("selected_", value), ("initial_", element)):
        for part in ("option", "user", "channel", "conversation"):
            one, many = source.get(f"{prefix}{part}"), source.get(f"{prefix}{part}s")
            for item in [one, *(many if isinstance(many, list) else [])]:
                found.add(item if isinstance(item, str) else text(obj(item).get("value")))
        if value:
            break
    return found - {""}


def select(element: Json, name: str, element_id: str, value: Json, reader: Reader) -> Markup:
    """One choice out of many."""
    picked = chosen(element, value)
    holder = words(element.get("placeholder")) or "Choose…"
    rows = [el("option", holder, attrs={"value": "", "selected": not picked})]
    for heading, choices in groups(element, reader):
        options = [
            el("option", label, attrs={"value": key, "selected": key in picked})
            for key, label in choices
        ]
        rows += [el("optgroup", *options, attrs={"label": heading})] if heading else options
    attrs: dict[str, Attribute] = {"name": name, "id": element_id, "title": holder}
    return el("select", *rows, attrs=attrs)


def multi_select(element: Json, name: str, element_id: str, value: Json, reader: Reader) -> Markup:
    """Several choices: a list to tick, folded away behind what is chosen."""
    picked = chosen(element, value)
    holder = words(element.get("placeholder")) or "Choose…"
    offered = groups(element, reader)
    labels = [label for _, choices in offered for key, label in choices if key in picked]
    rows: list[Markup] = []
    for heading, choices in offered:
        rows += [el("div", heading, cls="menu-head")] if heading else []
        rows += [_tick("checkbox", name, key, label, key in picked) for key, label in choices]
    attrs: dict[str, Attribute] = {"id": element_id, "data-placeholder": holder}
    return el(
        "details",
        el("summary", ", ".join(labels) or holder, cls="button"),
        el("div", *rows, cls="menu-list ticks"),
        cls="menu multi",
        attrs=attrs,
    )


def choice_list(element: Json, name: str, element_id: str, value: Json, reader: Reader) -> Markup:
    """Checkboxes or radio buttons; their texts may hold mrkdwn."""
    kind = "radio" if element.get("type") == "radio_buttons" else "checkbox"
    picked = chosen(element, value)
    rows = []
    for option in objs(element.get("options")):
        key = text(option.get("value"))
        label: Markup = text_object(option.get("text"), reader)
        if option.get("description"):
            label += el("small", text_object(option.get("description"), reader))
        rows.append(_tick(kind, name, key, label, key in picked))
    return el("div", *rows, cls="choices", attrs={"id": element_id, "role": "group"})


def _tick(kind: str, name: str, value: str, label: str | Markup, on: bool) -> Markup:
    attrs: dict[str, Attribute] = {"type": kind, "name": name, "value": value, "checked": on}
    return el("label", el("input", attrs=attrs), el("span", label), cls="tick")


def acting(
    block_id: str, element: Json, control: Markup, surface: Surface, reader: Reader
) -> Markup:
    """The button that sends a choice: for readers without script, or behind a question."""
    action = text(element.get("action_id"))
    send = submit_attrs(surface, block_id, action)
    if not obj(element.get("confirm")):
        return control + el("button", "Set", cls="button plain-only", attrs=send)
    popover = field_id(surface, block_id, action, "confirm")
    opener: dict[str, Attribute] = {
        "type": "button",
        "popovertarget": popover,
        "data-ask": True,
    }
    return (
        control
        + el("button", "Set", cls="button plain-only", attrs=opener)
        + question(element, popover, send, reader)
    )


def is_multi(element: Json) -> bool:
    """Whether several answers may come back."""
    kind = text(element.get("type"))
    return kind.startswith("multi_") or kind == "checkboxes"

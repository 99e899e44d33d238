"""Buttons, overflow menus and the question before an action.

The question is a popover inside the same form, so it works with the keyboard and without script.
"""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import quote

from markupsafe import Markup

from incidentbot.rehearsal.workspace.render.data import Json, obj, objs, text
from incidentbot.rehearsal.workspace.render.html import Attribute, el, safe_url
from incidentbot.rehearsal.workspace.render.reader import Reader, Surface
from incidentbot.rehearsal.workspace.render.texts import plain, text_object, words


def field_id(surface: Surface, *names: str) -> str:
    """An element id that is stable over refreshes and safe in HTML."""
    return "f" + sha256("\0".join((surface.key, *names)).encode()).hexdigest()[:12]


def sender(
    surface: Surface, block_id: str, element: Json, reader: Reader, *children: Markup
) -> Markup:
    """What carries an element's answer.

    In a message a form of its own; in a view a part of the one form around the view, which the
    script sends to /views/{id}/click when the element acts by itself.
    """
    action = text(element.get("action_id"))
    if surface.kind != "message":
        attrs: dict[str, Attribute] = {"data-block": block_id, "data-action": action}
        return el("div", *children, cls="act", attrs=attrs)
    hidden = {
        "as": reader.me,
        "channel": surface.channel,
        "ts": surface.ts,
        "block_id": block_id,
        "action_id": action,
    }
    fields = (
        el("input", attrs={"type": "hidden", "name": name, "value": value})
        for name, value in hidden.items()
    )
    where: dict[str, Attribute] = {"method": "post", "action": "/click", "data-click": True}
    return el("form", *fields, *children, cls="act", attrs=where)


def submit_attrs(surface: Surface, block_id: str, action: str) -> dict[str, Attribute]:
    """What makes a button send: the form's own address, or the view's click address."""
    if surface.kind == "message":
        return {"type": "submit"}
    return {
        "type": "submit",
        "formaction": f"/views/{surface.view_id}/click",
        "formnovalidate": True,
        "name": "click",
        "value": f"{block_id}/{action}",
    }


def button(block_id: str, element: Json, surface: Surface, reader: Reader) -> Markup:
    """A button; with `confirm` it first opens the question, with `url` it is a link as well."""
    action = text(element.get("action_id"))
    style = text(element.get("style"))
    look = f"button {style}" if style in ("primary", "danger") else "button"
    label = text_object(element.get("text"), reader)
    named: dict[str, Attribute] = {"aria-label": text(element.get("accessibility_label")) or None}
    url = safe_url(element.get("url"))
    if url:
        away: dict[str, Attribute] = {
            "href": url,
            "target": "_blank",
            "rel": "noopener noreferrer",
            "data-click-link": True,
        }
        inner = el("a", label, cls=look, attrs=away | named)
        return sender(surface, block_id, element, reader, inner)
    send = submit_attrs(surface, block_id, action)
    if not obj(element.get("confirm")):
        inner = el("button", label, cls=look, attrs=send | named)
        return sender(surface, block_id, element, reader, inner)
    popover = field_id(surface, block_id, action, "confirm")
    opener: dict[str, Attribute] = {"type": "button", "popovertarget": popover}
    return sender(
        surface,
        block_id,
        element,
        reader,
        el("button", label, cls=look, attrs=opener | named),
        question(element, popover, send, reader),
    )


def question(element: Json, popover: str, send: dict[str, Attribute], reader: Reader) -> Markup:
    """The confirm dialog of an element, closed at first."""
    confirm = obj(element.get("confirm"))
    title = words(confirm.get("title")) or "Are you sure?"
    style = "danger" if confirm.get("style") == "danger" else "primary"
    deny: dict[str, Attribute] = {
        "type": "button",
        "popovertarget": popover,
        "popovertargetaction": "hide",
        "autofocus": True,
    }
    box: dict[str, Attribute] = {
        "id": popover,
        "popover": True,
        "role": "alertdialog",
        "aria-label": title,
    }
    return el(
        "div",
        el("h3", plain(title)),
        el("p", text_object(confirm.get("text"), reader)),
        el(
            "div",
            el("button", words(confirm.get("deny")) or "Cancel", cls="button", attrs=deny),
            el("button", words(confirm.get("confirm")) or "Yes", cls=f"button {style}", attrs=send),
            cls="row end",
        ),
        cls="confirm",
        attrs=box,
    )


def overflow(block_id: str, element: Json, surface: Surface, reader: Reader) -> Markup:
    """A small menu; each entry sends its option."""
    rows = []
    for option in objs(element.get("options")):
        attrs = submit_attrs(surface, block_id, text(element.get("action_id")))
        if surface.kind == "message":
            attrs |= {"name": "selected", "value": text(option.get("value"))}
        else:
            picked = quote(text(option.get("value")), safe="")
            attrs |= {"formaction": f"/views/{surface.view_id}/click?selected={picked}"}
        rows.append(el("button", plain(words(option.get("text"))), attrs=attrs))
    menu = el(
        "details",
        el("summary", "⋯", cls="button", attrs={"aria-label": "More choices"}),
        el("div", *rows, cls="menu-list"),
        cls="menu",
    )
    return sender(surface, block_id, element, reader, menu)

"""Block Kit to HTML: one renderer for messages, modals and Home."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from incidentbot.rehearsal.workspace.render.buttons import field_id
from incidentbot.rehearsal.workspace.render.data import Json, obj, objs, text
from incidentbot.rehearsal.workspace.render.elements import control, element, unknown
from incidentbot.rehearsal.workspace.render.html import Attribute, el
from incidentbot.rehearsal.workspace.render.images import image
from incidentbot.rehearsal.workspace.render.inputs import PICKERS
from incidentbot.rehearsal.workspace.render.markdown import markdown
from incidentbot.rehearsal.workspace.render.reader import Reader, Surface
from incidentbot.rehearsal.workspace.render.recent import PLAIN, container
from incidentbot.rehearsal.workspace.render.rich_text import rich_text
from incidentbot.rehearsal.workspace.render.selects import CHOICES, acting
from incidentbot.rehearsal.workspace.render.tables import table
from incidentbot.rehearsal.workspace.render.texts import plain, text_object, words

Maker = Callable[[Json, Surface, Reader], Markup]


def render_blocks(blocks: object, surface: Surface, reader: Reader) -> Markup:
    """HTML of a list of blocks; a block of an unknown type is a grey box with its name."""
    return Markup("").join(render_block(block, surface, reader) for block in objs(blocks))


def render_block(block: Json, surface: Surface, reader: Reader) -> Markup:
    """HTML of one block."""
    maker = BLOCKS.get(text(block.get("type")))
    return maker(block, surface, reader) if maker else unknown("Block", block)


def _header(block: Json, surface: Surface, reader: Reader) -> Markup:
    return el("h3", text_object(block.get("text"), reader), cls="block header")


def _section(block: Json, surface: Surface, reader: Reader) -> Markup:
    content: list[Markup] = []
    if block.get("text"):
        content.append(el("div", text_object(block.get("text"), reader), cls="text"))
    fields = [el("div", text_object(f, reader), cls="field") for f in objs(block.get("fields"))]
    if fields:
        content.append(el("div", *fields, cls="fields"))
    beside = obj(block.get("accessory"))
    if not beside:
        return el("div", *content, cls="block section")
    accessory = el("div", _element(block, beside, surface, reader), cls="accessory")
    return el(
        "div",
        el("div", *content, cls="section-main"),
        accessory,
        cls="block section with-accessory",
    )


def _element(block: Json, given: Json, surface: Surface, reader: Reader) -> Markup:
    return element(text(block.get("block_id")), given, surface, reader)


def _actions(block: Json, surface: Surface, reader: Reader) -> Markup:
    made = (_element(block, given, surface, reader) for given in objs(block.get("elements")))
    return el("div", *made, cls="block actions")


def _context(block: Json, surface: Surface, reader: Reader) -> Markup:
    parts = []
    for given in objs(block.get("elements")):
        if given.get("type") == "image":
            parts.append(image(given, cls="tiny"))
        else:
            parts.append(el("span", text_object(given, reader)))
    return el("div", *parts, cls="block context")


def _divider(block: Json, surface: Surface, reader: Reader) -> Markup:
    return el("hr", cls="block divider")


def _image(block: Json, surface: Surface, reader: Reader) -> Markup:
    title = words(block.get("title"))
    caption = el("figcaption", plain(title)) if title else None
    return el("figure", caption, image(block, cls="picture"), cls="block image")


def _input(block: Json, surface: Surface, reader: Reader) -> Markup:
    block_id = text(block.get("block_id"))
    given = obj(block.get("element"))
    action = text(given.get("action_id"))
    in_message = surface.kind == "message"
    name = "selected" if in_message else f"{block_id}/{action}"
    body = control(block_id, given, name, surface, reader)
    place = field_id(surface, block_id, action)
    optional = el("small", " (optional)") if block.get("optional") is True else None
    label = el(
        "label", plain(words(block.get("label"))), optional, cls="label", attrs={"for": place}
    )
    if body is not None and block.get("dispatch_action") is True:
        body = _dispatching(block_id, given, body, surface, reader)
    hint = words(block.get("hint"))
    error = surface.errors.get(block_id, "")
    wrong: dict[str, Attribute] = {"role": "alert", "data-error-for": block_id, "data-own": True}
    return el(
        "div",
        label,
        unknown("Input", given) if body is None else body,
        el("div", error, cls="error", attrs=wrong | {"hidden": not error}),
        el("div", plain(hint), cls="hint") if hint else None,
        cls="block input",
        attrs={"data-block": block_id, "data-kind": _kind(given)},
    )


def _kind(given: Json) -> str:
    kind = text(given.get("type"))
    return "choices" if kind in CHOICES else "picker" if kind in PICKERS else "field"


def _dispatching(
    block_id: str, given: Json, body: Markup, surface: Surface, reader: Reader
) -> Markup:
    attrs: dict[str, Attribute] = {
        "data-block": block_id,
        "data-action": text(given.get("action_id")),
    }
    return el("div", acting(block_id, given, body, surface, reader), cls="act", attrs=attrs)


def _rich_text(block: Json, surface: Surface, reader: Reader) -> Markup:
    return el("div", rich_text(block, reader), cls="block")


def _table(block: Json, surface: Surface, reader: Reader) -> Markup:
    return el("div", table(block, reader), cls="block")


def _markdown(block: Json, surface: Surface, reader: Reader) -> Markup:
    return el("div", markdown(text(block.get("text"))), cls="block markdown")


def _alert(block: Json, surface: Surface, reader: Reader) -> Markup:
    level = text(block.get("level"))
    known = level if level in ("info", "warning", "error", "success") else "default"
    return el("div", text_object(block.get("text"), reader), cls=f"block alert {known}")


BLOCKS: dict[str, Maker] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "divider": _divider,
    "image": _image,
    "input": _input,
    "rich_text": _rich_text,
    "table": _table,
    "markdown": _markdown,
    "alert": _alert,
    **PLAIN,
    "container": container(render_block),
}

"""Blocks Slack added in 2025 and 2026, drawn plainly: their words, pictures and buttons."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from incidentbot.rehearsal.workspace.render.data import Json, obj, objs, text
from incidentbot.rehearsal.workspace.render.elements import element
from incidentbot.rehearsal.workspace.render.html import Attribute, el, link, safe_url
from incidentbot.rehearsal.workspace.render.images import image
from incidentbot.rehearsal.workspace.render.reader import Reader, Surface
from incidentbot.rehearsal.workspace.render.tables import table
from incidentbot.rehearsal.workspace.render.texts import plain, text_object, words

Draw = Callable[[Json, Surface, Reader], Markup]


def card(block: Json, surface: Surface, reader: Reader) -> Markup:
    """A picture, a title, a line under it, words and buttons."""
    icon, hero = obj(block.get("icon")), obj(block.get("hero_image"))
    head = [el("strong", text_object(block.get("title"), reader))] if block.get("title") else []
    if block.get("subtitle"):
        head.append(el("small", text_object(block.get("subtitle"), reader)))
    body = text_object(block.get("body"), reader) if block.get("body") else None
    block_id = text(block.get("block_id"))
    buttons = [element(block_id, one, surface, reader) for one in objs(block.get("actions"))]
    return el(
        "article",
        image(hero, cls="picture") if hero else None,
        el("header", image(icon, cls="tiny") if icon else None, el("div", *head)),
        el("div", body, cls="text") if body else None,
        el("div", *buttons, cls="actions") if buttons else None,
        cls="block box",
    )


def carousel(block: Json, surface: Surface, reader: Reader) -> Markup:
    """Cards in a row that scrolls."""
    cards = (card(one, surface, reader) for one in objs(block.get("elements")))
    where: dict[str, Attribute] = {"role": "group", "aria-label": "Cards", "tabindex": "0"}
    return el("div", *cards, cls="block carousel", attrs=where)


def container(draw: Draw) -> Draw:
    """A titled box of other blocks; a collapsible one opens and closes."""

    def drawn(block: Json, surface: Surface, reader: Reader) -> Markup:
        title = text_object(block.get("title"), reader)
        small = block.get("subtitle")
        head = title + (el("small", text_object(small, reader)) if small else Markup(""))
        inner = (draw(one, surface, reader) for one in objs(block.get("child_blocks")))
        if block.get("is_collapsible") is True:
            opened: dict[str, Attribute] = {"open": True}
            summary = el("summary", head)
            return el("details", summary, *inner, cls="block box", attrs=opened)
        return el("section", el("header", el("div", head)), *inner, cls="block box")

    return drawn


def data_table(block: Json, surface: Surface, reader: Reader) -> Markup:
    """A table with a caption, all its rows at once."""
    caption = el("figcaption", text(block.get("caption")))
    return el("figure", caption, table(block, reader), cls="block")


def video(block: Json, surface: Surface, reader: Reader) -> Markup:
    """Its picture and a link: nothing is played from elsewhere."""
    url = safe_url(block.get("title_url")) or safe_url(block.get("video_url"))
    title = words(block.get("title")) or text(block.get("alt_text"))
    still = {"image_url": block.get("thumbnail_url"), "alt_text": block.get("alt_text")}
    by = ", ".join(filter(None, (text(block.get("author_name")), text(block.get("provider_name")))))
    about = words(block.get("description"))
    return el(
        "div",
        image(still, cls="picture"),
        el("strong", link(url, title) if url else title),
        el("small", " ", by) if by else None,
        el("div", plain(about)) if about else None,
        cls="block box",
    )


def call(block: Json, surface: Surface, reader: Reader) -> Markup:
    """A call that was added by calls.add; here it is only named."""
    return el("div", "📞 Call ", el("code", text(block.get("call_id"))), cls="block box")


def context_actions(block: Json, surface: Surface, reader: Reader) -> Markup:
    """Small buttons under an answer: thumbs up and down, or a sign."""
    made = []
    for one in objs(block.get("elements")):
        if one.get("type") == "feedback_buttons":
            both = (obj(one.get("positive_button")), obj(one.get("negative_button")))
            made += [_still(words(half.get("text"))) for half in both if half]
        else:
            made.append(_still(words(one.get("text")) or text(one.get("icon"))))
    return el("div", *made, cls="block actions")


def _still(label: str) -> Markup:
    attrs: dict[str, Attribute] = {"type": "button", "disabled": True}
    return el("button", plain(label or "Button"), cls="button", attrs=attrs)


def file(block: Json, surface: Surface, reader: Reader) -> Markup:
    """A remote file, by its outside name."""
    return el("div", "📄 File ", el("code", text(block.get("external_id"))), cls="block box")


PLAIN: dict[str, Draw] = {
    "card": card,
    "carousel": carousel,
    "data_table": data_table,
    "video": video,
    "call": call,
    "context_actions": context_actions,
    "file": file,
}

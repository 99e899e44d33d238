"""The older attachments of a message: a coloured edge, then blocks or title, text and fields."""

from __future__ import annotations

from markupsafe import Markup

from incidentbot.rehearsal.workspace.render.blocks import render_blocks
from incidentbot.rehearsal.workspace.render.data import Json, objs, text
from incidentbot.rehearsal.workspace.render.html import el, link, safe_url
from incidentbot.rehearsal.workspace.render.images import image
from incidentbot.rehearsal.workspace.render.mrkdwn import mrkdwn
from incidentbot.rehearsal.workspace.render.reader import Reader, Surface

NAMED = {"good": "good", "warning": "warn", "danger": "bad"}


def render_attachments(given: object, surface: Surface, reader: Reader) -> Markup:
    """HTML of a message's attachments."""
    return Markup("").join(_attachment(one, surface, reader) for one in objs(given))


def _attachment(one: Json, surface: Surface, reader: Reader) -> Markup:
    parts: list[Markup] = []
    if one.get("pretext"):
        parts.append(el("div", mrkdwn(text(one["pretext"]), reader, parse="links")))
    body = [_title(one)] if one.get("title") else []
    if one.get("blocks"):
        body.append(render_blocks(one["blocks"], surface, reader))
    elif one.get("text") or one.get("fallback"):
        content = text(one.get("text")) or text(one.get("fallback"))
        body.append(el("div", mrkdwn(content, reader, parse="links"), cls="text"))
    fields = [_field(field, reader) for field in objs(one.get("fields"))]
    body += [el("div", *fields, cls="fields")] if fields else []
    if one.get("image_url"):
        picture = {"image_url": one["image_url"], "alt_text": text(one.get("fallback"))}
        body.append(image(picture, cls="picture"))
    if one.get("footer"):
        body.append(el("div", text(one["footer"]), cls="block context"))
    tone = NAMED.get(text(one.get("color")), "")
    parts.append(el("div", *body, cls=f"attachment {tone}".strip()))
    return Markup("").join(parts)


def _title(one: Json) -> Markup:
    url = safe_url(one.get("title_link"))
    title = text(one["title"])
    return el("div", link(url, title) if url else title, cls="attachment-title")


def _field(field: Json, reader: Reader) -> Markup:
    content = mrkdwn(text(field.get("value")), reader, parse="links")
    return el("div", el("strong", text(field.get("title"))), el("br"), content, cls="field")

"""rich_text blocks: sections, lists, quotes and preformatted text."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup, escape

from incidentbot.rehearsal.workspace.render.data import Json, obj, objs, text
from incidentbot.rehearsal.workspace.render.dates import slack_date
from incidentbot.rehearsal.workspace.render.emoji import emoji
from incidentbot.rehearsal.workspace.render.html import el, link, safe_url
from incidentbot.rehearsal.workspace.render.mrkdwn import channel_mention, user_mention
from incidentbot.rehearsal.workspace.render.reader import Reader

STYLES = (("code", "code"), ("strike", "s"), ("italic", "em"), ("bold", "strong"))


def rich_text(block: Json, reader: Reader) -> Markup:
    """HTML of a rich_text block; a part of an unknown kind shows its name."""
    return el("div", *(_part(part, reader) for part in objs(block.get("elements"))), cls="rich")


def _part(part: Json, reader: Reader) -> Markup:
    kind = text(part.get("type"))
    inner = objs(part.get("elements"))
    if kind == "rich_text_section":
        return el("div", _inlines(inner, reader))
    if kind == "rich_text_quote":
        return el("blockquote", _inlines(inner, reader))
    if kind == "rich_text_preformatted":
        return el("pre", el("code", _inlines(inner, reader)))
    if kind == "rich_text_list":
        return _list(part, inner, reader)
    return el("span", kind or "no type", cls="unknown")


def _list(part: Json, items: list[Json], reader: Reader) -> Markup:
    indent = part.get("indent")
    level = min(indent, 8) if isinstance(indent, int) and indent > 0 else 0
    offset = part.get("offset")
    ordered = part.get("style") == "ordered"
    start = offset + 1 if ordered and isinstance(offset, int) and offset > 0 else None
    rows = (el("li", _inlines(objs(item.get("elements")), reader)) for item in items)
    attrs: dict[str, str | int | bool | None] = {"start": start}
    return el("ol" if ordered else "ul", *rows, cls=f"indent-{level}", attrs=attrs)


def _inlines(elements: list[Json], reader: Reader) -> Markup:
    """Line breaks inside stay as they are: the style sheet keeps them."""
    return Markup("").join(_styled(element, reader) for element in elements)


def _styled(element: Json, reader: Reader) -> Markup:
    maker = INLINE.get(text(element.get("type")))
    if maker is None:
        return el("span", text(element.get("type")) or "no type", cls="unknown")
    html = maker(element, reader)
    style = obj(element.get("style"))
    for name, tag in STYLES:
        if style.get(name) is True:
            html = el(tag, html)
    return html


def _text(element: Json, reader: Reader) -> Markup:
    return escape(text(element.get("text")))


def _link(element: Json, reader: Reader) -> Markup:
    url = safe_url(element.get("url"))
    label = text(element.get("text"))
    return link(url, label or url) if url else escape(label or text(element.get("url")))


def _user(element: Json, reader: Reader) -> Markup:
    return user_mention(text(element.get("user_id")), "", reader)


def _channel(element: Json, reader: Reader) -> Markup:
    return channel_mention(text(element.get("channel_id")), "", reader)


def _emoji(element: Json, reader: Reader) -> Markup:
    name = text(element.get("name"))
    return emoji(name) or escape(f":{name}:")


def _date(element: Json, reader: Reader) -> Markup:
    stamp = text(element.get("timestamp"))
    shown = slack_date(stamp, text(element.get("format")), reader)
    label = shown or text(element.get("fallback"))
    url = safe_url(element.get("url"))
    return link(url, label) if url else el("time", label)


def _broadcast(element: Json, reader: Reader) -> Markup:
    return el("span", f"@{text(element.get('range')) or 'here'}", cls="mention me")


def _usergroup(element: Json, reader: Reader) -> Markup:
    return el("span", f"@{text(element.get('usergroup_id'))}", cls="mention")


def _color(element: Json, reader: Reader) -> Markup:
    return el("code", text(element.get("value")))


INLINE: dict[str, Callable[[Json, Reader], Markup]] = {
    "text": _text,
    "link": _link,
    "user": _user,
    "channel": _channel,
    "emoji": _emoji,
    "date": _date,
    "broadcast": _broadcast,
    "usergroup": _usergroup,
    "color": _color,
}

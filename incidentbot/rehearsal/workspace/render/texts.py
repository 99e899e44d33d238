"""Text objects: plain_text (emoji only) and mrkdwn."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from incidentbot.rehearsal.workspace.render.data import Json, obj, text
from incidentbot.rehearsal.workspace.render.emoji import emoji
from incidentbot.rehearsal.workspace.render.html import el
from incidentbot.rehearsal.workspace.render.mrkdwn import mrkdwn
from incidentbot.rehearsal.workspace.render.reader import Reader

EMOJI = re.compile(r"(?<![\w:]):([a-z0-9_+\-]{1,60}):(?![\w:])")


def text_object(value: object, reader: Reader) -> Markup:
    """HTML of a text object; a bare string counts as plain text."""
    if isinstance(value, str):
        return plain(value)
    given = obj(value)
    content = text(given.get("text"))
    if given.get("type") == "mrkdwn":
        return mrkdwn(content, reader, parse="none" if given.get("verbatim") else "names")
    return plain(content, emoji_names=given.get("emoji") is not False)


def plain(content: str, *, emoji_names: bool = True) -> Markup:
    """Plain text with line breaks; `:names:` become signs unless told otherwise."""
    parts = EMOJI.split(content) if emoji_names else [content]
    out: list[Markup] = []
    for index, part in enumerate(parts):
        if index % 2:
            out.append(emoji(part) or escape(f":{part}:"))
        else:
            out.append(Markup(el("br")).join(escape(line) for line in part.split("\n")))
    return Markup("").join(out)


def words(value: object) -> str:
    """The bare text of a text object, for attributes and options."""
    return value if isinstance(value, str) else text(obj(value).get("text"))


def option_label(option: Json) -> str:
    """What stands in a list of options: its text and, after a dash, its description."""
    described = words(option.get("description"))
    label = words(option.get("text"))
    return f"{label} – {described}" if described else label

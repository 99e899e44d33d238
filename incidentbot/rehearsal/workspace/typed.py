"""Text as a person types it, turned into what Slack stores: entities and rich_text."""

from __future__ import annotations

import re
from typing import Any

from .state import Block, Workspace

_TOKEN = re.compile(
    r"(?P<code>`[^`\n]+`)"
    r"|(?P<bold>\*[^*\s](?:[^*\n]*[^*\s])?\*)"
    r"|(?P<italic>\b_[^_\s](?:[^_\n]*[^_\s])?_\b)"
    r"|(?P<strike>~[^~\s](?:[^~\n]*[^~\s])?~)"
    r"|(?P<user>(?<![\w.])@[\w.-]+)"
    r"|(?P<channel>(?<!\w)#[\w-]+)"
    r"|(?P<link>https?://[^\s<>|]+)"
    r"|(?P<emoji>(?<!\w):[a-z0-9_+-]+:)"
)
BROADCASTS = ("here", "channel", "everyone")
MARKS = ("code", "bold", "italic", "strike")


def escape(text: str) -> str:
    """The three characters Slack escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _split(text: str) -> list[tuple[str, str]]:
    """(kind, piece) pairs; kind "text" for what is nothing else."""
    pieces, at = [], 0
    for match in _TOKEN.finditer(text):
        if match.start() > at:
            pieces.append(("text", text[at : match.start()]))
        pieces.append((match.lastgroup or "text", match.group()))
        at = match.end()
    if at < len(text):
        pieces.append(("text", text[at:]))
    return pieces


def _user_id(ws: Workspace, handle: str) -> str | None:
    name = handle[1:].lower()
    for user in ws.users.values():
        if name in (user.name.lower(), user.id.lower()):
            return user.id
    return None


def _channel_id(ws: Workspace, name: str) -> str | None:
    channel = ws.channel_named(name[1:].lower())
    return channel.id if channel is not None and not channel.is_private else None


def encode(ws: Workspace, text: str, *, with_names: bool = False) -> str:
    """Escaped, with <@U1>, <#C1|name>, <!here> and <url>; `with_names` as slash commands do."""
    found = []
    for kind, piece in _split(text):
        if kind == "user" and piece[1:] in BROADCASTS and not with_names:
            found.append(f"<!{piece[1:]}>")
        elif kind == "user" and (user := _user_id(ws, piece)):
            found.append(f"<@{user}|{ws.users[user].name}>" if with_names else f"<@{user}>")
        elif kind == "channel" and (channel := _channel_id(ws, piece)):
            found.append(f"<#{channel}|{piece[1:]}>")
        elif kind == "link":
            found.append(f"<{escape(piece)}>")
        else:
            found.append(escape(piece))
    return "".join(found)


def decode(ws: Workspace, text: str) -> str:
    """Stored text as the person typed it, to be changed: the way back from `encode`."""

    def plain(match: re.Match[str]) -> str:
        sign, name = match["sign"], match["name"]
        if sign == "@" and name in ws.users:
            return f"@{ws.users[name].name}"
        if sign == "#" and name in ws.channels:
            return f"#{ws.channels[name].name}"
        return f"@{name}" if sign == "!" else name

    shown = re.sub(r"<(?P<sign>[@#!]?)(?P<name>[^|<>]+)(?:\|[^<>]*)?>", plain, text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def linked(ws: Workspace, text: str, *, links: bool) -> str:
    """Escaped text of an app with its bare names, and with `links` its URLs, made references.

    As `link_names` and `parse: full` do; what stands in <> already stays as it is.
    """
    parts = re.split(r"(<[^<>]*>)", text)
    return "".join(
        part if part.startswith("<") else _referring(ws, part, links=links) for part in parts
    )


def _referring(ws: Workspace, text: str, *, links: bool) -> str:
    found = []
    for kind, piece in _split(text):
        if kind == "user" and piece[1:] in BROADCASTS:
            found.append(f"<!{piece[1:]}>")
        elif kind == "user" and (user := _user_id(ws, piece)):
            found.append(f"<@{user}>")
        elif kind == "channel" and (channel := _channel_id(ws, piece)):
            found.append(f"<#{channel}|{piece[1:]}>")
        else:
            found.append(f"<{piece}>" if kind == "link" and links else piece)
    return "".join(found)


def rich_text(ws: Workspace, text: str) -> Block:
    """The rich_text block Slack's composer makes of typed text."""
    elements: list[dict[str, Any]] = []
    for kind, piece in _split(text):
        if kind in MARKS:
            elements.append({"type": "text", "text": piece[1:-1], "style": {kind: True}})
        elif kind == "user" and piece[1:] in BROADCASTS:
            elements.append({"type": "broadcast", "range": piece[1:]})
        elif kind == "user" and (user := _user_id(ws, piece)):
            elements.append({"type": "user", "user_id": user})
        elif kind == "channel" and (channel := _channel_id(ws, piece)):
            elements.append({"type": "channel", "channel_id": channel})
        elif kind == "link":
            elements.append({"type": "link", "url": piece})
        elif kind == "emoji":
            elements.append({"type": "emoji", "name": piece[1:-1]})
        else:
            elements.append({"type": "text", "text": piece})
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "elements": [section]}

"""What a person finds in the messages they may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from incidentbot.rehearsal.workspace.parts import channel_title, face
from incidentbot.rehearsal.workspace.render.dates import moment
from incidentbot.rehearsal.workspace.render.mrkdwn import mrkdwn
from incidentbot.rehearsal.workspace.render.reader import Reader
from incidentbot.rehearsal.workspace.state import Channel, Message, User, Workspace, is_reply

MOST = 50
SHOWN = 240
TEXTS = ("text", "title", "fallback", "alt_text", "name")


@dataclass(frozen=True, slots=True)
class Found:
    """One message: where it is, who wrote it when, and its words."""

    href: str
    channel: str
    author: str
    when: str
    summary: str


def search(workspace: Workspace, me: User, query: str, reader: Reader) -> list[Found]:
    """Messages with every word of the query, newest first, at most fifty."""
    words = query.casefold().split()
    if not words:
        return []
    hits = [
        (message, channel)
        for channel in workspace.channels.values()
        if workspace.sees(me.id, channel)
        for message in channel.messages
        if _says(message, words)
    ]
    hits.sort(key=lambda hit: float(hit[0]["ts"]), reverse=True)
    return [_found(workspace, me, reader, *hit) for hit in hits[:MOST]]


def _found(
    workspace: Workspace, me: User, reader: Reader, message: Message, channel: Channel
) -> Found:
    ts = str(message["ts"])
    thread = f"&thread={message['thread_ts']}" if is_reply(message) else ""
    mark = f"tm-{ts}" if thread else f"m-{ts}"
    when = moment(ts, reader.zone)
    shown = " · ".join(
        Markup(mrkdwn(part.replace("\n", " "), reader)).striptags() for part in _parts(message)
    )
    author = face(workspace, str(message.get("user", "")), str(message.get("username") or ""))
    return Found(
        href=f"/channels/{channel.id}?as={me.id}{thread}#{mark}",
        channel=channel_title(workspace, channel, me),
        author=author.name,
        when=f"{when:%d %b %H:%M}" if when else "",
        summary=shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…",
    )


def _says(message: Message, words: list[str]) -> bool:
    told = " ".join(_parts(message)).casefold()
    return all(word in told for word in words)


def _parts(message: Message) -> list[str]:
    """The words of a message, its blocks and files, each once."""
    parts = [str(message.get("text", ""))]
    for key in ("blocks", "attachments", "files"):
        parts += _words(message.get(key))
    return list(dict.fromkeys(part for part in parts if part))


def _words(value: Any) -> list[str]:
    if isinstance(value, list):
        return [word for part in value for word in _words(part)]
    if not isinstance(value, dict):
        return []
    own = [value[key] for key in TEXTS if isinstance(value.get(key), str)]
    return own + [word for part in value.values() for word in _words(part) if part is not None]

"""The lines of a channel or thread: messages grouped by author and day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from incidentbot.rehearsal.workspace.parts import Face, face
from incidentbot.rehearsal.workspace.render.attachments import render_attachments
from incidentbot.rehearsal.workspace.render.blocks import render_blocks
from incidentbot.rehearsal.workspace.render.dates import ago, day_label, moment
from incidentbot.rehearsal.workspace.render.emoji import emoji
from incidentbot.rehearsal.workspace.render.files import render_files
from incidentbot.rehearsal.workspace.render.mrkdwn import mrkdwn
from incidentbot.rehearsal.workspace.render.reader import Reader, Surface
from incidentbot.rehearsal.workspace.state import Channel, Message, Workspace
from incidentbot.rehearsal.workspace.typed import decode

GROUP_SECONDS = 300
QUIET = frozenset(
    {
        "channel_join",
        "channel_leave",
        "channel_topic",
        "channel_purpose",
        "channel_name",
        "channel_archive",
        "channel_unarchive",
    }
)


@dataclass(frozen=True, slots=True)
class Reaction:
    name: str
    sign: Markup
    count: int
    mine: bool
    who: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One message as the page shows it. `day` is set on the first message of a day."""

    ts: str
    author: Face
    body: Markup
    time: str
    iso: str
    full_time: str
    day: str = ""
    follows: bool = False
    quiet: bool = False
    edited: bool = False
    ephemeral: bool = False
    deleted: bool = False
    mine: bool = False
    typed: str | None = None  # its words to be changed, when the person is changing them
    pinned_by: str = ""
    reactions: tuple[Reaction, ...] = ()
    replies: int = 0
    repliers: tuple[Face, ...] = ()
    last_reply: str = ""


def channel_entries(
    workspace: Workspace, channel: Channel, reader: Reader, edit: str = ""
) -> list[Entry]:
    """What the channel shows this reader, oldest first, ephemeral messages among the others."""
    whispered = workspace.ephemerals.get((reader.me, channel.id), [])
    own = [m for m in whispered if not m.get("thread_ts")]
    return _entries(workspace, channel, [*channel.top_level(), *own], reader, edit)


def thread_entries(
    workspace: Workspace, channel: Channel, thread: str, reader: Reader, edit: str = ""
) -> list[Entry]:
    """Parent first, then the replies; empty when there is no such message."""
    found = channel.thread(thread)
    whispered = workspace.ephemerals.get((reader.me, channel.id), [])
    own = [m for m in whispered if m.get("thread_ts") == thread] if found else []
    return _entries(workspace, channel, [*found, *own], reader, edit)


def _entries(
    workspace: Workspace,
    channel: Channel,
    messages: Iterable[Message],
    reader: Reader,
    edit: str,
) -> list[Entry]:
    made: list[Entry] = []
    before: Message | None = None
    for message in sorted(messages, key=lambda m: float(m["ts"])):
        one = _entry(workspace, channel, message, before, reader)
        if one.ts == edit and one.mine:
            one = replace(one, typed=decode(workspace, str(message.get("text", ""))))
        made.append(one)
        before = message
    return made


def _entry(
    workspace: Workspace,
    channel: Channel,
    message: Message,
    before: Message | None,
    reader: Reader,
) -> Entry:
    ts = str(message["ts"])
    when = moment(ts, reader.zone)
    earlier = moment(before["ts"], reader.zone) if before else None
    same_day = when and earlier and when.date() == earlier.date()
    quiet = message.get("subtype") in QUIET
    pin = next((p for p in channel.pins if p["ts"] == ts), None)
    ephemeral = bool(message.get("is_ephemeral"))
    alone = pin is not None or (before is not None and "pinned_to" in before)
    return Entry(
        ts=ts,
        author=_author(workspace, message),
        body=_body(message, channel, reader),
        time=f"{when:%H:%M}" if when else "",
        iso=when.isoformat() if when else "",
        full_time=f"{when:%A %d %B %Y, %H:%M:%S %Z}" if when else "",
        day=day_label(when, reader.now) if when and not same_day else "",
        follows=bool(same_day and not alone and before and _follows(message, before)),
        quiet=quiet,
        edited="edited" in message,
        ephemeral=ephemeral,
        deleted=message.get("subtype") == "tombstone",
        mine=not quiet and message.get("user") == reader.me,
        pinned_by=face(workspace, str(pin["created_by"])).name if pin else "",
        reactions=_reactions(message, reader),
        **_thread_marks(workspace, message, reader),
    )


def _follows(message: Message, before: Message) -> bool:
    plain = not ({message.get("subtype"), before.get("subtype")} & (QUIET | {"tombstone"}))
    same = all(message.get(k) == before.get(k) for k in ("user", "username", "is_ephemeral"))
    return plain and same and float(message["ts"]) - float(before["ts"]) < GROUP_SECONDS


def _author(workspace: Workspace, message: Message) -> Face:
    return face(workspace, str(message.get("user", "")), str(message.get("username") or ""))


def _body(message: Message, channel: Channel, reader: Reader) -> Markup:
    surface = Surface("message", channel=channel.id, ts=str(message["ts"]))
    if message.get("blocks"):
        body = render_blocks(message["blocks"], surface, reader)
    else:
        body = mrkdwn(str(message.get("text", "")), reader, parse="links")
        body = Markup('<div class="text">{}</div>').format(body) if body else body
    attached = render_attachments(message.get("attachments"), surface, reader)
    return body + attached + render_files(message.get("files"))


def _reactions(message: Message, reader: Reader) -> tuple[Reaction, ...]:
    made = []
    for given in message.get("reactions", []):
        name = str(given["name"])
        sign = emoji(name) or Markup(":{}:").format(name)
        who = ", ".join(reader.users.get(user, user) for user in given["users"])
        made.append(Reaction(name, sign, len(given["users"]), reader.me in given["users"], who))
    return tuple(made)


def _thread_marks(workspace: Workspace, message: Message, reader: Reader) -> dict[str, Any]:
    count = message.get("reply_count", 0)
    if not count or message.get("thread_ts") != message["ts"]:
        return {}
    last = moment(message.get("latest_reply", ""), reader.zone)
    return {
        "replies": count,
        "repliers": tuple(face(workspace, user) for user in message.get("reply_users", [])[:4]),
        "last_reply": ago(last, reader.now) if last else "",
    }

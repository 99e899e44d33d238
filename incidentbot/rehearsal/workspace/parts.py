"""What the templates show, put together from the state: one value per thing on the screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup

from incidentbot.rehearsal.workspace.render.dates import day_label, moment
from incidentbot.rehearsal.workspace.render.mrkdwn import mrkdwn
from incidentbot.rehearsal.workspace.render.reader import Reader
from incidentbot.rehearsal.workspace.state import Channel, User, Workspace

HUES = 8


@dataclass(frozen=True, slots=True)
class Face:
    """An author: initials in a coloured square; `hue` is 0 to 7, apps have their own look."""

    id: str
    name: str
    initials: str
    hue: int
    is_app: bool
    title: str = ""
    badge: str = ""  # "App", "Guest" or "External"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the channel list."""

    id: str
    name: str
    unread: int
    private: bool
    current: bool
    is_im: bool
    joined: bool
    face: Face | None = None


@dataclass(frozen=True, slots=True)
class Pin:
    """A line in the list of pins: who wrote what when, and the way there."""

    ts: str
    author: str
    when: str
    summary: str


def zone_named(name: str | None, user: User) -> tzinfo:
    """The zone the browser told, else the one in the person's profile, else UTC."""
    for candidate in (name, user.tz):
        try:
            if candidate:
                return ZoneInfo(candidate)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return UTC


def reader_for(workspace: Workspace, me: User, zone: str | None) -> Reader:
    """All that rendering needs to know of the person who looks."""
    seen = [c for c in workspace.channels.values() if not c.is_im and workspace.sees(me.id, c)]
    return Reader(
        me=me.id,
        zone=zone_named(zone, me),
        now=datetime.fromtimestamp(workspace.now(), UTC),
        users={user.id: user.real_name or user.name for user in workspace.users.values()},
        channels={channel.id: channel.name for channel in seen},
        bots=frozenset(user.id for user in workspace.users.values() if _is_app(user)),
    )


def _is_app(user: User) -> bool:
    return user.is_bot or user.id == "USLACKBOT"


def face(workspace: Workspace, user_id: str, name: str = "") -> Face:
    """The author with this id; an unknown one shows its id."""
    user = workspace.users.get(user_id)
    shown = name or (user.real_name or user.name if user else user_id)
    parts = shown.split()
    initials = (parts[0][:1] + parts[-1][:1] if len(parts) > 1 else shown[:1]).upper()
    order = list(workspace.users).index(user_id) if user else 0
    is_app = user is not None and _is_app(user)
    title = user.title if user else ""
    return Face(
        user_id, shown, initials, order % HUES, is_app, title, _badge(workspace, user_id, is_app)
    )


def _badge(workspace: Workspace, user_id: str, is_app: bool) -> str:
    user = workspace.users.get(user_id)
    if is_app or user is None:
        return "App" if is_app else ""
    if workspace.is_external(user_id):
        return "External"
    return "Guest" if user.is_guest else ""


def rows(workspace: Workspace, me: User, current: str) -> list[Row]:
    """The channel list: one's own channels, other public ones, then direct messages."""
    mine = {channel.id for channel in workspace.channels_of(me.id)}
    found = []
    for channel in workspace.channels.values():
        joined = channel.id in mine
        hidden = channel.is_im or channel.is_archived or not workspace.sees(me.id, channel)
        if not joined and (hidden and channel.id != current):
            continue
        other = next((m for m in channel.members if m != me.id), me.id)
        found.append(
            Row(
                id=channel.id,
                name=channel_title(workspace, channel, me),
                unread=workspace.unread(me.id, channel.id) if joined else 0,
                private=channel.is_private,
                current=channel.id == current,
                is_im=channel.is_im,
                joined=joined,
                face=face(workspace, other) if channel.is_im else None,
            )
        )
    return sorted(found, key=lambda row: (not row.joined, row.is_im, row.name))


def channel_title(workspace: Workspace, channel: Channel, me: User) -> str:
    """The channel's name; for a direct message the other person's."""
    if not channel.is_im:
        return channel.name
    other = next((m for m in channel.members if m != me.id), me.id)
    return face(workspace, other).name


def pins(workspace: Workspace, channel: Channel, reader: Reader) -> list[Pin]:
    """The pinned messages, newest pin first."""
    found = []
    for pin in reversed(channel.pins):
        message = channel.find(pin["ts"])
        if message is None:
            continue
        when = moment(pin["ts"], reader.zone)
        plain = Markup(mrkdwn(str(message.get("text", "")), reader)).striptags()
        found.append(
            Pin(
                ts=str(pin["ts"]),
                author=face(workspace, str(message.get("user", ""))).name,
                when=f"{day_label(when, reader.now)}, {when:%H:%M}" if when else "",
                summary=plain[:200] or "Message",
            )
        )
    return found

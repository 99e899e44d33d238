"""The nouns of the workspace. Messages and blocks are plain dicts in Slack's own shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..errors import SlackError

Message = dict[str, Any]
Block = dict[str, Any]


@dataclass(slots=True)
class Team:
    id: str
    name: str
    domain: str
    url: str = "http://127.0.0.1/"


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An organisation with several workspaces (Enterprise Grid)."""

    id: str
    name: str


@dataclass(slots=True)
class Token:
    """A bot token that expires (seconds since 1970), and the one that fetches the next."""

    access: str
    refresh: str
    expires: float
    used: bool = False  # its refresh token


@dataclass(frozen=True, slots=True)
class Code:
    """What a person allowed: good once, for ten minutes. `team` "" is the whole organisation."""

    app_id: str
    user: str
    scopes: frozenset[str]
    redirect_uri: str
    team: str
    made: float


@dataclass(slots=True)
class User:
    """A person or a bot user. `name` is the handle, `real_name` what the page shows."""

    id: str
    name: str
    real_name: str
    title: str = ""
    tz: str = "Etc/UTC"
    tz_label: str = "Coordinated Universal Time"
    tz_offset: int = 0
    color: str = "4bbe2e"
    email: str = ""
    is_bot: bool = False
    is_admin: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    deleted: bool = False
    app_id: str = ""
    bot_id: str = ""
    team_id: str = ""  # of another organisation: an external person; "": one of ours
    teams: tuple[str, ...] = ()  # of our organisation, the home first; (): the main one

    @property
    def is_guest(self) -> bool:
        """A guest of one or several channels sees nothing else."""
        return self.is_restricted or self.is_ultra_restricted


@dataclass(frozen=True, slots=True)
class Command:
    command: str
    description: str
    usage_hint: str = ""
    should_escape: bool = True


@dataclass(frozen=True, slots=True)
class Shortcut:
    name: str
    callback_id: str
    type: str  # "global" or "message"
    description: str = ""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where an app takes deliveries over HTTP; "" is what it takes by Socket Mode."""

    events: str = ""
    interactivity: str = ""
    commands: str = ""
    options: str = ""  # of external selects


@dataclass(slots=True)
class App:
    app_id: str
    name: str
    bot_id: str
    bot_user_id: str
    bot_token: str
    app_token: str
    signing_secret: str
    verification_token: str
    scopes: frozenset[str]
    events: frozenset[str]
    commands: tuple[Command, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    addresses: Addresses = Addresses()
    client_id: str = ""
    client_secret: str = ""
    redirect_urls: tuple[str, ...] = ()
    unfurl_domains: tuple[str, ...] = ()
    rotates: bool = False  # token rotation is on; it cannot be switched off again
    org_deploy: bool = False  # may be installed for a whole organisation
    is_org_install: bool = False
    unlisted: bool = False  # sold, and not in the Marketplace: history one call a minute
    team_ids: tuple[str, ...] = ()  # the workspaces it is in
    tokens: list[Token] = field(default_factory=list)  # newest last; none without rotation
    is_revoked: bool = False
    subscribed: bool = True  # False: Slack has switched its event subscriptions off


@dataclass(slots=True)
class Channel:
    """A public or private channel, or a direct message (`is_im`, then `members` are the two).

    A group message (`is_mpim`) is private and has three to nine members.
    """

    id: str
    name: str
    creator: str
    created: int
    is_private: bool = False
    is_archived: bool = False
    is_general: bool = False
    team_id: str = ""  # the workspace of our organisation; "": the main one
    is_im: bool = False
    is_mpim: bool = False
    is_pending_ext_shared: bool = False
    updated: int = 0  # milliseconds, as Slack's
    topic: dict[str, Any] = field(
        default_factory=lambda: {"value": "", "creator": "", "last_set": 0}
    )
    purpose: dict[str, Any] = field(
        default_factory=lambda: {"value": "", "creator": "", "last_set": 0}
    )
    previous_names: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)  # oldest first, thread replies among them
    pins: list[dict[str, Any]] = field(default_factory=list)  # {created, created_by, ts}
    bookmarks: list[dict[str, Any]] = field(default_factory=list)  # in Slack's shape

    def find(self, ts: str) -> Message | None:
        """The message with this ts, newest looked at first."""
        return next((m for m in reversed(self.messages) if m["ts"] == ts), None)

    def thread(self, ts: str) -> list[Message]:
        """Parent first, then its replies, oldest first; empty when there is no such message."""
        return [m for m in self.messages if m["ts"] == ts or m.get("thread_ts") == ts]

    def top_level(self) -> list[Message]:
        """What the channel itself shows: everything but replies that stayed in their thread."""
        return [
            m for m in self.messages if not is_reply(m) or m.get("subtype") == "thread_broadcast"
        ]


def is_reply(message: Message) -> bool:
    """True for a message inside a thread that is not the parent."""
    return bool(message.get("thread_ts", message["ts"]) != message["ts"])


@dataclass(slots=True)
class View:
    """A modal (`type` "modal") or a Home tab ("home"). `body` is Slack's VIEW shape, complete."""

    id: str
    type: str
    user: str
    app_id: str
    body: dict[str, Any]

    @property
    def blocks(self) -> list[Block]:
        return list(self.body["blocks"])

    @property
    def hash(self) -> str:
        return str(self.body["hash"])


@dataclass(slots=True)
class File:
    id: str
    name: str
    title: str
    user: str
    created: int
    length: int
    mimetype: str = "application/octet-stream"
    alt_txt: str = ""
    snippet_type: str = ""
    content: bytes | None = None
    completed: bool = False
    channels: list[str] = field(default_factory=list)
    shares: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


@dataclass(slots=True)
class UserGroup:
    id: str
    name: str
    handle: str
    description: str = ""
    created_by: str = ""
    created: int = 0
    updated: int = 0
    deleted: bool = False
    team_id: str = ""  # "": the main one
    users: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author hands in. None means "not given", which matters for updates."""

    text: str | None = None
    blocks: list[Block] | None = None
    attachments: list[dict[str, Any]] | None = None
    metadata: dict[str, Any] | None = None
    thread_ts: str | None = None
    reply_broadcast: bool = False
    subtype: str | None = None
    extra: dict[str, Any] | None = None  # username, icons, files, client_msg_id ...

    def check(self) -> None:
        """Raise no_text when there is nothing to show."""
        files = (self.extra or {}).get("files")
        if not (self.text or self.blocks or self.attachments or files):
            raise SlackError("no_text")


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A message that waits. `post_at` and `created` are seconds since 1970."""

    id: str
    actor: str
    channel: str
    post_at: int
    created: int
    draft: Draft


@dataclass(slots=True)
class Canvas:
    """`sections` are (id, markdown) from top to bottom; `channel` when it is that channel's."""

    id: str
    title: str
    owner: str
    channel: str = ""
    sections: list[tuple[str, str]] = field(default_factory=list)
    access: dict[str, str] = field(default_factory=dict)  # by person or channel

    @property
    def text(self) -> str:
        return "\n".join(text for _, text in self.sections)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened, for the page's live stream and the event fan-out.

    `kind`: message, message_changed, message_deleted, message_streamed, ephemeral,
    ephemeral_changed, ephemeral_removed, channel_created, channel_renamed, channel_topic,
    channel_purpose, channel_archived, channel_unarchived, channel_deleted, channel_id_changed,
    member_joined, member_left, pin_added, pin_removed, reaction_added, reaction_removed,
    bookmark, thread_changed, view_opened, view_updated, view_closed, home_published,
    home_opened, file_shared, read, delivery, reset, team_join, user_change, channel_shared,
    team_access_granted, team_access_revoked, subteam_created, subteam_updated,
    subteam_members_changed, tokens_revoked, app_uninstalled.
    `user` is who did it; for ephemeral, view_*, home_* and read kinds: whose screen it is on.
    """

    n: int
    kind: str
    channel: str | None = None
    ts: str | None = None
    user: str | None = None
    data: dict[str, Any] = field(default_factory=dict)

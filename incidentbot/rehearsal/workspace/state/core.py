"""What every part of the state stands on: the tables, ids, time, and the stream of changes."""

from __future__ import annotations

import asyncio
import copy
import secrets
import string
import time
from collections.abc import Callable
from typing import Any

from ..errors import SlackError
from .model import (
    App,
    Canvas,
    Change,
    Channel,
    Code,
    Enterprise,
    File,
    Message,
    Scheduled,
    Team,
    User,
    UserGroup,
    View,
)
from .preferences import ANYBODY, Preferences

SLACKBOT = "USLACKBOT"
_ALPHABET = string.ascii_uppercase + string.digits


Beginning = tuple[dict[str, User], dict[str, Channel], dict[str, UserGroup]]


def new_id(prefix: str, length: int = 10) -> str:
    """A fresh id as Slack writes them: a letter for the kind, then capitals and digits."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length))


class Core:
    """Tables by id, the clock, and subscribers. Not thread-safe: one event loop owns it."""

    def __init__(self, team: Team, clock: Callable[[], float] = time.time) -> None:
        self.team = team  # the main one; all of them are in `teams`
        self.teams = {team.id: team}
        self.enterprise: Enterprise | None = None
        self.preferences = Preferences()
        self.clock = clock
        self.ahead = 0.0  # seconds the workspace's time was moved forward
        self.users: dict[str, User] = {}
        self.apps: dict[str, App] = {}
        self.channels: dict[str, Channel] = {}
        self.views: dict[str, View] = {}
        self.modals: dict[str, list[str]] = {}  # user -> stack of view ids, root first
        self.homes: dict[tuple[str, str], View] = {}  # (user, app_id) -> published Home
        self.files: dict[str, File] = {}
        self.usergroups: dict[str, UserGroup] = {}
        self.scheduled: dict[str, Scheduled] = {}
        self.canvases: dict[str, Canvas] = {}
        self.streams: dict[tuple[str, str], str] = {}  # (channel, ts) -> what was written so far
        self.assistants: dict[tuple[str, str], dict[str, Any]] = {}  # by (channel, thread)
        self.codes: dict[str, Code] = {}
        self.calls: dict[str, dict[str, Any]] = {}
        self.ephemerals: dict[tuple[str, str], list[Message]] = {}  # (user, channel)
        self.last_read: dict[tuple[str, str], str] = {}  # (user, channel) -> ts
        self._last_us = 0
        self._changes = 0
        self._beginning: Beginning = ({}, {}, {})
        self._queues: set[asyncio.Queue[Change]] = set()
        self._watchers: list[Callable[[Change], None]] = []

    # the beginning

    def remember(self) -> None:
        """People, channels and groups as they are now are what `restore` goes back to."""
        self._beginning = copy.deepcopy((self.users, self.channels, self.usergroups))

    def restore(self) -> None:
        """Back to the beginning; apps keep their set-up and their tokens work again."""
        self.users, self.channels, self.usergroups = copy.deepcopy(self._beginning)
        self.preferences = Preferences()
        for table in (
            self.views, self.modals, self.homes, self.files, self.scheduled, self.canvases,
            self.calls, self.codes, self.ephemerals, self.last_read, self.streams,
            self.assistants,
        ):  # fmt: skip
            table.clear()
        for app in self.apps.values():
            app.is_revoked, app.subscribed = False, True
        self.ahead = 0.0
        self.emit("reset")

    # time and ids

    def now(self) -> float:
        """Seconds since 1970 by the workspace's clock."""
        return self.clock() + self.ahead

    def new_ts(self) -> str:
        """The next message ts: strictly increasing over the whole workspace."""
        self._last_us = max(int(self.now() * 1_000_000), self._last_us + 1)
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"

    # changes

    def subscribe(self) -> asyncio.Queue[Change]:
        """A queue that gets every change from now on. Give it back with `unsubscribe`."""
        queue: asyncio.Queue[Change] = asyncio.Queue()
        self._queues.add(queue)
        return queue

    def unsubscribe(self, queue: asyncio.Queue[Change]) -> None:
        self._queues.discard(queue)

    def watch(self, watcher: Callable[[Change], None]) -> None:
        """Call this at once with every change, while the state is just as the change left it."""
        self._watchers.append(watcher)

    def emit(
        self,
        kind: str,
        *,
        channel: str | None = None,
        ts: str | None = None,
        user: str | None = None,
        **data: Any,
    ) -> None:
        """Tell all subscribers. `data` is copied: a later change must not rewrite the past."""
        self._changes += 1
        change = Change(self._changes, kind, channel, ts, user, copy.deepcopy(data))
        for queue in self._queues:
            queue.put_nowait(change)
        for watcher in self._watchers:
            watcher(change)

    # looking things up, with Slack's errors

    def user(self, user_id: str) -> User:
        found = self.users.get(user_id)
        if found is None:
            raise SlackError("user_not_found")
        return found

    def app_of_user(self, user_id: str) -> App | None:
        """The app whose bot user this is, if it is one."""
        return next((a for a in self.apps.values() if a.bot_user_id == user_id), None)

    def visible(self, channel_id: str, actor: str) -> Channel:
        """The channel, or channel_not_found: also when private and the actor is outside."""
        channel = self.channels.get(channel_id)
        if channel is None:
            raise SlackError("channel_not_found")
        if not self.sees(actor, channel):
            raise SlackError("channel_not_found")
        return channel

    def sees(self, actor: str, channel: Channel) -> bool:
        """Members see it; public ones also the full members of its workspace, and its apps."""
        if actor in channel.members:
            return True
        if channel.is_private or channel.is_im:
            return False
        user, team = self.users.get(actor), self.team_of(channel).id
        if user is None:
            return False
        return not user.is_guest and team in self.home_teams(actor)

    def check_may(self, actor: str, who: str) -> None:
        """restricted_action when a preference leaves this to the admins."""
        user = self.users.get(actor)
        if who != ANYBODY and not (user is not None and user.is_admin):
            raise SlackError("restricted_action")

    def check_full_member(self, actor: str) -> None:
        """Raise what Slack answers to a guest who wants what only full members may."""
        user = self.users.get(actor)
        if user is not None and user.is_ultra_restricted:
            raise SlackError("user_is_ultra_restricted")
        if user is not None and user.is_restricted:
            raise SlackError("user_is_restricted")

    def home_teams(self, user_id: str) -> tuple[str, ...]:
        """The workspaces somebody belongs to, the home first."""
        app, user = self.app_of_user(user_id), self.users.get(user_id)
        if app is not None:
            return app.team_ids
        if user is not None and user.team_id:
            return (user.team_id,)
        return user.teams if user is not None and user.teams else (self.team.id,)

    def team_of(self, channel: Channel) -> Team:
        """The workspace a channel is in."""
        return self.teams.get(channel.team_id, self.team)

    def is_external(self, user_id: str) -> bool:
        """True for a member of another organisation."""
        person = self.users.get(user_id)
        return person is not None and person.team_id not in ("", *self.teams)

    def enterprise_shape(self) -> dict[str, str] | None:
        """The organisation as payloads name it."""
        one = self.enterprise
        return {"id": one.id, "name": one.name} if one else None

    def writable(self, channel_id: str, actor: str) -> Channel:
        """A channel the actor is in and that is not archived."""
        channel = self.visible(channel_id, actor)
        if channel.is_archived:
            raise SlackError("is_archived")
        if actor not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def teams_of(self, channel: Channel) -> list[str]:
        """The organisations in a channel, our own first; more than one: Slack Connect."""
        people = (self.users[m] for m in channel.members if m in self.users)
        return list(
            dict.fromkeys([self.team_of(channel).id, *(p.team_id for p in people if p.team_id)])
        )

    def channel_named(self, name: str, team: str = "") -> Channel | None:
        """By name without `#`, archived ones too: they hold their names within their `team`."""
        for channel in self.channels.values():
            elsewhere = team and self.team_of(channel).id != team
            if channel.name == name and not channel.is_im and not elsewhere:
                return channel
        return None

    def people(self) -> list[User]:
        """The human members, in the order they were added."""
        return [u for u in self.users.values() if not u.is_bot and u.id != SLACKBOT]

    def channels_of(self, user_id: str) -> list[Channel]:
        """Channels and direct messages the user is in, archived ones left out, by name."""
        mine = [c for c in self.channels.values() if user_id in c.members and not c.is_archived]
        return sorted(mine, key=lambda c: (c.is_im, c.name))

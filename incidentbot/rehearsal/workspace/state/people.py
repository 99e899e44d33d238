"""People and groups of people: newcomers, members of other organisations, user groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields as dataclass_fields
from typing import Any

from ..errors import SlackError
from .channels import Channels
from .core import Core, new_id
from .model import App, Channel, User, UserGroup


class People(Channels, Core):
    def add_person(self, name: str, real_name: str, **more: Any) -> User:
        """A newcomer; `team_id` of another organisation makes an external one (Slack Connect)."""
        if any(u.name == name for u in self.users.values()):
            raise SlackError("name_taken")
        person = User(id=new_id("U"), name=name, real_name=real_name, **more)
        self.users[person.id] = person
        if not self.is_external(person.id):
            self.emit("team_join", user=person.id)
        return person

    def change_person(self, user_id: str, **changes: Any) -> User:
        """New values for fields of a person, such as `deleted` or `tz`."""
        person = self.user(user_id)
        for name, value in changes.items():
            if not hasattr(person, name):
                raise ValueError(f"a user has no {name!r}")
            setattr(person, name, value)
        self.emit("user_change", user=user_id)
        return person

    def put_person(self, name: str, **fields: Any) -> User:
        """Make this person, or change who has the handle already. Raises ValueError."""
        known = {one.name for one in dataclass_fields(User)} - {"id", "name", "app_id", "bot_id"}
        if unknown := sorted(set(fields) - known):
            raise ValueError(f"a user has no {', '.join(unknown)}; allowed: {', '.join(known)}")
        old = next((u for u in self.users.values() if u.name == name), None)
        if old is not None:
            return self.change_person(old.id, **fields)
        real_name = str(fields.pop("real_name", name.title()))
        return self.add_person(name, real_name, **fields)

    def connect(self, user_id: str, channel_id: str) -> Channel:
        """An external person accepts the invitation to a channel, which is shared from then on."""
        person, channel = self.user(user_id), self.channels.get(channel_id)
        if channel is None or channel.is_im:
            raise SlackError("channel_not_found")
        if not self.is_external(user_id):
            raise SlackError("not_external")
        known = person.team_id in self.teams_of(channel)
        if user_id not in channel.members:
            self._add_member(channel, user_id, inviter=None)
        if not known:
            self.emit("channel_shared", channel=channel_id, team=person.team_id)
        return channel

    def bring(self, user_id: str, channel_id: str) -> None:
        """Put somebody into a channel whatever the rules say; nothing if they are in it."""
        if self.is_external(user_id):
            self.connect(user_id, channel_id)
        elif user_id not in self.channels[channel_id].members:
            self._add_member(self.channels[channel_id], user_id, inviter=None)

    def revoke(self, app: App) -> None:
        """Take the app's tokens: every call is answered token_revoked from here on."""
        app.is_revoked = True
        self.emit("tokens_revoked", bot=app.bot_user_id)
        self.emit("app_uninstalled", bot=app.bot_user_id)

    # user groups

    def create_group(self, actor: str, name: str, handle: str, description: str = "") -> UserGroup:
        """Raises name_already_exists or handle_already_exists."""
        self._check_group(name, handle, None)
        now = int(self.now())
        group = UserGroup(new_id("S"), name, handle or name.lower().replace(" ", "-"))
        group.description, group.created_by, group.created, group.updated = (
            description, actor, now, now,
        )  # fmt: skip
        self.usergroups[group.id] = group
        self.emit("subteam_created", user=actor, group=group.id)
        return group

    def update_group(self, actor: str, group: UserGroup, **changes: Any) -> None:
        """New name, handle, description or `deleted`."""
        self._check_group(changes.get("name", ""), changes.get("handle", ""), group)
        for field, value in changes.items():
            setattr(group, field, value)
        group.updated = int(self.now())
        self.emit("subteam_updated", user=actor, group=group.id)

    def set_group_users(self, actor: str, group: UserGroup, users: Sequence[str]) -> None:
        """Replace the whole list."""
        before, previous = list(group.users), group.updated
        group.users[:] = users
        group.updated = int(self.now())
        self.emit("subteam_updated", user=actor, group=group.id)
        self.emit(
            "subteam_members_changed",
            user=actor,
            group=group.id,
            previous=previous,
            added=[u for u in users if u not in before],
            removed=[u for u in before if u not in users],
        )

    def _check_group(self, name: str, handle: str, own: UserGroup | None) -> None:
        for other in self.usergroups.values():
            if other is own:
                continue
            if name and other.name.lower() == name.lower():
                raise SlackError("name_already_exists")
            if handle and other.handle == handle:
                raise SlackError("handle_already_exists")

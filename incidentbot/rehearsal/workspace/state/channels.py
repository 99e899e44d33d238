"""Channels: making, naming, filling and closing them, with the rules Slack documents."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any, TypeVar

from ..errors import SlackError
from .core import SLACKBOT, Core, new_id
from .model import Channel, Message

NAME_LIMIT = 80
TOPIC_LIMIT = 250


def check_name(name: str) -> None:
    """Raise Slack's code for a channel name it would refuse."""
    if not name:
        raise SlackError("invalid_name_required")
    if len(name) > NAME_LIMIT:
        raise SlackError("invalid_name_maxlength")
    if all(c in "-_" for c in name):
        raise SlackError("invalid_name_punctuation")
    for char in name:
        # Non-Latin letters have no case and are allowed; marks carry accents of some scripts.
        kind = unicodedata.category(char)
        if char in "-_" or kind in ("Ll", "Lo", "Lm", "Mn", "Mc", "Nd"):
            continue
        raise SlackError("invalid_name_specials")


T = TypeVar("T")


def _rekey(table: dict[tuple[str, str], T], old: str, new: str) -> None:
    for user, channel in list(table):
        if channel == old:
            table[user, new] = table.pop((user, old))


class Channels(Core):
    def system_message(
        self, channel: Channel, subtype: str, actor: str, text: str, **more: Any
    ) -> Message:
        """Slack's own line in a channel, such as `<@U1> has joined the channel`."""
        message = {
            "type": "message",
            "subtype": subtype,
            "ts": self.new_ts(),
            "user": actor,
            "text": text,
            **more,
        }
        channel.messages.append(message)
        self.emit("message", channel=channel.id, ts=message["ts"], user=actor, message=message)
        return message

    def create_channel(
        self, actor: str, name: str, *, is_private: bool = False, team: str = ""
    ) -> Channel:
        """Create; the creator is its first member. Raises invalid_name_*, name_taken."""
        self.check_full_member(actor)
        allowed = self.preferences
        self.check_may(
            actor, allowed.create_private_channels if is_private else allowed.create_channels
        )
        check_name(name)
        if self.channel_named(name, team or self.team.id) is not None:
            raise SlackError("name_taken")
        now = self.now()
        channel = Channel(
            id=new_id("C"),
            name=name,
            creator=actor,
            created=int(now),
            updated=int(now * 1000),
            is_private=is_private,
            team_id=team,
        )
        self.channels[channel.id] = channel
        self.emit("channel_created", channel=channel.id, user=actor)
        self._add_member(channel, actor, inviter=None)
        return channel

    def open_im(self, actor: str, other: str) -> tuple[Channel, bool]:
        """The direct message of two users and whether it was there already."""
        self.user(other)
        pair = sorted({actor, other})
        for channel in self.channels.values():
            if channel.is_im and sorted(channel.members) == pair:
                return channel, True
        now = self.now()
        channel = Channel(
            id=new_id("D"),
            name="",
            creator=actor,
            created=int(now),
            updated=int(now * 1000),
            is_im=True,
            members=pair,
        )
        self.channels[channel.id] = channel
        self.emit("channel_created", channel=channel.id, user=actor)
        return channel, False

    def open_mpim(self, actor: str, others: Iterable[str]) -> tuple[Channel, bool]:
        """The group message of these people and whether it was there already."""
        group = sorted({actor, *(self.user(other).id for other in others)})
        for channel in self.channels.values():
            if channel.is_mpim and sorted(channel.members) == group:
                return channel, True
        now = self.now()
        names = "--".join(self.users[member].name for member in group)
        channel = Channel(
            id=new_id("C"),
            name=f"mpdm-{names}-1",
            creator=actor,
            created=int(now),
            updated=int(now * 1000),
            is_private=True,
            is_mpim=True,
            members=group,
        )
        self.channels[channel.id] = channel
        self.emit("channel_created", channel=channel.id, user=actor)
        return channel, False

    def _add_member(self, channel: Channel, user: str, inviter: str | None) -> None:
        channel.members.append(user)
        more = {"inviter": inviter} if inviter else {}
        self.emit("member_joined", channel=channel.id, user=user, **more)
        self.system_message(
            channel, "channel_join", user, f"<@{user}> has joined the channel", **more
        )

    def join(self, actor: str, channel_id: str) -> tuple[Channel, bool]:
        """Join a public channel; the second value is True when already in it."""
        channel = self.visible(channel_id, actor)
        if channel.is_archived:
            raise SlackError("is_archived")
        if channel.is_im:
            raise SlackError("method_not_supported_for_channel_type")
        if actor in channel.members:
            return channel, True
        self._add_member(channel, actor, inviter=None)
        return channel, False

    def invite(
        self, actor: str, channel_id: str, users: Iterable[str], *, force: bool = False
    ) -> tuple[Channel, list[dict[str, Any]]]:
        """Invite; with `force` the valid ones come in and the rest is returned as errors."""
        channel = self.writable(channel_id, actor)
        if channel.is_im or channel.is_mpim:
            raise SlackError("method_not_supported_for_channel_type")
        self.check_full_member(actor)
        self.check_may(actor, self.preferences.invite)
        wanted = list(dict.fromkeys(users))
        if not wanted:
            raise SlackError("no_user")
        errors = [
            {"user": user, "ok": False, "error": code}
            for user in wanted
            if (code := self._why_not_invite(channel, actor, user))
        ]
        bad = {str(e["user"]) for e in errors}
        if errors and (not force or len(bad) == len(wanted)):
            raise SlackError(str(errors[0]["error"]), errors=errors)
        for user in wanted:
            if user not in bad:
                self._add_member(channel, user, inviter=actor)
        return channel, errors

    def _why_not_invite(self, channel: Channel, actor: str, user: str) -> str | None:
        person = self.users.get(user)
        if person is None or person.deleted:
            return "user_not_found"
        if user == actor:
            return "cant_invite_self"
        if user == SLACKBOT:
            return "cant_invite"
        if user in channel.members:
            return "already_in_channel"
        if person.team_id and person.team_id not in self.teams_of(channel):
            return "is_stranger"  # the channel must be shared with that organisation first
        if not person.team_id and self.team_of(channel).id not in self.home_teams(user):
            return "org_user_not_in_team"
        if person.is_ultra_restricted and any(
            user in c.members for c in self.channels.values() if not c.is_im
        ):
            return "ura_max_channels"
        return None

    def leave(self, actor: str, channel_id: str) -> bool:
        """Leave; False when the actor was not in it (Slack says `not_in_channel: true`)."""
        channel = self.visible(channel_id, actor)
        if channel.is_general:
            raise SlackError("cant_leave_general")
        if channel.is_archived:
            raise SlackError("is_archived")
        if channel.is_im:
            raise SlackError("method_not_supported_for_channel_type")
        if actor not in channel.members:
            return False
        if self.users[actor].is_ultra_restricted:
            raise SlackError("user_is_restricted")
        if channel.is_private and len(channel.members) == 1:
            raise SlackError("last_member")
        self._remove_member(channel, actor, actor)
        return True

    def kick(self, actor: str, channel_id: str, user: str) -> None:
        """Take somebody out of a channel."""
        channel = self.visible(channel_id, actor)
        if actor not in channel.members:
            raise SlackError("not_in_channel")
        self.check_full_member(actor)
        if channel.is_general:
            raise SlackError("cant_kick_from_general")
        if user == actor:
            raise SlackError("cant_kick_self")
        if user not in self.users:
            raise SlackError("user_not_found")
        if user not in channel.members:
            raise SlackError("not_in_channel")
        self._remove_member(channel, user, actor)

    def _remove_member(self, channel: Channel, user: str, by: str) -> None:
        channel.members.remove(user)
        self.emit("member_left", channel=channel.id, user=user, by=by)
        self.system_message(channel, "channel_leave", user, f"<@{user}> has left the channel")

    def _set_text(self, actor: str, channel_id: str, field: str, value: str) -> Channel:
        channel = self.writable(channel_id, actor)
        if channel.is_im:
            raise SlackError("method_not_supported_for_channel_type")
        self.check_full_member(actor)
        if len(value) > TOPIC_LIMIT:
            raise SlackError("too_long")
        now = self.now()
        setattr(channel, field, {"value": value, "creator": actor, "last_set": int(now)})
        channel.updated = int(now * 1000)
        verb = f"set the channel {field}: {value}" if value else f"cleared the channel {field}"
        self.emit(f"channel_{field}", channel=channel.id, user=actor)
        self.system_message(
            channel, f"channel_{field}", actor, f"<@{actor}> {verb}", **{field: value}
        )
        return channel

    def set_topic(self, actor: str, channel_id: str, topic: str) -> Channel:
        """Set the topic (at most 250 characters, else too_long)."""
        return self._set_text(actor, channel_id, "topic", topic)

    def set_purpose(self, actor: str, channel_id: str, purpose: str) -> Channel:
        """Set the purpose (at most 250 characters, else too_long)."""
        return self._set_text(actor, channel_id, "purpose", purpose)

    def rename(self, actor: str, channel_id: str, name: str) -> Channel:
        """Give a new name; the old one is free again."""
        channel = self.writable(channel_id, actor)
        self.check_full_member(actor)
        check_name(name)
        taken = self.channel_named(name, self.team_of(channel).id)
        if taken is not None and taken is not channel:
            raise SlackError("name_taken")
        old, channel.name = channel.name, name
        if old != name:
            channel.previous_names.insert(0, old)
            channel.updated = int(self.now() * 1000)
            self.emit("channel_renamed", channel=channel.id, user=actor)
            self.system_message(
                channel,
                "channel_name",
                actor,
                f'<@{actor}> has renamed the channel from "{old}" to "{name}"',
                old_name=old,
                name=name,
            )
        return channel

    def archive(self, actor: str, channel_id: str) -> None:
        """Archive: from here on read-only for everybody."""
        channel = self.visible(channel_id, actor)
        if channel.is_archived:
            raise SlackError("already_archived")
        if channel.is_general:
            raise SlackError("cant_archive_general")
        if channel.is_im or channel.is_mpim:
            raise SlackError("method_not_supported_for_channel_type")
        if actor not in channel.members:
            raise SlackError("not_in_channel")
        self.check_full_member(actor)
        self.check_may(actor, self.preferences.archive_channels)
        self.system_message(channel, "channel_archive", actor, f"<@{actor}> archived the channel")
        channel.is_archived = True
        channel.updated = int(self.now() * 1000)
        self.emit("channel_archived", channel=channel.id, user=actor)

    def unarchive(self, actor: str, channel_id: str) -> None:
        """Open an archived channel again."""
        channel = self.visible(channel_id, actor)
        if not channel.is_archived:
            raise SlackError("not_archived")
        self.check_full_member(actor)
        self.check_may(actor, self.preferences.archive_channels)
        channel.is_archived = False
        channel.updated = int(self.now() * 1000)
        self.emit("channel_unarchived", channel=channel.id, user=actor)
        self.system_message(
            channel, "channel_unarchive", actor, f"<@{actor}> un-archived the channel"
        )

    def delete_channel(self, actor: str, channel_id: str) -> None:
        """Delete a channel with everything in it; its name is free again."""
        channel = self.visible(channel_id, actor)
        self.check_full_member(actor)
        if channel.is_general or channel.is_im:
            raise SlackError("cant_delete_general" if channel.is_general else "not_supported")
        self.emit("channel_deleted", channel=channel.id, user=actor)
        del self.channels[channel.id]

    def change_id(self, channel_id: str) -> Channel:
        """Give a channel another id, as Slack does when it is shared or moved: the old one ends."""
        channel = self.channels.pop(channel_id, None)
        if channel is None:
            raise SlackError("channel_not_found")
        channel.id = new_id("C")
        self.channels[channel.id] = channel
        _rekey(self.last_read, channel_id, channel.id)
        _rekey(self.ephemerals, channel_id, channel.id)
        self.emit("channel_id_changed", channel=channel.id, old=channel_id)
        return channel

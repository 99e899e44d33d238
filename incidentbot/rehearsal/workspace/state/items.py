"""What hangs on messages and channels: pins, reactions, bookmarks."""

from __future__ import annotations

import re
from typing import Any

from ..errors import SlackError
from .core import Core, new_id
from .model import Channel, Message

PIN_LIMIT = 100
BOOKMARK_LIMIT = 100
REACTIONS_PER_PERSON = 23
EMOJI_PER_MESSAGE = 50


class Items(Core):
    def _message(self, actor: str, channel_id: str, ts: str) -> tuple[Channel, Message]:
        channel = self.writable(channel_id, actor)
        message = channel.find(ts)
        if message is None:
            raise SlackError("message_not_found")
        return channel, message

    # pins

    def pin(self, actor: str, channel_id: str, ts: str) -> None:
        """Pin a message; already_pinned when it is."""
        channel, message = self._message(actor, channel_id, ts)
        if any(p["ts"] == ts for p in channel.pins):
            raise SlackError("already_pinned")
        if len(channel.pins) >= PIN_LIMIT:
            raise SlackError("too_many_pins")
        pin = {"created": int(self.now()), "created_by": actor, "ts": ts}
        channel.pins.append(pin)
        message["pinned_to"] = [channel_id]
        self.emit("pin_added", channel=channel_id, ts=ts, user=actor, message=message, pin=pin)

    def unpin(self, actor: str, channel_id: str, ts: str) -> None:
        """Take a pin off; no_pin when there is none."""
        channel, message = self._message(actor, channel_id, ts)
        pin = next((p for p in channel.pins if p["ts"] == ts), None)
        if pin is None:
            raise SlackError("no_pin")
        channel.pins.remove(pin)
        message.pop("pinned_to", None)
        self.emit("pin_removed", channel=channel_id, ts=ts, user=actor, message=message, pin=pin)

    # reactions

    def react(self, actor: str, channel_id: str, ts: str, name: str) -> None:
        """Add a reaction (name without colons)."""
        if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", name):
            raise SlackError("invalid_name")
        _, message = self._message(actor, channel_id, ts)
        reactions: list[dict[str, Any]] = message.setdefault("reactions", [])
        entry = next((r for r in reactions if r["name"] == name), None)
        if entry is not None and actor in entry["users"]:
            raise SlackError("already_reacted")
        if sum(actor in r["users"] for r in reactions) >= REACTIONS_PER_PERSON:
            raise SlackError("too_many_reactions")
        if entry is None:
            if len(reactions) >= EMOJI_PER_MESSAGE:
                raise SlackError("too_many_emoji")
            entry = {"name": name, "users": [], "count": 0}
            reactions.append(entry)
        entry["users"].append(actor)
        entry["count"] = len(entry["users"])
        self._emit_reaction("reaction_added", actor, channel_id, message, name)

    def unreact(self, actor: str, channel_id: str, ts: str, name: str) -> None:
        """Take one's own reaction back; no_reaction when there is none."""
        _, message = self._message(actor, channel_id, ts)
        reactions: list[dict[str, Any]] = message.get("reactions", [])
        entry = next((r for r in reactions if r["name"] == name and actor in r["users"]), None)
        if entry is None:
            raise SlackError("no_reaction")
        entry["users"].remove(actor)
        entry["count"] = len(entry["users"])
        message["reactions"] = [r for r in reactions if r["users"]]
        if not message["reactions"]:
            del message["reactions"]
        self._emit_reaction("reaction_removed", actor, channel_id, message, name)

    def _emit_reaction(
        self, kind: str, actor: str, channel_id: str, message: Message, name: str
    ) -> None:
        self.emit(
            kind,
            channel=channel_id,
            ts=message["ts"],
            user=actor,
            reaction=name,
            item_user=message.get("user"),
        )

    # bookmarks

    def add_bookmark(
        self, actor: str, channel_id: str, title: str, link: str, emoji: str = ""
    ) -> dict[str, Any]:
        """A link in the bar under the channel's name."""
        channel = self.writable(channel_id, actor)
        _check_link(link)
        _check_emoji(emoji)
        if len(channel.bookmarks) >= BOOKMARK_LIMIT:
            raise SlackError("too_many_bookmarks")
        bookmark = {
            "id": new_id("Bk"),
            "channel_id": channel_id,
            "title": title,
            "link": link,
            "emoji": emoji,
            "icon_url": "",
            "type": "link",
            "entity_id": None,
            "date_created": int(self.now()),
            "date_updated": 0,
            "rank": chr(ord("a") + len(channel.bookmarks) % 26),
            "last_updated_by_user_id": actor,
            "last_updated_by_team_id": self.team.id,
            "shortcut_id": None,
            "app_id": None,
            "app_action_id": None,
        }
        channel.bookmarks.append(bookmark)
        self.emit("bookmark", channel=channel_id, user=actor)
        return bookmark

    def _bookmark(
        self, actor: str, channel_id: str, bookmark_id: str
    ) -> tuple[Channel, dict[str, Any]]:
        channel = self.writable(channel_id, actor)
        found = next((b for b in channel.bookmarks if b["id"] == bookmark_id), None)
        if found is None:
            raise SlackError("not_found")
        return channel, found

    def edit_bookmark(
        self, actor: str, channel_id: str, bookmark_id: str, changes: dict[str, str]
    ) -> dict[str, Any]:
        """Change `title`, `link` or `emoji`."""
        _, bookmark = self._bookmark(actor, channel_id, bookmark_id)
        if "link" in changes:
            _check_link(changes["link"])
        if "emoji" in changes:
            _check_emoji(changes["emoji"])
        bookmark |= changes | {
            "date_updated": int(self.now()),
            "last_updated_by_user_id": actor,
        }
        self.emit("bookmark", channel=channel_id, user=actor)
        return bookmark

    def remove_bookmark(self, actor: str, channel_id: str, bookmark_id: str) -> None:
        channel, bookmark = self._bookmark(actor, channel_id, bookmark_id)
        channel.bookmarks.remove(bookmark)
        self.emit("bookmark", channel=channel_id, user=actor)


def _check_link(link: str) -> None:
    if not re.match(r"https?://[^\s/]+", link):
        raise SlackError("invalid_link")


def _check_emoji(emoji: str) -> None:
    if emoji and not re.fullmatch(r":[a-z0-9_+'-]+:", emoji):
        raise SlackError("invalid_emoji")

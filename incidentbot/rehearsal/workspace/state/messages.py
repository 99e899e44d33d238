"""Messages, threads and ephemeral messages."""

from __future__ import annotations

import copy
from typing import Any

from ..errors import SlackError
from .core import SLACKBOT, Core
from .fill import fill
from .model import App, Channel, Draft, Message, is_reply

TEXT_CUT = 40_000
UPDATE_LIMIT = 4_000
NO_TEXT = "This content can't be displayed."


class Messages(Core):
    def _compose(self, actor: str, draft: Draft) -> Message:
        draft.check()
        message: Message = {"type": "message", "user": actor, "ts": self.new_ts()}
        if draft.subtype:
            message["subtype"] = draft.subtype
        app = self.app_of_user(actor)
        if app is not None:
            message |= {"bot_id": app.bot_id, "app_id": app.app_id}
            message["bot_profile"] = {
                "id": app.bot_id,
                "app_id": app.app_id,
                "user_id": app.bot_user_id,
                "name": app.name,
                "icons": {},
                "deleted": False,
                "updated": int(self.now()),
                "team_id": self.team.id,
            }
        fallback = NO_TEXT if draft.blocks else ""
        message |= {"text": (draft.text or fallback)[:TEXT_CUT], "team": self._team_of(actor)}
        if self.is_external(actor):
            message |= {"user_team": message["team"], "source_team": message["team"]}
        if draft.blocks:
            message["blocks"] = fill(draft.blocks)
        if draft.attachments:
            message["attachments"] = self._attachments(draft.attachments)
        if draft.metadata:
            message["metadata"] = copy.deepcopy(draft.metadata)
        return message | (draft.extra or {})

    def _team_of(self, actor: str) -> str:
        return next(iter(self.home_teams(actor)), self.team.id)

    @staticmethod
    def _attachments(attachments: list[dict[str, Any]]) -> list[dict[str, Any]]:
        numbered = []
        for n, given in enumerate(attachments, 1):
            attachment = {**copy.deepcopy(given), "id": n}
            if isinstance(attachment.get("blocks"), list):
                attachment["blocks"] = fill(attachment["blocks"])
            numbered.append(attachment)
        return numbered

    def post_message(
        self, actor: str, channel_id: str, draft: Draft, *, may_post_outside: bool = False
    ) -> Message:
        """Post. `may_post_outside`: not a member, but by response_url or chat:write.public."""
        known = self.channels.get(channel_id) if may_post_outside else None
        channel = known or self.visible(channel_id, actor)
        if channel.is_archived:
            raise SlackError("is_archived")
        if actor not in channel.members and not may_post_outside:
            raise SlackError("not_in_channel")
        if channel.is_general:
            self.check_may(actor, self.preferences.post_in_general)
        message = self._compose(actor, draft)
        parent = self._parent(channel, draft.thread_ts)
        if parent is not None:
            message |= {"thread_ts": parent["ts"], "parent_user_id": parent.get("user", "")}
            if draft.reply_broadcast:
                message |= {"subtype": "thread_broadcast", "root": copy.deepcopy(parent)}
        channel.messages.append(message)
        if parent is not None:
            self._count_replies(channel, parent)
        if actor in channel.members:
            self.last_read[actor, channel_id] = message["ts"]
        self.emit("message", channel=channel_id, ts=message["ts"], user=actor, message=message)
        return message

    @staticmethod
    def _parent(channel: Channel, thread_ts: str | None) -> Message | None:
        if not thread_ts:
            return None
        parent = channel.find(thread_ts)
        if parent is None:
            raise SlackError("thread_not_found")
        if is_reply(parent):
            raise SlackError("cannot_reply_to_message")
        return parent

    def _count_replies(self, channel: Channel, parent: Message) -> None:
        replies = [m for m in channel.thread(parent["ts"]) if m is not parent]
        if replies:
            who = list(dict.fromkeys(m["user"] for m in replies))
            parent |= {
                "thread_ts": parent["ts"],
                "reply_count": len(replies),
                "reply_users_count": len(who),
                "reply_users": who[:5],
                "latest_reply": replies[-1]["ts"],
                "is_locked": False,
                "subscribed": False,
            }
        else:
            for key in ("reply_count", "reply_users_count", "reply_users", "latest_reply"):
                parent.pop(key, None)
        self.emit("thread_changed", channel=channel.id, ts=parent["ts"], user=parent.get("user"))

    def _own(self, actor: str, channel_id: str, ts: str, refusal: str) -> tuple[Channel, Message]:
        channel = self.visible(channel_id, actor)
        message = channel.find(ts)
        if message is None or message.get("subtype") == "tombstone":
            raise SlackError("message_not_found")
        if channel.is_archived:
            raise SlackError("is_inactive" if refusal == "cant_update_message" else "is_archived")
        if message.get("user") != actor or message.get("subtype", "").startswith("channel_"):
            raise SlackError(refusal)
        return channel, message

    def update_message(self, actor: str, channel_id: str, ts: str, draft: Draft) -> Message:
        """Change one's own message. Fields not given stay; an empty list takes blocks away."""
        channel, message = self._own(actor, channel_id, ts, "cant_update_message")
        if draft.text is None and draft.blocks is None and draft.attachments is None:
            raise SlackError("no_text")
        self._check_window(message)
        if draft.text is not None and len(draft.text) > UPDATE_LIMIT:
            raise SlackError("msg_too_long")
        before = copy.deepcopy(message)
        self._apply(message, draft)
        if not (message["text"] or message.get("blocks") or message.get("attachments")):
            message.clear()
            message.update(before)
            raise SlackError("no_text")
        message["edited"] = {"user": actor, "ts": f"{int(self.now())}.000000"}
        self.emit(
            "message_changed",
            channel=channel.id,
            ts=ts,
            user=actor,
            message=message,
            previous=before,
        )
        return message

    def _check_window(self, message: Message) -> None:
        minutes = self.preferences.edit_minutes
        if minutes is not None and self.now() - float(message["ts"]) > minutes * 60:
            raise SlackError("edit_window_closed")

    def unfurl(
        self, app: App, channel: Channel, message: Message, shown: dict[str, dict[str, Any]]
    ) -> None:
        """Show something under links of a message; it counts as no edit of its author."""
        before = copy.deepcopy(message)
        kept = [a for a in message.get("attachments", []) if a.get("from_url") not in shown]
        fresh = [
            {
                "from_url": url,
                "app_unfurl_url": url,
                "is_app_unfurl": True,
                "app_id": app.app_id,
                "bot_id": app.bot_id,
                "fallback": given.get("fallback") or url,
                **given,
            }
            for url, given in shown.items()
        ]
        message["attachments"] = self._attachments([*kept, *fresh])
        self.emit(
            "message_changed",
            channel=channel.id,
            ts=message["ts"],
            user=app.bot_user_id,
            message=message,
            previous=before,
        )

    def _apply(self, message: Message, draft: Draft) -> None:
        if draft.text is not None:
            message["text"] = draft.text
        elif draft.blocks:
            message["text"] = NO_TEXT
        if draft.blocks is not None:
            message["blocks"] = fill(draft.blocks)
        if draft.attachments is not None:
            message["attachments"] = self._attachments(draft.attachments)
        for key in ("blocks", "attachments"):
            if not message.get(key):
                message.pop(key, None)
        if draft.metadata is not None:
            message["metadata"] = copy.deepcopy(draft.metadata)

    def delete_message(self, actor: str, channel_id: str, ts: str) -> None:
        """Delete one's own message; a parent with replies leaves a tombstone."""
        channel, message = self._own(actor, channel_id, ts, "cant_delete_message")
        before = copy.deepcopy(message)
        channel.pins[:] = [p for p in channel.pins if p["ts"] != ts]
        if message.get("reply_count"):
            kept = {k: v for k, v in message.items() if k.startswith(("reply", "latest", "thread"))}
            message.clear()
            message |= {"type": "message", "subtype": "tombstone", "user": SLACKBOT, "ts": ts}
            message |= {"text": "This message was deleted.", "hidden": True, **kept}
        else:
            channel.messages.remove(message)
            parent = channel.find(message["thread_ts"]) if is_reply(message) else None
            if parent is not None:
                self._count_replies(channel, parent)
        self.emit("message_deleted", channel=channel.id, ts=ts, user=actor, previous=before)

    # ephemeral messages: seen by one person, never in the history

    def post_ephemeral(
        self, actor: str, channel_id: str, user: str, draft: Draft, *, outside: bool = False
    ) -> Message:
        """Show a message to one member; `outside` is for response_url and Slack's own notices."""
        channel = self.channels.get(channel_id) if outside else self.visible(channel_id, actor)
        if channel is None:
            raise SlackError("channel_not_found")
        if not outside:
            if channel.is_archived:
                raise SlackError("is_archived")
            if actor not in channel.members:
                raise SlackError("not_in_channel")
            if user not in channel.members:
                raise SlackError("user_not_in_channel")
        message = self._compose(actor, draft) | {"is_ephemeral": True}
        if draft.thread_ts:
            message["thread_ts"] = draft.thread_ts
        self.ephemerals.setdefault((user, channel_id), []).append(message)
        self.emit("ephemeral", channel=channel_id, ts=message["ts"], user=user, message=message)
        return message

    def notice(self, user: str, channel_id: str, text: str) -> Message:
        """Slackbot tells one person something, such as that a command did not work."""
        return self.post_ephemeral(SLACKBOT, channel_id, user, Draft(text=text), outside=True)

    def find_ephemeral(self, user: str, channel_id: str, ts: str) -> Message | None:
        mine = self.ephemerals.get((user, channel_id), [])
        return next((m for m in mine if m["ts"] == ts), None)

    def update_ephemeral(self, user: str, channel_id: str, ts: str, draft: Draft) -> Message:
        """Replace the content of an ephemeral message (response_url only)."""
        message = self.find_ephemeral(user, channel_id, ts)
        if message is None:
            raise SlackError("message_not_found")
        draft.check()
        message.pop("blocks", None)
        message.pop("attachments", None)
        self._apply(message, draft)
        self.emit("ephemeral_changed", channel=channel_id, ts=ts, user=user, message=message)
        return message

    def dismiss_ephemeral(self, user: str, channel_id: str, ts: str) -> None:
        """Take an ephemeral message off the person's screen ("Only visible to you. Dismiss")."""
        message = self.find_ephemeral(user, channel_id, ts)
        if message is None:
            raise SlackError("message_not_found")
        self.ephemerals[user, channel_id].remove(message)
        self.emit("ephemeral_removed", channel=channel_id, ts=ts, user=user)

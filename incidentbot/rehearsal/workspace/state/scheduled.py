"""Messages to be posted later."""

from __future__ import annotations

from ..errors import SlackError
from .core import Core, new_id
from .messages import Messages
from .model import Draft, Scheduled

DAYS_AHEAD = 120
WINDOW_SECONDS = 300
PER_WINDOW = 30
TEXT_LIMIT = 40_000


class ScheduledMessages(Messages, Core):
    def schedule(self, actor: str, channel_id: str, post_at: int, draft: Draft) -> Scheduled:
        """Keep a message until its time.

        Raises time_in_past, time_too_far, restricted_too_many (over 30 in five minutes of one
        channel), msg_too_long, no_text and what posting now would raise.
        """
        self.writable(channel_id, actor)
        draft.check()
        now = self.now()
        if len(draft.text or "") > TEXT_LIMIT:
            raise SlackError("msg_too_long")
        if post_at <= now:
            raise SlackError("time_in_past")
        if post_at > now + DAYS_AHEAD * 86_400:
            raise SlackError("time_too_far")
        window = post_at // WINDOW_SECONDS
        near = (s for s in self.scheduled.values() if s.channel == channel_id)
        if sum(s.post_at // WINDOW_SECONDS == window for s in near) >= PER_WINDOW:
            raise SlackError("restricted_too_many")
        waiting = Scheduled(new_id("Q"), actor, channel_id, post_at, int(now), draft)
        self.scheduled[waiting.id] = waiting
        return waiting

    def unschedule(self, actor: str, channel_id: str, scheduled_id: str) -> None:
        """Take it back; invalid_scheduled_message_id when it is not there (any more)."""
        waiting = self.scheduled.get(scheduled_id)
        if waiting is None or (waiting.actor, waiting.channel) != (actor, channel_id):
            raise SlackError("invalid_scheduled_message_id")
        del self.scheduled[scheduled_id]

    def post_due(self) -> None:
        """Post what is due, oldest first.

        One that carries metadata is dropped: Slack's page says such a message is never posted.
        """
        due = [s for s in self.scheduled.values() if s.post_at <= self.now()]
        for waiting in sorted(due, key=lambda s: (s.post_at, s.id)):
            del self.scheduled[waiting.id]
            if waiting.draft.metadata:
                continue
            try:
                self.post_message(waiting.actor, waiting.channel, waiting.draft)
            except SlackError:
                continue  # archived or left by now: nobody is there to be told

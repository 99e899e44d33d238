"""Reading: history, threads, unread marks."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import SlackError
from .core import Core
from .model import Message


@dataclass(frozen=True, slots=True)
class Range:
    """A window over ts. `oldest` and `latest` are exclusive unless `inclusive`."""

    oldest: str = "0"
    latest: str = ""
    inclusive: bool = False

    def holds(self, ts: str) -> bool:
        at = _us(ts)
        low, high = _us(self.oldest or "0"), _us(self.latest) if self.latest else None
        if self.inclusive:
            return low <= at and (high is None or at <= high)
        return low < at and (high is None or at < high)


def _us(ts: str) -> int:
    seconds, _, micros = ts.partition(".")
    return int(seconds or "0") * 1_000_000 + int((micros + "000000")[:6])


class Reading(Core):
    def history(self, actor: str, channel_id: str, window: Range) -> list[Message]:
        """Top-level messages in the window, newest first. The actor must be a member."""
        channel = self.visible(channel_id, actor)
        if actor not in channel.members:
            raise SlackError("not_in_channel")
        return [m for m in reversed(channel.top_level()) if window.holds(m["ts"])]

    def replies(self, actor: str, channel_id: str, ts: str, window: Range) -> list[Message]:
        """The parent first (always), then its replies in the window, oldest first."""
        channel = self.visible(channel_id, actor)
        if actor not in channel.members:
            raise SlackError("not_in_channel")
        found = channel.find(ts)
        if found is None:
            raise SlackError("thread_not_found")
        root = found.get("thread_ts", ts)
        parent, *answers = channel.thread(root)
        return [parent, *(m for m in answers if window.holds(m["ts"]))]

    def mark_read(self, user: str, channel_id: str, ts: str | None = None) -> None:
        """Remember that a person has seen a channel up to ts (default: everything)."""
        channel = self.visible(channel_id, user)
        newest = channel.messages[-1]["ts"] if channel.messages else "0000000000.000000"
        self.last_read[user, channel_id] = ts or newest
        self.emit("read", channel=channel_id, ts=ts or newest, user=user)

    def unread(self, user: str, channel_id: str) -> int:
        """How many top-level messages of others are newer than the person's last look."""
        seen = _us(self.last_read.get((user, channel_id), "0"))
        channel = self.channels[channel_id]
        return sum(1 for m in channel.top_level() if _us(m["ts"]) > seen and m["user"] != user)

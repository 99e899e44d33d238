"""Messages that are written bit by bit, and what assistants show in threads."""

from __future__ import annotations

import copy

from .core import Core
from .fill import fill
from .model import Channel, Draft, Message


class Streams(Core):
    def stream(self, channel: Channel, message: Message, text: str) -> None:
        """More of it: the page shows it, no app is told."""
        self.streams[channel.id, message["ts"]] = message["text"] = text
        self.emit("message_streamed", channel=channel.id, ts=message["ts"])

    def end_stream(self, channel: Channel, message: Message, text: str, last: Draft) -> None:
        """The whole of it, with the blocks that belong under it."""
        before = copy.deepcopy(message)
        del self.streams[channel.id, message["ts"]]
        message["text"] = text or message["text"]
        whole = [{"type": "markdown", "text": text}] if text else []
        message["blocks"] = fill([*whole, *(last.blocks or ())])
        if last.metadata:
            message["metadata"] = copy.deepcopy(last.metadata)
        self.emit(
            "message_changed",
            channel=channel.id,
            ts=message["ts"],
            user=message["user"],
            message=message,
            previous=before,
        )

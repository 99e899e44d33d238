"""What is on its way to an app, by socket or by HTTP, and what became of it."""

from __future__ import annotations

import asyncio
import copy
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .errors import SlackError
from .state import Workspace
from .state.core import new_id

KEPT = 2000


@dataclass(slots=True)
class Envelope:
    """One thing to deliver and what became of it."""

    id: str
    kind: str  # events_api, interactive, slash_commands
    payload: dict[str, Any]
    accepts: bool
    app_id: str
    made: float
    attempts: int = 0
    sent_at: float | None = None
    ack_ms: float | None = None
    state: str = "queued"  # queued, sent, acked, lost
    answer: dict[str, Any] | None = None
    reason: str = ""  # why the last attempt failed
    acked: asyncio.Event = field(default_factory=asyncio.Event)

    def line(self) -> dict[str, Any]:
        """For the log: what, when, how many attempts, how fast the ack."""
        inner = self.payload.get("event", self.payload)
        return {
            "envelope_id": self.id,
            "app_id": self.app_id,
            "type": self.kind,
            "what": inner.get("type") or inner.get("command"),
            "subtype": inner.get("subtype"),
            "event_id": self.payload.get("event_id"),
            "at": self.made,
            "attempts": self.attempts,
            "ack_ms": self.ack_ms,
            "state": self.state,
            "reason": self.reason,
        }


class Log:
    """The newest envelopes, oldest first; every change of one is told to the page."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.kept: deque[Envelope] = deque(maxlen=KEPT)

    def new(self, kind: str, payload: dict[str, Any], app_id: str, *, accepts: bool) -> Envelope:
        made = self.workspace.now()
        envelope = Envelope(str(uuid.uuid4()), kind, payload, accepts, app_id, made)
        self.kept.append(envelope)
        return envelope

    def settle(self, envelope: Envelope, state: str) -> None:
        """Write down how far it has come."""
        envelope.state = state
        if state == "acked":
            envelope.ack_ms = (self.workspace.now() - (envelope.sent_at or 0)) * 1000
            envelope.acked.set()
        self.workspace.emit("delivery", **envelope.line())

    def again(self, envelope_id: str, *, new_event_id: bool) -> Envelope:
        """A copy to deliver once more ("last": of the newest): as it was, or as a fresh event.

        Raises not_found.
        """
        old = next((e for e in reversed(self.kept) if envelope_id in ("last", e.id)), None)
        if old is None:
            raise SlackError("not_found")
        payload = copy.deepcopy(old.payload)
        if new_event_id:
            payload["event_id"] = new_id("Ev")
            return self.new(old.kind, payload, old.app_id, accepts=False)
        again = Envelope(old.id, old.kind, payload, old.accepts, old.app_id, self.workspace.now())
        again.attempts = old.attempts
        self.kept.append(again)
        return again

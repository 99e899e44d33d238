"""What can go wrong with an event on its way: lost, doubled, twinned, late, out of order.

Slack promises neither order nor a single delivery, and copies with another event_id and no retry
header have been seen; ordered here, each of them happens when a test wants it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .envelopes import Envelope, Log

MODES = ("drop", "duplicate", "twin", "delay", "swap")


@dataclass(slots=True)
class Mishap:
    """Strike matching events: skip the first `nth`-1, then strike `times` of them.

    drop: never delivered. duplicate: `copies` more, the same in all. twin: `copies` more, each
    with an event_id of its own. delay: `seconds` late. swap: after the next event was acked.
    """

    mode: str
    event: str = "*"  # the event's type, or a pattern such as channel_*
    nth: int = 1
    times: int = 1
    copies: int = 1
    seconds: float = 1.0
    seen: int = 0
    hit: int = 0

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"mishap mode {self.mode!r}; allowed: {', '.join(MODES)}")

    def strikes(self, event: str) -> bool:
        if not fnmatchcase(event, self.event):
            return False
        self.seen += 1
        if self.seen < self.nth or self.hit >= self.times:
            return False
        self.hit += 1
        return True


class Mishaps:
    """Stands between what happened and who brings it; without a plan it only passes on."""

    def __init__(self, log: Log, carry: Callable[[Envelope], None]) -> None:
        self.plans: list[Mishap] = []
        self._log = log
        self._carry = carry
        self._held: list[Envelope] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, envelope: Envelope) -> None:
        """Bring an envelope, or do to it what is planned."""
        event = str(envelope.payload.get("event", {}).get("type", ""))
        plan = next((p for p in self.plans if event and p.strikes(event)), None)
        if plan is None:
            self._pass_on(envelope)
        elif plan.mode == "drop":
            envelope.reason = "dropped"
            self._log.settle(envelope, "lost")
        elif plan.mode == "delay":
            self._spawn(self._late(envelope, plan.seconds))
        elif plan.mode == "swap":
            self._held.append(envelope)
        else:
            self._pass_on(envelope)
            for _ in range(plan.copies):
                twin = plan.mode == "twin"
                self._carry(self._log.again(envelope.id, new_event_id=twin))

    async def close(self) -> None:
        """End with the server."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _pass_on(self, envelope: Envelope) -> None:
        self._carry(envelope)
        held, self._held = self._held, []
        for late in held:
            self._spawn(self._behind(envelope, late))

    async def _late(self, envelope: Envelope, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._carry(envelope)

    async def _behind(self, first: Envelope, late: Envelope) -> None:
        await first.acked.wait()
        self._carry(late)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

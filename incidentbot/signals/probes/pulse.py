"""How long our own event loop stood still: a look made meanwhile says more about us than about
the other side. A process that starves, or was stopped and continued, must know it of itself."""

import asyncio
from collections import deque
from collections.abc import Callable

from incidentbot import clock

EVERY = 0.05  # seconds between two beats
LONG = 2.0  # seconds: so late that requests may have been given up meanwhile
REMEMBERED = 1200  # beats: one minute


class Pulse:
    """Beats on the running loop between `start` and `stop`. Late beats are time that was lost."""

    def __init__(self) -> None:
        self._lost = 0.0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._late: deque[float] = deque(maxlen=REMEMBERED)
        self.stalled: Callable[[], None] | None = None  # is called after a long stall

    def start(self) -> None:
        self._next(clock.monotonic())

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def lost(self) -> float:
        """Seconds lost since the start, one that is being lost included. The difference of two
        readings is what was lost between them."""
        if self._timer is None:
            return self._lost
        return self._lost + max(0.0, clock.monotonic() - self._due)

    @property
    def longest(self) -> float:
        """The longest time the loop stood still within the last minute of its beats, in seconds."""
        return max(self._late, default=0.0)

    def _beat(self) -> None:
        now = clock.monotonic()
        late = max(0.0, now - self._due)
        self._lost += late
        self._late.append(late)
        if late > LONG and self.stalled is not None:
            self.stalled()
        self._next(now)

    def _next(self, now: float) -> None:
        self._due = now + EVERY
        self._timer = asyncio.get_running_loop().call_later(EVERY, self._beat)

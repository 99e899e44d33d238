"""How much an app may be sent, and when Slack stops sending: events an hour, failing deliveries.

Follows the Events API's page: 30,000 deliveries per workspace and app in 60 minutes, then
app_rate_limited once for every minute above it; subscriptions are switched off when more than 95 %
of the deliveries of 60 minutes failed, for apps that were sent 1,000 or more of them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable

from .options import Options

MINUTE = 60
MINUTES = 60


class Hour:
    """Counts of the last 60 minutes; whole minutes fall out one by one."""

    def __init__(self) -> None:
        self._minutes: deque[tuple[int, int]] = deque()

    def add(self, now: float) -> None:
        minute = int(now // MINUTE)
        if self._minutes and self._minutes[-1][0] == minute:
            minute, count = self._minutes.pop()
            self._minutes.append((minute, count + 1))
        else:
            self._minutes.append((minute, 1))

    def total(self, now: float) -> int:
        first = int(now // MINUTE) - MINUTES + 1
        while self._minutes and self._minutes[0][0] < first:
            self._minutes.popleft()
        return sum(count for _, count in self._minutes)


class Budgets:
    def __init__(self, options: Options, clock: Callable[[], float]) -> None:
        self._options = options
        self._clock = clock
        self._sent: dict[str, Hour] = defaultdict(Hour)
        self._failed: dict[str, Hour] = defaultdict(Hour)
        self._done: dict[str, Hour] = defaultdict(Hour)
        self._told: dict[str, int] = {}

    def may_send(self, app_id: str) -> bool:
        """Count one event; False when the hour's budget is spent: it is not delivered."""
        now, sent = self._clock(), self._sent[app_id]
        if sent.total(now) >= self._options.events_per_hour:
            return False
        sent.add(now)
        return True

    def minute_to_tell(self, app_id: str) -> int | None:
        """The start of this minute (seconds) when the app has not been told of it yet."""
        minute = int(self._clock() // MINUTE) * MINUTE
        if self._told.get(app_id) == minute:
            return None
        self._told[app_id] = minute
        return minute

    def settled(self, app_id: str, *, well: bool) -> bool:
        """Note how a delivery ended; True when so many failed that Slack stops sending."""
        now, options = self._clock(), self._options
        (self._done if well else self._failed)[app_id].add(now)
        failed, done = self._failed[app_id].total(now), self._done[app_id].total(now)
        enough = failed + done >= options.events_before_switch_off
        return enough and failed > options.failures_to_switch_off * (failed + done)

    def forget(self, app_id: str) -> None:
        """Somebody switched the subscriptions on again: the past does not count."""
        self._failed.pop(app_id, None)
        self._done.pop(app_id, None)

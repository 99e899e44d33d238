"""Rate limits: per method and app a bucket the size of one minute, and one per channel for posts.

Slack publishes the tiers but not how much above them it tolerates. A full bucket at the start is
our stand-in for that burst.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from .errors import SlackError
from .options import Options

PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
SPECIAL = {"auth.test": 600, "chat.getPermalink": 600, "chat.postMessage": 300}


class Bucket:
    """A token bucket. `take` returns the seconds to wait, 0 when the call may go."""

    def __init__(self, size: float, per_second: float, now: float) -> None:
        self.size = size
        self.per_second = per_second
        self.level = size
        self.at = now

    def take(self, now: float) -> float:
        self.level = min(self.size, self.level + (now - self.at) * self.per_second)
        self.at = now
        if self.level >= 1:
            self.level -= 1
            return 0.0
        return (1 - self.level) / self.per_second


class Limiter:
    def __init__(self, options: Options, clock: Callable[[], float]) -> None:
        self._options = options
        self._clock = clock
        self._buckets: dict[tuple[str, ...], Bucket] = {}

    def check(self, app_id: str, method: str, tier: int, channel: str | None) -> None:
        """Raise ratelimited with `retry_after` (whole seconds) when a limit is passed."""
        if not self._options.rate_limits:
            return
        per_minute = PER_MINUTE[tier] if tier else SPECIAL.get(method, 100)
        self._take((app_id, method), per_minute, per_minute / 60)
        if method == "chat.postMessage" and channel:
            self._take((app_id, method, channel), self._options.post_burst, 1.0)

    def _take(self, key: tuple[str, ...], size: float, per_second: float) -> None:
        scale = self._options.rate_scale
        now = self._clock()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(max(1, size * scale), per_second * scale, now)
        wait = bucket.take(now)
        if wait:
            raise SlackError("ratelimited", retry_after=max(1, math.ceil(wait)))

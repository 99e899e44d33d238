"""How fast each Slack method may be called: a token bucket per method, and per channel for posts.

Figures are about half of Slack's published tiers; a 429 still decides (`hold`).
"""

from dataclasses import dataclass, field

TIER_2 = {
    "conversations.create",
    "conversations.setTopic",
    "conversations.setPurpose",
    "conversations.archive",
    "conversations.list",
    "pins.add",
    "bookmarks.add",
    "users.list",
}
PER_SECOND = {"post": 1.0, "tier 2": 20 / 60, "tier 3": 50 / 60}
BURST = {"post": 6.0, "tier 2": 12.0, "tier 3": 25.0}


@dataclass
class _Bucket:
    tokens: float
    at: float


@dataclass
class Budget:
    """All times are seconds of one monotonic clock, handed in."""

    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _held: dict[str, float] = field(default_factory=dict)

    def wait(self, method: str, channel: str, now: float) -> float:
        """Seconds to wait before this call; 0 takes a token."""
        held = self._held.get(method, 0.0) - now
        if held > 0:
            return held
        key, kind = _key(method, channel)
        bucket = self._buckets.setdefault(key, _Bucket(BURST[kind], now))
        bucket.tokens = min(BURST[kind], bucket.tokens + (now - bucket.at) * PER_SECOND[kind])
        bucket.at = now
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / PER_SECOND[kind]
        bucket.tokens -= 1
        return 0.0

    def hold(self, method: str, seconds: float, now: float) -> None:
        """Slack said 429: nobody calls this method before then."""
        self._held[method] = max(self._held.get(method, 0.0), now + seconds)


def _key(method: str, channel: str) -> tuple[str, str]:
    if method == "chat.postMessage":
        return f"{method}/{channel}", "post"
    return method, "tier 2" if method in TIER_2 else "tier 3"

"""How fast we call Slack: a window per method, a bucket per channel for posts. Pure.

Slack promises each method so many calls a minute and tolerates more without saying how many. What
somebody waits for may use all of that; the rest takes turns in the first half, so that there is
always room for it. A 429 decides all the same (`hold`).
"""

from collections import deque
from dataclasses import dataclass, field
from math import floor

MINUTE = 60.0
TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
TIER = {
    "bookmarks.add": 2,
    "bookmarks.edit": 2,
    "bookmarks.remove": 2,
    "chat.postEphemeral": 4,
    "conversations.archive": 2,
    "conversations.create": 2,
    "conversations.list": 2,
    "conversations.members": 4,
    "conversations.rename": 2,
    "conversations.setPurpose": 2,
    "conversations.setTopic": 2,
    "conversations.unarchive": 2,
    "files.completeUploadExternal": 4,
    "files.getUploadURLExternal": 4,
    "files.info": 4,
    "pins.add": 2,
    "pins.list": 2,
    "pins.remove": 2,
    "reactions.remove": 2,
    "usergroups.list": 2,
    "usergroups.users.list": 2,
    "usergroups.users.update": 2,
    "users.info": 4,
    "users.list": 2,
    "views.open": 4,
    "views.publish": 4,
    "views.push": 4,
    "views.update": 4,
}
# Where Slack has a rule of its own. Posts: "several hundred a minute" in a workspace.
SPECIAL = {"auth.test": 600, "chat.getPermalink": 600, "chat.postMessage": 300}
POSTS = ("chat.postMessage", "chat.postEphemeral", "chat.meMessage")
POST_BURST = 4.0
POSTS_PER_SECOND = 1.0


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True)
class Budget:
    """All times are seconds of one monotonic clock, handed in. `scale` multiplies every limit."""

    scale: float = 1.0
    _windows: dict[str, deque[float]] = field(default_factory=dict)
    _channels: dict[str, _Bucket] = field(default_factory=dict)
    _held: dict[str, float] = field(default_factory=dict)
    _held_channels: dict[tuple[str, str], float] = field(default_factory=dict)

    def copy(self) -> "Budget":
        """What is taken from the copy is not taken from this one."""
        return Budget(
            self.scale,
            {name: deque(times) for name, times in self._windows.items()},
            {name: _Bucket(b.tokens, b.at) for name, b in self._channels.items()},
            dict(self._held),
            dict(self._held_channels),
        )

    def wait(self, method: str, channel: str, now: float, *, all_of_it: bool = True) -> float:
        """Seconds until this call may go; 0: now. Takes nothing."""
        held = max(self._held.get(method, 0.0), self._held_channels.get((method, channel), 0.0))
        pause = max(0.0, held - now, self._window_pause(method, now, all_of_it))
        if method in POSTS and channel:
            tokens = self._tokens(channel, now)
            if tokens < 1 - 1e-9:
                pause = max(pause, (1 - tokens) / (POSTS_PER_SECOND * self.scale))
        return pause

    def take(self, method: str, channel: str, now: float) -> None:
        """One such call goes out now, whether or not there was room."""
        window = self._windows.setdefault(method, deque())
        while window and window[0] <= now - MINUTE:
            window.popleft()
        window.append(now)
        if method in POSTS and channel:
            self._channels[channel] = _Bucket(max(0.0, self._tokens(channel, now) - 1), now)
            self._forget_channels(now)

    def hold(
        self, method: str, channel: str, seconds: float, now: float, *, everywhere: bool = False
    ) -> None:
        """Slack said 429. A post's limit is its channel's, until a second channel meets it too."""
        until = now + seconds
        if everywhere:
            for post in POSTS:
                self._held[post] = max(self._held.get(post, 0.0), until)
        self._held_channels = {key: end for key, end in self._held_channels.items() if end > now}
        if method in POSTS and channel and not everywhere:
            key = (method, channel)
            self._held_channels[key] = max(self._held_channels.get(key, 0.0), until)
            if len({place for post, place in self._held_channels if post == method}) < 2:
                return
            self._held_channels.pop(key)
        self._held[method] = max(self._held.get(method, 0.0), until)

    def _window_pause(self, method: str, now: float, all_of_it: bool) -> float:
        window = self._windows.get(method)
        limit = limit_of(method) * self.scale
        room = max(1, floor(limit if all_of_it else limit / 2))
        if window is None or len(window) < room:
            return 0.0
        return window[-room] + MINUTE - now  # when that one leaves, fewer than `room` are left

    def _tokens(self, channel: str, now: float) -> float:
        bucket = self._channels.get(channel)
        most = POST_BURST * self.scale
        if bucket is None:
            return most
        return min(most, bucket.tokens + (now - bucket.at) * POSTS_PER_SECOND * self.scale)

    def _forget_channels(self, now: float) -> None:
        if len(self._channels) > 500:
            full = POST_BURST / POSTS_PER_SECOND
            self._channels = {k: b for k, b in self._channels.items() if now - b.at < full}


def limit_of(method: str) -> int:
    """Calls a minute that Slack promises; for a method we do not know, those of the third tier."""
    return SPECIAL.get(method) or TIERS[TIER.get(method, 3)]

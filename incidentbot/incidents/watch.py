"""The watcher: keeps what is seen in memory, and writes down nothing but changes.

A decision is taken on a copy and becomes memory only when its transaction is through, so a
database that is away loses nothing: the next look decides the same again.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from incidentbot import clock
from incidentbot.detection.correlate import CheckView, DependencyVerdict, FeedView, correlate
from incidentbot.detection.verdict import CheckVerdict, Rule, decide
from incidentbot.incidents import record
from incidentbot.incidents.evidence import Picture
from incidentbot.incidents.record import Seen
from incidentbot.settings.model import DependencySettings, Settings
from incidentbot.signals import Observation, Signal
from incidentbot.signals.feeds.match import word
from incidentbot.store import Store

log = logging.getLogger(__name__)

SEEN_EVERY = timedelta(seconds=10)  # how often `seen_at` is written
# Healthy feeds send an empty body now and then; only a few in a row mean that we cannot read it.
UNREAD_POLLS = 3


@dataclass(slots=True)
class _Watched:
    """One dependency. The lock makes its changes one after the other."""

    settings: DependencySettings
    verdict: DependencyVerdict = field(default_factory=DependencyVerdict)
    checks: dict[str, CheckVerdict] = field(default_factory=dict)
    feeds: dict[str, FeedView] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def rule(self) -> Rule:
        return Rule(self.settings.confirm.failures, self.settings.recover.successes)


class Watcher:
    """`await load()` once, then tell it everything: `observed` and `heard`."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._watched = {d.name: _Watched(d) for d in settings.dependencies}
        self._seen: dict[tuple[str, str], Seen] = {}
        self._feeds_seen: dict[tuple[str, str], datetime] = {}
        self._written: datetime | None = None

    async def load(self) -> None:
        """Take up what an earlier process knew, so that nothing is told twice."""
        loaded = await self._store.tx(record.load)
        for name, watched in self._watched.items():
            watched.verdict = loaded.dependencies.get(name, DependencyVerdict())
            for check in watched.settings.checks:
                if (name, check.name) in loaded.checks:
                    watched.checks[check.name] = loaded.checks[name, check.name]
            for feed in watched.settings.feeds:
                if (name, feed) in loaded.feeds:
                    watched.feeds[feed] = loaded.feeds[name, feed]

    async def observed(self, observation: Observation) -> bool:
        """Take in one look of a check. True when it should look again soon."""
        watched = self._watched[observation.dependency]
        async with watched.lock:
            before = watched.checks.get(observation.check)
            after = decide(before or CheckVerdict(), observation, watched.rule)
            if before is None or after.state != before.state:
                await self._turn(watched, observation, before, after)
            watched.checks[observation.check] = after
        key = (observation.dependency, observation.check)
        self._seen[key] = Seen(observation.at, after.reason, after.detail, after.latency_ms)
        await self._keep_seen(observation.at)
        return after.recheck

    async def heard(self, feed: str, signals: Sequence[Signal], at: datetime | None = None) -> None:
        """Take in one poll of a feed, for every dependency that listens to it."""
        now = at or clock.now()
        for watched in self._watched.values():
            if feed in watched.settings.feeds:
                async with watched.lock:
                    await self._listen(watched, feed, signals, now)
        await self._keep_seen(now)

    async def pushed(self, hook: str, signals: Sequence[Signal], at: datetime) -> None:
        """Take in what another monitor sent to this hook at that time."""
        log.debug("%s: %d alerts, received at %s", hook, len(signals), at)

    async def flush(self) -> None:
        """Write what is not written yet; for the end of the process."""
        await self._write_seen()

    async def _turn(
        self,
        watched: _Watched,
        observation: Observation,
        before: CheckVerdict | None,
        after: CheckVerdict,
    ) -> None:
        checks = _views(watched, watched.checks | {observation.check: after})
        feeds = _feeds(watched, watched.feeds)
        was = watched.verdict
        verdict = correlate(was, checks, feeds, watched.settings.checks_needed)
        picture = Picture(watched.settings, observation.at, verdict, checks, feeds)
        check = next(view for view in checks if view.name == observation.check)
        await self._store.tx(record.check_changed, picture, check, before, was)
        watched.verdict = verdict

    async def _listen(
        self, watched: _Watched, feed: str, signals: Sequence[Signal], now: datetime
    ) -> None:
        dependency = watched.settings
        said = word(signals, dependency.service, dependency.region)
        before = watched.feeds.get(feed, FeedView(feed))
        polls = watched.unread.get(feed, 0) + 1 if said.state == "unknown" else 0
        if 0 < polls < UNREAD_POLLS and before.state != "unknown":
            watched.unread[feed] = polls
            return
        after = FeedView(feed, said.state, said.title or said.why, said.vendor_id, before.since)
        if after == before and feed in watched.feeds:
            self._feeds_seen[dependency.name, feed] = now
            return
        if after.state != before.state or before.since is None:
            after = replace(after, since=now)
        feeds = _feeds(watched, watched.feeds | {feed: after})
        checks = _views(watched, watched.checks)
        verdict = correlate(watched.verdict, checks, feeds, dependency.checks_needed)
        picture = Picture(dependency, now, verdict, checks, feeds)
        await self._store.tx(record.feed_changed, picture, after, before)
        watched.feeds[feed], watched.unread[feed], watched.verdict = after, polls, verdict

    async def _keep_seen(self, now: datetime) -> None:
        if self._written is None or now - self._written >= SEEN_EVERY:
            self._written = now
            await self._write_seen()

    async def _write_seen(self) -> None:
        checks, self._seen = self._seen, {}
        feeds, self._feeds_seen = self._feeds_seen, {}
        if checks or feeds:
            await self._store.tx(record.keep_seen, checks, feeds)


def _views(watched: _Watched, verdicts: dict[str, CheckVerdict]) -> tuple[CheckView, ...]:
    return tuple(
        CheckView(c.name, c.kind, c.users_path, verdicts.get(c.name, CheckVerdict()))
        for c in watched.settings.checks
    )


def _feeds(watched: _Watched, feeds: dict[str, FeedView]) -> tuple[FeedView, ...]:
    return tuple(feeds.get(name, FeedView(name)) for name in watched.settings.feeds)

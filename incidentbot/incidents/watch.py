"""The watcher: tells the lookout everything, and writes down what changes.

A decision becomes memory only when its transaction is through, so a database that is away loses
nothing: the next look decides the same again.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.detection.lookout import Lookout
from incidentbot.detection.turn import Turn
from incidentbot.incidents import evidence, lifecycle, notices, recall, record, rows
from incidentbot.incidents.rows import SeenCheck, SeenFeed
from incidentbot.settings.model import Settings
from incidentbot.signals import Observation, Signal
from incidentbot.signals.anchors import Anchors, Sight
from incidentbot.signals.feeds.catalogue import Catalogue
from incidentbot.signals.hooks.hook import dependencies_of
from incidentbot.store import Store
from incidentbot.store.batch import Batch

SEEN_EVERY = timedelta(seconds=10)  # how often `seen_at` is written
AT_ONCE = 500  # rows in one transaction, so that an alarm does not wait behind them
FORGET_EVERY = timedelta(hours=1)
OVER_KEPT = timedelta(days=1)  # how long an alert that is over stays a row
TICK = 1.0

log = logging.getLogger(__name__)


class Watcher:
    """`await load()` once, `run()` beside it, and tell it: `observed`, `heard`, `pushed`."""

    def __init__(self, store: Store, settings: Settings, anchors: Anchors | None = None) -> None:
        self._store = store
        self._anchors = anchors
        self._turns: Batch[Turn] = Batch(store, record.write_all)
        vendors = Catalogue(settings.vendors)
        self._lookout = Lookout(
            settings, {d.name: vendors.aliases(d) for d in settings.dependencies}
        )
        self._hooks = {hook.name: hook for hook in settings.hooks}
        # One lock a dependency makes its changes one after the other.
        self._locks = {d.name: asyncio.Lock() for d in settings.dependencies}
        self._alarming = asyncio.Lock()
        self._seen: dict[tuple[str, str], SeenCheck] = {}
        self._feeds_seen: dict[tuple[str, str], SeenFeed] = {}
        self._written: datetime | None = None
        self._forgot: datetime | None = None
        self._open: set[str] = set()  # dependencies that may have an incident nobody touched
        self._blind_since: datetime | None = None

    async def load(self, at: datetime | None = None) -> None:
        """Take up what an earlier process knew, so that nothing is told twice.

        What it knew too long ago is unknown now, and its strip shows the gap.
        """
        for name, known in (await self._store.tx(recall.load)).items():
            if name in self._lookout.watched:
                self._lookout.remember(
                    name, known.standing, known.checks, known.looked, known.feeds, known.alerts
                )
                if known.open:
                    self._open.add(name)
        while overdue := self._lookout.overdue(at or clock.now()):
            first = {turn.name: turn for turn in reversed(overdue)}  # one a dependency at a time
            await asyncio.gather(*(self._take(turn) for turn in first.values()))

    async def run(self) -> None:
        """What time alone changes: held outages, blind checks, incidents that close themselves."""
        while True:
            await asyncio.sleep(TICK)
            try:
                await self.tick()
            except Exception:
                # The clock must go on when the database is away; the next tick decides again.
                log.exception("a tick of the watcher failed")

    async def observed(self, observation: Observation) -> bool:
        """Take in one look of a check. True when it should look again soon."""
        name = observation.dependency
        async with self._locks[name]:
            verdict, turn = self._lookout.observed(observation)
            if turn is not None:
                await self._take(turn)
        self._seen[name, observation.check] = (
            name,
            observation.check,
            observation.at,
            verdict.reason,
            verdict.detail,
            observation.latency_ms,
        )
        await self._keep_seen(observation.at)
        return verdict.recheck

    async def heard(self, feed: str, signals: Sequence[Signal], at: datetime | None = None) -> None:
        """Take in one poll of a feed, for every dependency that listens to it."""
        now = at or clock.now()
        for watched in self._lookout.listeners(feed):
            name = watched.settings.name
            async with self._locks[name]:
                turn = self._lookout.heard(watched, feed, signals, now)
                if turn is not None:
                    await self._take(turn)
            self._feeds_seen[name, feed] = (name, feed, now)
        await self._keep_seen(now)

    async def pushed(self, hook: str, signals: Sequence[Signal], at: datetime) -> None:
        """Take in alerts that another monitor sent to this hook; twice is as good as once."""
        about: dict[str, list[Signal]] = {}
        for signal in signals:
            for name in dependencies_of(self._hooks[hook], signal):
                about.setdefault(name, []).append(signal)
        for name, alerts in about.items():
            async with self._locks[name]:
                turn = self._lookout.pushed(self._lookout.watched[name], hook, alerts, at)
                if turn is not None:
                    await self._take(turn)

    async def tick(self, at: datetime | None = None) -> None:
        """One look at the clock."""
        now = at or clock.now()
        if self._forgot is None or now - self._forgot >= FORGET_EVERY:
            self._forgot = now
            await self._store.tx(rows.forget_alerts, now - OVER_KEPT)
        if self._blind_since is not None:
            await self._sight()  # perhaps nothing fails any more, and nobody else would ask
        for turn in self._lookout.tick(now):
            async with self._locks[turn.name]:
                # Others may have changed it while this waited for the lock.
                if turn.before is self._lookout.watched[turn.name].standing:
                    await self._take(turn)
        for name in list(self._open):
            because = self._lookout.closing(name, now)
            if because:
                await self._store.tx(_close, name, because)
                self._open.discard(name)
                log.info("the incident of %s closed itself: %s", name, because)

    async def flush(self) -> None:
        """Write what is not written yet; for the end of the process."""
        await self._write_seen()

    async def _take(self, turn: Turn) -> None:
        if turn.asks:
            sight = await self._sight(turn.latest)
            turn = self._lookout.again(turn, sight.online, sight.words)
        if not turn.alarms:
            await self._turns.write(turn)
            self._lookout.accept(turn)
            return
        # Alarms one after the other: the next may be explained by the one before it.
        async with self._alarming:
            turn = self._lookout.again(turn, turn.online)
            await self._turns.write(turn)
            self._lookout.accept(turn)
        if turn.alarms:
            self._open.add(turn.name)
            log.warning("%s", evidence.verdict_text(turn.picture))

    async def _sight(self, since: datetime | None = None) -> Sight:
        """Whether we are online, at or after `since`, and a notice when that changes."""
        if self._anchors is None:
            return Sight(True, "no anchors are set up", clock.now())
        sight = await self._anchors.ask(since)
        if not sight.online and self._blind_since is None:
            self._blind_since = sight.at
            text = f"I cannot see: {sight.words}. What fails now may be our own connection."
            await self._tell("blind", sight, text)
        elif sight.online and self._blind_since is not None:
            lasted = lifecycle.words((sight.at - self._blind_since).total_seconds())
            self._blind_since = None
            await self._tell("sight", sight, f"I can see again, after {lasted}.")
        return sight

    async def _tell(self, kind: str, sight: Sight, text: str) -> None:
        log.warning("%s", text)
        key = f"{kind}:{clock.iso(sight.at)}"
        await self._store.tx(notices.write, kind, key, text, at=sight.at)

    async def _keep_seen(self, now: datetime) -> None:
        if self._written is None or now - self._written >= SEEN_EVERY:
            self._written = now
            await self._write_seen()

    async def _write_seen(self) -> None:
        checks, self._seen = self._seen, {}
        feeds, self._feeds_seen = self._feeds_seen, {}
        looks, polls = list(checks.values()), list(feeds.values())
        for start in range(0, max(len(looks), len(polls)), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            await self._store.tx(rows.keep_seen, looks[part], polls[part])


def _close(session: Session, dependency: str, because: str) -> None:
    incident = lifecycle.open_for(session, dependency)
    if incident is not None:
        lifecycle.close_itself(session, incident.id, because)

"""Works off the inbox of pushed alerts: each hook's in the order they came, whatever happens.

A delivery that fails holds back those behind it from the same sender, so that a "resolved" never
overtakes its "firing". It is tried again, later and later, then given up, which is logged and
stays in its row. A process that dies leaves rows that the next one finds: nothing is lost, and the
last few may be told twice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from incidentbot import clock
from incidentbot.errors import Permanent
from incidentbot.signals import Signal, body
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.hooks import inbox
from incidentbot.signals.hooks.fetching import Fetch
from incidentbot.signals.hooks.hook import Hook
from incidentbot.signals.hooks.inbox import Waiting
from incidentbot.signals.hooks.order import Order
from incidentbot.signals.hooks.reading import alerts, signals_of
from incidentbot.store import Store
from incidentbot.timeline import Wake

log = logging.getLogger(__name__)

# Hook, its alerts, when they were received.
Taken = Callable[[str, Sequence[Signal], datetime], Awaitable[None]]

AT_ONCE = 200
GATHER = 0.03  # seconds: in a storm one round works off what many transactions brought
TRIES = 8  # over about two minutes
LONGEST_WAIT = 60.0  # seconds
PRUNE_EVERY = 600.0  # seconds


class Worker:
    def __init__(self, store: Store, hooks: Mapping[str, Hook], taken: Taken, fetch: Fetch) -> None:
        self._store = store
        self._hooks = hooks
        self._taken = taken
        self._fetch = fetch
        self._order = Order()
        self._held: dict[str, float] = {}  # hook -> when its next try is due
        self._pruned: float | None = None
        self._wake = Wake()
        store.on_commit(inbox.TOPIC, self._wake.ring)

    async def run(self) -> None:
        """Work off what is new, for ever."""
        while True:
            try:
                worked = await self.round()
            except SQLAlchemyError as error:
                # The rows are still there; nothing is counted as a try while the database is away.
                log.warning("hooks: the database is away: %s", type(error).__name__)
                await asyncio.sleep(1)
                continue
            if not worked:
                await self._wake.wait()
            await asyncio.sleep(GATHER)

    async def round(self) -> int:
        """Work off some rows; how many were looked at."""
        await self._prune()
        now = clock.monotonic()
        self._held = {hook: due for hook, due in self._held.items() if due > now}
        rows = await self._store.tx(inbox.new, list(self._held), AT_ONCE)
        finished = []
        for row in rows:
            if row.hook not in self._held and await self._one(row):
                finished.append(row.id)
        if finished:
            await self._store.tx(inbox.done, finished)
        return len(rows)

    async def _one(self, row: Waiting) -> bool:
        try:
            await self._work(row)
        except (OperationalError, InterfaceError):
            raise  # the database is away, which says nothing about this delivery
        except Exception as error:
            # One delivery that breaks must not stop the others; it is tried again, then given up.
            log.exception("hooks: delivery %d of %s failed", row.id, row.hook)
            await self._failed(row, error)
            return False
        return True

    async def _work(self, row: Waiting) -> None:
        hook = self._hooks.get(row.hook)
        if hook is None:
            raise Permanent(f"no hook is called {row.hook} any more")
        read = body.read(row.body)
        feed = Feed(hook.name, hook.kind, row.received_at)
        url = hook.receiver.follow_up(read, hook.options) if _follows(hook) else ""
        if url:
            await self._fetch(url)
            log.info("hooks: %s is confirmed", hook.name)
        told = alerts(signals_of(hook.receiver, read, feed, hook.options))
        found = self._order.news(hook.name, told, row.received_at)
        if len(found) < len(told):
            late = len(told) - len(found)
            log.info("hooks: %d of %s came late, newer words are known", late, hook.name)
        if found:
            await self._taken(hook.name, found, row.received_at)

    async def _failed(self, row: Waiting, error: Exception) -> None:
        tries = 1 if isinstance(error, Permanent) else TRIES
        so_far = await self._store.tx(inbox.failed, row.id, repr(error), tries)
        if so_far is None:
            log.error("hooks: gave up on delivery %d of %s", row.id, row.hook)
            return
        self._held[row.hook] = clock.monotonic() + min(2.0**so_far / 2, LONGEST_WAIT)

    async def _prune(self) -> None:
        now = clock.monotonic()
        if self._pruned is None or now - self._pruned > PRUNE_EVERY:
            self._pruned = now
            await self._store.tx(inbox.prune, clock.now() - inbox.KEPT)


def _follows(hook: Hook) -> bool:
    return hasattr(hook.receiver, "follow_up")

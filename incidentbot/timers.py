"""Things that are due later: a row each, and the effect in the transaction that takes the row.

A process may die at any moment: what was due then is due still, and happens once. It is no queue
of work: what a timer does is quick and touches the database only (it queues messages, writes
entries, sets the next timer); a workflow of `durable` does what takes long or goes outside.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.store import Store, changed, upsert
from incidentbot.store.models import Timer
from incidentbot.timeline import Wake

log = logging.getLogger(__name__)

TOPIC = "timers"
AT_ONCE = 50
RETRY = timedelta(seconds=30)
LONGEST_SLEEP = 1.0  # another process may have set one; its bell is not heard here

# What is due, and the moment it is taken (later than due when nobody ran). It may set new timers,
# also one of its own key.
Handler = Callable[[Session, Timer, datetime], None]


def set_timer(
    session: Session,
    key: str,
    kind: str,
    due_at: datetime,
    *,
    incident_id: str | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Due then; a timer of the same key is moved."""
    row = {"key": key, "kind": kind, "incident_id": incident_id, "due_at": due_at}
    upsert(session, Timer, [row | {"data": data or {}}], ("key",))
    changed(session, TOPIC)


def cancel(session: Session, key: str) -> bool:
    """False when there was none."""
    gone = session.execute(delete(Timer).where(Timer.key == key).returning(Timer.key))
    return gone.first() is not None


def cancel_all(session: Session, incident_id: str, *kinds: str) -> None:
    """Those of one incident; of these kinds, or of every kind."""
    which = delete(Timer).where(Timer.incident_id == incident_id)
    session.execute(which.where(Timer.kind.in_(kinds)) if kinds else which)


def get(session: Session, key: str) -> Timer | None:
    return session.get(Timer, key, populate_existing=True)


class Timers:
    """`on` a kind of timer do something; `run` for ever."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._handlers: dict[str, Handler] = {}
        self._wake = Wake(LONGEST_SLEEP)
        store.on_commit(TOPIC, self._wake.ring)

    def on(self, kind: str, handler: Handler) -> None:
        if kind in self._handlers:
            raise ValueError(f"timers of kind {kind!r} have a handler already")
        self._handlers[kind] = handler

    async def run(self) -> None:
        while True:
            if not await self.turn():
                await self._wake.wait()

    async def turn(self) -> int:
        """Do what is due now; how many timers were taken."""
        keys = await self._store.tx(_due, tuple(self._handlers), AT_ONCE)
        for key in keys:
            try:
                await self._store.tx(self._take, key)
            except Exception:
                # One that breaks must not stop the others. It stays, and is tried with the next.
                log.exception("the timer %s broke", key)
                await self._store.tx(_later, key)
        return len(keys)

    def _take(self, session: Session, key: str) -> None:
        timer = session.get(Timer, key, with_for_update=True, populate_existing=True)
        now = clock.now()
        if timer is None or timer.due_at > now:
            return  # cancelled or moved meanwhile
        session.delete(timer)
        session.flush()
        self._handlers[timer.kind](session, timer, now)


def _due(session: Session, kinds: tuple[str, ...], limit: int) -> list[str]:
    rows = (
        select(Timer.key)
        .where(Timer.due_at <= clock.now(), Timer.kind.in_(kinds))
        .order_by(Timer.due_at)
        .limit(limit)
    )
    return list(session.scalars(rows))


def _later(session: Session, key: str) -> None:
    timer = session.get(Timer, key)
    if timer is not None:
        timer.due_at = clock.now() + RETRY

"""What people do in Slack: a row before the acknowledgement, then one transaction of work each.

An act has two keys (see acts), so whichever way it is repeated it finds its row and does nothing.
What a process left undone when it died is done by the next one.

What a handler can rely on:

- **Returning is done.** `done(session, key)` in the transaction of the effect makes both one; an
  item whose handler returned without it is marked done afterwards.
- **Order.** Items of one lane (an event's message, a person's gestures) are worked off one after
  the other, in the order in which Slack says they happened. A gesture waits for the person's
  earlier ones for `PATIENCE` at most, while its trigger lives: that opens a form for three seconds
  only. What a restart finds is in no such hurry, and keeps its order.
- **Not yet.** What an item is about may arrive later than the item: an edit before its message.
  The handler raises `NotYet` and writes nothing; the item is tried again every half second while
  earlier ones of its lane go ahead and later ones wait. After `LONGEST_WAIT` it comes a last time
  with `waited` true: do what can be done, for nothing more will come.
- **Failures.** Any other exception is tried again after `PAUSES`, then `give_up` tells the person.
  A database that is away is nobody's failure and is waited for.
- **Double clicks.** The same button pressed again by the same person within `SLIP` is not worked.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session, aliased

from incidentbot import clock
from incidentbot.slack.inbound.acts import act_of, key_of, press_of
from incidentbot.store import Store, changed, insert_once
from incidentbot.store.batch import Batch
from incidentbot.store.models import InboxItem
from incidentbot.timeline import Wake

__all__ = ["Inbox", "Item", "NotYet", "done", "key_of"]

log = logging.getLogger(__name__)

TOPIC = "inbox"
PAUSES = (timedelta(seconds=1), timedelta(seconds=5))  # before the second and the third try
PRESSED_TWICE = "pressed twice"
AT_ONCE = 64
MANY, GATHER = 16, 0.01  # items, seconds
IN_A_HURRY = 256  # this many more, when they have a trigger that is still alive
TRIGGER = timedelta(seconds=3)  # how long Slack lets a trigger open a form
PATIENCE = timedelta(seconds=1)
NOT_YET_PAUSE = timedelta(seconds=0.5)
TICK = 0.25  # seconds; patience ends and pauses are over without anybody saying so
LONGEST_WAIT = timedelta(seconds=60)
SLIP = timedelta(seconds=2)
KEPT = timedelta(days=7)  # Slack delivers again for two hours, with delayed events for a day
PRUNE_EVERY = 3600.0  # seconds
AWAY_PAUSE = 1.0  # seconds


class NotYet(Exception):
    """What this item is about has not come. The message says what is missing."""


@dataclass(frozen=True, slots=True)
class Item:
    """`kind` is command, click, submit, shortcut, closed or event; `payload` is what Slack sent.

    `waited` says that it has been put back for as long as it can be.
    """

    key: str
    kind: str
    payload: dict[str, Any]
    received_at: datetime = field(default_factory=clock.now)
    waited: bool = False


Work = Callable[[Item], Awaitable[None]]


class Inbox:
    def __init__(
        self,
        store: Store,
        work: Work,
        give_up: Callable[[Item], Awaitable[None]],
        pauses: Sequence[timedelta] = PAUSES,
    ) -> None:
        self._store = store
        self._work = work
        self._give_up = give_up
        self._pauses = pauses
        self._wake = Wake(TICK)
        self._rows: Batch[Item] = Batch(store, _put, urgent=True)
        self._busy: set[str] = set()
        store.on_commit(TOPIC, self._wake.ring)

    async def put(self, kind: str, payload: dict[str, Any]) -> None:
        """Keep it before it is acknowledged. Raises when it cannot be kept: then no ack."""
        await self._rows.write(Item(key_of(kind, payload), kind, payload))

    @property
    def under_way(self) -> int:
        """How many items are being worked on."""
        return len(self._busy)

    async def run(self) -> None:
        """Work off what is new, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._prune())
            while True:
                for item in await self._ready():
                    self._busy.add(item.key)
                    group.create_task(self._one(item))
                if len(self._busy) >= MANY:
                    await asyncio.sleep(GATHER)  # let several end, and look once for all of them
                await self._wake.wait()

    async def _ready(self) -> list[Item]:
        ordinary = max(0, AT_ONCE - len(self._busy))
        hurried = max(0, AT_ONCE + IN_A_HURRY - len(self._busy))
        try:
            return await self._store.first(_ready, list(self._busy), ordinary, hurried)
        except (OperationalError, InterfaceError) as error:
            await self._away(error)
            return []

    async def _one(self, item: Item) -> None:
        try:
            await self._attempt(item)
        except (OperationalError, InterfaceError) as error:
            await self._away(error)
        except Exception:
            # The row stays; what is missing is a word to the person, and the others must go on.
            log.exception("slack: %s could not be given up", item.key)
        finally:
            self._busy.discard(item.key)
            self._wake.ring()

    async def _attempt(self, item: Item) -> None:
        try:
            if item.kind == "click" and await self._store.first(_slipped, item.key):
                return
            await self._work(item)
            await self._store.tx(_close, item.key)
        except NotYet as missing:
            if item.waited:
                log.warning("slack: %s: %s, and it did not come", item.key, missing)
            await self._store.tx(_later, item, f"not yet: {missing}")
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            # One item that breaks must not stop the others; it is tried again, then given up.
            log.exception("slack: %s failed", item.key)
            if await self._store.tx(_failed, item.key, repr(error), self._pauses):
                await self._give_up(item)

    async def _away(self, error: Exception) -> None:
        log.warning("the database does not answer; what came from Slack waits: %s", error)
        await asyncio.sleep(AWAY_PAUSE)

    async def _prune(self) -> None:
        while True:
            try:
                await self._store.tx(_forget, clock.now() - KEPT)
            except (OperationalError, InterfaceError) as error:
                log.warning("slack: the inbox was not tidied: %s", error)
            await asyncio.sleep(PRUNE_EVERY)


def done(session: Session, key: str) -> None:
    """Mark an item worked off; call it in the transaction of its effect."""
    session.get_one(InboxItem, key).state = "done"


def waiting(session: Session) -> int:
    """How many are not worked off."""
    found = select(func.count()).select_from(InboxItem).where(InboxItem.state == "new")
    return session.scalar(found) or 0


def _put(session: Session, items: Sequence[Item]) -> None:
    for item in items:
        act = act_of(item.kind, item.payload)
        wrote = insert_once(
            session,
            InboxItem,
            key=item.key,
            second_key=act.second or None,
            kind=item.kind,
            payload=item.payload,
            received_at=item.received_at,
            lane=act.lane[:200],
            happened_at=act.happened or item.received_at,
            due_at=None,
            state="new",
            attempts=0,
            error="",
        )
        if wrote:
            changed(session, TOPIC)


def _ready(session: Session, busy: Collection[str], ordinary: int, hurried: int) -> list[Item]:
    """What may be worked on now: the first of each lane, those with a live trigger before all."""
    row, other, now = InboxItem, aliased(InboxItem), clock.now()
    before = or_(
        other.happened_at < row.happened_at,
        and_(other.happened_at == row.happened_at, other.key < row.key),
    )
    blocked = select(other.key).where(other.state == "new", other.lane == row.lane, before).exists()
    alive = and_(row.kind != "event", row.received_at > now - TRIGGER)
    impatient = and_(alive, row.received_at <= now - PATIENCE)
    ready = (
        select(row.key, row.kind, row.payload, row.received_at)
        .where(row.state == "new", row.key.not_in(busy))
        .where(or_(row.due_at.is_(None), row.due_at <= now))
        .where(or_(~blocked, impatient))
        .order_by(row.received_at, row.happened_at)
    )
    found = {}
    for chosen in (ready.where(alive).limit(hurried), ready.limit(ordinary)):
        for key, kind, payload, at in session.execute(chosen):
            found[key] = Item(key, kind, payload, at, now - at >= LONGEST_WAIT)
    return list(found.values())


def _slipped(session: Session, key: str) -> bool:
    """Whether this is the second half of a double click, which is then done with."""
    row = session.get_one(InboxItem, key)
    press = press_of(row.payload)
    if not press:
        return False
    others = session.scalars(
        select(InboxItem)
        .where(InboxItem.state.in_(("new", "done")), InboxItem.lane == row.lane)
        .where(InboxItem.happened_at.between(row.happened_at - SLIP, row.happened_at + SLIP))
        .where(InboxItem.kind == "click", InboxItem.key != key)
        .where(InboxItem.error != PRESSED_TWICE)
    )
    mine = (row.received_at, key)
    for other in others:
        first = other.state != "new" or (other.received_at, other.key) < mine
        if first and press_of(other.payload) == press:
            row.state, row.error = "done", PRESSED_TWICE
            return True
    return False


def _close(session: Session, key: str) -> None:
    row = session.get_one(InboxItem, key)
    if row.state == "new":
        row.state = "done"


def _later(session: Session, item: Item, why: str) -> None:
    row = session.get_one(InboxItem, item.key)
    row.error, row.due_at = why[:1000], clock.now() + NOT_YET_PAUSE
    if item.waited:
        row.state = "done"


def _failed(session: Session, key: str, error: str, pauses: Sequence[timedelta]) -> bool:
    """Count the failure; True when it was the last try."""
    row = session.get_one(InboxItem, key)
    row.attempts, row.error = row.attempts + 1, error[:1000]
    if row.attempts > len(pauses):
        row.state = "failed"
        return True
    row.due_at = clock.now() + pauses[row.attempts - 1]
    return False


def _forget(session: Session, before: datetime) -> None:
    """What was done that long ago; what failed stays until somebody has looked at it."""
    old = (InboxItem.state == "done", InboxItem.received_at < before)
    session.execute(delete(InboxItem).where(*old))

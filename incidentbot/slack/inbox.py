"""What people do in Slack: a row before the acknowledgement, then one transaction of work each.

The key is the same however often Slack delivers a thing, so a repeat finds its row and does
nothing. What a process left undone when it died is done by the next one.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, ids
from incidentbot.store import Store, changed, insert_once
from incidentbot.store.models import InboxItem
from incidentbot.timeline import Wake

log = logging.getLogger(__name__)

TOPIC = "inbox"
TRIES = 3
AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Item:
    """`kind` is command, click or submit; `payload` is what Slack sent."""

    key: str
    kind: str
    payload: dict[str, Any]


Work = Callable[[Item], Awaitable[None]]


def key_of(kind: str, payload: dict[str, Any]) -> str:
    """One person's one act, however it is delivered.

    A trigger_id is unique per act. Submitting the same version of a form twice is one act, so a
    form goes by its view and hash.
    """
    if kind == "submit":
        view = payload["view"]
        return f"submit:{ids.short(view['id'], str(view.get('hash', '')))}"
    trigger = payload.get("trigger_id")
    if trigger:
        return f"{kind}:{ids.short(str(trigger))}"
    return f"{kind}:{ids.digest(payload)[:24]}"


class Inbox:
    def __init__(
        self, store: Store, work: Work, give_up: Callable[[Item], Awaitable[None]]
    ) -> None:
        self._store = store
        self._work = work
        self._give_up = give_up
        self._wake = Wake()
        self._busy: set[str] = set()
        store.on_commit(TOPIC, self._wake.ring)

    async def put(self, kind: str, payload: dict[str, Any]) -> None:
        """Keep it before it is acknowledged. Raises when it cannot be kept: then no ack."""
        await self._store.tx(_put, Item(key_of(kind, payload), kind, payload))

    async def run(self) -> None:
        """Work off what is new, for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                for item in await self._store.tx(_new, AT_ONCE):
                    if item.key not in self._busy and len(self._busy) < AT_ONCE:
                        self._busy.add(item.key)
                        group.create_task(self._one(item))
                await self._wake.wait()

    async def _one(self, item: Item) -> None:
        try:
            await self._work(item)
        except Exception as error:
            # One item that breaks must not stop the others; it is tried again, then given up.
            log.exception("slack: %s failed", item.key)
            if await self._store.tx(_failed, item.key, repr(error)):
                await self._give_up(item)
        finally:
            self._busy.discard(item.key)
            self._wake.ring()


def done(session: Session, key: str) -> None:
    """Mark an item worked off; call it in the transaction of its effect."""
    session.get_one(InboxItem, key).state = "done"


def _put(session: Session, item: Item) -> None:
    wrote = insert_once(
        session,
        InboxItem,
        key=item.key,
        kind=item.kind,
        payload=item.payload,
        received_at=clock.now(),
        state="new",
        attempts=0,
        error="",
    )
    if wrote:
        changed(session, TOPIC)


def _new(session: Session, limit: int) -> list[Item]:
    rows = session.scalars(
        select(InboxItem).filter_by(state="new").order_by(InboxItem.received_at).limit(limit * 2)
    )
    return [Item(row.key, row.kind, row.payload) for row in rows]


def _failed(session: Session, key: str, error: str) -> bool:
    """Count the failure; True when it was the last try."""
    row = session.get_one(InboxItem, key)
    row.attempts, row.error = row.attempts + 1, error[:1000]
    if row.attempts >= TRIES:
        row.state = "failed"
    return row.state == "failed"

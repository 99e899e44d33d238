"""The inbox of pushed alerts: a row before the 202, many requests to one transaction.

While one transaction is on its way, the requests that come in gather for the next one. So a single
request waits for nobody, and a thousand a second cost a few dozen transactions.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from incidentbot.errors import Temporary
from incidentbot.store import Store, changed, insert_each_once
from incidentbot.store.batch import Batch
from incidentbot.store.models import HookDelivery

TOPIC = "hook_inbox"
MOST_AT_ONCE = 500  # rows in one transaction
MOST_WAITING = 5000  # requests; the next one is told to come again
KEPT = timedelta(hours=25)  # longer than any receiver takes a signature for fresh


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came, as it came. `key` is the same for a repeat."""

    key: str
    hook: str
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row that is to be worked off."""

    id: int
    hook: str
    body: bytes
    received_at: datetime


class Inbox:
    def __init__(self, store: Store) -> None:
        self._rows: Batch[Delivery] = Batch(store, _put, MOST_AT_ONCE, MOST_WAITING)

    async def put(self, delivery: Delivery) -> bool:
        """Return once it is committed; False for a repeat. Raises Temporary when it is not."""
        try:
            first: bool = await self._rows.write(delivery)
        except SQLAlchemyError as error:
            raise Temporary(f"not written down: {type(error).__name__}") from error
        return first


def _put(session: Session, deliveries: Sequence[Delivery]) -> list[bool]:
    """Whether each is new. The same key again in one group is a repeat."""
    rows = [
        {
            "key": one.key,
            "hook": one.hook,
            "body": one.body,
            "received_at": one.received_at,
            "state": "new",
            "attempts": 0,
            "error": "",
        }
        for one in deliveries
    ]
    changed(session, TOPIC)
    new = insert_each_once(session, HookDelivery, rows, "key")
    first = []
    for one in deliveries:
        first.append(one.key in new)
        new.discard(one.key)
    return first


def new(session: Session, but: Collection[str], limit: int) -> list[Waiting]:
    """The oldest rows that are not done, without those of the hooks that have to wait."""
    row = HookDelivery
    found = session.execute(
        select(row.id, row.hook, row.body, row.received_at)
        .where(row.state == "new", row.hook.not_in(but))
        .order_by(row.id)
        .limit(limit)
    )
    return [Waiting(*one) for one in found]


def done(session: Session, ids: Sequence[int]) -> None:
    session.execute(update(HookDelivery).where(HookDelivery.id.in_(ids)).values(state="done"))


def failed(session: Session, id: int, error: str, tries: int) -> int | None:
    """Count the failure: how many there are, None when it was the last try."""
    row = session.get_one(HookDelivery, id)
    row.attempts, row.error = row.attempts + 1, error[:1000]
    if row.attempts >= tries:
        row.state = "failed"
    return None if row.state == "failed" else row.attempts


def waiting(session: Session) -> int:
    """How many are not worked off."""
    found = select(func.count()).select_from(HookDelivery).where(HookDelivery.state == "new")
    return session.scalar(found) or 0


def prune(session: Session, before: datetime) -> None:
    """Forget what was done that long ago. What failed stays until somebody has looked at it."""
    old = (HookDelivery.state == "done", HookDelivery.received_at < before)
    session.execute(delete(HookDelivery).where(*old))

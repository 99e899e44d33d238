"""One plan at a time per target: a unique row with a lease and a fence that only grows."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incidentbot.store import insert_once
from incidentbot.store.models import Counter, ResourceLock

TURN = "plan"  # the counter that whoever makes or starts a plan holds
LEASE = timedelta(minutes=5)  # longer than any call, verification included


def in_turn(session: Session) -> None:
    """Plans are made and started one after the other: two at once see each other, and what the
    guards count cannot change between the count and the start."""
    insert_once(session, Counter, name=TURN, value=0)
    session.get_one(Counter, TURN, with_for_update=True, populate_existing=True)


def take(session: Session, resource: str, plan_id: str, now: datetime) -> int | None:
    """The fence of this plan's lock, lengthened; None when another plan holds the resource.

    A lease that ran out gives a new fence, also to the plan that had it: whoever remembers the
    old one knows that the resource was free for a while.
    """
    # The row is made as one that nobody holds: whoever finds it, takes it under its row lock.
    insert_once(session, ResourceLock, resource=resource, plan_id="", fence=0, lease_until=now)
    row = session.get_one(ResourceLock, resource, with_for_update=True, populate_existing=True)
    lapsed = row.lease_until <= now
    if row.plan_id != plan_id and not lapsed:
        return None
    if lapsed:
        row.plan_id, row.fence = plan_id, row.fence + 1
    row.lease_until = now + LEASE
    return row.fence


def holds(session: Session, resource: str, plan_id: str, fence: int, now: datetime) -> bool:
    """Whether this plan still holds it: asked in the transaction of every intent."""
    row = session.get(ResourceLock, resource, with_for_update=True, populate_existing=True)
    return (
        row is not None and (row.plan_id, row.fence) == (plan_id, fence) and row.lease_until > now
    )


def release(session: Session, resource: str, plan_id: str, now: datetime) -> None:
    """Let go, if this plan has it."""
    row = session.get(ResourceLock, resource, with_for_update=True, populate_existing=True)
    if row is not None and row.plan_id == plan_id:
        row.lease_until = now

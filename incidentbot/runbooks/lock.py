"""One plan at a time per target: a unique row with a lease and a fence that only grows."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incidentbot.store import insert_once
from incidentbot.store.models import ResourceLock

LEASE = timedelta(minutes=5)  # longer than any call, verification included


def take(session: Session, resource: str, plan_id: str, now: datetime) -> int | None:
    """The fence of this plan's lock; None when another plan holds the resource."""
    until = now + LEASE
    first = insert_once(
        session, ResourceLock, resource=resource, plan_id=plan_id, fence=1, lease_until=until
    )
    row = session.get_one(ResourceLock, resource, with_for_update=True, populate_existing=True)
    if not first and row.plan_id != plan_id:
        if row.lease_until > now:
            return None
        row.plan_id, row.fence = plan_id, row.fence + 1
    row.lease_until = until
    return row.fence


def holds(session: Session, resource: str, plan_id: str, fence: int) -> bool:
    """Whether this plan still holds it: asked in the transaction of every intent."""
    row = session.get(ResourceLock, resource, with_for_update=True, populate_existing=True)
    return row is not None and (row.plan_id, row.fence) == (plan_id, fence)


def release(session: Session, resource: str, plan_id: str, now: datetime) -> None:
    row = session.get(ResourceLock, resource, with_for_update=True)
    if row is not None and row.plan_id == plan_id:
        row.lease_until = now

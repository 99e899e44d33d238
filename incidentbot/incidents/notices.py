"""What people should hear although there is no incident to tell it in. Append-only."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot.store import changed, insert_once
from incidentbot.store.models import Counter, Notice

TOPIC = "notices"


def write(
    session: Session,
    kind: str,
    key: str,
    text: str,
    *,
    at: datetime,
    dependency: str | None = None,
    data: dict[str, Any] | None = None,
) -> bool:
    """Add a notice; False when one with this key is there already.

    Writers wait for each other, so that numbers are committed in their order and no reader who
    goes by them skips one.
    """
    insert_once(session, Counter, name=TOPIC, value=0)
    session.get_one(Counter, TOPIC, with_for_update=True, populate_existing=True)
    wrote = insert_once(
        session,
        Notice,
        key=key[:200],
        kind=kind,
        dependency=dependency,
        at=at,
        text=text,
        data=data or {},
    )
    if wrote:
        changed(session, TOPIC)
    return wrote


def after(session: Session, number: int, limit: int = 100) -> list[Notice]:
    """Notices written after the one of this number, in their order."""
    rows = session.scalars(
        select(Notice).where(Notice.id > number).order_by(Notice.id).limit(limit)
    )
    return list(rows)

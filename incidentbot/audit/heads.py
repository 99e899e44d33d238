"""What is taken outside, when, and how far each place has come.

An anchor of a later head stands for all rows before it, so one that failed is made good by the
next. A head is never anchored over rows that are no longer those of the anchor before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.audit.chain import HEAD
from incidentbot.errors import IncidentbotError
from incidentbot.store.models import AuditAnchor, AuditHead, AuditRow


class Rewritten(IncidentbotError):
    """The audit log is not the one that was anchored before."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Row `n` had this hash. `at` in the form of clock.iso; `source` is where it was read."""

    n: int
    hash: str
    at: str = ""
    source: str = ""

    def as_dict(self) -> dict[str, object]:
        return {"n": self.n, "hash": self.hash, "at": self.at}


def behind(session: Session, place: str) -> tuple[int, AuditAnchor | None]:
    """(rows that this place has not anchored, its last anchor)."""
    head = session.get(AuditHead, HEAD)
    last = session.get(AuditAnchor, place)
    return (head.seq if head else 0) - (last.seq if last else 0), last


def due(
    session: Session, place: str, rows: int, every: timedelta, now: datetime
) -> tuple[Anchor | None, int]:
    """(the head, if it is time to anchor it there; rows that wait). May raise Rewritten."""
    waiting, last = behind(session, place)
    if last is not None:
        _is_still_there(session, last)
    ripe = last is None or waiting >= rows or now >= last.at + every
    if waiting <= 0 or not ripe:
        return None, waiting
    head = session.get_one(AuditHead, HEAD)
    return Anchor(head.seq, head.hash, clock.iso(now)), waiting


def done(session: Session, place: str, anchor: Anchor) -> None:
    """It stands there."""
    session.merge(
        AuditAnchor(place=place, seq=anchor.n, hash=anchor.hash, at=clock.parse(anchor.at))
    )


def _is_still_there(session: Session, last: AuditAnchor) -> None:
    found = session.scalar(select(AuditRow.hash).filter_by(seq=last.seq))
    if found != last.hash:
        raise Rewritten(
            f"row {last.seq} of the audit log is not the one that was anchored at"
            f" {last.at:%Y-%m-%d %H:%M:%S} UTC; look: incidentbot audit verify"
        )

"""The timeline: append-only, hash-chained, written in the transaction of the fact it tells.

Everyone writes to it, and everything that shows something reads from it.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from incidentbot import clock, ids
from incidentbot.errors import NotFound
from incidentbot.store import changed
from incidentbot.store.models import Incident, ReaderCursor, TimelineEntry

TOPIC = "timeline"  # what Store.on_commit listeners of timelines ask for

KINDS = (
    "signal",  # a check changed its state
    "verdict",  # what the checks and feeds together mean
    "vendor",  # the vendor said something
    "message",  # said in the channel and kept
    "role",
    "severity",
    "state",
    "runbook",  # plan, approval, step, proof
    "note",  # written down by a person
    "update",  # told to stakeholders
    "page",  # somebody was asked to come
    "external",  # something outside exists now, e.g. a channel
    "document",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the story. `at` is when it happened, `recorded_at` when we learned it."""

    incident_id: str
    seq: int
    at: datetime
    recorded_at: datetime
    kind: str
    actor: str
    text: str
    data: dict[str, Any]
    hash: str


def append(
    session: Session,
    incident_id: str,
    kind: str,
    text: str,
    *,
    actor: str = "incidentbot",
    at: datetime | None = None,
    data: dict[str, Any] | None = None,
    key: str | None = None,
) -> Entry | None:
    """Add one entry; None when an entry with this `key` is there already (a repeat is no news).

    Locks the incident's row, so entries of one incident follow each other without a gap.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r} (allowed: {', '.join(KINDS)})")
    incident = session.get(Incident, incident_id, with_for_update=True, populate_existing=True)
    if incident is None:
        raise NotFound(f"there is no incident {incident_id}")
    if key is not None and session.scalar(select(TimelineEntry.id).filter_by(key=key)) is not None:
        return None
    recorded = clock.now()
    row = TimelineEntry(
        incident_id=incident_id,
        seq=incident.last_seq + 1,
        key=key,
        at=at or recorded,
        recorded_at=recorded,
        kind=kind,
        actor=actor,
        text=text,
        data=data or {},
        prev_hash=incident.last_hash,
        hash="",
    )
    row.hash = _hash(row)
    session.add(row)
    incident.last_seq, incident.last_hash = row.seq, row.hash
    session.flush()
    changed(session, TOPIC)
    return _entry(row)


def read(session: Session, incident_id: str, *, after: int = 0) -> list[Entry]:
    """Entries in the order they were recorded."""
    rows = session.scalars(
        select(TimelineEntry)
        .where(TimelineEntry.incident_id == incident_id, TimelineEntry.seq > after)
        .order_by(TimelineEntry.seq)
    )
    return [_entry(row) for row in rows]


def told(entries: Iterable[Entry]) -> list[Entry]:
    """The same as a story: by the time things happened; ties keep the order of recording."""
    return sorted(entries, key=lambda entry: (entry.at, entry.seq))


def verify(session: Session, incident_id: str) -> str | None:
    """None when the chain holds, else words that name the first bad entry."""
    # Locked as a writer locks it: an entry that is just being added must not look like a gap.
    incident = session.get(Incident, incident_id, with_for_update=True)
    if incident is None:
        raise NotFound(f"there is no incident {incident_id}")
    rows = session.scalars(
        select(TimelineEntry).filter_by(incident_id=incident_id).order_by(TimelineEntry.seq)
    ).all()
    before, expected = "", 1
    for row in rows:
        if row.seq != expected:
            return f"{incident_id}: entry {expected} is missing"
        if row.prev_hash != before or row.hash != _hash(row):
            return f"{incident_id}: entry {row.seq} was changed after it was written"
        before, expected = row.hash, expected + 1
    if (incident.last_seq, incident.last_hash) != (expected - 1, before):
        return f"{incident_id}: entries after {expected - 1} are missing"
    return None


def unread(session: Session, reader: str, limit: int = 200) -> list[Entry]:
    """What this reader has not seen, oldest first within each incident."""
    mine = and_(ReaderCursor.incident_id == Incident.id, ReaderCursor.reader == reader)
    come = func.coalesce(ReaderCursor.seq, 0)
    rows = session.scalars(
        select(TimelineEntry)
        .join(Incident, Incident.id == TimelineEntry.incident_id)
        .outerjoin(ReaderCursor, mine)
        .where(Incident.last_seq > come, TimelineEntry.seq > come)
        .order_by(TimelineEntry.id)
        .limit(limit)
    )
    return sorted((_entry(row) for row in rows), key=lambda e: (e.recorded_at, e.seq))


def seen(session: Session, reader: str, entries: Sequence[Entry]) -> None:
    """Move the reader's cursor past these entries."""
    for incident_id in {entry.incident_id for entry in entries}:
        newest = max(e.seq for e in entries if e.incident_id == incident_id)
        session.merge(ReaderCursor(reader=reader, incident_id=incident_id, seq=newest))


class Wake:
    """A bell that readers wait on; rung after each commit, and by a slow tick for other writers."""

    def __init__(self, every: float = 1.0) -> None:
        self._event = asyncio.Event()
        self._every = every

    def ring(self) -> None:
        self._event.set()

    async def wait(self, at_most: float | None = None) -> None:
        """Return at the next ring, or after `every` seconds, or after `at_most`."""
        try:
            async with asyncio.timeout(self._every if at_most is None else at_most):
                await self._event.wait()
        except TimeoutError:
            pass
        self._event.clear()


def _hash(row: TimelineEntry) -> str:
    return ids.digest(
        [
            row.prev_hash,
            row.incident_id,
            row.seq,
            clock.iso(row.at),
            clock.iso(row.recorded_at),
            row.kind,
            row.actor,
            row.text,
            row.data,
        ]
    )


def _entry(row: TimelineEntry) -> Entry:
    return Entry(
        row.incident_id,
        row.seq,
        row.at,
        row.recorded_at,
        row.kind,
        row.actor,
        row.text,
        row.data,
        row.hash,
    )

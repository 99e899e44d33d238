"""A chain to look at, and hands that change what must not change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from incidentbot import audit
from incidentbot.audit.chain import HEAD, hash_of
from incidentbot.audit.heads import Anchor
from incidentbot.store import Store, migrate
from incidentbot.store.models import AuditHead, AuditRow

ROWS = 8


def fill(session: Session, rows: int = ROWS) -> None:
    for number in range(1, rows + 1):
        data = {"text": f"Maja bestätigte Schritt {number}.", "plan_hash": "ab" * 32}
        kind = "runbook.approved" if number % 2 else "runbook.step"
        audit.append(session, kind, "U0MAYA", "INC-1", "P-1a2b3c4d", data)


def head(session: Session) -> Anchor:
    row = session.get_one(AuditHead, HEAD)
    return Anchor(row.seq, row.hash, "", "outside")


def sql(store: Store, words: str, **values: object) -> None:
    with store.engine.begin() as connection:
        connection.execute(text(words), values)


def rewrite(session: Session) -> None:
    """All of it anew, with another actor in row 2: every hash fits again, and the head too."""
    before = ""
    for row in session.query(AuditRow).order_by(AuditRow.seq):
        if row.seq == 2:
            row.actor = "U0OTHER"
        row.prev_hash = before
        row.hash = before = hash_of(
            before, row.seq, row.at, row.kind, row.actor, row.incident_id, row.plan_id, row.data
        )
    session.get_one(AuditHead, HEAD).hash = before


@contextmanager
def sqlite(folder: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{folder}/incidentbot.db")
    migrate.upgrade(store)
    try:
        yield store
    finally:
        store.close()

"""What is told of a plan and of roles is in the audit log too, in the same transaction, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, ids
from incidentbot.audit.verify import verify
from incidentbot.errors import Refused
from incidentbot.incidents import crew, lifecycle
from incidentbot.incidents.people import Person
from incidentbot.runbooks import approve
from incidentbot.store import Store
from incidentbot.store.models import AuditRow, Plan, TimelineEntry
from tests.unit.audit_cases import sqlite

MAYA, JONAS = Person("U0MAYA", "Maya"), Person("U0JONAS", "Jonas")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("audit-of")
    with sqlite(folder) as made:
        made.run(_prepared)
        yield made


def _prepared(session: Session) -> None:
    now = clock.now()
    lifecycle.open_incident(
        session, key="k", title="S3", severity=2, opened_by="incidentbot", started_at=now,
        detected_at=now, text="S3 is down.",
    )  # fmt: skip
    session.add(
        Plan(id="P-1", incident_id="INC-1", runbook="b", target="t", body="{}", hash="ab" * 32,
             state="planned", created_by="U0MAYA", created_at=now, outcome="",
             expires_at=now + timedelta(minutes=10))
    )  # fmt: skip


def rows(store: Store, kind: str) -> list[AuditRow]:
    ordered = select(AuditRow).filter_by(kind=kind).order_by(AuditRow.seq)
    return store.run(lambda s: list(s.scalars(ordered)))


def tell(session: Session, /, text: str, **more: Any) -> None:
    approve.tell(session, session.get_one(Plan, "P-1"), "acked", text, actor="U0MAYA", **more)


def test_what_is_told_of_a_plan_is_a_row_with_its_hash_and_request_and_a_repeat_is_none(
    store: Store,
) -> None:
    for _ in range(2):
        store.run(tell, "The write was taken.", request_id="5b1c2f7e")
    (row,) = rows(store, "runbook.acked")
    assert (row.actor, row.incident_id, row.plan_id) == ("U0MAYA", "INC-1", "P-1")
    data = ids.read_canonical(row.data)
    assert data["plan_hash"] == "ab" * 32
    assert (data["text"], data["request_id"]) == ("The write was taken.", "5b1c2f7e")
    entry = store.run(lambda s: s.scalars(select(TimelineEntry).filter_by(kind="runbook")).one())
    assert data["entry"] == entry.seq
    assert verify(store).fault is None


def test_what_is_undone_with_its_transaction_is_in_neither(store: Store) -> None:
    def broken(session: Session) -> None:
        tell(session, "Never mind.", key="another")
        raise Refused("after all not")

    before = verify(store).seq
    with pytest.raises(Refused):
        store.run(broken)
    assert verify(store).seq == before


def test_a_role_that_changes_hands_is_a_row(store: Store) -> None:
    store.run(crew.assign, "INC-1", "commander", MAYA, MAYA)
    store.run(crew.assign, "INC-1", "commander", JONAS, MAYA)
    store.run(crew.assign, "INC-1", "commander", JONAS, MAYA)  # so it is
    store.run(crew.relieve, "INC-1", "commander", JONAS)
    data = [ids.read_canonical(row.data) for row in rows(store, "role")]
    assert [(one["before"], one["person"]) for one in data] == [
        (None, "U0MAYA"), ("U0MAYA", "U0JONAS"), ("U0JONAS", None),
    ]  # fmt: skip
    assert [row.actor for row in rows(store, "role")] == ["U0MAYA", "U0MAYA", "U0JONAS"]

"""An approval is of these bytes, by a second person who may, in time, once; a refusal is told."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from incidentbot import clock, ids, timeline
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.runbooks import approve, lock
from incidentbot.store import Store
from incidentbot.store.models import Plan

MAYA, JONAS = Person("U1", "Maya", approver=True), Person("U2", "Jonas", approver=True)
GUEST = Person("U3", "Kim")
BODY = {"runbook": {"title": "Serve Shop images from us-west-2"}, "asset": "shop-images"}
HASH = ids.digest(BODY)


@pytest.fixture
def plan(store: Store) -> Store:
    """A database with the plan P-1, which Maya asked for."""
    store.run(_plan)
    return store


def _plan(session: Session) -> None:
    now = clock.now()
    lifecycle.open_incident(
        session,
        key="k",
        title="t",
        severity=2,
        opened_by="U1",
        started_at=now,
        detected_at=now,
        text="t",
    )
    session.add(
        Plan(
            id="P-1",
            incident_id="INC-1",
            runbook="serve-from-backup",
            target="ssm:x",
            body=ids.canonical(BODY).decode(),
            hash=HASH,
            state="planned",
            created_by=MAYA.id,
            created_at=now,
            expires_at=now + timedelta(minutes=10),
        )
    )


def change(store: Store, **values: Any) -> None:
    def write(session: Session) -> None:
        for name, value in values.items():
            setattr(session.get_one(Plan, "P-1"), name, value)

    store.run(write)


def click(store: Store, person: Person, plan_hash: str = HASH) -> tuple[bool, str]:
    return store.run(approve.approve, "P-1", plan_hash, person, clock.now())


def told(store: Store, event: str) -> list[str]:
    entries = store.run(timeline.read, "INC-1")
    return [entry.text for entry in entries if entry.data.get("event") == event]


def test_a_second_person_approves_once(plan: Store) -> None:
    assert click(plan, JONAS) == (True, "")
    assert click(plan, JONAS) == (True, "Plan P-1 was already approved by you; it runs once.")
    assert click(plan, MAYA) == (True, "Plan P-1 was already approved by Jonas; it runs once.")
    assert told(plan, "approved") == [f"Jonas approved the plan P-1 ({HASH[:8]})."]


@pytest.mark.parametrize(
    ("person", "plan_hash", "changes", "words"),
    [
        (MAYA, HASH, {}, "Somebody else must approve"),
        (GUEST, HASH, {}, "Kim is not among the approvers"),
        (JONAS, "0" * 64, {}, "not the plan that was shown"),
        (JONAS, HASH, {"body": ids.canonical(BODY | {"asset": "x"}).decode()}, "not the plan"),
        (JONAS, HASH, {"body": "{ not json"}, "not the plan"),
        (JONAS, HASH, {"state": "cancelled"}, "is cancelled"),
        (JONAS, HASH, {"state": "expired"}, "is expired"),
        (JONAS, HASH, {"state": "done"}, "is done"),
    ],
)
def test_a_refusal_says_why_and_is_told_once(
    plan: Store, person: Person, plan_hash: str, changes: dict[str, Any], words: str
) -> None:
    change(plan, **changes)
    for _ in range(3):  # a redelivered click is no news
        fine, said = click(plan, person, plan_hash)
        assert not fine and words in said
    (only,) = told(plan, "refused")
    assert words in only
    assert told(plan, "approved") == []


def test_a_plan_whose_time_is_over_cannot_be_approved(plan: Store) -> None:
    change(plan, expires_at=clock.now())
    fine, said = click(plan, JONAS)
    assert not fine and "expired at" in said


def test_an_approval_is_not_good_for_other_bytes(plan: Store) -> None:
    click(plan, JONAS)
    assert not click(plan, JONAS, "0" * 64)[0]
    other = BODY | {"asset": "x"}
    change(plan, body=ids.canonical(other).decode(), hash=ids.digest(other))
    why = plan.run(lambda s: approve.broken_seal(s, s.get_one(Plan, "P-1")))
    assert why is not None and "not the one that was approved" in why


def test_a_cancelled_plan_stays_cancelled(plan: Store) -> None:
    assert plan.run(approve.cancel, "P-1", GUEST, clock.now()) == ""
    assert "nothing to cancel" in plan.run(approve.cancel, "P-1", MAYA, clock.now())
    assert not click(plan, JONAS)[0]


def test_a_lock_belongs_to_one_plan_and_its_fence_only_grows(store: Store) -> None:
    now = clock.now()
    later = now + lock.LEASE + timedelta(seconds=1)
    assert store.run(lock.take, "ssm:x", "P-1", now) == 1
    assert store.run(lock.take, "ssm:x", "P-1", now) == 1
    assert store.run(lock.take, "ssm:x", "P-2", now) is None
    assert store.run(lock.holds, "ssm:x", "P-1", 1, now)
    assert not store.run(lock.holds, "ssm:x", "P-1", 1, later)
    assert store.run(lock.take, "ssm:x", "P-2", later) == 2
    assert not store.run(lock.holds, "ssm:x", "P-1", 1, later)
    store.run(lock.release, "ssm:x", "P-1", later)  # not its own any more
    assert store.run(lock.take, "ssm:x", "P-1", later) is None
    store.run(lock.release, "ssm:x", "P-2", later)
    assert store.run(lock.take, "ssm:x", "P-1", later) == 3

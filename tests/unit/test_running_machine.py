"""Whatever two people do with three incidents, in any order: what must be true stays true."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.errors import Refused
from incidentbot.incidents import crew, finding, handover, lifecycle, reshape
from incidentbot.incidents.lifecycle import End
from incidentbot.incidents.people import Person
from incidentbot.incidents.rights import COMMANDER, Rights
from incidentbot.store import Store, migrate
from incidentbot.store.models import Incident, Timer

EXAMPLES = 8
START = datetime(2026, 11, 24, 10, tzinfo=UTC)
MAYA = Person("U1", "Maya", rights=frozenset({COMMANDER}))
JONAS = Person("U2", "Jonas")
RIGHTS = Rights({COMMANDER: ["U1"]})

people = st.sampled_from([MAYA, JONAS])
numbers = st.sampled_from(["INC-1", "INC-2", "INC-3"])
some_roles = st.sampled_from(crew.ROLES)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, to be copied: migrating takes longer than an example."""
    path: Path = tmp_path_factory.mktemp("machine") / "empty.db"
    made = Store(f"sqlite:///{path}")
    migrate.upgrade(made)
    made.close()
    return path


class Running(RuleBasedStateMachine):
    """Each gesture is a transaction; a refused one leaves nothing."""

    empty: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "incidentbot.db"
        path.write_bytes(self.empty.read_bytes())
        self.store = Store(f"sqlite:///{path}")
        self.frozen = freeze_time(START)
        self.time = self.frozen.start()
        for n in range(3):
            self.store.run(_declare, f"Number {n}", f"d{n}", private=n == 2)
            self.time.tick(timedelta(minutes=1))

    def teardown(self) -> None:
        for number in ("INC-1", "INC-2", "INC-3"):
            assert self.store.run(timeline.verify, number) is None
        self.frozen.stop()
        self.store.close()
        self.folder.cleanup()

    def do(self, act: Callable[..., Any], *args: Any, **more: Any) -> Any:
        self.time.tick(timedelta(seconds=40))
        try:
            return self.store.run(act, *args, **more)
        except Refused:
            return None

    @rule(number=numbers, person=people)
    def acknowledge(self, number: str, person: Person) -> None:
        self.do(lifecycle.acknowledge, number, person)

    @rule(number=numbers, person=people)
    def mitigate(self, number: str, person: Person) -> None:
        self.do(lifecycle.mitigate, number, actor=person.id, because="it is over")

    @rule(number=numbers)
    def unmitigate(self, number: str) -> None:
        self.do(lifecycle.unmitigate, number, because="it is back")

    @rule(number=numbers, person=people, ago=st.integers(-1, 9))
    def resolve(self, number: str, person: Person, ago: int) -> None:
        since = clock.now() - timedelta(minutes=ago)
        self.do(lifecycle.resolve, number, actor=person, text="done", end=End("no", "", since))

    @rule(number=numbers, person=people)
    def reopen(self, number: str, person: Person) -> None:
        self.do(lifecycle.reopen, number, actor=person, text="again")

    @rule(number=numbers, person=people, level=st.integers(0, 6))
    def severity(self, number: str, person: Person, level: int) -> None:
        self.do(lifecycle.set_severity, number, level, person, "because")

    @rule(number=numbers, person=people, title=st.sampled_from(["A", " ", "B  b"]))
    def rename(self, number: str, person: Person, title: str) -> None:
        self.do(reshape.rename, number, title, person)

    @rule(number=numbers, into=numbers, person=people)
    def merge(self, number: str, into: str, person: Person) -> None:
        self.do(reshape.merge, number, into, person)

    @rule(number=numbers, role=some_roles, person=people)
    def take(self, number: str, role: str, person: Person) -> None:
        had = self.store.run(crew.roles, number).get(role)
        got = self.do(crew.take, number, role, person)
        assert got == (had if had != person.id else None) or got is None

    @rule(number=numbers, role=some_roles, to=people, by=people, now=st.booleans())
    def give(self, number: str, role: str, to: Person, by: Person, now: bool) -> None:
        had = self.store.run(crew.roles, number).get(role)
        given = self.do(handover.give, number, role, to, by, RIGHTS, now=now)
        has = self.store.run(crew.roles, number).get(role)
        if role == crew.COMMANDER and had not in (None, has):
            assert now, "the command of somebody moved without a yes"
            assert by is MAYA or by.id == had
        assert given is None or (given.what == handover.GIVEN) == (had != has)

    @rule(number=numbers, role=some_roles, by=people)
    def lay_down(self, number: str, role: str, by: Person) -> None:
        self.do(handover.lay_down, number, role, by, RIGHTS)

    @rule(number=numbers, person=people)
    def accept(self, number: str, person: Person) -> None:
        offered = self.store.run(handover.standing, number)
        if self.do(handover.accept, number, person) is not None:
            assert offered is not None
            assert offered.to.id == person.id
            assert self.store.run(crew.roles, number)[crew.COMMANDER] == person.id

    @rule(number=numbers, person=people)
    def decline(self, number: str, person: Person) -> None:
        self.do(handover.decline, number, person)

    @rule(number=numbers, person=people)
    def withdraw(self, number: str, person: Person) -> None:
        self.do(handover.withdraw, number, person)

    @rule()
    def an_offer_runs_out(self) -> None:
        self.store.run(_run_out)

    @invariant()
    def what_must_be_true_is_true(self) -> None:
        self.store.run(_check)


def _declare(session: Session, title: str, key: str, *, private: bool) -> None:
    now = clock.now()
    lifecycle.open_incident(
        session, key=key, title=title, severity=3, opened_by="U1", started_at=now,
        detected_at=now, text=title, private=private, dependency=key,
    )  # fmt: skip


def _run_out(session: Session) -> None:
    for timer in session.scalars(select(Timer)):
        session.delete(timer)
        session.flush()
        handover.expire(session, timer)


def _check(session: Session) -> None:
    for row in session.scalars(select(Incident)):
        assert (row.status == "resolved") == (row.resolved_at is not None), row.id
        assert (row.status == "mitigated") <= (row.mitigated_at is not None), row.id
        assert row.status != "open" or row.acknowledged_at is None, row.id
        if row.mitigated_at is not None:
            assert row.started_at <= row.mitigated_at <= (row.resolved_at or clock.now()), row.id
        assert row.started_at <= row.detected_at, row.id
        goes_on = finding.survivor(session, row)
        assert goes_on.merged_into is None, f"{row.id} is merged in a circle"
        assert goes_on.private == row.private, row.id
        if row.merged_into is not None:
            assert row.status == "resolved", f"{row.id} is merged, and live"
        open_ = lifecycle.number_open_for(session, str(row.dependency))
        assert open_ == (goes_on.id if goes_on.status != "resolved" else None), row.id
        offered = handover.standing(session, row.id)
        if offered is not None:
            assert row.status != "resolved", row.id
            assert crew.roles(session, row.id)[crew.COMMANDER] == offered.giver.id, row.id


def test_any_gestures_of_two_people_keep_what_must_be_true(empty: Path) -> None:
    Running.empty = empty
    Running.TestCase.settings = settings(
        max_examples=EXAMPLES, stateful_step_count=25, deadline=None
    )
    Running.TestCase().runTest()

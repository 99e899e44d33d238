"""A private incident does not exist but for those let in, whichever way one asks for it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.errors import NotFound
from incidentbot.incidents import lifecycle, privacy
from incidentbot.incidents.people import Person
from incidentbot.incidents.rights import ADMIN
from incidentbot.store import Store
from incidentbot.store.models import Incident, Member, TimelineEntry

MAYA, JONAS = Person("U1", "Maya"), Person("U2", "Jonas")
PEOPLE = {
    "maya": MAYA,
    "jonas": JONAS,
    "root": Person("U3", "Root", rights=frozenset({ADMIN})),
    "the public": None,
}


def declare(session: Session, opener: str, key: str, private: bool) -> str:
    now = clock.now()
    made, _ = lifecycle.open_incident(
        session, key=key, title=key, severity=3, opened_by=opener, started_at=now,
        detected_at=now, text=key, private=private,
    )  # fmt: skip
    return made


def seen(session: Session, person: Person | None) -> set[str]:
    """By each way there is; they must agree."""
    by_list = {row.id for row in lifecycle.listed(session, 1000, to=person)}
    by_condition = set(session.scalars(select(Incident.id).where(privacy.seen_by(person))))
    every = session.scalars(select(Incident)).all()
    by_one = {row.id for row in every if privacy.may_see(session, row, person)}
    by_name = set()
    for row in every:
        try:
            by_name.add(privacy.visible(session, row.id, person).id)
        except NotFound as error:
            assert error.message == f"There is no incident {row.id}."
    assert by_list == by_condition == by_one == by_name
    return by_list


def test_whoever_opened_it_sees_it_and_whoever_gets_a_role_too(store: Store) -> None:
    number = store.run(declare, "U1", "secret", True)
    assert {who for who, p in PEOPLE.items() if store.run(seen, p)} == {"maya", "root"}
    store.run(lifecycle.assign, number, "scribe", JONAS, MAYA)
    assert store.run(seen, JONAS) == {number}
    with pytest.raises(NotFound, match=r"There is no incident INC-77\."):
        store.run(privacy.visible, "INC-77", PEOPLE["root"])


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["open", "private", "in"]),
        st.sampled_from(["U1", "U2"]),
        st.integers(0, 3),
    ),
    max_size=12,
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_nobody_sees_a_private_one_without_having_been_let_in(
    store: Store, moves: list[tuple[str, str, int]]
) -> None:
    store.run(_clear)
    private: dict[str, set[str]] = {}
    public: set[str] = set()
    for n, (move, who, which) in enumerate(moves):
        if move in ("open", "private"):
            number = store.run(declare, who, f"{clock.iso(clock.now())}:{n}", move == "private")
            if move == "open":
                public.add(number)
            else:
                private[number] = {who}
        elif private:
            number = list(private)[which % len(private)]
            private[number].add(who)
            store.run(privacy.let_in, number, who)
    for person in PEOPLE.values():
        root = person is not None and ADMIN in person.rights
        id = person.id if person else ""
        mine = {number for number, let_in in private.items() if root or id in let_in}
        assert store.run(seen, person) == public | mine


def _clear(session: Session) -> None:
    for table in (Member, TimelineEntry, Incident):
        session.execute(delete(table))

"""Two incidents become one, or are told why not; undone, each is what it was."""

import itertools
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.errors import NotFound, Refused
from incidentbot.incidents import crew, finding, handover, lifecycle, privacy, reshape
from incidentbot.incidents.people import Person
from incidentbot.incidents.rights import Rights
from incidentbot.store import Store
from incidentbot.store.models import Incident

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

MAYA, JONAS, LENA = Person("U1", "Maya"), Person("U2", "Jonas"), Person("U3", "Lena")


def declare(
    session: Session, title: str, ago: int = 0, *, private: bool = False, test: bool = False
) -> str:
    at = clock.now() - timedelta(minutes=ago)
    made, _ = lifecycle.open_incident(
        session, key=title, title=title, severity=3, opened_by=MAYA.id, started_at=at,
        detected_at=clock.now(), text=title, private=private, test=test,
    )  # fmt: skip
    return made


def row(store: Store, number: str) -> Incident:
    return store.run(lifecycle.get, number)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ({"private": True}, {}, "INC-1 is private and INC-2 is not: .* Make INC-2 private first"),
        ({}, {"private": True}, "INC-2 is private and INC-1 is not"),
        ({"test": True}, {}, "INC-1 is a test and INC-2 is not, so they stay two"),
        ({}, {"test": True}, "INC-2 is a test and INC-1 is not"),
    ],
)
def test_what_must_not_become_one_stays_two(
    store: Store, first: dict[str, bool], second: dict[str, bool], words: str
) -> None:
    one, two = store.run(declare, "One", **first), store.run(declare, "Two", **second)
    with pytest.raises(Refused, match=words):
        store.run(reshape.merge, one, two, MAYA)
    assert row(store, one).merged_into is None
    assert [len(store.run(timeline.read, number)) for number in (one, two)] == [1, 1]


def test_into_itself_into_what_is_over_and_into_nothing_is_refused(store: Store) -> None:
    one, two, three = (store.run(declare, title) for title in ("One", "Two", "Three"))
    with pytest.raises(Refused, match=r"INC-1 cannot be part of itself\. Name"):
        store.run(reshape.merge, one, one, MAYA)
    with pytest.raises(NotFound, match="INC-9"):
        store.run(reshape.merge, one, "INC-9", MAYA)
    store.run(reshape.merge, two, one, MAYA)
    with pytest.raises(Refused, match="part of itself, and INC-2 is part of it"):
        store.run(reshape.merge, one, two, MAYA)
    with pytest.raises(Refused, match="INC-2 was merged into INC-1; nothing was changed here"):
        store.run(reshape.merge, two, three, MAYA)
    store.run(lifecycle.resolve, three, actor=MAYA)
    with pytest.raises(Refused, match=r"INC-3 is resolved\. Reopen it"):
        store.run(reshape.merge, one, three, MAYA)
    with pytest.raises(Refused, match="INC-3 is resolved; nothing was changed"):
        store.run(reshape.merge, three, one, MAYA)


def test_the_earlier_beginning_counts_and_reopening_gives_it_back(store: Store) -> None:
    old, new = store.run(declare, "Old", 30), store.run(declare, "New")
    began = row(store, new).started_at
    store.run(crew.assign, old, "scribe", JONAS, MAYA)
    assert store.run(reshape.merge, old, new, LENA) == new
    assert row(store, new).started_at == row(store, old).started_at < began
    assert store.run(reshape.people_in, old) == ["U1", "U2", "U3"]
    told = store.run(timeline.read, new)[-1]
    assert told.text.startswith("Lena merged INC-1 (Old) into this. It began earlier, at ")
    assert store.run(lifecycle.reopen, old, actor=MAYA, text="another cause")
    assert row(store, new).started_at == began
    assert (row(store, old).status, row(store, old).resolved_at) == ("open", None)
    assert store.run(timeline.read, new)[-1].text == "INC-1 (Old) goes on by itself again."


def test_a_private_one_lets_the_people_of_the_other_in(store: Store) -> None:
    one = store.run(declare, "One", private=True)
    two = store.run(declare, "Two", private=True)
    store.run(crew.assign, one, "scribe", JONAS, MAYA)
    assert not store.run(_sees, two, JONAS)
    store.run(reshape.merge, one, two, MAYA)
    assert store.run(_sees, two, JONAS)
    assert not store.run(_sees, two, LENA)


def test_whoever_is_asked_to_command_a_private_one_sees_it(store: Store) -> None:
    one = store.run(declare, "One", private=True)
    store.run(crew.take, one, crew.COMMANDER, MAYA)
    given = store.run(handover.give, one, crew.COMMANDER, JONAS, MAYA, Rights({}))
    assert given.what == handover.OFFERED
    assert store.run(_sees, one, JONAS)
    store.run(lifecycle.resolve, one, actor=MAYA)
    with pytest.raises(Refused, match="INC-1 is resolved"):
        store.run(handover.accept, one, JONAS)


def _sees(session: Session, number: str, person: Person) -> bool:
    return privacy.may_see(session, lifecycle.get(session, number), person)


def test_a_chain_of_merges_ends_at_the_one_that_goes_on(store: Store) -> None:
    numbers = [store.run(declare, f"Number {n}") for n in range(5)]
    for one, next_ in itertools.pairwise(numbers):
        store.run(reshape.merge, one, next_, MAYA)
    for number in numbers:
        assert store.run(_goes_on, number) == numbers[-1]
    assert store.run(reshape.merge, numbers[0], numbers[2], MAYA) is None


def _goes_on(session: Session, number: str) -> str:
    return finding.survivor(session, lifecycle.get(session, number)).id

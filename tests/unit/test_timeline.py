"""The timeline keeps every entry, in order, and shows when one was touched."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.store import Store
from incidentbot.store.models import TimelineEntry

MAYA = Person("U1", "Maya")


def opened(session: Session) -> str:
    now = clock.now()
    made = lifecycle.open_incident(
        session,
        key="k",
        title="Pictures are gone",
        severity=2,
        opened_by="U1",
        started_at=now,
        detected_at=now,
        text="Maya declared: pictures are gone",
    )
    return made[0]


def filled(session: Session) -> str:
    incident_id = opened(session)
    lifecycle.acknowledge(session, incident_id, MAYA)
    lifecycle.note(session, incident_id, "Größe <!channel> ✓", MAYA)
    return incident_id


def test_the_chain_holds_after_a_round_trip_through_the_database(store: Store) -> None:
    incident_id = store.run(filled)
    assert store.run(timeline.verify, incident_id) is None
    entries = store.run(timeline.read, incident_id)
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert entries[2].text == "Größe <!channel> ✓"
    assert entries[0].at.tzinfo is not None


@pytest.mark.parametrize("field, value", [("text", "Nothing happened"), ("actor", "U9")])
def test_a_changed_entry_is_named(store: Store, field: str, value: str) -> None:
    incident_id = store.run(filled)
    change = update(TimelineEntry).where(TimelineEntry.seq == 2).values({field: value})
    store.run(lambda session: session.execute(change).close())
    assert "entry 2 was changed" in str(store.run(timeline.verify, incident_id))


def test_a_removed_entry_is_missed_in_the_middle_and_at_the_end(store: Store) -> None:
    incident_id = store.run(filled)
    last = delete(TimelineEntry).where(TimelineEntry.seq == 3)
    store.run(lambda session: session.execute(last).close())
    assert "after 2 are missing" in str(store.run(timeline.verify, incident_id))
    middle = delete(TimelineEntry).where(TimelineEntry.seq == 1)
    store.run(lambda session: session.execute(middle).close())
    assert "entry 1 is missing" in str(store.run(timeline.verify, incident_id))


def test_a_reader_sees_each_entry_once_and_nothing_is_skipped(store: Store) -> None:
    incident_id = store.run(filled)
    first = store.run(timeline.unread, "slack")
    store.run(timeline.seen, "slack", first[:2])
    rest = store.run(timeline.unread, "slack")
    assert [e.seq for e in first] == [1, 2, 3] and [e.seq for e in rest] == [3]
    store.run(timeline.seen, "slack", rest)
    assert store.run(timeline.unread, "slack") == []
    assert len(store.run(timeline.unread, "work")) == 3
    store.run(lifecycle.note, incident_id, "more", MAYA)
    assert [e.text for e in store.run(timeline.unread, "slack")] == ["more"]


def test_an_entry_with_a_key_is_written_once(store: Store) -> None:
    incident_id = store.run(filled)
    store.run(lifecycle.note, incident_id, "once", MAYA, "note:1")
    store.run(lifecycle.note, incident_id, "once", MAYA, "note:1")
    assert [e.text for e in store.run(timeline.read, incident_id)].count("once") == 1


def test_a_failed_transaction_leaves_neither_fact_nor_entry(store: Store) -> None:
    incident_id = store.run(filled)

    def half(session: Session) -> None:
        lifecycle.note(session, incident_id, "never", MAYA)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        store.run(half)
    assert len(store.run(timeline.read, incident_id)) == 3
    assert store.run(timeline.verify, incident_id) is None


def test_checking_while_somebody_writes_raises_no_false_alarm(store: Store) -> None:
    incident_id = store.run(filled)

    def write(number: int) -> None:
        store.run(lifecycle.note, incident_id, f"note {number}", MAYA)

    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write, number) for number in range(40)]
        while not all(one.done() for one in writing):
            assert store.run(timeline.verify, incident_id) is None
        for one in writing:
            one.result()

"""An incident's state: forward by people, told once, whoever says it twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from freezegun import freeze_time

from incidentbot import clock, timeline
from incidentbot.errors import NotFound, Refused
from incidentbot.incidents import lifecycle, reshape
from incidentbot.incidents.people import Person
from incidentbot.store import Store

MAYA, JONAS = Person("U1", "Maya"), Person("U2", "Jonas")


def declare(store: Store, key: str = "k", severity: int = 2) -> tuple[str, bool]:
    now = clock.now()
    return store.run(
        lifecycle.open_incident,
        key=key,
        title="Pictures are gone",
        severity=severity,
        opened_by="U1",
        started_at=now,
        detected_at=now,
        text="Maya declared it",
    )


def status(store: Store, incident_id: str) -> str:
    return store.run(lifecycle.get, incident_id).status


def texts(store: Store, incident_id: str) -> list[str]:
    return [entry.text for entry in store.run(timeline.read, incident_id)]


def test_the_same_key_is_the_same_incident_for_ever(store: Store) -> None:
    assert declare(store) == ("INC-1", True)
    assert declare(store) == ("INC-1", False)
    assert declare(store, "other") == ("INC-2", True)


def test_two_openers_at_the_same_moment_open_one(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: declare(store), range(16)))
    assert {incident_id for incident_id, _ in made} == {"INC-1"}
    assert sum(created for _, created in made) == 1


def test_acknowledging_twice_is_told_once(store: Store) -> None:
    incident_id, _ = declare(store)
    assert store.run(lifecycle.acknowledge, incident_id, MAYA)
    assert not store.run(lifecycle.acknowledge, incident_id, JONAS)
    assert texts(store, incident_id)[1:] == ["Maya acknowledged the incident."]
    assert status(store, incident_id) == "acknowledged"


def test_two_people_who_acknowledge_at_once_leave_one_entry(store: Store) -> None:
    incident_id, _ = declare(store)
    with ThreadPoolExecutor(8) as pool:
        firsts = list(
            pool.map(lambda p: store.run(lifecycle.acknowledge, incident_id, p), [MAYA, JONAS] * 6)
        )
    assert sum(firsts) == 1
    assert len(texts(store, incident_id)) == 2


def test_two_merged_into_each_other_at_once_leave_one_that_goes_on(store: Store) -> None:
    one, two = declare(store, "one")[0], declare(store, "two")[0]

    def merge(pair: tuple[str, str]) -> str:
        try:
            return store.run(reshape.merge, *pair, MAYA) or "merged already"
        except Refused as error:
            return error.message

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(merge, [(one, two), (two, one)] * 2))
    assert len({status(store, one), status(store, two)} - {"resolved"}) == 1
    assert sorted(said)[-1] == "merged already"
    assert sum("cannot be part of itself" in words for words in said) == 2
    assert [store.run(timeline.verify, number) for number in (one, two)] == [None, None]


def test_a_resolved_incident_refuses_changes_until_it_is_reopened(store: Store) -> None:
    incident_id, _ = declare(store)
    assert store.run(lifecycle.resolve, incident_id, actor=MAYA, text="back to normal")
    with pytest.raises(Refused, match="is resolved"):
        store.run(lifecycle.set_severity, incident_id, 1, MAYA)
    assert store.run(lifecycle.reopen, incident_id, actor=JONAS)
    assert store.run(lifecycle.set_severity, incident_id, 1, MAYA)
    assert status(store, incident_id) == "open"


def test_the_vendor_is_late_by_the_time_since_detection(store: Store) -> None:
    with freeze_time("2026-11-24T10:00:00Z"):
        incident_id, _ = declare(store)
    with freeze_time("2026-11-24T11:58:00Z"):
        at = clock.now()
        report = {"title": "Elevated errors", "feed": "aws-status", "state": "degraded"}
        assert store.run(lifecycle.vendor_reported, incident_id, at=at, **report)
        assert not store.run(lifecycle.vendor_reported, incident_id, at=at, **report)
    entry = store.run(timeline.read, incident_id)[-1]
    assert entry.data["delay_s"] == 7080 and "1 h 58 min" in entry.text


def test_roles_change_hands_and_say_so(store: Store) -> None:
    incident_id, _ = declare(store)
    assert store.run(lifecycle.assign, incident_id, "commander", MAYA, MAYA)
    assert not store.run(lifecycle.assign, incident_id, "commander", MAYA, MAYA)
    assert store.run(lifecycle.assign, incident_id, "commander", JONAS, MAYA)
    assert texts(store, incident_id)[-1] == "Maya made Jonas commander."
    with pytest.raises(Refused, match="allowed: commander"):
        store.run(lifecycle.assign, incident_id, "king", MAYA, MAYA)


def test_bad_severity_and_unknown_incident_are_refused_with_what_is_allowed(store: Store) -> None:
    with pytest.raises(Refused, match="1 to 5"):
        declare(store, severity=9)
    with pytest.raises(NotFound, match="INC-77"):
        store.run(lifecycle.acknowledge, "INC-77", MAYA)


def test_a_vendor_who_was_first_is_said_to_be(store: Store) -> None:
    with freeze_time("2026-11-24T10:00:00Z"):
        incident_id, _ = declare(store)
    with freeze_time("2026-11-24T09:57:00Z"):
        at = clock.now()
    report = {"title": "Elevated errors", "feed": "aws-status", "state": "degraded"}
    assert store.run(lifecycle.vendor_reported, incident_id, at=at, **report)
    assert "3 min before we saw it" in texts(store, incident_id)[-1]

"""When stakeholders hear again: promised, moved, slowed, ended."""

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidentbot import clock, timeline, timers
from incidentbot.incidents import cadence, lifecycle
from incidentbot.incidents.people import Person
from incidentbot.settings.telling import USUAL
from incidentbot.store import Store
from incidentbot.store.models import Incident

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MAYA = Person("U1", "Maya")
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


class Scene:
    """One incident, and a reader that heeds each entry as it comes."""

    def __init__(self, store: Store, severity: int, key: str = "k") -> None:
        self.store, self.seq = store, 0
        now = clock.now()
        self.id, _ = store.run(
            lifecycle.open_incident,
            key=key,
            title="Pictures are gone",
            severity=severity,
            opened_by="U1",
            started_at=now,
            detected_at=now,
            text="Maya declared it",
        )
        self.heed()

    def heed(self) -> None:
        for entry in self.store.run(timeline.read, self.id, after=self.seq):
            self.store.run(cadence.heed, entry, USUAL.get)
            self.seq = entry.seq

    def act(self, what: object, *args: object, **more: object) -> datetime | None:
        self.store.run(what, self.id, *args, **more)  # type: ignore[arg-type]
        self.heed()
        return self.due

    @property
    def due(self) -> datetime | None:
        """The promise; the timer agrees with it, unless it was put off."""
        return self.store.run(lambda s: s.get_one(Incident, self.id).next_update_at)

    @property
    def rings(self) -> datetime | None:
        timer = self.store.run(timers.get, cadence.key_of(self.id))
        return timer.due_at if timer else None


def test_by_severity_from_the_opening_and_from_each_update(store: Store) -> None:
    with freeze_time(AT) as time:
        scene = Scene(store, 2)
        assert scene.due == scene.rings == AT + minutes(60)
        time.move_to(AT + minutes(20))
        assert scene.act(lifecycle.update, "Half is back", MAYA) == AT + minutes(80)
        # Worse: sooner. Less bad: what was said stands. Small: nothing is due any more.
        time.move_to(AT + minutes(30))
        assert scene.act(lifecycle.set_severity, 1, MAYA) == AT + minutes(60)
        assert scene.act(lifecycle.set_severity, 2, MAYA) == AT + minutes(60)
        assert scene.act(lifecycle.set_severity, 4, MAYA) is None
        assert scene.rings is None


def test_slower_once_the_harm_is_over_and_none_after_the_end(store: Store) -> None:
    with freeze_time(AT) as time:
        scene = Scene(store, 1)
        time.move_to(AT + minutes(10))
        assert scene.act(lifecycle.mitigate, because="served again") == AT + minutes(70)
        time.move_to(AT + minutes(20))
        assert scene.act(lifecycle.unmitigate, because="harm is back") == AT + minutes(50)
        assert scene.act(lifecycle.resolve, actor=MAYA) is None
        assert scene.rings is None
        time.move_to(AT + minutes(90))
        assert scene.act(lifecycle.reopen, actor=MAYA) == AT + minutes(120)


def test_what_a_person_promised_is_kept(store: Store) -> None:
    with freeze_time(AT) as time:
        scene = Scene(store, 3)
        promised = cadence.promise(AT + minutes(20))
        assert scene.act(lifecycle.update, "So far", MAYA, more=promised) == AT + minutes(20)
        time.move_to(AT + minutes(5))
        assert scene.act(lifecycle.mitigate, because="served again") == AT + minutes(20)
        assert scene.act(lifecycle.set_severity, 4, MAYA) == AT + minutes(20)
        on_change = cadence.promise(None)
        assert scene.act(lifecycle.update, "Fine", MAYA, more=on_change) is None


def test_put_off_the_promise_stays_and_dismissed_it_goes(store: Store) -> None:
    with freeze_time(AT):
        scene = Scene(store, 1)
        assert store.run(cadence.snooze, scene.id, AT + minutes(40))
        assert (scene.due, scene.rings) == (AT + minutes(30), AT + minutes(40))
        store.run(cadence.dismiss, scene.id)
        assert (scene.due, scene.rings) == (None, None)
        assert not store.run(cadence.snooze, scene.id, AT + minutes(50))


DEEDS = st.lists(
    st.sampled_from(["1", "2", "4", "update", "promise", "mitigate", "harm", "resolve", "reopen"]),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
@given(deeds=DEEDS)
def test_a_promise_and_its_timer_never_part(store: Store, deeds: list[str]) -> None:
    scene = Scene(store, 2, key=clock.iso(clock.now()))
    for deed in deeds:
        resolved = store.run(lifecycle.get, scene.id).status == "resolved"
        if resolved is not (deed == "reopen"):
            continue
        if deed.isdecimal():
            scene.act(lifecycle.set_severity, int(deed), MAYA)
        elif deed == "promise":
            more = cadence.promise(clock.now() + minutes(15))
            scene.act(lifecycle.update, deed, MAYA, more=more)
        elif deed == "update":
            scene.act(lifecycle.update, deed, MAYA)
        elif deed in ("mitigate", "harm"):
            does = lifecycle.mitigate if deed == "mitigate" else lifecycle.unmitigate
            scene.act(does, because=deed)
        else:
            scene.act(lifecycle.resolve if deed == "resolve" else lifecycle.reopen, actor=MAYA)
        assert scene.due == scene.rings
        if store.run(lifecycle.get, scene.id).status == "resolved":
            assert scene.due is None

"""What is due happens once, however often the process dies between, and whoever looks too."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incidentbot import timers
from incidentbot.store import Store
from incidentbot.store.models import Counter, Timer
from incidentbot.timers import Timers

START = datetime(2026, 11, 24, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Killed(BaseException):
    """The process dies: not an Exception, so nothing survives it."""


class Broke(Exception):
    """A handler that fails."""


def happened(session: Session, timer: Timer, now: datetime) -> None:
    """The effect: one row a time, in the transaction that takes the timer."""
    row = session.get(Counter, timer.key)
    if row is None:
        session.add(Counter(name=timer.key, value=1))
    else:
        row.value += 1


def counts(session: Session) -> dict[str, int]:
    return {row.name: row.value for row in session.scalars(select(Counter))}


def clear(session: Session) -> None:
    session.execute(delete(Counter))
    session.execute(delete(Timer))


def set_(store: Store, key: str, minutes: int, kind: str = "due", incident: str = "INC-1") -> None:
    due = START + minutes * MINUTE
    store.run(timers.set_timer, key, kind, due, incident_id=incident, data={"key": key})


def at(minutes: float) -> Any:
    return freeze_time(START + minutes * MINUTE)


async def test_it_happens_when_it_is_due_and_not_before_nor_again(store: Store) -> None:
    mine = Timers(store)
    mine.on("due", happened)
    with pytest.raises(ValueError, match="'due' have a handler already"):
        mine.on("due", happened)
    set_(store, "a", 5)
    set_(store, "b", 5, kind="unknown")
    for minute, taken in ((4.9, 0), (5, 1), (5, 0), (60, 0)):
        with at(minute):
            assert await mine.turn() == taken
    assert store.run(counts) == {"a": 1}
    assert store.run(timers.get, "b") is not None  # who knows its kind will do it


async def test_a_moved_one_is_due_then_and_a_cancelled_one_never(store: Store) -> None:
    mine = Timers(store)
    mine.on("due", happened)
    for key in ("a", "b", "c", "d"):
        set_(store, key, 5, incident="INC-2" if key == "d" else "INC-1")
    set_(store, "a", 10)
    assert store.run(timers.cancel, "b")
    assert not store.run(timers.cancel, "b")
    with at(6):
        await mine.turn()
    assert store.run(counts) == {"c": 1, "d": 1}
    set_(store, "c", 7)
    set_(store, "d", 7, incident="INC-2")
    store.run(timers.cancel_all, "INC-1", "other")
    store.run(timers.cancel_all, "INC-1")
    with at(20):
        await mine.turn()
    assert store.run(counts) == {"c": 1, "d": 2}


async def test_one_that_breaks_leaves_nothing_behind_and_does_not_hold_up_the_others(
    store: Store,
) -> None:
    fails = [True]

    def breaks(session: Session, timer: Timer, now: datetime) -> None:
        happened(session, timer, now)
        if fails:
            raise Broke

    mine = Timers(store)
    mine.on("breaks", breaks)
    mine.on("due", happened)
    set_(store, "a", 1, kind="breaks")
    set_(store, "b", 2)
    with at(3):
        await mine.turn()
        assert await mine.turn() == 0  # it has a pause
    assert store.run(counts) == {"b": 1}
    fails.clear()
    with at(4):
        await mine.turn()
    assert store.run(counts) == {"a": 1, "b": 1}


async def test_two_that_look_at_once_do_it_once(store: Store) -> None:
    pair = [Timers(store), Timers(store)]
    for one in pair:
        one.on("due", happened)
    for n in range(8):
        set_(store, f"t{n}", 1)
    with at(2):
        await asyncio.gather(*(one.turn() for one in pair * 2))
    assert store.run(counts) == {f"t{n}": 1 for n in range(8)}


PLAN = st.lists(st.integers(0, 30), min_size=1, max_size=6)  # due after so many minutes
DEATHS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 3)), max_size=6)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(due=PLAN, deaths=DEATHS)
def test_each_happens_exactly_once_although_the_process_dies_between(
    store: Store, due: list[int], deaths: list[tuple[int, int]]
) -> None:
    """A death strikes before or after the effect, always before its commit."""
    store.run(clear)
    for n, minutes in enumerate(due):
        set_(store, f"t{n}", minutes)
    with freeze_time(START) as clock:
        for minute, nth in sorted(deaths):
            clock.move_to(START + minute * MINUTE)
            asyncio.run(_until_death(store, nth))
            done = store.run(counts)
            assert all(value == 1 for value in done.values())
            assert all(due[int(key[1:])] <= minute for key in done)
        clock.move_to(START + 60 * MINUTE)
        asyncio.run(_turns(store, ()))
    assert store.run(counts) == {f"t{n}": 1 for n in range(len(due))}
    assert store.run(timers.get, "t0") is None


async def _until_death(store: Store, nth: int) -> None:
    try:
        await _turns(store, range(nth, nth + 1))
    except Killed:
        return


async def _turns(store: Store, deaths: Sequence[int]) -> None:
    """A process: it dies in its so-manieth timer, if it comes so far."""
    seen = 0

    def handler(session: Session, timer: Timer, now: datetime) -> None:
        nonlocal seen
        seen += 1
        if seen in deaths and seen % 2:
            raise Killed
        happened(session, timer, now)
        if seen in deaths:
            session.flush()
            raise Killed

    mine = Timers(store)
    mine.on("due", handler)
    while await mine.turn():
        pass

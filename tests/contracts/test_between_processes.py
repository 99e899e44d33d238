"""What two processes on one PostgreSQL tell each other: who is at work, and what was committed."""

import asyncio
import time
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from incidentbot.errors import ConfigError
from incidentbot.store import Store, changed, notices
from incidentbot.store.lease import held
from incidentbot.store.turns import Turns

POSTGRES = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
ALL_BUT_ME = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid()"
)


async def until(what: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not what():
        assert time.monotonic() < end, "still not so"
        await asyncio.sleep(0.01)


def say(session: Session) -> None:
    changed(session, "inbox")


def cut(session: Session) -> None:
    session.execute(text(ALL_BUT_ME))


@POSTGRES
async def test_a_commit_rings_the_bells_of_the_other_process_and_its_own_only_once(
    store: Store,
) -> None:
    other = Store(store.url)
    rung: list[str] = []
    store.on_commit("inbox", lambda: rung.append("store"))
    store.on_commit("outbox", lambda: rung.append("never"))
    following = asyncio.create_task(notices.follow(store))
    try:
        await until(lambda: "never" in rung)  # it listens, and has looked at everything once
        rung.clear()
        await other.tx(say)
        await until(lambda: rung == ["store"])
        await store.tx(say)
        await other.tx(say)
        await until(lambda: len(rung) == 3)
        other.run(cut)
        await until(lambda: "never" in rung)  # it listens again, and looked at what it missed
        rung.clear()
        await other.tx(say)
        await until(lambda: rung == ["store"])
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        other.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_where_there_can_be_no_other_process_nobody_listens(store: Store) -> None:
    async with asyncio.timeout(5):
        await notices.follow(store)


@POSTGRES
async def test_the_one_that_stands_by_takes_over_and_who_lost_the_database_stops(
    store: Store,
) -> None:
    other = Store(store.url)
    stood_by = 0

    async def meanwhile() -> None:
        nonlocal stood_by
        stood_by += 1

    at_work = asyncio.Event()

    async def second() -> None:
        async with held(other, meanwhile):
            at_work.set()
            await asyncio.Event().wait()

    waiting = None
    try:
        with pytest.raises(BaseExceptionGroup) as lost:
            async with held(store, meanwhile):
                assert not stood_by, "the first need not wait"
                waiting = asyncio.create_task(second())
                await until(lambda: stood_by)
                assert not at_work.is_set()
                # Its connection dies under it, and that of the other while it waits.
                store.run(cut)
                await asyncio.Event().wait()
        assert lost.group_contains(ConfigError, match="lock was lost")
        await until(at_work.is_set)
    finally:
        if waiting is not None:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        other.close()


async def test_the_urgent_go_first_and_a_turn_given_to_one_who_left_is_not_lost() -> None:
    turns, order = Turns(1), list[str]()
    await turns.take(False)

    async def work(name: str, first: bool) -> None:
        await turns.take(first)
        order.append(name)
        turns.give()

    names = [("a", False), ("b", False), ("gone", True), ("urgent", True)]
    tasks = [asyncio.create_task(work(*one)) for one in names]
    await asyncio.sleep(0)
    turns.give()
    tasks[2].cancel()  # in the same moment in which its turn came
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == ["urgent", "a", "b"]

"""Workflows: once per key, on after a restart, patient with a database that is away."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from incidentbot import durable
from incidentbot.durable import Durable


class Work:
    """A workflow of two steps that notes what ran, and can be told to stumble."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.away = 0

    async def run(self, name: str) -> None:
        first = await durable.step(self.first, name)
        await durable.step(self.second, first)

    async def first(self, name: str) -> str:
        if self.away:
            self.away -= 1
            raise OperationalError("SELECT", {}, Exception("server closed the connection"))
        self.ran.append(f"first {name}")
        return name.upper()

    async def second(self, name: str) -> None:
        self.ran.append(f"second {name}")


@pytest.fixture
async def work(database_url: str) -> AsyncIterator[tuple[Work, Durable]]:
    made, engine = Work(), Durable(database_url, "test")
    engine.register("work", made.run)
    engine.launch()
    yield made, engine
    await engine.close()


async def finished(engine: Durable, key: str) -> None:
    for _ in range(200):
        if await engine.finished("work", key):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never finished")


async def test_a_workflow_started_twice_with_one_key_runs_once(work: tuple[Work, Durable]) -> None:
    made, engine = work
    await asyncio.gather(*(engine.start("work", "k", "a") for _ in range(4)))
    await finished(engine, "k")
    await engine.start("work", "k", "a")
    assert made.ran == ["first a", "second A"]


async def test_a_step_waits_for_a_database_that_is_away(work: tuple[Work, Durable]) -> None:
    made, engine = work
    made.away = 1
    await engine.start("work", "k", "a")
    await finished(engine, "k")
    assert made.ran == ["first a", "second A"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_workflow_left_unfinished_goes_on_at_the_next_launch(database_url: str) -> None:
    gate = asyncio.Event()
    begun = asyncio.Event()
    ran: list[str] = []

    async def slow(name: str) -> None:
        ran.append("slow")
        begun.set()
        await gate.wait()

    async def flow(name: str) -> None:
        await durable.step(slow, name)
        ran.append("end")

    async def once(*_: Any) -> Durable:
        engine = Durable(database_url, "test")
        engine.register("work", flow)
        engine.launch()
        return engine

    engine = await once()
    await engine.start("work", "k", "a")
    await asyncio.wait_for(begun.wait(), 10)
    await engine.close()
    gate.set()
    again = await once()
    await finished(again, "k")
    await again.close()
    assert ran.count("slow") == 2 and "end" in ran

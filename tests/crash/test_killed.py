"""kill -9 before and after every outside call of opening an incident, and of running a runbook.

Whatever dies: one channel, one card, one announcement, one write, every line of the timeline.
"""

import asyncio
import itertools
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from incidentbot import timeline
from incidentbot.rehearsal.workspace import acting
from tests.crash.scene import Outside, Scene, outside, scene

AT_ONCE = 4
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Databases:
    """Makes a new empty database for each scene. Every `stride`th call is a place to be killed,
    before it or after it by turns: each on SQLite, where the rules are the same and a start is
    quick, some on PostgreSQL; each twice with INCIDENTBOT_EVERY_CALL=1. What a run calls outside
    Slack is killed by `test_killed_actions` too."""

    create: Callable[[Path], str]
    stride: int


pytestmark = pytest.mark.timeout(420)
EVERY = bool(os.environ.get("INCIDENTBOT_EVERY_CALL"))


@dataclass(frozen=True)
class Point:
    """The nth call from the beginning of the part that is watched; `where` is slack or write."""

    where: str
    nth: int
    when: str

    def arm(self, made: Scene) -> None:
        if self.where == "write":
            made.kill_at_write(self.when)
        else:
            made.kill_at_slack_call(self.nth, self.when)


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    if request.param == "sqlite":
        return Databases(lambda folder: f"sqlite:///{folder}/incidentbot.db", 1)
    server: str = request.getfixturevalue("postgres_server")

    def create(_: Path) -> str:
        name = f"crash{next(_numbers)}"
        engine = create_engine(server + "postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return server + name

    return Databases(create, 1 if EVERY else 9)


async def declare(made: Scene, point: Point | None) -> None:
    """Somebody declares; the kill comes at some call of the opening."""
    general = next(c for c in made.slack.workspace.channels.values() if c.name == "general")
    if point is not None:
        point.arm(made)
    maya = made.slack.workspace.person("maya").id
    order = {"do": "say", "user": maya, "channel": general.id, "text": "/incident declare Gone"}
    await acting.act(made.slack.hub, order)
    await made.until("a pinned card", lambda: made.rooms() and made.rooms()[0].pins)
    await made.until("an announcement", lambda: made.saying("Gone", "incidents"))
    await made.until("the topic", lambda: "INC-1" in made.rooms()[0].topic["value"])
    await made.until("the declarer", lambda: maya in made.rooms()[0].members)
    await made.until("an empty outbox", made.idle)


def opened_once(made: Scene) -> None:
    assert len(made.rooms()) == 1, [room.name for room in made.rooms()]
    assert made.saying("Sev 3, open: Gone") == 1, made.story()
    assert made.saying("Gone", "incidents") == 1, made.story()
    assert len(made.rooms()[0].pins) == 1
    told_once(made)


async def switch(made: Scene, point: Point | None) -> None:
    """S3 breaks, a plan is asked for and approved; the kill comes at some call after the card."""
    await asyncio.sleep(2.5)  # the first proof of the backup
    await made.world.primary.proxy.set_mode("errors")
    await made.until("a button to switch", lambda: made.button("runbook.plan:serve-from-backup"))
    await made.until("an empty outbox", made.idle)
    if point is not None:
        point.arm(made)
    await made.press("maya", "runbook.plan:serve-from-backup", lambda: made.button("plan.approve"))
    await acting.act(made.slack.hub, {"do": "join", "user": "jonas", "channel": made.rooms()[0].id})
    await made.press("jonas", "plan.approve", lambda: approved(made))
    # Lines of their own: the plan and the card, edited, may say so a moment before.
    await made.until("the proof", lambda: begun(made, "us-west-2 serves now, verified"), 60)
    await made.until("users served again", lambda: begun(made, "Users are served again"))
    await made.until("an empty outbox", made.idle)


def begun(made: Scene, words: str) -> bool:
    return any(post.startswith(words) for post in made.posts())


def approved(made: Scene) -> bool:
    engine = create_engine(made.database_url)
    try:
        with engine.connect() as connection:
            return bool(connection.exec_driver_sql("SELECT count(*) FROM approval").scalar())
    finally:
        engine.dispose()


def switched_once(made: Scene) -> None:
    proofs = [post for post in made.posts() if post.startswith("us-west-2 serves now, verified")]
    assert len(proofs) == 1, made.story()
    assert made.world.edge.pointer.version == made.version + 1, "not exactly one effective write"
    assert made.world.edge.origin == "us-west-2"
    assert len(made.rooms()) == 1
    told_once(made)


def told_once(made: Scene) -> None:
    """The story holds and tells nothing twice."""
    store = made.store()
    try:
        assert store.run(timeline.verify, "INC-1") is None
        told = [
            (entry.text, entry.data.get("write"))  # a second write is said to be one
            for entry in store.run(timeline.read, "INC-1")
            if entry.kind != "signal"
        ]
        assert len(told) == len(set(told)), told
    finally:
        store.close()


Play = Callable[[Scene, Point | None], Awaitable[None]]


async def enumerate_kills(
    play: Play, right: Callable[[Scene], None], writes: bool, folder: Path, databases: Databases
) -> int:
    """Play once to count the calls, then once per call and moment, a few at a time."""
    async with AsyncExitStack() as stack:
        worlds = [await stack.enter_async_context(outside()) for _ in range(AT_ONCE)]
        count = await counted(worlds[0], play, right, folder / "count", databases)
        sparse = writes and not EVERY  # of a run `test_killed_actions` kills the calls that switch
        calls = range(1, count + 1, databases.stride * (2 if sparse else 1))
        points = [Point("slack", n, when) for i, n in enumerate(calls) for when in moments(i)]
        points += [Point("write", 1, when) for when in MOMENTS if writes]
        waiting: Iterator[Point] = iter(points)
        faults: list[str] = []
        alive: list[Point] = []

        async def work(world: Outside) -> None:
            for point in waiting:
                name = f"{point.where}-{point.nth}-{point.when}"
                try:
                    if not await played(world, play, right, point, folder / name, databases):
                        alive.append(point)
                except AssertionError as error:
                    faults.append(f"{point}: {error}")

        await asyncio.gather(*(work(world) for world in worlds))
        assert not faults, "\n\n".join(faults)
        # A call near the end may not come when edits are taken together; most must.
        assert len(alive) <= len(points) * 0.3, f"never killed at {alive}"
        return len(points) - len(alive)


MOMENTS = ("before", "after")


def moments(turn: int) -> tuple[str, ...]:
    return MOMENTS if EVERY else (MOMENTS[turn % 2],)


async def counted(
    world: Outside, play: Play, right: Callable[[Scene], None], folder: Path, databases: Databases
) -> int:
    """How many calls that change something one undisturbed play makes after it is armed."""
    async with scene(world, folder, databases.create(folder)) as made:
        armed: list[int] = []

        class Count(Point):
            def arm(self, made: Scene) -> None:
                armed.append(mutations(made))

        await play(made, Count("slack", 0, "before"))
        right(made)
        return mutations(made) - armed[0]


def mutations(made: Scene) -> int:
    return sum(line.mutates for line in made.slack.hub.gate.journal)


async def played(
    world: Outside,
    play: Play,
    right: Callable[[Scene], None],
    point: Point,
    folder: Path,
    databases: Databases,
) -> int:
    async with scene(world, folder, databases.create(folder)) as made:
        await play(made, point)
        await made.heal()
        await made.until("an empty outbox", made.idle)
        right(made)
        return made.kills


async def test_killed_at_every_call_of_opening_there_is_one_incident_and_one_channel(
    tmp_path: Path, databases: Databases
) -> None:
    kills = await enumerate_kills(declare, opened_once, False, tmp_path, databases)
    print(f"opening: killed {kills} times")


async def test_killed_at_every_call_of_a_run_there_is_one_write_and_one_proof(
    tmp_path: Path, databases: Databases
) -> None:
    kills = await enumerate_kills(switch, switched_once, True, tmp_path, databases)
    print(f"running: killed {kills} times")

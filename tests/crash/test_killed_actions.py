"""kill -9 before and after every outside call of every action, and whatever else goes wrong there.

However it ends: the write took effect once, or somebody is told honestly that it did not, or that
it is somebody else's value that stands there. Never a wrong one, and never one too many.
"""

import asyncio
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select

from incidentbot.runbooks import approve
from incidentbot.runbooks.attempt import MOST_WRITES
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.settings import Settings
from incidentbot.store import Store, migrate
from incidentbot.store.base import Base
from incidentbot.store.models import PageRound, StatusPost
from tests.contracts.doubles.faults import Fault, Faults, When
from tests.contracts.stages import page_someone, statuspage_post
from tests.contracts.stages.stage import Stage
from tests.crash import runner
from tests.crash.runner import Work
from tests.stories.shipped import (
    FREE,
    Edge,
    Scene,
    aws_of_tests,
    empty_database,
    new_database,
    quick_copy,
    scene,
    settings_for,
    stage_of,
)
from tests.stories.test_shipped_runbooks import THERE

pytestmark = pytest.mark.timeout(420)
EVERY = bool(os.environ.get("INCIDENTBOT_EVERY_CALL"))
MOMENTS: tuple[When, When] = ("before", "after")
SWITCH, EDGE = "the switch", "the edge"
BY_OTHERS = ("a third value before the write", "a third value after the write")
WHILE_DEAD = "a third value while it is dead"
REFUSED = ("denied", "stale")
# To the executor these are a lost answer or a dropped call; that each action says so of each is
# tested in tests/contracts/test_actions.py.
DOUBTS: tuple[Fault, Fault] = ("lost", "dropped")
ONE_OF_THEM = "cloudfront_keyvaluestore"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Case:
    """What goes wrong. `kill`: (whose call, which one, before or after its effect); `fault` is
    that of the write; `others`: when somebody else writes a third value."""

    kill: tuple[str, int, When] | None = None
    fault: Fault | None = None
    others: str = ""

    def __str__(self) -> str:
        kill = "killed {2} call {1} of {0}".format(*self.kill) if self.kill else ""
        return ", ".join(filter(None, (self.fault, kill, self.others))) or "nothing"


@dataclass(frozen=True)
class End:
    state: str
    outcome: str
    live: str
    calls: int
    effects: int
    requests: int
    kills: int


@dataclass(frozen=True)
class Ground:
    """What the cases of one action share; each has a database of its own."""

    kind: str
    stage: Stage
    edge: Edge
    aws: Aws
    settings: Settings
    database: Callable[[str], str]  # a new one, by a name


@pytest.fixture(scope="module", params=sorted(THERE))
def ground(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    kind: str = request.param
    folder = tmp_path_factory.mktemp("killed")
    empty_database(folder)
    runbooks = quick_copy(folder, kind)
    with stage_of(kind) as stage, Edge() as edge, aws_of_tests() as aws:
        settings = settings_for(stage, kind, folder, edge, runbooks, FREE)

        def database(name: str) -> str:
            mine = folder / name
            mine.mkdir()
            return new_database(folder / "empty.db", mine)

        yield Ground(kind, stage, edge, aws, settings, database)


def cases(ground: Ground, calls: int, fetches: int, write: int) -> Iterator[Case]:
    """`calls` and `fetches`: how many one undisturbed run makes; `write`: which is the write.

    The write is killed before and after it, and of one kind each call; with
    INCIDENTBOT_EVERY_CALL=1 each call of each twice, and every fault of every kind is played.
    """
    stage, whole = ground.stage, EVERY or ground.kind == ONE_OF_THEM
    for nth in range(1, calls + 1) if whole else (write,):
        for when in MOMENTS if EVERY or nth == write else (MOMENTS[nth % 2],):
            yield Case((SWITCH, nth, when))
    for fault in (*stage.faults, *(("stale",) if stage.has_token else ())):
        if whole or fault in ("lost", "stale"):
            yield Case(fault=fault)
    yield Case((SWITCH, write + 1, "after"), "lost")  # where it looks what is there
    yield Case((SWITCH, write, "after"), others=WHILE_DEAD)
    if not whole:
        return
    yield Case(others=BY_OTHERS[0])
    yield Case((SWITCH, write, "before"), others=WHILE_DEAD)
    # What is the same for every action: how users are served, and what a doubt is made of.
    for nth in range(1, fetches + 1):
        for when in MOMENTS if EVERY else (MOMENTS[nth % 2],):
            yield Case((EDGE, nth, when))
    for fault, when in itertools.product(DOUBTS, MOMENTS if EVERY else MOMENTS[:1]):
        yield Case((SWITCH, write + 1, when), fault)
    yield Case(others=BY_OTHERS[1])


async def play(ground: Ground, case: Case) -> End:
    stage, database = ground.stage, ground.database(f"case{next(_numbers)}")
    settings = patience(ground.settings, 0.5 if case.others == BY_OTHERS[1] else 10)
    async with scene(stage, ground.edge, settings, database, ground.aws, launched=False) as made:
        await made.breaks()
        plan = await made.plan(THERE[ground.kind])
        await made.approve(plan)
        requests = sum(len(step["requests"]) for step in approve.shown(plan)["steps"])
        double = stage.double
        double.calls.clear()
        double.done.clear()
        if case.fault:
            double.plan[stage.writes[0]] = [case.fault]
        if case.others in BY_OTHERS:
            hook = double.before if case.others == BY_OTHERS[0] else double.after
            hook[stage.writes[0]] = lambda: stage.by_others(stage.third)
        kills = await run(made, settings, database, plan.id, case)
        row = await made.row(plan.id)
        return End(
            row.state, row.outcome, stage.live(), double.count(*stage.writes),
            double.effects(*stage.writes), requests, kills,
        )  # fmt: skip


def patience(settings: Settings, seconds: float) -> Settings:
    """So long it is waited for users to be served; what never comes true need not be waited for."""
    (asset,) = settings.assets
    verify = asset.verify.model_copy(update={"within": timedelta(seconds=seconds)})
    asset = asset.model_copy(update={"verify": verify})
    return settings.model_copy(update={"assets": (asset,)})


async def run(made: Scene, settings: Settings, database: str, plan_id: str, case: Case) -> int:
    """Run it in processes of their own, until one is not killed; how often one was."""
    for kills in itertools.count():
        process, word = runner.start(Work(settings, database, plan_id))
        if kills == 0 and case.kill is not None:
            whose, nth, when = case.kill
            target: Faults = made.edge if whose == EDGE else made.stage.double
            assert process.pid is not None
            target.kill(process.pid, "*", nth, when)
        word.send("go")
        await asyncio.to_thread(process.join)
        word.close()
        if process.exitcode == 0:
            return kills
        assert process.exitcode == -9, process.exitcode
        if case.others == WHILE_DEAD:
            made.stage.by_others(made.stage.third)
    raise AssertionError("unreachable")


def right(stage: Stage, case: Case, end: End) -> str:
    """What is wrong with this end; empty when nothing is."""
    one, two = stage.values
    wrong = []
    if (case.kill is not None) != (end.kills == 1):
        wrong.append("it was not killed")
    if end.state not in ("done", "failed", "halted"):
        wrong.append("it did not end")
    if end.state == "done" and (end.live, end.effects) != (two, end.requests):
        wrong.append("done, but not exactly once")
    if end.live == one and end.effects:
        wrong.append("it was written and is not there")
    told = case.others and end.state != "done"  # both wrote: neither alone is there
    if end.live not in (one, two, stage.third) and end.requests == 1 and not told:
        wrong.append("a value that nobody wanted")
    if end.state == "failed" and end.effects and "was written, but users" not in end.outcome:
        wrong.append("written, and nobody is told")
    if end.state != "done" and end.live == two:
        wrong.append("it is there, and called a failure")
    if case.others and end.live == stage.third and end.state == "done":
        wrong.append("done, with the value of somebody else")
    if end.effects > end.requests or end.calls > MOST_WRITES * end.requests:
        wrong.append("written too often")
    if not case.others and case.fault not in REFUSED and end.requests == 1 and end.state != "done":
        wrong.append("not done, though nothing stood in the way")
    return ", ".join(wrong)


async def test_killed_at_every_call_or_lied_to_it_writes_once_or_says_so(
    ground: Ground, record_property: Callable[[str, object], None]
) -> None:
    plain = await play(ground, Case())
    assert right(ground.stage, Case(), plain) == "", plain
    calls, fetches = list(ground.stage.double.calls), ground.edge.count("fetch")
    write = next(n for n, name in enumerate(calls, 1) if name in ground.stage.writes)
    kills = tried = 0
    faults: list[str] = []
    for case in cases(ground, len(calls), fetches, write):
        end = await play(ground, case)
        tried, kills = tried + 1, kills + end.kills
        wrong = right(ground.stage, case, end)
        faults += [f"{case}: {wrong}: {end}"] if wrong else []
    assert not faults, "\n".join(faults)
    assert kills >= 4  # the write twice, the look after a lost answer, while another writes
    record_property("tried", tried)
    record_property("killed", kills)
    print(f"{ground.kind}: {tried} ways to go wrong, killed {kills} times")


async def test_a_part_of_it_on_postgresql(postgres_server: str, tmp_path: Path) -> None:
    """The rules are the same there; the rows and the engine's are another server's."""
    admin = create_engine(postgres_server + "postgres", isolation_level="AUTOCOMMIT")

    def database(name: str) -> str:
        with admin.connect() as connection:
            template = " TEMPLATE killed" if name != "killed" else ""
            connection.exec_driver_sql(f"CREATE DATABASE {name}{template}")
        return postgres_server + name

    empty = Store(database("killed"))
    migrate.upgrade(empty)
    empty.close()
    kind, kills = ONE_OF_THEM, 0
    with stage_of(kind) as stage, Edge() as edge, aws_of_tests() as aws:
        books = quick_copy(tmp_path, kind)
        settings = settings_for(stage, kind, tmp_path, edge, books, FREE)
        ground = Ground(kind, stage, edge, aws, settings, database)
        write = 3  # two reads come before it
        for case in (
            Case((SWITCH, 1, "after")), Case((SWITCH, write, "before")),
            Case((SWITCH, write, "after")), Case((EDGE, 1, "after")), Case(fault="lost"),
            Case((SWITCH, write, "after"), others=WHILE_DEAD),
        ):  # fmt: skip
            end = await play(ground, case)
            assert right(stage, case, end) == "", (case, end)
            kills += end.kills
    admin.dispose()
    print(f"on PostgreSQL: killed {kills} times")
    assert kills == 5


OF_THE_HOUSE: dict[str, tuple[dict[str, Any], type[Base]]] = {
    "page-the-storage-owner": ({"paging": page_someone.PAGING}, PageRound),
    "post-to-status-page": ({"statuspages": (statuspage_post.PAGE,)}, StatusPost),
}


@pytest.mark.parametrize("name", OF_THE_HOUSE)
async def test_killed_at_everything_that_it_does_itself_it_does_it_once(
    name: str, tmp_path: Path
) -> None:
    more, row = OF_THE_HOUSE[name]
    empty_database(tmp_path)
    runbooks = quick_copy(tmp_path)
    kills = 0
    with stage_of("http") as stage, Edge() as edge, aws_of_tests() as aws:
        for nth, when in ((nth, when) for nth in range(1, 50) for when in MOMENTS):
            folder = tmp_path / f"{nth}{when}"
            folder.mkdir()
            database = new_database(tmp_path / "empty.db", folder)
            settings = settings_for(stage, "http", folder, edge, runbooks, FREE)
            settings = settings.model_copy(update=more)
            doors = runner.own_doors(Store(database), settings)
            played = replace(stage, doors=doors)
            async with scene(played, edge, settings, database, aws, launched=False) as made:
                await made.breaks()
                plan = await made.plan(name, target="")
                await made.approve(plan)
                killed = await lived(Work(settings, database, plan.id, dies=(nth, when)))
                plan = await made.row(plan.id)
                assert plan.state == "done", (nth, when, plan.outcome)
                many = await made.store.tx(
                    lambda s: s.scalar(select(func.count()).select_from(row))
                )
                assert many == 1, (nth, when)
            kills += killed
            if not killed:
                break
    assert kills >= 6  # a look, the deed and a look at it, before and after each
    print(f"{name}: killed {kills} times")


async def lived(work: Work) -> int:
    """Run it, and once more if it was killed; how often it was."""
    for kills, one in enumerate((work, replace(work, dies=None))):
        process, word = runner.start(one)
        word.send("go")
        await asyncio.to_thread(process.join)
        word.close()
        if process.exitcode == 0:
            return kills
        assert process.exitcode == -9, process.exitcode
    raise AssertionError("it was killed by somebody else")

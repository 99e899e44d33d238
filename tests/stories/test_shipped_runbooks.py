"""Every shipped runbook, end to end on the wire: planned by one, approved by another, run, proven
from outside by an edge that serves what the stand-in holds, and taken back by its way back."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from incidentbot import plugins
from incidentbot.errors import Refused
from incidentbot.runbooks import approve, load
from incidentbot.runbooks.load import ACTIONS
from incidentbot.runbooks.wires.aws import Aws
from tests.contracts.stages.stage import Stage
from tests.stories.shipped import (
    FREE,
    KINDS,
    SHIPPED,
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
from tests.stories.switching import JONAS, MAYA

BOOKS = {book.name: book for book in load.load(SHIPPED, plugins.found(ACTIONS))}
THERE = {book.kinds[0]: book.name for book in BOOKS.values() if book.file.to == "backup"}


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    with Edge() as made:
        yield made


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with aws_of_tests() as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What no scene changes: an empty database to copy, and the runbooks."""
    folder = tmp_path_factory.mktemp("shipped")
    empty_database(folder)
    quick_copy(folder)
    return folder


@pytest.fixture(scope="module", params=sorted(THERE))
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with stage_of(request.param) as made:
        yield made


@pytest.fixture
async def world(
    stage: Stage, edge: Edge, aws: Aws, shared: Path, tmp_path: Path
) -> AsyncIterator[Scene]:
    kind = stage.action.__name__.rpartition(".")[2]
    settings = settings_for(stage, kind, tmp_path, edge, shared / "runbooks", FREE)
    database = new_database(shared / "empty.db", tmp_path)
    async with scene(stage, edge, settings, database, aws) as made:
        yield made


async def test_there_and_back(world: Scene) -> None:
    stage = world.stage
    there = THERE[world.asset.ways[0].kind]
    one, two = stage.values
    await world.breaks()
    plan = await world.plan(there)
    body = approve.shown(plan)
    assert (plan.state, world.writes(), stage.live()) == ("planned", 0, one)
    with pytest.raises(Refused, match="you asked for this plan yourself"):
        await world.approve(plan, MAYA)
    await world.approve(plan)
    assert world.writes() == 0
    plan = await world.run(plan)
    assert (plan.state, stage.live()) == ("done", two), plan.outcome
    assert world.writes() == sum(len(step["requests"]) for step in body["steps"])
    assert world.edge.count("fetch") >= 4
    assert "us-west-2 serves now, verified from outside" in plan.outcome

    await world.heals()
    back = BOOKS[there].file.undo
    assert back is not None
    plan = await world.plan(back, JONAS)
    body = approve.shown(plan)
    await world.approve(plan, MAYA)
    before = world.writes()
    plan = await world.run(plan)
    assert (plan.state, stage.live()) == ("done", one), plan.outcome
    assert world.writes() - before == sum(len(step["requests"]) for step in body["steps"])
    told = [e.data["event"] for e in await world.story() if e.kind == "runbook"]
    assert told.count("done") == 2
    assert told.count("soaking") == len(body["steps"]) - 1


def test_every_shipped_runbook_is_played() -> None:
    """A pair per switch here; those that turn none are played below."""
    played = {*THERE.values(), *(BOOKS[name].file.undo for name in THERE.values())}
    assert {name for name, book in BOOKS.items() if book.kinds} == played
    assert set(THERE) <= set(KINDS)

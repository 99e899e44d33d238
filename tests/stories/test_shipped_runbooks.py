"""Every shipped runbook, end to end on the wire: planned by one, approved by another, run, proven
from outside by an edge that serves what the stand-in holds, and taken back by its way back."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from incidentbot import plugins
from incidentbot.errors import Refused
from incidentbot.runbooks import approve, load
from incidentbot.runbooks.load import ACTIONS
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.statuspages.by_runbook import ByRunbook
from incidentbot.store import Store
from incidentbot.store.models import StatusPost
from tests.contracts.doubles.house import watched
from tests.contracts.stages import page_someone, statuspage_post
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


PAGE = "page-the-storage-owner"
POST = "post-to-status-page"
ON_ITS_OWN_STAGE = "backfill-backup"  # by tests/contracts/test_actions.py, between real buckets
BY_HAND = "vendor-down-no-backup"


@contextmanager
def paging(_: str) -> Iterator[tuple[Stage, dict[str, Any]]]:
    with stage_of("page_someone") as stage:
        yield stage, {"paging": page_someone.PAGING}


@contextmanager
def status_page(database: str) -> Iterator[tuple[Stage, dict[str, Any]]]:
    """The publisher's hand in the scene's own database: it looks who approved the plan."""
    with stage_of("statuspage_post") as stage:
        store = Store(database)
        real = ByRunbook(store, (statuspage_post.PAGE,)).doors

        async def post(params: Mapping[str, Any], plan_id: str) -> tuple[Mapping[str, Any], str]:
            done = await real["statuspage_post"](params, plan_id)
            await store.tx(lambda s: s.execute(update(StatusPost).values(state="posted")))
            return done

        doors = watched(stage.double, {**real, "statuspage_post": post})
        live = partial(store.run, statuspage_post.last)
        yield replace(stage, doors=doors, live=live), {"statuspages": (statuspage_post.PAGE,)}
        store.close()


OF_THE_INCIDENT = {PAGE: ("page_someone", paging), POST: ("statuspage_post", status_page)}


@pytest.mark.parametrize("name", OF_THE_INCIDENT)
async def test_what_turns_no_switch_is_done_once(
    name: str, edge: Edge, aws: Aws, shared: Path, tmp_path: Path
) -> None:
    kind, setting = OF_THE_INCIDENT[name]
    database = new_database(shared / "empty.db", tmp_path)
    with setting(database) as (stage, more):
        settings = settings_for(stage, kind, tmp_path, edge, shared / "runbooks", FREE)
        settings = settings.model_copy(update=more)
        async with scene(stage, edge, settings, database, aws) as made:
            await made.breaks()
            plan = await made.plan(name, target="")
            assert stage.live() == stage.values[0]
            with pytest.raises(Refused, match="you asked for this plan yourself"):
                await made.approve(plan, MAYA)
            await made.approve(plan)
            plan = await made.run(plan)
            assert (plan.state, made.writes()) == ("done", 1), plan.outcome
            assert stage.live() != stage.values[0]
            assert (await made.run(plan, f"{plan.id}:again")).state == "done"
            assert made.writes() == 1


async def test_a_vendor_that_is_down_without_a_backup_is_a_list_for_people(
    edge: Edge, aws: Aws, shared: Path, tmp_path: Path
) -> None:
    with stage_of("http") as stage:
        settings = settings_for(stage, "http", tmp_path, edge, shared / "runbooks", FREE)
        database = new_database(shared / "empty.db", tmp_path)
        async with scene(stage, edge, settings, database, aws) as made:
            await made.breaks()
            plan = await made.plan(BY_HAND, target="")
            steps = approve.shown(plan)["steps"]
            plan = await made.run(plan)
            for number in range(1, len(steps) + 1):
                assert plan.state == "paused", plan.outcome
                assert await made.runbooks.answer(plan.id, number, "done", MAYA) == ""
                plan = await made.run(plan, f"{plan.id}:{number}")
            assert (plan.state, made.writes()) == ("done", 0)
            asked = [e.text for e in await made.story() if e.data.get("event") == "paused"]
            assert len(asked) == len(steps) == 3
            assert all(words in " ".join(asked) for words in ("Freeze deploys", "error page"))


def test_every_shipped_runbook_is_played() -> None:
    """A pair per switch, and those that turn none."""
    played = {*THERE.values(), *(BOOKS[name].file.undo for name in THERE.values())}
    assert {name for name, book in BOOKS.items() if book.kinds} == played
    assert set(THERE) <= set(KINDS)
    assert set(BOOKS) - played == {*OF_THE_INCIDENT, BY_HAND, ON_ITS_OWN_STAGE}

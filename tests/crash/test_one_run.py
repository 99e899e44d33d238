"""Two replicas, two people, one target: one run. On PostgreSQL, with a process for each replica.

Usually one replica is at work and the other stands by (tests/stories/test_replicas.py). Here both
are at work at the same moment, as they would be if that failed: then it is the rows, the lock and
the engine that let one through.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.settings import Settings
from incidentbot.store import Store, migrate
from incidentbot.store.models import Approval, Plan
from tests.contracts.stages.stage import Stage
from tests.crash import runner
from tests.crash.runner import Work
from tests.stories.shipped import (
    FREE,
    Edge,
    Scene,
    aws_of_tests,
    quick_copy,
    scene,
    settings_for,
    stage_of,
)
from tests.stories.switching import JONAS, MAYA
from tests.stories.test_shipped_runbooks import THERE

KIND = "http"
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@dataclass(frozen=True)
class Pair:
    """Two replicas with a store of their own each, on one database; and what they turn."""

    one: Scene
    two: Scene
    settings: Settings
    url: str
    stage: Stage

    async def both_run(self, *plans: Plan) -> list[Plan]:
        """Both replicas at the same moment, each with a plan of its own or both with the same."""
        pairs = list(zip(plans if len(plans) == 2 else plans * 2, ("a", "b"), strict=True))
        started = [
            runner.start(Work(self.settings, self.url, plan.id, name)) for plan, name in pairs
        ]
        for _, word in started:
            word.send("go")
        for process, word in started:
            await asyncio.to_thread(process.join)
            word.close()
            assert process.exitcode == 0
        return [await self.one.row(plan.id) for plan, _ in pairs]

    def writes(self) -> int:
        return self.stage.double.count(*self.stage.writes)


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with aws_of_tests() as made:
        yield made


@pytest.fixture
async def pair(database_url: str, aws: Aws, tmp_path: Path) -> AsyncIterator[Pair]:
    store = Store(database_url)
    migrate.upgrade(store)
    store.close()
    with stage_of(KIND) as stage, Edge() as edge:
        books = quick_copy(tmp_path, KIND)
        settings = settings_for(stage, KIND, tmp_path, edge, books, FREE)
        async with AsyncExitStack() as stack:
            one, two = [
                await stack.enter_async_context(
                    scene(stage, edge, settings, database_url, aws, launched=False)
                )
                for _ in range(2)
            ]
            await one.breaks()
            two.incident = one.incident
            yield Pair(one, two, settings, database_url, stage)


def approvals(session: Session, plan_id: str) -> list[str]:
    return list(session.scalars(select(Approval.person).filter_by(plan_id=plan_id)))


async def test_two_people_at_two_replicas_are_one_plan_one_approval_one_run(pair: Pair) -> None:
    name = THERE[KIND]
    asked = await asyncio.gather(
        pair.one.plan(name, MAYA), pair.two.plan(name, JONAS),
        pair.two.plan(name, MAYA), pair.one.plan(name, JONAS),
    )  # fmt: skip
    (plan_id,) = {plan.id for plan in asked}
    plan = await pair.one.row(plan_id)
    asker, other = (MAYA, JONAS) if plan.created_by == MAYA.id else (JONAS, MAYA)
    said = await asyncio.gather(
        pair.one.approve(plan, other), pair.two.approve(plan, other),
        pair.one.approve(plan, asker), pair.two.approve(plan, asker), return_exceptions=True,
    )  # fmt: skip
    assert list(said).count("") == 1
    for words in said[2:]:  # too early, or too late: never an approval of theirs
        mine = isinstance(words, Refused) and "you asked for this plan yourself" in words.message
        assert mine or "was already approved by" in str(words), words
    assert await pair.one.store.tx(approvals, plan_id) == [other.id]

    ended = await pair.both_run(plan)
    assert [row.state for row in ended] == ["done", "done"]
    assert (pair.writes(), pair.stage.live()) == (1, pair.stage.values[1])
    told = [e.data["event"] for e in await pair.one.story() if e.kind == "runbook"]
    for event in ("planned", "approved", "started", "intent", "done"):
        assert told.count(event) == 1, told


async def test_two_plans_of_two_incidents_for_one_target_are_one_write(pair: Pair) -> None:
    name = THERE[KIND]
    first = await pair.one.plan(name, MAYA)
    await pair.two.breaks()
    second = await pair.two.plan(name, JONAS)
    assert first.id != second.id
    await pair.one.approve(first, JONAS)
    await pair.two.approve(second, MAYA)
    ended = await pair.both_run(first, second)
    states = sorted(row.state for row in ended)
    assert states in (["done", "failed"], ["failed", "failed"]), [row.outcome for row in ended]
    assert pair.writes() == states.count("done")
    for row in ended:
        if row.state == "failed":
            assert "Not run" in row.outcome or "Plan" in row.outcome or "lock" in row.outcome

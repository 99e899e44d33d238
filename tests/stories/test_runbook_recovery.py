"""Processes that end in the middle, and bytes that changed: it looks before it writes, or stops."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.runbooks import lock
from incidentbot.store import Store
from incidentbot.store.models import Approval, Attempt, Plan, ResourceLock
from tests.contracts.aws_wire import ENV
from tests.stories.switching import (
    EAST,
    WEST,
    Shop,
    cloud,
    edited,
    settings_for,
    shop,
    until,
)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of database is enough here: the order of looking and writing is what is tried."""
    return f"sqlite:///{tmp_path}/incidentbot.db"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with cloud() as url:
        yield url


@pytest.fixture
async def world(
    store: Store, aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shop]:
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    async with shop(store, aws, tmp_path) as made:
        yield made


def died_at(state: str, writes: int = 1) -> Callable[[Session, str], None]:
    """What is written down when a process ends at this arrow of the crash rules."""

    def leave(session: Session, plan_id: str) -> None:
        plan = session.get_one(Plan, plan_id)
        plan.state = "in_doubt" if state == "in_doubt" else "running"
        fence = lock.take(session, plan.target, plan.id, clock.now())
        if state != "started":
            session.add(
                Attempt(
                    plan_id=plan_id, step="1", state=state, request_digest="", writes=writes,
                    before_token="1", fence=fence, updated_at=clock.now(),
                )
            )  # fmt: skip

    return leave


@pytest.mark.parametrize(
    ("state", "live", "ends", "value", "writes"),
    [
        ("started", EAST, "done", WEST, 1),  # nothing was sent
        ("sent", EAST, "done", WEST, 1),  # it was not on its way yet: looked at, sent again
        ("sent", WEST, "done", WEST, 0),  # it had arrived: adopted
        ("sent", "eu-central-1", "halted", "eu-central-1", 0),  # somebody else's
        ("in_doubt", EAST, "done", WEST, 1),
        ("in_doubt", WEST, "done", WEST, 0),
        ("in_doubt", "eu-central-1", "halted", "eu-central-1", 0),
        ("intent", EAST, "done", WEST, 1),  # known not to have been sent
        ("acked", WEST, "done", WEST, 0),
        ("adopted", WEST, "done", WEST, 0),
    ],
)
async def test_after_a_crash_it_reads_before_it_writes(
    world: Shop, state: str, live: str, ends: str, value: str, writes: int
) -> None:
    await world.breaks()
    plan = await world.approved()
    await world.store.tx(died_at(state), plan.id)
    if live != EAST:
        world.put(live)
    world.west.calls.clear()
    plan = await world.run(plan)
    assert (plan.state, world.live()[0], world.writes()) == (ends, value, writes)
    if state not in ("acked", "adopted"):
        assert world.west.calls[0] == "GetParameter"


async def test_after_a_crash_with_both_writes_sent_a_person_looks(world: Shop) -> None:
    await world.breaks()
    plan = await world.approved()
    await world.store.tx(died_at("sent", writes=2), plan.id)
    plan = await world.run(plan)
    assert (plan.state, world.live(), world.writes()) == ("halted", (EAST, 1), 0)


async def test_a_lease_that_ran_out_meanwhile_forbids_the_second_write(world: Shop) -> None:
    await world.breaks()
    plan = await world.approved()
    await world.store.tx(died_at("sent"), plan.id)

    def lapse(session: Session) -> None:
        row = session.get_one(ResourceLock, plan.target)
        row.lease_until = clock.now() - timedelta(seconds=1)

    await world.store.tx(lapse)
    plan = await world.run(plan)
    assert (plan.state, world.writes()) == ("halted", 0)
    assert "lock ran out" in plan.outcome


async def test_an_expired_plan_is_not_sent_again_after_a_crash(world: Shop) -> None:
    await world.breaks()
    plan = await world.approved()
    await world.store.tx(died_at("sent"), plan.id)
    await world.change(plan, expires_at=clock.now())
    plan = await world.run(plan)
    assert (plan.state, world.live(), world.writes()) == ("failed", (EAST, 1), 0)


async def test_an_expired_plan_whose_write_arrived_is_still_proven(world: Shop) -> None:
    await world.breaks()
    plan = await world.approved()
    await world.store.tx(died_at("sent"), plan.id)
    world.put(WEST)
    await world.change(plan, expires_at=clock.now())
    plan = await world.run(plan)
    assert (plan.state, world.writes()) == ("done", 0)


async def test_in_doubt_and_blind_it_keeps_the_lock_and_says_what_to_type(world: Shop) -> None:
    await world.breaks()
    plan = await world.approved()
    world.west.plan["PutParameter"] = ["lost"]
    world.west.plan["GetParameter"] = [None, "503", "503", "503", "503", "503", "503"]
    await world.durable.start("run", plan.id, plan.id)

    async def blind() -> bool:
        return "Cannot read" in await world.text_of("in_doubt")

    await until(blind)
    assert (await world.row(plan.id)).state == "in_doubt"
    assert "aws ssm get-parameter" in await world.text_of("in_doubt")
    held = await world.store.tx(lambda s: s.get_one(ResourceLock, plan.target))
    assert (held.plan_id, held.lease_until > clock.now()) == (plan.id, True)
    await world.ended(plan)
    assert ((await world.row(plan.id)).state, world.writes()) == ("done", 1)


async def test_a_switch_that_was_configured_otherwise_meanwhile_is_not_written(
    world: Shop, tmp_path: Path
) -> None:
    await world.breaks()
    plan = await world.approved()
    await world.durable.close()
    changed = settings_for(tmp_path, world.east, world.west, world.edge)
    (asset,) = changed.assets
    (way,) = asset.ways
    options = way.options.model_copy(update={"parameter": "/shop/other"})
    switch = way.model_copy(update={"options": options})
    asset = asset.model_copy(update={"switch": None, "switches": (switch,)})
    world.start(changed.model_copy(update={"assets": (asset,)}))
    plan = await world.run(plan)
    assert (plan.state, world.writes()) == ("failed", 0)
    assert "configuration of the switch changed" in plan.outcome


@pytest.mark.parametrize("how", ["body", "hash too", "approval gone"])
async def test_bytes_that_nobody_approved_are_not_run(world: Shop, how: str) -> None:
    await world.breaks()
    plan = await world.approved()
    values: dict[str, Any] = edited(plan, f'"Value":"{WEST}"', '"Value":"us-west-1"')
    if how == "approval gone":
        await world.store.tx(_without_approval, plan.id)
    else:
        await world.change(plan, **(values if how == "hash too" else {"body": values["body"]}))
    plan = await world.run(plan)
    assert (plan.state, world.live(), world.writes()) == ("failed", (EAST, 1), 0)


def _without_approval(session: Session, plan_id: str) -> None:
    session.execute(delete(Approval).filter_by(plan_id=plan_id))

"""Many hands, and a process stopped in the middle: one plan, one approval, one write."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from incidentbot import clock, timeline, timers
from incidentbot.runbooks import failback
from incidentbot.store import Store
from tests.contracts.aws_wire import ENV
from tests.stories.switching import JONAS, MAYA, TO_PRIMARY, WEST, Shop, cloud, shop, until


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


async def test_an_approved_plan_switches_proves_it_and_mitigates(world: Shop) -> None:
    incident = await world.breaks()
    plan = await world.run(await world.approved())
    assert (plan.state, world.live(), world.writes()) == ("done", (WEST, 2), 1)
    assert await world.events() == [
        "planned",
        "approved",
        "started",
        "intent",
        "acked",
        "done",
        "drift",
    ]
    assert await world.status() == "mitigated"
    (done,) = [e for e in await world.story() if e.data.get("event") == "done"]
    assert "us-west-2 serves now, verified from outside" in done.text
    assert len(done.data["proof"]) == 2
    assert "a.svg: 200, 6 bytes, image/svg+xml, x-asset-origin: us-west-2" in done.data["proof"][0]
    assert await world.store.tx(timeline.verify, incident) is None


async def test_clicks_of_two_people_twice_are_one_plan_one_approval_one_write(world: Shop) -> None:
    await world.breaks()
    plans = await asyncio.gather(*(world.plan(person=p) for p in (MAYA, JONAS, MAYA, JONAS)))
    (plan_id,) = {plan.id for plan in plans}
    plan = await world.row(plan_id)
    second = JONAS if plan.created_by == MAYA.id else MAYA
    said = await asyncio.gather(*(world.approve(plan, second) for _ in range(3)))
    assert sorted(said)[0] == ""
    assert all("already approved by you; it runs once" in words for words in sorted(said)[1:])
    first = MAYA if second is JONAS else JONAS
    again = await world.approve(plan, first)
    assert f"already approved by {second.name}" in again
    await asyncio.gather(*(world.run(plan) for _ in range(4)))
    assert world.writes() == 1
    assert (await world.events()).count("approved") == 1


async def test_two_plans_for_one_target_are_one_write(world: Shop) -> None:
    await world.breaks()
    one = await world.plan()
    await world.breaks()
    two = await world.plan()
    assert one.id != two.id
    for plan in (one, two):
        await world.approve(plan, JONAS)
    ended = await asyncio.gather(world.run(one), world.run(two))
    assert sorted(plan.state for plan in ended) == ["done", "failed"]
    assert (world.live(), world.writes()) == ((WEST, 2), 1)


async def test_a_polite_stop_in_the_middle_goes_on_after_the_next_start(world: Shop) -> None:
    await world.breaks()
    plan = await world.approved()
    world.west.plan["GetParameter"] = ["hang", "hang", "hang", "hang"]
    await world.durable.start("run", plan.id, plan.id)

    async def under_way() -> bool:
        return (await world.row(plan.id)).state == "running"

    await until(under_way)
    await world.durable.close()
    world.west.plan.clear()
    world.start()
    await world.ended(plan)
    assert ((await world.row(plan.id)).state, world.live(), world.writes()) == (
        "done",
        (WEST, 2),
        1,
    )


async def test_people_are_reminded_until_the_way_back_is_made(world: Shop) -> None:
    await world.breaks()
    await world.run(await world.approved())
    assert "Drift: SSM parameter /shop/asset-origin" in await world.text_of("drift")
    key = f"{failback.KIND}:shop-images"
    timer = await world.store.tx(timers.get, key)
    assert timer is not None
    reminder, later = failback.Reminder(world.settings), clock.now() + failback.FIRST
    await world.store.tx(reminder.due, timer, later)
    said = await world.text_of("reminder")
    assert "has been served by us-west-2 for 2 h" in said and "the way back" in said
    moved = await world.store.tx(timers.get, key)
    assert moved is not None and moved.due_at == later + failback.AGAIN
    await world.heals()
    await world.prove()
    assert (await world.run(await world.approved(TO_PRIMARY))).state == "done"
    assert await world.store.tx(timers.get, key) is None

"""Switching for real: whatever breaks on the way, one write with effect or an honest word."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from incidentbot import clock
from incidentbot.errors import Refused
from incidentbot.store import Store
from incidentbot.store.models import Readiness
from tests.contracts.aws_wire import ENV
from tests.stories.switching import EAST, TO_PRIMARY, WEST, Shop, cloud, shop, until


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of database is enough here: the wire is what is tried."""
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


async def test_an_answer_that_is_lost_is_found_by_reading(world: Shop) -> None:
    await world.breaks()
    world.west.plan["PutParameter"] = ["lost"]
    plan = await world.run(await world.approved())
    assert (plan.state, world.live(), world.writes()) == ("done", (WEST, 2), 1)
    assert (await world.events())[3:] == ["intent", "in_doubt", "adopted", "done", "drift"]


@pytest.mark.parametrize("fault", ["dropped", "503", "hang"])
async def test_a_write_that_proves_not_to_have_happened_is_tried_once_more(
    world: Shop, fault: Any
) -> None:
    await world.breaks()
    world.west.plan["PutParameter"] = [fault]
    plan = await world.run(await world.approved())
    assert (plan.state, world.live(), world.writes()) == ("done", (WEST, 2), 2)
    assert (await world.events())[3:] == ["intent", "in_doubt", "intent", "acked", "done", "drift"]


async def test_two_writes_without_effect_stop_for_a_person(world: Shop) -> None:
    await world.breaks()
    world.west.plan["PutParameter"] = ["503", "503"]
    plan = await world.run(await world.approved())
    assert (plan.state, world.live(), world.writes()) == ("halted", (EAST, 1), 2)
    assert "aws ssm get-parameter --region us-west-2" in await world.text_of("halted")
    assert await world.status() == "open"


async def test_a_throttled_write_is_sent_again_and_told_once(world: Shop) -> None:
    await world.breaks()
    world.west.plan["PutParameter"] = ["throttled", "throttled", "throttled"]
    plan = await world.run(await world.approved())
    assert (plan.state, world.live()) == ("done", (WEST, 2))
    assert (await world.events()).count("delayed") == 1


async def test_a_refused_write_ends_the_plan_with_the_reason(world: Shop) -> None:
    await world.breaks()
    world.west.plan["PutParameter"] = ["denied"]
    plan = await world.run(await world.approved())
    assert (plan.state, world.live()) == ("failed", (EAST, 1))
    assert "nothing changed" in plan.outcome and "AccessDenied" in plan.outcome


async def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(world: Shop) -> None:
    await world.breaks()
    plan = await world.approved()
    world.put("eu-central-1")
    plan = await world.run(plan)
    assert (plan.state, world.live(), world.writes()) == ("halted", ("eu-central-1", 2), 0)
    (halted,) = [e for e in await world.story() if e.data.get("event") == "halted"]
    assert halted.data["columns"] == {"before": EAST, "desired": WEST, "live": "eu-central-1"}


async def test_the_same_value_at_another_version_is_somebody_elses_too(world: Shop) -> None:
    await world.breaks()
    plan = await world.approved()
    world.put(EAST)
    plan = await world.run(plan)
    assert (plan.state, world.writes()) == ("halted", 0)


async def test_a_write_in_the_gap_before_ours_is_told(world: Shop) -> None:
    await world.breaks()
    world.west.before["PutParameter"] = lambda: world.put("eu-central-1")
    plan = await world.run(await world.approved())
    assert (plan.state, world.live(), world.writes()) == ("done", (WEST, 3), 1)
    assert "somebody else wrote in between" in await world.text_of("in_doubt")


async def test_a_write_in_the_gaps_on_both_sides_of_ours_halts(world: Shop) -> None:
    await world.breaks()
    world.west.before["PutParameter"] = lambda: world.put("eu-central-1")
    world.west.after["PutParameter"] = lambda: world.put("eu-central-1")
    plan = await world.run(await world.approved())
    assert (plan.state, world.live(), world.writes()) == ("halted", ("eu-central-1", 4), 1)
    assert await world.status() == "open"


async def test_users_who_are_not_served_make_it_a_failure_and_nothing_is_undone(
    world: Shop,
) -> None:
    await world.breaks()
    world.edge.stuck_on = EAST
    plan = await world.run(await world.approved())
    assert (plan.state, world.live(), world.writes()) == ("failed", (WEST, 2), 1)
    assert "users do not get it as promised" in plan.outcome
    assert await world.status() == "open"
    (failed,) = [e for e in await world.story() if e.data.get("event") == "failed"]
    assert (
        "The switch itself says: /shop/asset-origin holds us-west-2 (version 2), as planned."
        in failed.data["proof"]
    )
    offers = await world.store.tx(world.runbooks.offers, world.incident)
    switches = [offer.runbook for offer in offers if offer.runbook.startswith("serve-")]
    assert switches == [TO_PRIMARY]  # it is live: only the way back


async def test_an_error_page_with_status_200_is_no_proof(world: Shop) -> None:
    await world.breaks()
    world.edge.kind = "text/html"
    plan = await world.run(await world.approved())
    assert plan.state == "failed"


async def test_the_guards_are_asked_again_when_it_runs(world: Shop) -> None:
    await world.breaks()
    plan = await world.approved()

    def spoil(session: Any) -> None:
        row = session.get_one(Readiness, (world.asset.name, WEST))
        row.state, row.reason = "not_ready", "3 of 8 objects missing"

    await world.store.tx(spoil)
    plan = await world.run(plan)
    assert (plan.state, world.live(), world.writes()) == ("failed", (EAST, 1), 0)
    assert "3 of 8 objects missing" in plan.outcome


async def test_the_way_back_is_offered_once_after_a_while_and_leads_back(world: Shop) -> None:
    await world.breaks()
    await world.run(await world.approved())
    await world.heals(ago=timedelta(minutes=1))
    await world.prove()
    with pytest.raises(Refused, match="healthy for 1 min"):
        await world.plan(TO_PRIMARY)
    await world.store.tx(world.runbooks._tick)
    assert "offered" not in await world.events()

    await world.heals()
    for _ in range(3):
        await world.store.tx(world.runbooks._tick)
    assert (await world.events()).count("offered") == 1
    plan = await world.run(await world.approved(TO_PRIMARY))
    assert (plan.state, world.live(), world.writes()) == ("done", (EAST, 3), 2)
    offers = await world.store.tx(world.runbooks.offers, world.incident)
    switches = [(one.runbook, one.available) for one in offers if one.runbook.startswith("serve-")]
    assert switches == [("serve-from-backup", False)]


async def test_the_primary_down_keeps_the_last_proof_and_reads_the_backup_again(
    world: Shop,
) -> None:
    await world.breaks()
    await world.prove()
    plan = await world.plan()
    ready = await world.store.tx(lambda s: s.get_one(Readiness, (world.asset.name, WEST)))
    assert ready.state == "ready"
    assert "8 of 8 objects the same when last compared at" in ready.reason
    assert "they cannot be compared now" in ready.reason
    assert ready.reason in plan.body
    primary = await world.store.tx(lambda s: s.get_one(Readiness, (world.asset.name, EAST)))
    assert primary.state == "unknown" and "does not answer" in primary.reason


async def test_a_live_value_that_cannot_be_read_makes_no_plan(world: Shop) -> None:
    await world.breaks()
    world.west.away = True
    with pytest.raises(Refused, match="live value cannot be read"):
        await world.plan()
    assert "planned" not in await world.events()


async def test_a_plan_whose_time_ends_before_it_could_write_ends_without_a_write(
    world: Shop,
) -> None:
    await world.breaks()
    plan = await world.approved()
    world.west.plan["PutParameter"] = ["throttled"] * 50
    await world.durable.start("run", plan.id, plan.id)

    async def delayed() -> bool:
        return "delayed" in await world.events()

    await until(delayed)
    await world.change(plan, expires_at=clock.now())
    await world.ended(plan)
    assert (await world.row(plan.id)).state == "failed"
    assert world.live() == (EAST, 1)

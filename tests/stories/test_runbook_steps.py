"""A runbook of several steps: what people do, two flags in two places, and a run that waits."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from incidentbot.errors import Refused
from incidentbot.runbooks import pauses
from incidentbot.store import Store
from incidentbot.store.models import Plan
from tests.contracts.aws_wire import ENV, client
from tests.stories.switching import (
    CONFIG,
    EAST,
    GUEST,
    JONAS,
    MAYA,
    WEST,
    Shop,
    cloud,
    shop,
    until,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SECOND = "/shop/asset-origin-2"
TWO = CONFIG.replace(
    """    switch:
      kind: ssm_parameter
      parameter: /shop/asset-origin
      region: us-west-2
      endpoint_url: "{west}"
      values: {{us-east-1: us-east-1, us-west-2: us-west-2}}
""",
    """    switches:
      - name: near
        kind: ssm_parameter
        parameter: /shop/asset-origin
        region: us-west-2
        endpoint_url: "{west}"
        values: {{us-east-1: us-east-1, us-west-2: us-west-2}}
      - name: far
        kind: ssm_parameter
        parameter: /shop/asset-origin-2
        region: eu-west-1
        endpoint_url: "{west}"
        values: {{us-east-1: primary, us-west-2: backup}}
""",
).replace("policy: {{", "policy: {{caps: {{targets: 2, in_window: 2, percent: 100}}, ")
BOTH = """\
title: Serve {{asset}} from {{to}}, both flags
when: {when}
risk: medium
to: {to}
steps:
  - checklist: [Freeze the deploys, Tell the shop]
    why: A deploy would read the old flag.
  - action: ssm_parameter
    switch: far
  - action: ssm_parameter
    switch: near
    if_this_fails: Look at both flags before anything else.
  - ask: Do the pictures load for you too?
undo: {undo}
why: Two readers, two flags.
watch_for: Readers that disagree.
if_this_fails: Ask for help.
"""


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
    folder = tmp_path / "runbooks"
    folder.mkdir()
    for name, to, when, undo in (
        ("both-to-backup", "backup", "dependency_down", "both-to-primary"),
        ("both-to-primary", "primary", "primary_healthy", "both-to-backup"),
    ):
        text = BOTH.format(to=to, when=when, undo=undo)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    async with shop(store, aws, tmp_path, TWO, folder) as made:
        put(made, "primary")
        yield made


def far(world: Shop) -> str:
    ssm = client("ssm", world.aws_url, "eu-west-1")
    return str(ssm.get_parameter(Name=SECOND)["Parameter"]["Value"])


def put(world: Shop, value: str) -> None:
    ssm = client("ssm", world.aws_url, "eu-west-1")
    ssm.put_parameter(Name=SECOND, Value=value, Type="String", Overwrite=True)


async def started(world: Shop) -> Plan:
    """Approved and run up to its first question."""
    await world.breaks()
    plan = await world.plan("both-to-backup")
    await world.approve(plan, JONAS)
    return await world.run(plan)


async def goes_on(world: Shop, plan: Plan, number: int, choice: str) -> Plan:
    """Answer, and run on as the application does."""
    await world.runbooks.answer(plan.id, number, choice, JONAS)
    key = f"{plan.id}:{number}"
    await world.durable.start("run", key, plan.id)

    async def over() -> bool:
        return await world.durable.finished("run", key)

    await until(over, 20)
    return await world.row(plan.id)


async def test_people_and_flags_take_turns(world: Shop) -> None:
    plan = await started(world)
    assert (plan.state, world.writes()) == ("paused", 0)
    asked = await world.store.tx(pauses.waiting, plan.id)
    assert asked is not None and asked.choices == ("done", "stop")
    assert "Freeze the deploys; Tell the shop" in asked.question
    plan = await goes_on(world, plan, 1, "done")
    assert (plan.state, far(world), world.live()[0]) == ("paused", "backup", WEST)
    events = await world.events()
    assert events == [
        "planned", "approved", "started", "paused", "answered",
        "intent", "acked", "proven", "intent", "acked", "proven", "paused",
    ]  # fmt: skip
    assert "us-west-2 serves now" in await world.text_of("proven")
    assert await world.status() == "open"  # not before the last word
    again = await world.runbooks.answer(plan.id, 1, "stop", MAYA)
    assert again == "That was answered already: done."
    with pytest.raises(Refused, match="must be one of: done, stop"):
        await world.runbooks.answer(plan.id, 2, "go_on", MAYA)
    plan = await goes_on(world, plan, 2, "done")
    assert (plan.state, world.writes(), await world.status()) == ("done", 2, "mitigated")
    with pytest.raises(Refused, match="asks nothing now"):
        await world.runbooks.answer(plan.id, 3, "done", MAYA)


async def test_who_stops_it_stops_it_there(world: Shop) -> None:
    plan = await started(world)
    await world.runbooks.answer(plan.id, 1, "stop", GUEST)
    plan = await world.row(plan.id)
    assert (plan.state, world.writes(), far(world)) == ("stopped", 0, "primary")
    again = await world.plan("both-to-backup")  # the locks are free again
    await world.approve(again, JONAS)
    assert (await world.run(again)).state == "paused"


async def test_a_proof_that_is_none_asks_and_an_approver_decides(world: Shop) -> None:
    plan = await started(world)
    world.edge.away = True
    plan = await goes_on(world, plan, 1, "done")
    assert (plan.state, far(world), world.live()[0]) == ("paused", "backup", EAST)
    asked = await world.store.tx(pauses.waiting, plan.id)
    assert asked is not None and asked.choices == ("look_again", "go_on", "stop")
    with pytest.raises(Refused, match="not among the approvers"):
        await world.runbooks.answer(plan.id, asked.number, "go_on", GUEST)
    plan = await goes_on(world, plan, asked.number, "look_again")
    assert (plan.state, world.live()[0]) == ("paused", EAST)
    world.edge.away = False
    plan = await goes_on(world, plan, asked.number + 1, "look_again")
    assert (plan.state, world.live()[0], world.writes()) == ("paused", WEST, 2)


async def test_an_approver_goes_on_without_a_proof(world: Shop) -> None:
    plan = await started(world)
    world.edge.away = True
    plan = await goes_on(world, plan, 1, "done")
    plan = await goes_on(world, plan, 2, "go_on")
    assert (plan.state, far(world), world.live()[0]) == ("paused", "backup", WEST)


async def test_the_second_flag_changed_meanwhile_is_not_overwritten(world: Shop) -> None:
    plan = await started(world)
    world.put("elsewhere")
    world.edge.stuck_on = EAST
    before = world.writes()
    plan = await goes_on(world, plan, 1, "done")
    assert (plan.state, far(world), world.live()[0]) == ("halted", "backup", "elsewhere")
    assert world.writes() == before + 1
    assert "Look at both flags before anything else" in await world.text_of("halted")


async def test_what_expired_while_people_were_busy_is_not_written(world: Shop) -> None:
    plan = await started(world)
    await world.change(plan, expires_at=plan.created_at)
    plan = await goes_on(world, plan, 1, "done")
    assert (plan.state, world.writes()) == ("failed", 0)

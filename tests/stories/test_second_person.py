"""An approval is a second person's, of what was shown, once: by whatever route somebody tries.

The rules have tests of their own (tests/unit/test_runbook_approve.py, the form of Slack in
test_switch.py); here each route is walked to its end, and nothing is written.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from incidentbot import clock
from incidentbot.errors import Refused
from incidentbot.incidents.people import Person
from incidentbot.runbooks import approve
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.settings import PersonSettings
from incidentbot.slack.people import profiles
from incidentbot.slack.people.profiles import Known
from incidentbot.store.models import Approval, Plan
from tests.contracts.stages.stage import Stage
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
from tests.stories.switching import JONAS, MAYA, edited
from tests.stories.terminal import ME, typed
from tests.stories.test_shipped_runbooks import THERE

KIND = "http"
OTHER = Person("U9", "Maya at home", approver=True)
TWIN = Person("U8", "maya.o", approver=True)
TEAM = [
    Known("U1", "maya", "Maya", email="maya@shop.example"),
    Known("U2", "jonas", "Jonas", email="jonas@shop.example"),
    Known("U8", "maya.o", "Maya", email="Maya+phone@shop.example"),
    Known("U9", "maya-home", "Maya"),
]
PEOPLE = """\
people:
  - {{name: Maya, slack: maya, os_user: {maya}}}
  - {{name: Jonas, slack: jonas, os_user: {jonas}}}
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with aws_of_tests() as made:
        yield made


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with stage_of(KIND) as made:
        yield made


@pytest.fixture
async def world(stage: Stage, aws: Aws, tmp_path: Path) -> AsyncIterator[Scene]:
    empty_database(tmp_path)
    with Edge() as edge:
        settings = settings_for(stage, KIND, tmp_path, edge, quick_copy(tmp_path, KIND), FREE)
        known = (PersonSettings(name="Maya", slack="maya", also=("maya-home",)),)
        settings = settings.model_copy(update={"people": known})
        database = new_database(tmp_path / "empty.db", tmp_path)
        async with scene(stage, edge, settings, database, aws) as made:
            await made.store.tx(profiles.keep, TEAM)
            await made.breaks()
            yield made


async def nothing_came_of_it(world: Scene, plan: Plan, why: str) -> None:
    """No approval, no write even if the run is started; the refusal is a line of the story."""
    mine = select(Approval).filter_by(plan_id=plan.id, plan_hash=plan.hash)
    assert await world.store.tx(lambda s: list(s.scalars(mine))) == []
    row = await world.run(plan)
    assert row.state != "done" and (world.writes(), world.stage.live()) == (0, "one")
    told = [e.text for e in await world.story() if e.data.get("event") == "refused"]
    assert any(why in text for text in told), told


@pytest.mark.parametrize(
    ("who", "behind", "why"),
    [
        (MAYA, "", "you asked for this plan yourself"),
        (OTHER, "", "you asked for this plan yourself, by another account"),  # `also`
        (TWIN, "", "you asked for this plan yourself, by another account"),  # the same mailbox
        (JONAS, MAYA.id, "you asked for this plan yourself, by another account"),  # sudo
        (Person("incidentbot", "incidentbot", approver=True), "", "A person must approve"),
        (Person("U3", "Kim"), "", "is not among the approvers"),
    ],
)
async def test_nobody_approves_their_own_plan_by_any_account(
    world: Scene, who: Person, behind: str, why: str
) -> None:
    plan = await world.plan(THERE[KIND])
    typed_name = str(approve.shown(plan)["confirm"])
    with pytest.raises(Refused, match=why):
        await world.runbooks.approve(plan.id, plan.hash, who, typed_name, behind)
    await nothing_came_of_it(world, plan, why)


@pytest.mark.parametrize("by_sudo", [False, True])
async def test_nor_at_the_command_line(
    world: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_sudo: bool
) -> None:
    """As oneself, and by sudo as somebody else. Whoever runs the tests is who types."""
    monkeypatch.setenv("DATABASE_URL", world.store.url)
    names = {"maya": ME, "jonas": "jonas-os"}
    if by_sudo:
        monkeypatch.setenv("SUDO_USER", "maya-os")
        names = {"maya": "maya-os", "jonas": ME}
    plain = (tmp_path / "incidentbot.yaml").read_text()
    (tmp_path / "people.yaml").write_text(plain + PEOPLE.format(**names))
    plan = await world.plan(THERE[KIND])
    words = ("approve", plan.id, plan.hash[:12], "--type", str(approve.shown(plan)["confirm"]))
    said = await typed(tmp_path, "runbook", *words, config="people.yaml")
    assert (said.code, "you asked for this plan yourself" in said.err) == (1, True), said
    assert (await world.row(plan.id)).state == "planned"
    assert world.writes() == 0


async def test_a_stale_plan_is_not_run(world: Scene) -> None:
    """Approved in time and by the right person; but somebody turned the switch meanwhile."""
    plan = await world.plan(THERE[KIND])
    await world.approve(plan)
    world.stage.by_others(world.stage.third)
    row = await world.run(plan)
    assert (row.state, world.writes(), world.stage.live()) == ("halted", 0, world.stage.third)
    assert "Somebody changed it since the plan was shown" in row.outcome


async def test_an_old_plan_is_not_approved(world: Scene) -> None:
    plan = await world.plan(THERE[KIND])
    await change(world, plan, expires_at=clock.now() - timedelta(seconds=1))
    with pytest.raises(Refused, match="expired at"):
        await world.approve(plan)
    await nothing_came_of_it(world, plan, "expired at")


@pytest.mark.parametrize("when", ["before the approval", "after it"])
@pytest.mark.parametrize("hash_too", [False, True])
async def test_an_edited_plan_is_not_run(world: Scene, when: str, hash_too: bool) -> None:
    plan = await world.plan(THERE[KIND])
    if when == "after it":
        await world.approve(plan)
    values: dict[str, Any] = edited(plan, '"two"', '"three"')
    await change(world, plan, **(values if hash_too else {"body": values["body"]}))
    if when == "before the approval":
        with pytest.raises(Refused, match="not the plan that was shown"):
            await world.approve(plan)
    row = await world.run(plan)
    assert row.state != "done"
    assert (world.writes(), world.stage.live()) == (0, "one")


async def test_an_approval_cannot_be_used_again(world: Scene) -> None:
    """Neither for a second run, nor for another plan of the very same thing."""
    first = await world.plan(THERE[KIND])
    await world.approve(first)
    assert (await world.run(first)).state == "done"
    world.stage.reset()
    before = world.writes()
    assert "it runs once" in await world.approve(first)
    again = await world.run(first, key=f"{first.id}:again")
    assert (again.state, world.writes(), world.stage.live()) == ("done", before, "one")

    await world.breaks()
    second = await world.plan(THERE[KIND])
    assert second.id != first.id
    typed_name = str(approve.shown(second)["confirm"])
    with pytest.raises(Refused, match="not the plan that was shown"):
        await world.runbooks.approve(second.id, first.hash, JONAS, typed_name)
    assert (await world.run(second)).state == "planned"
    assert (world.writes(), world.stage.live()) == (before, "one")


async def change(world: Scene, plan: Plan, **values: Any) -> None:
    """Somebody changes the stored row behind our back."""

    def write(session: Any) -> None:
        for name, value in values.items():
            setattr(session.get_one(Plan, plan.id), name, value)

    await world.store.tx(write)

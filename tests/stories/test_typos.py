"""The reason this product exists: whatever slips into an argument, nothing is written but what a
plan showed and a person approved.

Every argument of every shipped runbook is tried with every single-character edit of its valid
value, and with the names of other valid targets: through the core all of them, through signed
payloads of Slack and through the command line a part. In front of each runbook stands a strict
stand-in that counts its writes; in the end one plan is approved as it should be, to see that what
counts can count.
"""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, ids
from incidentbot.errors import NotFound, Refused
from incidentbot.incidents.people import Person
from incidentbot.rehearsal.workspace.posting import encoded, signed
from incidentbot.rehearsal.workspace.server import Running, running
from incidentbot.runbooks import approve, pauses
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.settings import AssetSettings, Settings, SlackAccess, SwitchSettings
from incidentbot.slack.inbound import inbox
from incidentbot.slack.people import profiles
from incidentbot.slack.people.profiles import Known
from incidentbot.slack.service import SlackSide
from incidentbot.store.models import Approval, Plan
from incidentbot.timers import Timers
from tests.contracts.stages.stage import Stage
from tests.stories.shipped import (
    EAST,
    FREE,
    WEST,
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
from tests.stories.switching import JONAS, MAYA, until
from tests.stories.terminal import people, typed
from tests.stories.test_shipped_runbooks import BOOKS, THERE

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789ABCIKNP-_./|%* \u0430\u200b"
HEX = "0123456789abcdefgAF -_%"
NO_SWITCH = ("vendor-down-no-backup",)
SEEN = Counter[str]()  # how many edits of what, by where they were tried


def edits(value: str, alphabet: str = ALPHABET) -> set[str]:
    """All that one slip makes of it: a character less, more, another one, or two exchanged."""
    cuts = [(value[:n], value[n:]) for n in range(len(value) + 1)]
    less = {head + tail[1:] for head, tail in cuts if tail}
    more = {head + letter + tail for head, tail in cuts for letter in alphabet}
    other = {head + letter + tail[1:] for head, tail in cuts if tail for letter in alphabet}
    turned = {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    return (less | more | other | turned) - {value}


def some(value: str, many: int, alphabet: str = ALPHABET) -> list[str]:
    """A sample, the same in every run."""
    return random.Random(value).sample(sorted(edits(value, alphabet)), many)


def tried(where: str, many: int = 1) -> None:
    SEEN[where] += many


@dataclass(frozen=True)
class Kiosk:
    """An asset for each kind of switch, in front of a stand-in each."""

    scene: Scene
    stages: dict[str, Stage]
    folder: Path

    def target(self, runbook: str) -> str:
        kinds = BOOKS[runbook].kinds
        return named(kinds[0]) if kinds else ""

    def writes(self) -> dict[str, int]:
        counts = {k: one.double.count(*one.writes) for k, one in self.stages.items()}
        return {kind: many for kind, many in counts.items() if many}

    async def plans(self) -> list[Plan]:
        return await self.scene.store.tx(lambda s: list(s.scalars(select(Plan))))

    async def run_what_is_approved(self) -> list[Plan]:
        """As the application does with every approval; the plans that ran."""
        ran = [plan for plan in await self.plans() if plan.state == "approved"]
        return [await self.scene.run(plan) for plan in ran]


def named(kind: str) -> str:
    return f"shop-{kind.replace('_', '-')}"


def with_all(settings: Settings, stages: dict[str, Stage]) -> Settings:
    """The shop's settings with an asset per stage."""
    (base,) = settings.assets
    assets: list[AssetSettings] = []
    for kind, stage in stages.items():
        one, two = stage.values
        switch = SwitchSettings(kind=kind, values={EAST: one, WEST: two}, options=stage.options)
        name = named(kind)
        assets.append(base.model_copy(update={"name": name, "title": name, "switch": switch}))
    return settings.model_copy(update={"assets": tuple(assets)})


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with aws_of_tests() as made:
        yield made


@pytest.fixture(scope="module")
def stages() -> Iterator[dict[str, Stage]]:
    with ExitStack() as stack:
        yield {kind: stack.enter_context(stage_of(kind)) for kind in sorted(THERE)}


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    with Edge() as made:
        yield made


@pytest.fixture
async def kiosk(
    aws: Aws, stages: dict[str, Stage], edge: Edge, tmp_path: Path
) -> AsyncIterator[Kiosk]:
    empty_database(tmp_path)
    runbooks = quick_copy(tmp_path)
    for name in NO_SWITCH:
        text = (Path(__file__).parents[2] / "runbooks" / f"{name}.yaml").read_text()
        (runbooks / f"{name}.yaml").write_text(text)
    settings = with_all(settings_for(None, "", tmp_path, edge, runbooks, FREE), stages)
    database = new_database(tmp_path / "empty.db", tmp_path)
    for stage in stages.values():
        stage.double.forget()
        stage.reset()
        stage.double.forget()
    first = stages["http"]
    async with scene(first, edge, settings, database, aws) as made:
        await made.ready_for_all()
        await made.breaks()
        yield Kiosk(made, stages, tmp_path)


async def frozen(kiosk: Kiosk) -> list[Plan]:
    """A plan of every shipped runbook, asked for by Maya: first those to the backup, then, as the
    primary is well again and the backup serves, the ways back."""
    made = kiosk.scene
    plans = [await made.plan(name, target=kiosk.target(name)) for name in THERE.values()]
    plans += [await made.plan(name, target="") for name in NO_SWITCH]
    await made.heals()
    for stage in kiosk.stages.values():
        stage.by_others(stage.values[1])
    plans += [
        await made.plan(str(BOOKS[name].file.undo), target=kiosk.target(name))
        for name in THERE.values()
    ]
    return plans


async def test_no_edit_of_any_argument_reaches_a_write(
    kiosk: Kiosk, record_property: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    SEEN.clear()
    made = kiosk.scene
    plans = await frozen(kiosk)
    assert len(plans) == len(THERE) * 2 + len(NO_SWITCH)
    count = len(await kiosk.plans())

    for plan in plans:
        await names_of_a_plan(kiosk, plan)
    assert len(await kiosk.plans()) == count, "a slip made a plan"
    await answers(kiosk, plans)
    for plan in plans:
        if plan.runbook in NO_SWITCH:
            continue  # it writes nothing, so nobody approves it
        nothing_of_an_approval(plan)
        await made.store.tx(ids_and_others, made.settings, plan, plans)
        await through_the_service(made, plan)
    assert await made.store.tx(approvals) == []
    assert await kiosk.run_what_is_approved() == []
    assert kiosk.writes() == {}

    # And now as it should be: one plan, by a second person, and one write to its target alone.
    back = next(p for p in plans if p.runbook == BOOKS[THERE["http"]].file.undo)
    await made.approve(back)
    (ran,) = await kiosk.run_what_is_approved()
    assert (ran.id, ran.state, kiosk.writes()) == (back.id, "done", {"http": 1})
    assert all(SEEN[where] for where in EVERY_ARGUMENT)
    record_property("tried", SEEN.total())
    with capsys.disabled():
        print(f"\ntypos: {SEEN.total():,} tried, 0 writes ({SEEN})")
    assert SEEN.total() > 200_000


EVERY_ARGUMENT = (
    "runbook", "target", "other target", "incident", "plan", "other plan", "hash", "typed",
    "other typed", "answer", "question",
)  # fmt: skip


async def names_of_a_plan(kiosk: Kiosk, plan: Plan) -> None:
    """What a plan is asked for with: the runbook, the target, the incident."""
    made, target = kiosk.scene, kiosk.target(plan.runbook)
    for wrong in edits(plan.runbook):
        with pytest.raises(Refused, match="There is no runbook"):
            await made.runbooks.plan(made.incident, wrong, target, MAYA)
        tried("runbook")
    for wrong in edits(target):
        with pytest.raises(Refused):
            await made.runbooks.plan(made.incident, plan.runbook, wrong, MAYA)
        tried("target")
    for kind in THERE:
        if named(kind) != target:
            with pytest.raises(Refused):
                await made.runbooks.plan(made.incident, plan.runbook, named(kind), MAYA)
            tried("other target")
    many = edits(made.incident) if plan.runbook in NO_SWITCH else some(made.incident, 10)
    for wrong in many:
        with pytest.raises(Refused):
            await made.runbooks.plan(wrong, plan.runbook, target, MAYA)
        tried("incident")


def approvals(session: Session) -> list[Approval]:
    """Those that people gave."""
    return list(session.scalars(select(Approval).filter_by(kind=approve.BY_PERSON)))


def nothing_of_an_approval(plan: Plan) -> None:
    """Every hash and every name that could be typed, by the rule that the core asks."""
    now, wanted = clock.now(), str(approve.shown(plan)["confirm"])

    def accepted(plan_hash: str, what: str) -> bool:
        return approve.why_not(plan, approve.Click(JONAS, plan_hash, what), now) is None

    assert accepted(plan.hash, wanted)
    for wrong in edits(plan.hash, HEX):
        assert not accepted(wrong, wanted), wrong
        tried("hash")
    if not wanted:
        return  # nothing is typed at this risk
    for wrong in edits(wanted):
        assert accepted(plan.hash, wrong) == (wrong.strip() == wanted), wrong
        tried("typed")
    for other in ("", *(named(kind) for kind in THERE)):
        assert accepted(plan.hash, other) == (other == wanted), other
        tried("other typed")


def ids_and_others(session: Session, settings: Settings, plan: Plan, plans: list[Plan]) -> None:
    """Every id that a slip makes, and this plan's hash and name at every other plan."""
    wanted, now = str(approve.shown(plan)["confirm"]), clock.now()
    for wrong in edits(plan.id):
        with pytest.raises(NotFound):
            approve.approve(session, wrong, plan.hash, JONAS, now, settings=settings, typed=wanted)
        tried("plan")
    for other in plans:
        if other.id != plan.id:
            fine, said = approve.approve(
                session, other.id, plan.hash, JONAS, now, settings=settings, typed=wanted
            )
            assert not fine and "not the plan that was shown" in said
            tried("other plan")


async def through_the_service(made: Scene, plan: Plan) -> None:
    """A part of the same as Slack and the command line call it."""
    wanted = str(approve.shown(plan)["confirm"])
    clicks = [(plan.id, wrong, wanted) for wrong in some(plan.hash, 4, HEX)]
    clicks += [(wrong, plan.hash, wanted) for wrong in some(plan.id, 4)]
    if wanted:
        clicks += [(plan.id, plan.hash, wrong) for wrong in some(wanted, 4)
                   if wrong.strip() != wanted]  # fmt: skip
    for plan_id, plan_hash, what in clicks:
        with pytest.raises(Refused):
            await made.runbooks.approve(plan_id, plan_hash, JONAS, what)
        tried("through the service")
    for act in (made.runbooks.undo, made.runbooks.veto):
        for wrong in some(plan.id, 2):
            with pytest.raises(Refused):
                await act(wrong, JONAS)
            tried("through the service")


async def answers(kiosk: Kiosk, plans: list[Plan]) -> None:
    """A run that waits for a person goes on by one of its own answers only."""
    made = kiosk.scene
    plan = next(p for p in plans if p.runbook in NO_SWITCH)
    plan = await made.run(plan)
    assert plan.state == "paused"

    def answered(session: Session, plan_id: str, number: int, choice: str) -> None:
        with pytest.raises(Refused):
            pauses.answer(session, plan_id, number, choice, JONAS)

    def all_of_them(session: Session) -> None:
        for choice in {*edits(pauses.DONE), *edits(pauses.STOP)}:
            answered(session, plan.id, 1, choice)
            tried("answer")
        for number in (-1, 0, 2, 3, 10, 11, 12, 21, 101):
            answered(session, plan.id, number, pauses.DONE)
            tried("question")
        for wrong in edits(plan.id):
            answered(session, wrong, 1, pauses.DONE)
            tried("plan")

    await made.store.tx(all_of_them)
    assert (await made.row(plan.id)).state == "paused"


# by Slack


@dataclass
class Slack:
    """The Slack side of the bot, reached as Slack reaches it: by signed requests."""

    kiosk: Kiosk
    workspace: Running
    door: str
    http: aiohttp.ClientSession
    numbers: Iterator[int]

    def person(self, name: str) -> dict[str, str]:
        one = self.workspace.workspace.person(name)
        team = self.workspace.workspace.team.id
        return {"id": one.id, "username": name, "name": name, "team_id": team}

    async def click(self, who: str, action: str, value: str) -> None:
        number = next(self.numbers)
        ts = f"1700000000.{number:06}"
        await self._send(
            {
                "type": "block_actions",
                "container": {"type": "message", "message_ts": ts, "channel_id": "C0TYPOS"},
                "channel": {"id": "C0TYPOS", "name": "typos"},
                "message": {"ts": ts, "text": "", "blocks": []},
                "actions": [{"type": "button", "action_id": action, "block_id": "b",
                             "value": value, "action_ts": ts}],
            },
            who, number,
        )  # fmt: skip

    async def submit(self, who: str, form: str, about: str, what: str) -> None:
        number = next(self.numbers)
        entered = {"typed": {"typed": {"type": "plain_text_input", "value": what}}}
        view = {
            "id": f"V{number}", "hash": f"{number}.h", "type": "modal", "callback_id": form,
            "private_metadata": f"{about}|C0TYPOS", "state": {"values": entered}, "blocks": [],
        }  # fmt: skip
        await self._send({"type": "view_submission", "view": view}, who, number)

    async def _send(self, payload: dict[str, Any], who: str, number: int) -> None:
        whole = payload | {
            "user": self.person(who), "team": {"id": self.workspace.workspace.team.id},
            "trigger_id": f"{number}.1.x", "api_app_id": self.workspace.workspace.app.app_id,
            "response_url": f"{self.workspace.url}response/none",
        }  # fmt: skip
        body, kind = encoded("interactive", whole)
        secret = self.workspace.workspace.app.signing_secret
        headers = signed(secret, body, int(time.time())) | {"Content-Type": kind}
        async with self.http.post(self.door, data=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
        tried(f"Slack {payload['type']}")

    async def worked(self) -> None:
        """Wait until all that came is worked off."""

        async def none() -> bool:
            return not await self.kiosk.scene.store.tx(inbox.waiting)

        await until(none, 60)


@pytest.fixture
async def slack(kiosk: Kiosk) -> AsyncIterator[Slack]:
    made = kiosk.scene
    async with running() as workspace, aiohttp.ClientSession() as http:
        app = workspace.workspace.app
        access = SlackAccess(
            bot_token=SecretStr(app.bot_token), signing_secret=SecretStr(app.signing_secret),
            api_url=f"{workspace.url}api/",
        )  # fmt: skip
        settings = made.settings.model_copy(update={"access": access})

        async def draft(_: str) -> None: ...

        side = SlackSide(
            made.store, settings, made.runbooks, made.runbooks.offers, draft, Timers(made.store),
            made.http,
        )  # fmt: skip
        served = web.Application()
        served.router.add_post("/slack/events", side.events)
        runner = web.AppRunner(served, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        door = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        task = asyncio.create_task(side.run())
        try:
            yield Slack(kiosk, workspace, door, http, itertools.count(1))
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await runner.cleanup()


async def test_crafted_payloads_of_slack_reach_no_write(slack: Slack, record_property: Any) -> None:
    SEEN.clear()
    kiosk, made = slack.kiosk, slack.kiosk.scene
    maya = Person(slack.person("maya")["id"], "Maya", approver=True)
    names = list(THERE.values())[:3]
    plans = [await made.plan(name, maya, kiosk.target(name)) for name in names]
    count = len(plans)
    for plan in plans:
        right = (made.incident, plan.runbook, kiosk.target(plan.runbook))
        for place, value in enumerate(right):
            for wrong in some(value, 5):
                parts = [*right[:place], wrong, *right[place + 1 :]]
                await slack.click("maya", "runbook.plan", "|".join(parts))
        approval, wanted = f"{plan.id}|{plan.hash}", kiosk.target(plan.runbook)
        for wrong in some(approval, 12):
            await slack.click("jonas", "plan.approve", wrong)
            await slack.submit("jonas", "plan.approve", f"{wrong}|{wanted}", wanted)
        for wrong in some(wanted, 6):
            if wrong.strip() != wanted:
                await slack.submit("jonas", "plan.approve", f"{approval}|{wanted}", wrong)
                await slack.submit("jonas", "plan.approve", f"{approval}|{wrong}", wrong)
        for other in plans:
            if other is not plan:
                about = f"{other.id}|{plan.hash}|{wanted}"
                await slack.submit("jonas", "plan.approve", about, wanted)
                theirs = kiosk.target(other.runbook)
                await slack.submit("jonas", "plan.approve", f"{approval}|{theirs}", theirs)
        # Whoever asked, whatever the form carries.
        await slack.submit("maya", "plan.approve", f"{approval}|{wanted}", wanted)
    await slack.worked()
    assert len(await kiosk.plans()) == count, "a slip made a plan"
    assert await made.store.tx(approvals) == []
    assert await kiosk.run_what_is_approved() == []
    assert kiosk.writes() == {}

    last = plans[-1]
    wanted = kiosk.target(last.runbook)
    await slack.submit("jonas", "plan.approve", f"{last.id}|{last.hash}|{wanted}", wanted)
    await slack.worked()
    assert [plan.id for plan in await kiosk.plans() if plan.state == "approved"] == [last.id]
    record_property("tried", SEEN.total())
    assert SEEN.total() > 150


# by commands


async def test_commands_with_a_slip_reach_no_write(
    kiosk: Kiosk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    SEEN.clear()
    made = kiosk.scene
    monkeypatch.setenv("DATABASE_URL", made.store.url)
    made.store.run(profiles.keep, [Known("U1", "maya", "Maya"), Known("U2", "jonas", "Jonas")])
    plain = (tmp_path / "incidentbot.yaml").read_text()
    (tmp_path / "jonas.yaml").write_text(plain + people("jonas", "maya"))
    (plan,) = [await made.plan(name, target=kiosk.target(name)) for name in (THERE["http"],)]
    wanted = kiosk.target(plan.runbook)
    lines = [(wrong, plan.hash[:12], wanted) for wrong in some(plan.id, 15)
             if wrong.lower() != plan.id.lower()]  # fmt: skip
    lines += [(plan.id.replace(plan.id[n], "_", 1), plan.hash[:12], wanted) for n in (0, 3, 9)]
    lines += [(plan.id, wrong, wanted) for wrong in some(plan.hash[:12], 15, HEX)
              if not plan.hash.startswith(wrong.lower())]  # fmt: skip
    lines += [(plan.id, plan.hash[:12], w) for w in some(wanted, 15) if w.strip() != wanted]
    for plan_id, plan_hash, what in lines:
        words = ("approve", plan_id, plan_hash, "--type", what)
        said = await typed(tmp_path, "runbook", *words, config="jonas.yaml")
        # What begins with a - is taken for an option; all else comes to the core.
        assert said.code == (2 if "-" in (plan_id[:1], plan_hash[:1]) else 1), (words, said)
        tried("commands")
    assert await made.store.tx(approvals) == []
    assert await kiosk.run_what_is_approved() == []
    assert kiosk.writes() == {}
    words = ("approve", "--type", wanted, plan.id, plan.hash[:12])
    said = await typed(tmp_path, "runbook", *words, config="jonas.yaml")
    assert said.code == 0, said
    (ran,) = await kiosk.run_what_is_approved()
    assert (ran.state, kiosk.writes()) == ("done", {"http": 1})
    record_property("tried", SEEN.total())
    assert SEEN.total() >= 40
    assert ids.digest(approve.shown(ran)) == plan.hash

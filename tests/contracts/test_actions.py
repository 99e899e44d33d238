"""Every action keeps the contract, on the wire: it reads, plans, writes once, and says what a
failure means. An action without a stage in `stages/` fails the first test."""

import importlib
import json
import shlex
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from incidentbot import plugins
from incidentbot.errors import IncidentbotError, InDoubt, Permanent, Temporary
from incidentbot.http import Http
from incidentbot.runbooks import diff
from incidentbot.runbooks.contract import Done, Live, Request
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.runbooks.wires.haproxy import Haproxy
from incidentbot.runbooks.wires.web import Web
from incidentbot.runbooks.wires.wires import Wire, Wires, Writer
from tests.contracts.aws_wire import ENV
from tests.contracts.doubles.faults import Fault
from tests.contracts.stages.stage import EVIL, Stage

ACTIONS = "incidentbot.runbooks.actions"
FOLDER = Path(__file__).parent / "stages"
STAGES = sorted(p.stem for p in FOLDER.glob("*.py") if p.stem not in ("__init__", "stage"))
READ, WRITE = 1.0, 0.4  # seconds
MEANS: dict[Fault, tuple[type[IncidentbotError], bool]] = {  # and whether it took effect
    "lost": (InDoubt, True),
    "dropped": (InDoubt, False),
    "503": (InDoubt, False),
    "503 but done": (InDoubt, True),
    "hang": (InDoubt, False),
    "throttled": (Temporary, False),
    "denied": (Permanent, False),
}


class Impatient(Wires):
    """The real ways out with less patience."""

    def __init__(self, http: Http, aws: Aws) -> None:
        super().__init__(http, aws)
        self._quick: dict[str, Wire] = {
            "http": Web(http, read=READ, write=WRITE),
            "haproxy": Haproxy(answer=WRITE),
        }

    def of(self, request: Request, plan_id: str = "") -> Wire:
        return self._quick.get(request.service) or super().of(request, plan_id)


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """One for all, because making clients takes longest."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENV.items():
            patch.setenv(name, value)
        made = Aws(read=READ, write=WRITE)
        yield made
        made.close()


@pytest.fixture(scope="module", params=STAGES)
def house(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with importlib.import_module(f"tests.contracts.stages.{request.param}").stage() as stage:
        yield stage


@pytest.fixture
def stage(house: Stage) -> Stage:
    house.double.forget()
    house.reset()
    house.double.forget()
    return house


@pytest.fixture
async def calls(aws: Aws) -> AsyncIterator[Writer]:
    http = Http()
    yield Impatient(http, aws).writer("P-1")
    await http.close()


async def write(stage: Stage, calls: Writer, before: Live | None = None) -> Done:
    """Plan and write with the token that was read, as the executor does."""
    live = before or await stage.action.observe(stage.options, calls)
    planned = stage.action.plan(stage.options, live, stage.goal)
    requests = [request.filled(live.token) for request in planned.requests]
    done: Done = await stage.action.apply(stage.options, requests, live, calls)
    return done


def plain(document: object) -> object:
    return json.loads(json.dumps(document))


def test_every_action_has_a_stage() -> None:
    assert set(plugins.found(ACTIONS)) == set(STAGES)


async def test_it_reads_plans_writes_and_counts(stage: Stage, calls: Writer) -> None:
    before = await stage.action.observe(stage.options, calls)
    assert before.value == stage.values[0] == stage.live()
    assert before.serving == {before.value: 100}
    planned = stage.action.plan(stage.options, before, stage.goal)
    done = await write(stage, calls, before)
    after = await stage.action.observe(stage.options, calls)
    assert after.value == planned.after.value == stage.values[1] == stage.live()
    assert plain(after.document) == plain(planned.after.document)
    assert dict(after.serving) == dict(planned.after.serving)
    assert done.token in ("", after.token)
    assert stage.action.follows(before.token, done.token)
    assert stage.double.count(*stage.writes) == len(planned.requests)


async def test_the_undo_made_before_the_write_puts_back_what_was_there(
    stage: Stage, calls: Writer
) -> None:
    before = await stage.action.observe(stage.options, calls)
    planned = stage.action.plan(stage.options, before, stage.goal)
    undo = stage.action.undo(stage.options, before, planned.after)
    await write(stage, calls, before)
    now = await stage.action.observe(stage.options, calls)
    requests = [request.filled(now.token) for request in undo]
    await stage.action.apply(stage.options, requests, now, calls)
    back = await stage.action.observe(stage.options, calls)
    assert stage.live() == back.value == before.value
    assert plain(back.document) == plain(before.document)


async def test_it_verifies_by_reading_back(stage: Stage, calls: Writer) -> None:
    before = await stage.action.observe(stage.options, calls)
    planned = stage.action.plan(stage.options, before, stage.goal)
    fine, said = await stage.action.verify(stage.options, planned.after, calls)
    assert not fine and stage.values[0] in said and stage.values[1] in said
    await write(stage, calls, before)
    for _ in range(5):  # what needs a moment to be everywhere says so
        fine, said = await stage.action.verify(stage.options, planned.after, calls)
        if fine:
            break
    assert fine and stage.values[1] in said
    assert stage.double.count(*stage.writes) == len(planned.requests)


async def test_a_plan_is_pure_and_changes_nothing_but_what_it_may(
    stage: Stage, calls: Writer
) -> None:
    before = await stage.action.observe(stage.options, calls)
    kept = json.dumps(plain(before.document), sort_keys=True)
    first = stage.action.plan(stage.options, before, stage.goal)
    assert stage.action.plan(stage.options, before, stage.goal) == first
    assert json.dumps(plain(before.document), sort_keys=True) == kept
    assert stage.double.count(*stage.writes) == 0
    assert all(plain(r.as_dict()) == r.as_dict() for r in first.requests)
    changed = [path for path, _, _ in diff.fields(before.document, first.after.document)]
    assert changed and not diff.outside(changed, stage.action.MAY_CHANGE)
    assert first.requests and first.target and first.what and first.touches and first.not_touched


async def test_a_part_of_the_traffic_moves(stage: Stage, calls: Writer) -> None:
    if not getattr(stage.action, "PARTS", False):
        return
    one, two = stage.values
    for share in (1, 25, 100, 0):
        live = await stage.action.observe(stage.options, calls)
        planned = stage.action.plan(stage.options, live, stage.towards(two, share))
        requests = [request.filled(live.token) for request in planned.requests]
        await stage.action.apply(stage.options, requests, live, calls)
        after = await stage.action.observe(stage.options, calls)
        assert after.value == planned.after.value
        assert (after.value in (one, two)) == (share in (0, 100))
        wanted = {name: part for name, part in ((one, 100 - share), (two, share)) if part}
        for live in (after, planned.after):
            assert {name: part for name, part in live.serving.items() if part} == wanted


async def test_it_sees_that_somebody_wrote_in_between(stage: Stage, calls: Writer) -> None:
    before = await stage.action.observe(stage.options, calls)
    stage.double.before[stage.writes[0]] = lambda: stage.by_others(stage.third)
    if stage.has_token:
        with pytest.raises(Permanent):
            await write(stage, calls, before)
        assert (stage.double.count(*stage.writes), stage.double.effects(*stage.writes)) == (1, 0)
        assert stage.live() == stage.third
        return
    done = await write(stage, calls, before)
    assert stage.action.follows(before.token, done.token) != stage.tells


async def test_a_token_from_before_another_write_is_never_good_again(
    stage: Stage, calls: Writer
) -> None:
    """Not even when the value is what it was."""
    before = await stage.action.observe(stage.options, calls)
    stage.by_others(stage.third)
    other = await stage.action.observe(stage.options, calls)
    assert other.value == stage.third and not before.same(other)
    if not stage.has_token:
        return
    with pytest.raises(Permanent):
        await write(stage, calls, before)
    assert stage.live() == stage.third


@pytest.mark.parametrize("fault", MEANS)
async def test_a_write_is_sent_once_and_its_failure_is_named(
    stage: Stage, calls: Writer, fault: Fault
) -> None:
    if fault not in stage.faults:
        return
    meaning, took_effect = MEANS[fault]
    stage.double.plan[stage.writes[0]] = [fault]
    with pytest.raises(meaning):
        await write(stage, calls)
    assert stage.double.count(*stage.writes) == 1
    assert stage.double.effects(*stage.writes) == took_effect
    assert (stage.live() != stage.values[0]) == took_effect


async def test_a_read_that_fails_once_is_repeated(stage: Stage, calls: Writer) -> None:
    await stage.action.observe(stage.options, calls)
    usual = stage.double.count(stage.reads[0])
    stage.double.plan[stage.reads[0]] = ["503" if "503" in stage.faults else "dropped"]
    assert (await stage.action.observe(stage.options, calls)).value == stage.values[0]
    assert stage.double.count(stage.reads[0]) == 2 * usual + 1


async def test_nobody_listening_means_that_nothing_happened(stage: Stage, calls: Writer) -> None:
    live = await stage.action.observe(stage.options, calls)
    nowhere = stage.options.model_copy(update=dict(stage.nowhere))
    planned = stage.action.plan(nowhere, live, stage.goal)
    requests = [request.filled(live.token) for request in planned.requests]
    with pytest.raises(Temporary):
        await stage.action.apply(nowhere, requests, live, calls)
    assert stage.live() == stage.values[0]


async def test_its_rights_cover_what_it_calls_and_no_more(stage: Stage, calls: Writer) -> None:
    rights = stage.action.rights(stage.options, stage.values)
    assert all(r.actions and r.resources and "*" not in r.resources for r in rights)
    before = await stage.action.observe(stage.options, calls)
    await write(stage, calls, before)
    await stage.action.verify(stage.options, before, calls)
    if hasattr(stage.action, "tags"):
        assert await stage.action.tags(stage.options, calls) is not None
    if not rights:
        return
    allowed = {name.partition(":")[2]: r.write for r in rights for name in r.actions}
    assert set(stage.double.calls) <= set(allowed)
    assert {name for name, write in allowed.items() if write} == set(stage.writes)


def test_it_says_where_it_lands(stage: Stage) -> None:
    plane = stage.action.plane(stage.options)
    assert plane.kind in ("data", "control") and plane.words
    assert plane.region in plane.words


def test_the_command_by_hand_survives_a_hostile_name(stage: Stage) -> None:
    if not stage.hostile:
        assert stage.action.by_hand(stage.options)
        return
    evil = stage.options.model_copy(update={stage.hostile: EVIL})
    assert any(EVIL in word for word in shlex.split(stage.action.by_hand(evil)))

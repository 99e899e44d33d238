"""Every action keeps the contract, on the wire: it reads, plans, writes once, and says what a
failure means. An action without a stage here fails the first test."""

import shlex
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from incidentbot import plugins
from incidentbot.errors import InDoubt, Permanent, Temporary
from incidentbot.runbooks.execute import ACTIONS
from incidentbot.runbooks.wires.aws import Aws
from tests.contracts.aws_wire import ENV, Proxy, client, moto, proxy

PARAMETER, REGION = "/shop/asset-origin", "us-west-2"


@dataclass
class Stage:
    """A switch that stands at "one", behind a proxy; `live` looks around the proxy."""

    action: Any
    options: Any
    proxy: Proxy
    write: str  # the mutating operation
    read: str
    live: Callable[[], str]
    by_others: Callable[[str], None]


def ssm_parameter(url: str, between: Proxy) -> Stage:
    ssm = client("ssm", url, REGION)

    def put(value: str) -> None:
        ssm.put_parameter(Name=PARAMETER, Value=value, Type="String", Overwrite=True)

    if PARAMETER in [p["Name"] for p in ssm.describe_parameters()["Parameters"]]:
        ssm.delete_parameter(Name=PARAMETER)
    put("one")
    action = plugins.get(ACTIONS, "ssm_parameter")
    return Stage(
        action,
        action.Options(parameter=PARAMETER, region=REGION, endpoint_url=between.url),
        between,
        "PutParameter",
        "GetParameter",
        lambda: str(ssm.get_parameter(Name=PARAMETER)["Parameter"]["Value"]),
        put,
    )


STAGES: dict[str, Callable[[str, Proxy], Stage]] = {"ssm_parameter": ssm_parameter}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with moto() as url:
        yield url


@pytest.fixture(params=sorted(STAGES))
async def stage(
    request: pytest.FixtureRequest, server: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    async with proxy(server) as between:
        yield STAGES[request.param](server, between)


@pytest.fixture
async def calls() -> AsyncIterator[Aws]:
    aws = Aws(read=1.0, write=0.6)
    yield aws
    aws.close()


async def write(stage: Stage, calls: Aws, value: str = "two") -> Any:
    live = await stage.action.observe(stage.options, calls)
    (request,) = stage.action.plan(stage.options, live, value).requests
    return await stage.action.apply(stage.options, request, calls)


def test_every_action_has_a_stage() -> None:
    assert set(plugins.found(ACTIONS)) == set(STAGES)


async def test_it_reads_plans_writes_and_counts(stage: Stage, calls: Aws) -> None:
    before = await stage.action.observe(stage.options, calls)
    assert before.value == "one"
    done = await write(stage, calls)
    after = await stage.action.observe(stage.options, calls)
    assert (after.value, after.token) == ("two", done.token)
    assert stage.action.follows(before.token, done.token)
    assert done.request_id
    assert stage.proxy.count(stage.write) == 1


async def test_the_undo_made_before_the_write_puts_back_what_was_there(
    stage: Stage, calls: Aws
) -> None:
    before = await stage.action.observe(stage.options, calls)
    undo = stage.action.undo(stage.options, before)
    await write(stage, calls, "two")
    for request in undo:
        await stage.action.apply(stage.options, request, calls)
    assert stage.live() == before.value


async def test_it_verifies_by_reading_back(stage: Stage, calls: Aws) -> None:
    await write(stage, calls, "two")
    assert (await stage.action.verify(stage.options, "two", calls))[0]
    fine, said = await stage.action.verify(stage.options, "three", calls)
    assert not fine and "two" in said and "three" in said


async def test_a_plan_is_pure_and_its_requests_hang_on_the_value_alone(
    stage: Stage, calls: Aws
) -> None:
    before = await stage.action.observe(stage.options, calls)
    stage.proxy.calls.clear()
    first = stage.action.plan(stage.options, before, "two")
    stage.by_others("other")
    second = stage.action.plan(
        stage.options, await stage.action.observe(stage.options, calls), "two"
    )
    assert (first.requests, first.target) == (second.requests, second.target)
    assert stage.proxy.count(stage.write) == 0
    assert first.region and first.plane and first.touches and first.not_touched


async def test_it_sees_that_somebody_wrote_in_between(stage: Stage, calls: Aws) -> None:
    before = await stage.action.observe(stage.options, calls)
    stage.proxy.before[stage.write] = lambda: stage.by_others("other")
    done = await write(stage, calls)
    assert not stage.action.follows(before.token, done.token)


@pytest.mark.parametrize(
    ("fault", "meaning", "value"),
    [
        ("lost", InDoubt, "two"),
        ("dropped", InDoubt, "one"),
        ("503", InDoubt, "one"),
        ("503 but done", InDoubt, "two"),
        ("hang", InDoubt, "one"),
        ("throttled", Temporary, "one"),
        ("denied", Permanent, "one"),
    ],
)
async def test_a_write_is_sent_once_and_its_failure_is_named(
    stage: Stage, calls: Aws, fault: Any, meaning: type[Exception], value: str
) -> None:
    stage.proxy.plan[stage.write] = [fault]
    with pytest.raises(meaning):
        await write(stage, calls)
    assert stage.proxy.count(stage.write) == 1
    assert stage.live() == value


async def test_a_read_that_fails_once_is_repeated(stage: Stage, calls: Aws) -> None:
    stage.proxy.plan[stage.read] = ["503"]
    assert (await stage.action.observe(stage.options, calls)).value == "one"
    assert stage.proxy.count(stage.read) == 2


async def test_nobody_listening_means_that_nothing_happened(stage: Stage, calls: Aws) -> None:
    live = await stage.action.observe(stage.options, calls)
    nowhere = stage.options.model_copy(update={"endpoint_url": "http://127.0.0.1:9"})
    (request,) = stage.action.plan(nowhere, live, "two").requests
    with pytest.raises(Temporary):
        await stage.action.apply(nowhere, request, calls)


def test_the_command_by_hand_survives_a_hostile_name(stage: Stage) -> None:
    evil = stage.options.model_copy(update={"parameter": "/x; rm -rf $HOME"})
    assert "/x; rm -rf $HOME" in shlex.split(stage.action.by_hand(evil))

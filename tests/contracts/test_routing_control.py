"""What routing controls have for themselves: five endpoints, safety rules, two states at once."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from incidentbot.errors import InDoubt, Permanent, Refused, Temporary
from incidentbot.runbooks.actions import arc_routing_control as action
from incidentbot.runbooks.contract import Goal
from incidentbot.runbooks.wires.aws import Aws
from tests.contracts.doubles import ways
from tests.contracts.doubles.arc import REGIONS, AtLeast, Cluster, control

ONE, TWO, OTHER = control("aaaa1111"), control("bbbb2222"), control("cccc3333")
READ, WRITE = "GetRoutingControlState", "UpdateRoutingControlStates"


@pytest.fixture(scope="module")
def calls() -> Iterator[Aws]:
    with ways.aws(read=0.3, write=0.3) as made:
        yield made


@pytest.fixture(scope="module")
def shared() -> Iterator[Cluster]:
    with Cluster({}) as made:
        yield made


@pytest.fixture
def cluster(shared: Cluster) -> Cluster:
    shared.forget()
    shared.states, shared.rules = {ONE: "On", TWO: "Off", OTHER: "Off"}, ()
    return shared


@pytest.fixture
def mortal() -> Iterator[Cluster]:
    """One of its own: its endpoints may be stopped, and nobody's late call comes by."""
    with Cluster({ONE: "On", TWO: "Off", OTHER: "Off"}) as made:
        yield made


def options(cluster: Cluster) -> action.Options:
    endpoints = [{"region": r, "url": one.url} for r, one in cluster.endpoints.items()]
    return action.Options.model_validate({"endpoints": endpoints, "controls": [ONE, TWO]})


async def switch(cluster: Cluster, calls: Aws, to: str = TWO) -> Any:
    mine = options(cluster)
    live = await action.observe(mine, calls)
    planned = action.plan(mine, live, Goal(to, live.value))
    await action.apply(mine, planned.requests, live, calls)
    return planned


async def test_one_batch_turns_one_on_and_the_other_off(cluster: Cluster, calls: Aws) -> None:
    planned = await switch(cluster, calls)
    assert cluster.states == {ONE: "Off", TWO: "On", OTHER: "Off"}
    assert cluster.count(WRITE) == 1
    fine, said = await action.verify(options(cluster), planned.after, calls)
    assert fine and said == f"us-east-1 says {TWO}; us-west-2 says {TWO}"


@pytest.mark.parametrize("down", [1, 3, 4])
async def test_it_writes_while_an_endpoint_is_left(mortal: Cluster, calls: Aws, down: int) -> None:
    for region in REGIONS[:down]:
        mortal.endpoints[region].stop()
    planned = await switch(mortal, calls)
    assert mortal.states[TWO] == "On" and mortal.asked(WRITE) == [REGIONS[down]]
    if down <= 3:
        assert (await action.verify(options(mortal), planned.after, calls))[0]
    else:
        with pytest.raises(Temporary, match="1 of 5 endpoints answered"):
            await action.verify(options(mortal), planned.after, calls)


async def test_with_all_endpoints_down_nothing_happened(mortal: Cluster, calls: Aws) -> None:
    mine = options(mortal)
    live = await action.observe(mine, calls)
    for one in mortal.endpoints.values():
        one.stop()
    with pytest.raises(Temporary, match="0 of 5 endpoints answered"):
        await action.observe(mine, calls)
    with pytest.raises(Temporary, match="0 of 5 endpoints answered"):
        await action.apply(mine, action.plan(mine, live, Goal(TWO, ONE)).requests, live, calls)
    assert mortal.states[ONE] == "On"


async def test_with_all_endpoints_too_busy_nothing_happened(cluster: Cluster, calls: Aws) -> None:
    for one in cluster.endpoints.values():
        one.unavailable = (WRITE,)
    with pytest.raises(Temporary, match="none of the five endpoints took it"):
        await switch(cluster, calls)
    assert cluster.count(WRITE) == 5 and cluster.states[ONE] == "On"


async def test_an_endpoint_that_says_it_is_away_sends_on_to_the_next(
    cluster: Cluster, calls: Aws
) -> None:
    for region in REGIONS[:2]:
        cluster.endpoints[region].unavailable = (WRITE,)
    await switch(cluster, calls)
    assert cluster.asked(WRITE) == list(REGIONS[:3]) and cluster.count(WRITE) == 3
    assert cluster.states[TWO] == "On"


async def test_a_write_goes_to_an_endpoint_that_answers_now(cluster: Cluster, calls: Aws) -> None:
    for region in REGIONS[:2]:
        cluster.endpoints[region].unavailable = (READ,)
    await switch(cluster, calls)
    assert cluster.asked(WRITE) == [REGIONS[2]] and cluster.states[TWO] == "On"


async def test_an_endpoint_with_too_many_calls_sends_on_to_the_next(
    cluster: Cluster, calls: Aws
) -> None:
    cluster.endpoints[REGIONS[0]].plan[WRITE] = ["throttled"]
    await switch(cluster, calls)
    assert cluster.asked(WRITE) == list(REGIONS[:2]) and cluster.states[TWO] == "On"


@pytest.mark.parametrize(
    ("fault", "state"),
    [("lost", "On"), ("503 but done", "On"), ("dropped", "Off"), ("503", "Off"), ("hang", "Off")],
)
async def test_an_endpoint_that_may_have_done_it_ends_the_matter(
    cluster: Cluster, calls: Aws, fault: Any, state: str
) -> None:
    cluster.plan[WRITE] = [fault]
    with pytest.raises(InDoubt):
        await switch(cluster, calls)
    assert cluster.count(WRITE) == 1 and cluster.states[TWO] == state


@pytest.mark.parametrize("fault", ["503", "dropped"])
async def test_a_reader_goes_to_the_next_endpoint(mortal: Cluster, calls: Aws, fault: Any) -> None:
    mortal.endpoints[REGIONS[0]].plan[READ] = [fault] * 4
    assert (await action.observe(options(mortal), calls)).value == ONE
    assert REGIONS[1] in mortal.asked(READ)


async def test_a_reader_does_not_wait_for_an_endpoint_that_hangs(mortal: Cluster) -> None:
    mortal.plan[READ] = ["hang", "hang"]
    with ways.aws(read=20.0) as patient:
        assert (await action.observe(options(mortal), patient)).value == ONE
    assert mortal.asked(READ) == list(REGIONS[:2]) and mortal.effects(READ) == 2


async def test_a_safety_rule_refuses_and_is_named(cluster: Cluster, calls: Aws) -> None:
    """Two of three have to be on; the switch would leave one."""
    rule = AtLeast("two-of-three", (ONE, TWO, OTHER), 2)
    cluster.states[TWO], cluster.rules = "On", (rule,)
    with pytest.raises(Permanent, match=rule.arn):
        await switch(cluster, calls)
    assert cluster.states == {ONE: "On", TWO: "On", OTHER: "Off"}
    assert cluster.count(WRITE) == 1 and not cluster.overridden


async def test_a_rule_that_holds_sees_both_states_together(cluster: Cluster, calls: Aws) -> None:
    """One has to be on: one after the other, turning the first off would be refused."""
    cluster.rules = (AtLeast("one", (ONE, TWO)),)
    await switch(cluster, calls)
    assert (cluster.states[ONE], cluster.states[TWO]) == ("Off", "On")


@pytest.mark.parametrize("state", ["On", "Off"])
async def test_both_alike_are_the_value_of_neither(
    cluster: Cluster, calls: Aws, state: str
) -> None:
    cluster.states |= {ONE: state, TWO: state}
    mine = options(cluster)
    live = await action.observe(mine, calls)
    assert live.value == f"both {state}"
    (request,) = action.undo(mine, live, action.plan(mine, live, Goal(TWO, ONE)).after)
    entries = request.params["UpdateRoutingControlStateEntries"]
    assert [entry["RoutingControlState"] for entry in entries] == [state, state]


async def test_nothing_ever_steps_over_a_safety_rule(cluster: Cluster, calls: Aws) -> None:
    mine = options(cluster)
    live = await action.observe(mine, calls)
    planned = action.plan(mine, live, Goal(TWO, ONE))
    for request in (*planned.requests, *action.undo(mine, live, planned.after)):
        assert set(request.params) == {"UpdateRoutingControlStateEntries"}
    (writer,) = [right for right in action.rights(mine, []) if right.write]
    assert writer.conditions == {
        "Bool": {"route53-recovery-cluster:AllowSafetyRulesOverrides": "false"}
    }
    assert writer.resources == (ONE, TWO)


async def test_one_endpoint_of_the_past_is_no_proof(cluster: Cluster, calls: Aws) -> None:
    """The second endpoint still says what was there before."""
    planned = await switch(cluster, calls)
    with Cluster({ONE: "On", TWO: "Off"}) as past:
        mixed = options(cluster).model_dump()
        mixed["endpoints"][1]["url"] = past.endpoints[REGIONS[1]].url
        fine, said = await action.verify(action.Options.model_validate(mixed), planned.after, calls)
    assert not fine and f"us-west-2 says {ONE}" in said


@pytest.mark.parametrize(
    "goal", [Goal(OTHER, ONE), Goal(TWO[:-1], ONE), Goal(TWO, ONE, 25)], ids=str
)
async def test_what_is_none_of_the_two_is_no_plan(cluster: Cluster, calls: Aws, goal: Goal) -> None:
    live = await action.observe(options(cluster), calls)
    with pytest.raises(Refused):
        action.plan(options(cluster), live, goal)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda o: o["endpoints"].pop(), "at least 5"),
        (lambda o: o["endpoints"][0].update(region="us-west-2"), "a region twice"),
        (lambda o: o.update(controls=[ONE, ONE]), "one routing control twice"),
        (lambda o: o.update(controls=[ONE, "aaaa1111"]), "is not the ARN of a routing control"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(cluster: Cluster, change: Any, said: str) -> None:
    raw = options(cluster).model_dump()
    raw["endpoints"], raw["controls"] = list(raw["endpoints"]), list(raw["controls"])
    change(raw)
    with pytest.raises(ValidationError, match=said):
        action.Options.model_validate(raw)

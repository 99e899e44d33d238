"""What the routes of an access point have for themselves: two dials in one submit, never all at
none, late to show, and refused while somebody else changes them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from incidentbot.errors import Permanent, Refused, Temporary
from incidentbot.runbooks import diff
from incidentbot.runbooks.actions import s3_multi_region_access_point as action
from incidentbot.runbooks.contract import Goal
from incidentbot.runbooks.wires.aws import Aws
from tests.contracts.doubles import ways
from tests.contracts.doubles.mrap import AccessPoint, Route

ARN = "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"
ONE, TWO, THREE = "shop-one", "shop-two", "shop-three"
SUBMIT = "SubmitMultiRegionAccessPointRoutes"


@pytest.fixture(scope="module")
def calls() -> Iterator[Aws]:
    with ways.aws() as made:
        yield made


@pytest.fixture
def point() -> Iterator[AccessPoint]:
    routes = [
        Route(ONE, "us-east-1", 100),
        Route(TWO, "us-west-2", 0),
        Route(THREE, "eu-west-1", 0),
    ]
    with AccessPoint(ARN, routes) as made:
        yield made


def options(point: AccessPoint, region: str = "us-west-2") -> action.Options:
    return action.Options.model_validate(
        {"access_point": ARN, "region": region, "endpoint_url": point.url}
    )


async def switch(point: AccessPoint, calls: Aws, to: str = TWO, other: str = ONE) -> Any:
    mine = options(point)
    live = await action.observe(mine, calls)
    planned = action.plan(mine, live, Goal(to, other))
    await action.apply(mine, planned.requests, live, calls)
    return live, planned


async def test_both_routes_go_in_one_submit_and_the_third_is_not_named(
    point: AccessPoint, calls: Aws
) -> None:
    live, planned = await switch(point, calls)
    assert point.open == {TWO}
    (request,) = planned.requests
    assert [one["Bucket"] for one in request.params["RouteUpdates"]] == [TWO, ONE]
    assert point.count(SUBMIT) == 1
    paths = [path for path, *_ in diff.fields(live.document, planned.after.document)]
    assert len(paths) == 2 and not diff.outside(paths, action.MAY_CHANGE)
    assert (await action.observe(options(point), calls)).document == planned.after.document


async def test_a_change_may_show_late(point: AccessPoint, calls: Aws) -> None:
    point.lag = 2
    _, planned = await switch(point, calls)
    seen = [await action.verify(options(point), planned.after, calls) for _ in range(3)]
    assert [fine for fine, _ in seen] == [False, False, True]
    assert f"not yet {TWO}" in seen[0][1] and f"{TWO} (us-west-2) 100 %" in seen[2][1]


async def test_a_change_of_somebody_else_at_the_same_time_is_a_refusal(
    point: AccessPoint, calls: Aws
) -> None:
    point.busy = True
    with pytest.raises(Permanent, match="another update of the routes is under way"):
        await switch(point, calls)
    assert point.open == {ONE} and point.count(SUBMIT) == 1


async def test_too_many_calls_changed_nothing(point: AccessPoint, calls: Aws) -> None:
    point.plan[SUBMIT] = ["throttled"]
    with pytest.raises(Temporary, match="SlowDown"):
        await switch(point, calls)


async def test_routes_that_are_all_shut_are_refused_by_s3_itself(
    point: AccessPoint, calls: Aws
) -> None:
    """No plan of ours comes to that; what S3 would say is known all the same."""
    mine = options(point)
    live = await action.observe(mine, calls)
    (request,) = action.plan(mine, live, Goal(TWO, ONE)).requests
    shut = [{"Bucket": ONE, "TrafficDialPercentage": 0}]
    worse = replace(request, params={**request.params, "RouteUpdates": shut})
    with pytest.raises(Permanent, match="at least one region must be active"):
        await action.apply(mine, [worse], live, calls)
    assert point.open == {ONE}


async def test_several_open_routes_are_the_value_of_neither(point: AccessPoint, calls: Aws) -> None:
    point.put(shop_two=100)
    live = await action.observe(options(point), calls)
    assert live.value == f"{ONE} + {TWO}"
    point.put(shop_one=0, shop_two=0)
    assert (await action.observe(options(point), calls)).value == action.NONE


async def test_the_dials_that_were_there_come_back(point: AccessPoint, calls: Aws) -> None:
    point.put(shop_three=100)
    mine = options(point)
    live = await action.observe(mine, calls)
    planned = action.plan(mine, live, Goal(TWO, ONE))
    undo = action.undo(mine, live, planned.after)
    await action.apply(mine, planned.requests, live, calls)
    assert point.open == {TWO, THREE}
    await action.apply(mine, undo, planned.after, calls)
    assert point.open == {ONE, THREE}


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        (Goal("shop-twi", ONE), "'shop-twi'; it has shop-one, shop-three, shop-two"),
        (Goal(TWO, "shop-on"), "no bucket 'shop-on'"),
        (Goal(TWO, ONE, 50), "takes no share"),
    ],
)
async def test_what_the_access_point_does_not_have_is_no_plan(
    point: AccessPoint, calls: Aws, goal: Goal, said: str
) -> None:
    live = await action.observe(options(point), calls)
    with pytest.raises(Refused, match=said):
        action.plan(options(point), live, goal)


async def test_what_is_open_already_is_never_shut_by_its_own_plan(
    point: AccessPoint, calls: Aws
) -> None:
    live = await action.observe(options(point), calls)
    planned = action.plan(options(point), live, Goal(ONE))
    assert planned.after.document == live.document


@pytest.mark.parametrize("region", ["eu-central-1", "us-west-1", "us-east-2"])
def test_only_five_regions_control_routes(point: AccessPoint, region: str) -> None:
    with pytest.raises(ValidationError, match="us-east-1"):
        options(point, region)


async def test_another_account_is_refused(point: AccessPoint, calls: Aws) -> None:
    point.arn = ARN.replace("123456789012", "210987654321")
    with pytest.raises(Permanent, match="ARN"):
        await action.observe(options(point), calls)

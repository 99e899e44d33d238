"""What AppConfig has for itself: one deployment at a time, its number as token, ways back."""

from collections.abc import Iterator
from typing import Any

import pytest

from incidentbot.errors import InDoubt, Permanent, Refused
from incidentbot.runbooks.actions import appconfig as action
from incidentbot.runbooks.contract import Goal
from incidentbot.runbooks.wires.aws import Aws
from tests.contracts.doubles import appconfig, ways
from tests.contracts.doubles.appconfig import AppConfig

START, STOP = "StartDeployment", "StopDeployment"


@pytest.fixture(scope="module")
def calls() -> Iterator[Aws]:
    with ways.aws() as made:
        yield made


@pytest.fixture
def service() -> Iterator[AppConfig]:
    with AppConfig() as made:
        made.versions[appconfig.PROFILE] = {1: b"one", 2: b"two", 3: b"three"}
        made.versions[appconfig.OTHER_PROFILE] = {7: b"seven"}
        made.deploy(1)
        yield made


def options(service: AppConfig) -> action.Options:
    return action.Options(
        account="123456789012",
        application=appconfig.APPLICATION,
        environment=appconfig.ENVIRONMENT,
        profile=appconfig.PROFILE,
        strategy=appconfig.STRATEGY,
        region="us-west-2",
        endpoint_url=service.url,
    )


async def switch(service: AppConfig, calls: Aws, to: str = "2") -> Any:
    mine = options(service)
    live = await action.observe(mine, calls)
    planned = action.plan(mine, live, Goal(to, live.value))
    requests = [request.filled(live.token) for request in planned.requests]
    return planned, await action.apply(mine, requests, live, calls)


async def test_a_start_carries_who_started_it_and_from_where(
    service: AppConfig, calls: Aws
) -> None:
    _, done = await switch(service, calls)
    assert done.token == "2" and service.served == 2
    assert "incidentbot" in service.deployments[-1].description
    assert b'"LatestDeploymentNumber": 1' in service.asked[-1].body


async def test_a_deployment_of_somebody_else_in_between_refuses_the_start(
    service: AppConfig, calls: Aws
) -> None:
    def others() -> None:
        service.deploy(7, appconfig.OTHER_PROFILE)

    service.before[START] = others
    with pytest.raises(Permanent, match=r"ConflictException.*1 is not the latest deployment"):
        await switch(service, calls)
    assert service.served == 1


async def test_a_start_while_another_runs_is_refused_by_appconfig_too(
    service: AppConfig, calls: Aws
) -> None:
    service.polls = 9

    def others() -> None:
        service._start(
            {
                "ConfigurationProfileId": appconfig.OTHER_PROFILE,
                "ConfigurationVersion": "7",
                "DeploymentStrategyId": appconfig.STRATEGY,
            }
        )

    service.before[START] = others
    with pytest.raises(Permanent, match="a deployment is in progress"):
        await switch(service, calls)


async def test_it_says_how_far_a_deployment_is_until_it_is_complete(
    service: AppConfig, calls: Aws
) -> None:
    service.polls = 4  # two of them per look of ours: the list, and the deployment itself
    planned, _ = await switch(service, calls)
    fine, said = await action.verify(options(service), planned.after, calls)
    assert not fine and "deployment 2 is DEPLOYING at 25 %" in said
    live = await action.observe(options(service), calls)
    assert live.value == "deploying 2"
    service.polls = 0
    for _ in range(3):
        fine, said = await action.verify(options(service), planned.after, calls)
    assert fine and "deployment 2 is COMPLETE at 100 %" in said


async def test_what_an_alarm_took_back_is_told_with_its_reason(
    service: AppConfig, calls: Aws
) -> None:
    service.bake = 9
    planned, _ = await switch(service, calls)
    assert (await action.verify(options(service), planned.after, calls))[0]  # while it bakes
    service.take_back(2)
    fine, said = await action.verify(options(service), planned.after, calls)
    assert not fine and "ROLLED_BACK" in said and "an alarm went off" in said
    assert (await action.observe(options(service), calls)).value == "1"


async def test_the_way_back_while_it_bakes_is_a_stop(service: AppConfig, calls: Aws) -> None:
    service.bake = 9
    await switch(service, calls)
    planned, done = await switch(service, calls, "1")
    (request,) = planned.requests
    assert request.operation == STOP and request.params["AllowRevert"] is True
    assert service.served == 1 and service.count(START) == 1
    assert action.follows("2", done.token)
    assert (await action.verify(options(service), planned.after, calls))[0]
    assert (await action.observe(options(service), calls)).document == planned.after.document


@pytest.mark.parametrize(("profile", "to"), [("mine", "3"), ("other", "2")])
async def test_while_one_is_under_way_there_is_no_other_plan(
    service: AppConfig, calls: Aws, profile: str, to: str
) -> None:
    service.bake = 9
    which = appconfig.PROFILE if profile == "mine" else appconfig.OTHER_PROFILE
    service._start(
        {
            "ConfigurationProfileId": which,
            "ConfigurationVersion": "2" if profile == "mine" else "7",
            "DeploymentStrategyId": appconfig.STRATEGY,
        }
    )
    live = await action.observe(options(service), calls)
    with pytest.raises(Refused, match=r"is BAKING.*aws appconfig stop-deployment"):
        action.plan(options(service), live, Goal(to, live.value))


async def test_a_lost_answer_is_found_again_by_reading(service: AppConfig, calls: Aws) -> None:
    service.plan[START] = ["lost"]
    with pytest.raises(InDoubt):
        await switch(service, calls)
    live = await action.observe(options(service), calls)
    assert (live.value, live.token) == ("2", "2") and service.count(START) == 1


async def test_a_version_that_is_not_ready_is_no_plan(service: AppConfig, calls: Aws) -> None:
    live = await action.observe(options(service), calls)
    for wrong in ("4", "22", "latest", ""):
        with pytest.raises(Refused, match="there are 1, 2, 3"):
            action.plan(options(service), live, Goal(wrong, "1"))


async def test_long_lists_are_read_to_what_is_looked_for(service: AppConfig, calls: Aws) -> None:
    service.page = 2
    for _ in range(5):
        service.deploy(7, appconfig.OTHER_PROFILE)
    live = await action.observe(options(service), calls)
    assert (live.value, live.token) == ("1", "6") and live.document["Hosted"] == ["1", "2", "3"]


async def test_nothing_deployed_is_no_origin(service: AppConfig, calls: Aws) -> None:
    service.deployments.clear()
    live = await action.observe(options(service), calls)
    assert (live.value, live.token) == (action.NONE, "0")
    assert action.undo(options(service), live, live) == ()


async def test_the_tags_of_the_environment(service: AppConfig, calls: Aws) -> None:
    service.tags = {"incidentbot": "yes"}
    assert await action.tags(options(service), calls) == {"incidentbot": "yes"}

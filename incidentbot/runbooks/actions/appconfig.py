"""Deploy one hosted version of an AppConfig profile: the flag that names the origin.

Both versions are made ready beforehand; here one is only chosen. The environment's latest
deployment number is the token, and AppConfig itself refuses a start that names an old one. It
runs one deployment at a time in an environment: while one is under way there is no other, but
it can be stopped, and then what it replaced is there again.
"""

import asyncio
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from incidentbot.errors import Refused
from incidentbot.runbooks.contract import (
    TOKEN,
    WHOLE,
    Calls,
    Done,
    Goal,
    Live,
    Plane,
    Planned,
    Reads,
    Request,
    Right,
    Way,
)
from incidentbot.settings import HttpUrl, Matching, Region, SettingsModel

MAY_CHANGE = ("ConfigurationVersion", "UnderWay")
UNDER_WAY = {"VALIDATING", "DEPLOYING", "BAKING", "ROLLING_BACK"}
THERE = {"COMPLETE", "BAKING"}  # everybody gets it; while it bakes, an alarm may still take it back
NONE = "nothing deployed"
PAGE, PAGES = 50, 4  # AppConfig gives 50 at most

Id = Annotated[str, Matching(r"[a-z0-9]{4,7}", "an id of AppConfig", "4 to 7 of a-z and 0-9")]
Account = Annotated[str, Matching(r"[0-9]{12}", "an account of AWS", "its 12 digits")]
Strategy = Annotated[
    str,
    Matching(
        r"[a-z0-9]{4,7}|AppConfig\.[A-Za-z0-9]{9,40}",
        "a deployment strategy",
        "its id, or AppConfig.AllAtOnce and the like",
    ),
]


class Options(SettingsModel):
    account: Account = Field(description="Account that the application is in.")
    application: Id = Field(description="Id of the application.")
    environment: Id = Field(description="Id of the environment.")
    profile: Id = Field(description="Id of the configuration profile; its versions are hosted.")
    strategy: Strategy = Field(
        description="Id of the deployment strategy; one that takes no time switches at once."
    )
    region: Region = Field(description="Region of the application; not the one that may fail.")
    endpoint_url: HttpUrl | None = Field(
        None, description="Address of a service that speaks AppConfig; left out for AWS."
    )


def plane(options: Options) -> Plane:
    return Plane("data", options.region, f"AppConfig in {options.region}")


async def observe(options: Options, calls: Reads) -> Live:
    """The version that everybody gets, the number of the environment's latest deployment, and
    which versions are ready."""
    deployments, hosted = await asyncio.gather(
        _list(options, calls, "ListDeployments", {"EnvironmentId": options.environment}),
        _list(options, calls, "ListHostedConfigurationVersions", _profile(options)),
    )
    ready = sorted(int(one["VersionNumber"]) for one in hosted)
    return _live(options, deployments, [str(number) for number in ready])


def plan(options: Options, live: Live, goal: Goal) -> Planned:
    """One start of one version; or, where that is what brings it back, one stop."""
    if goal.share != WHOLE:
        raise Refused("a version is deployed to everybody; how fast, its strategy says")
    ready = live.document["Hosted"]
    if goal.to not in ready:
        raise Refused(f"there is no hosted version {goal.to!r}; there are {', '.join(ready)}")
    under_way = live.document.get("UnderWay")
    if under_way and under_way["BackTo"] != goal.to:
        raise Refused(_busy(options, under_way))
    document = {k: v for k, v in live.document.items() if k != "UnderWay"}
    return Planned(
        target=f"appconfig:{options.region}:{options.environment}:{options.profile}",
        requests=(_stop(options, under_way) if under_way else _start(options, goal.to),),
        after=Live(goal.to, "", document | {"ConfigurationVersion": goal.to}),
        what=(
            f"AppConfig profile {options.profile} in environment {options.environment}, "
            f"{options.region} (latest deployment {live.token})"
        ),
        touches=(f"One deployment of {options.profile} with strategy {options.strategy}",),
        not_touched=("The versions themselves; other profiles and environments", "Buckets and DNS"),
    )


async def apply(options: Options, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """Start (or stop) it once."""
    (request,) = requests
    params = dict(request.params)
    if "LatestDeploymentNumber" in params:  # it stood for TOKEN, which is text; AWS takes a number
        params["LatestDeploymentNumber"] = int(params["LatestDeploymentNumber"])
    answer, request_id = await calls.write(replace(request, params=params), _way(options))
    return Done(str(answer["DeploymentNumber"]), request_id)


async def verify(options: Options, after: Live, calls: Reads) -> tuple[bool, str]:
    """Read the latest deployment of the profile: what it is at, and why."""
    where = {"EnvironmentId": options.environment}
    deployments = await _list(options, calls, "ListDeployments", where)
    live = _live(options, deployments, [])
    mine = [one for one in deployments if one["ConfigurationProfileId"] == options.profile]
    words = f"version {live.value}" if mine else NONE
    if mine:
        number = {"DeploymentNumber": int(mine[0]["DeploymentNumber"])}
        request = _request(options, "GetDeployment", where | number)
        words += f"; {_story(await calls.read(request, _way(options)))}"
    fine = live.value == after.value
    return fine, words if fine else f"{words}; not version {after.value} for everybody"


def undo(options: Options, before: Live, after: Live) -> tuple[Request, ...]:
    """One start of the version that was there."""
    return (_start(options, before.value),) if before.value in before.document["Hosted"] else ()


def follows(before: str, after: str) -> bool:
    """Deployments of an environment count up by one; a stop leaves the number as it is."""
    return int(after) - int(before) in (0, 1)


def coming(live: Live, after: Live) -> bool:
    """A deployment of the wanted version is under way: it is waited for."""
    return live.value == f"deploying {after.value}"


def by_hand(options: Options) -> str:
    """`aws appconfig list-deployments ...`"""
    words = ["aws", "appconfig", "list-deployments", "--region", options.region]
    words += ["--application-id", options.application, "--environment-id", options.environment]
    return shlex.join([*words, "--max-results", "5"])


async def tags(options: Options, calls: Reads) -> Mapping[str, str]:
    """The tags of the environment."""
    params = {"ResourceArn": _arns(options)["environment"]}
    request = Request("appconfig", "ListTagsForResource", options.region, params)
    return dict((await calls.read(request, _way(options)))["Tags"])


def rights(options: Options, values: Sequence[str]) -> tuple[Right, ...]:
    """Read and deploy in one environment; only versions of one profile, by one strategy."""
    arn = _arns(options)
    place = (arn["application"], arn["environment"])
    deployments = f"{arn['environment']}/deployment/*"
    return (
        Right(("appconfig:ListDeployments", "appconfig:GetDeployment"), (*place, deployments)),
        Right(("appconfig:ListHostedConfigurationVersions",), (arn["application"], arn["profile"])),
        Right(("appconfig:ListTagsForResource",), (arn["environment"],)),
        Right(
            ("appconfig:StartDeployment",),
            (*place, arn["profile"], arn["strategy"], deployments),
            write=True,
        ),
        Right(("appconfig:StopDeployment",), (*place, deployments), write=True),
    )


def _live(options: Options, deployments: Sequence[Mapping[str, Any]], ready: list[str]) -> Live:
    """`deployments`: latest first, of all profiles of the environment."""
    mine = [one for one in deployments if one["ConfigurationProfileId"] == options.profile]
    done = [str(one["ConfigurationVersion"]) for one in mine if one["State"] == "COMPLETE"]
    there = next((str(o["ConfigurationVersion"]) for o in mine if o["State"] in THERE), NONE)
    document: dict[str, Any] = {"ConfigurationVersion": there, "Hosted": ready}
    value, busy = there, next((one for one in deployments if one["State"] in UNDER_WAY), None)
    if busy is not None:
        ours = busy["ConfigurationProfileId"] == options.profile
        stops = ours and busy["State"] != "ROLLING_BACK" and done
        document["UnderWay"] = {
            "DeploymentNumber": int(busy["DeploymentNumber"]),
            "ConfigurationProfileId": busy["ConfigurationProfileId"],
            "ConfigurationVersion": str(busy["ConfigurationVersion"]),
            "State": busy["State"],
            "BackTo": done[0] if stops else "",
        }
        if ours and busy["State"] not in THERE:
            doing = "rolling back" if busy["State"] == "ROLLING_BACK" else "deploying"
            value = f"{doing} {busy['ConfigurationVersion']}"
    latest = max((int(one["DeploymentNumber"]) for one in deployments), default=0)
    return Live(value, str(latest), document)


def _start(options: Options, version: str) -> Request:
    params = {
        "EnvironmentId": options.environment,
        "ConfigurationProfileId": options.profile,
        "ConfigurationVersion": version,
        "DeploymentStrategyId": options.strategy,
        "Description": "incidentbot: switch of the origin",
        "LatestDeploymentNumber": TOKEN,
    }
    return _request(options, "StartDeployment", params)


def _stop(options: Options, under_way: Mapping[str, Any]) -> Request:
    number = under_way["DeploymentNumber"]
    params = {"EnvironmentId": options.environment, "DeploymentNumber": number}
    return _request(options, "StopDeployment", params | {"AllowRevert": True})


def _busy(options: Options, under_way: Mapping[str, Any]) -> str:
    words = ["aws", "appconfig", "stop-deployment", "--region", options.region]
    words += ["--application-id", options.application, "--environment-id", options.environment]
    words += ["--deployment-number", str(under_way["DeploymentNumber"]), "--allow-revert"]
    return (
        f"deployment {under_way['DeploymentNumber']} (version {under_way['ConfigurationVersion']} "
        f"of profile {under_way['ConfigurationProfileId']}) is {under_way['State']}, and an "
        f"environment takes one at a time; wait for it, or stop it: {shlex.join(words)}"
    )


def _story(deployment: Mapping[str, Any]) -> str:
    """What a deployment is at, with the last thing that its log tells."""
    log = deployment.get("EventLog") or [{}]
    said = f" ({log[0]['Description']})" if log[0].get("Description") else ""
    percent = f"{deployment.get('PercentageComplete', 0):g} %"
    number = deployment["DeploymentNumber"]
    return f"deployment {number} is {deployment['State']} at {percent}{said}"


async def _list(
    options: Options, calls: Reads, operation: str, params: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """The newest 200 of what an operation lists; newest first."""
    found: list[Mapping[str, Any]] = []
    more: dict[str, Any] = {}
    for _ in range(PAGES):
        request = _request(options, operation, {**params, "MaxResults": PAGE, **more})
        answer = await calls.read(request, _way(options))
        found += answer["Items"]
        if not answer.get("NextToken"):
            break
        more = {"NextToken": answer["NextToken"]}
    return found


def _profile(options: Options) -> dict[str, Any]:
    return {"ConfigurationProfileId": options.profile}


def _arns(options: Options) -> dict[str, str]:
    start = f"arn:aws:appconfig:{options.region}:{options.account}"
    application = f"{start}:application/{options.application}"
    return {
        "application": application,
        "environment": f"{application}/environment/{options.environment}",
        "profile": f"{application}/configurationprofile/{options.profile}",
        "strategy": f"{start}:deploymentstrategy/{options.strategy}",
    }


def _request(options: Options, operation: str, params: Mapping[str, Any]) -> Request:
    mine = {"ApplicationId": options.application}
    return Request("appconfig", operation, options.region, mine | dict(params))


def _way(options: Options) -> Way:
    return Way(options.endpoint_url)

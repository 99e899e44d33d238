"""Change one SSM parameter that names the origin. Regional data plane: put it where it survives.

PutParameter has no compare-and-set; the version that comes back tells whether somebody wrote in
between, and the reader of the parameter takes whatever value is there.
"""

import shlex
from collections.abc import Sequence

from pydantic import Field

from incidentbot.runbooks.contract import (
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
    as_wanted,
)
from incidentbot.settings import HttpUrl, Region, SettingsModel, Text

MAY_CHANGE = ("Value",)


class Options(SettingsModel):
    parameter: Text = Field(description="Name of the parameter that holds the origin.")
    region: Region = Field(description="Region of the parameter; not the one that may fail.")
    endpoint_url: HttpUrl | None = Field(
        None, description="Address of an SSM-compatible service; left out for AWS."
    )


def plane(options: Options) -> Plane:
    return Plane("data", options.region, f"SSM data plane in {options.region}")


async def observe(options: Options, calls: Reads) -> Live:
    """The parameter's value and version."""
    request = _request(options, "GetParameter", {"Name": options.parameter})
    answer = await calls.read(request, _way(options))
    value = str(answer["Parameter"]["Value"])
    return Live(value, str(answer["Parameter"]["Version"]), {"Value": value})


def plan(options: Options, live: Live, goal: Goal) -> Planned:
    """One PutParameter of one value."""
    params = {"Name": options.parameter, "Value": goal.to, "Overwrite": True}
    return Planned(
        target=f"ssm:{options.region}:{options.parameter}",
        requests=(_request(options, "PutParameter", params),),
        after=Live(goal.to, "", {"Value": goal.to}),
        what=f"SSM parameter {options.parameter} in {options.region} (version {live.token})",
        touches=(f"One parameter: {options.parameter} in {options.region}",),
        not_touched=("Buckets and their objects", "DNS, CDN configuration and IAM"),
    )


async def apply(options: Options, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """Write it once."""
    (request,) = requests
    answer, request_id = await calls.write(request, _way(options))
    return Done(str(answer["Version"]), request_id)


async def verify(options: Options, after: Live, calls: Reads) -> tuple[bool, str]:
    """Read the parameter back."""
    live = await observe(options, calls)
    return as_wanted(live, after, f"{options.parameter} holds {live.value} (version {live.token})")


def undo(options: Options, before: Live, after: Live) -> tuple[Request, ...]:
    """One PutParameter of the value that was there."""
    return plan(options, after, Goal(before.value)).requests


def follows(before: str, after: str) -> bool:
    """Versions count up by one."""
    return int(after) == int(before) + 1


def by_hand(options: Options) -> str:
    """`aws ssm get-parameter ...`"""
    words = ["aws", "ssm", "get-parameter", "--region", options.region, "--name", options.parameter]
    return shlex.join(words)


def rights(options: Options, values: Sequence[str]) -> tuple[Right, ...]:
    """Read and write one parameter."""
    name = options.parameter.lstrip("/")
    arn = (f"arn:aws:ssm:{options.region}:*:parameter/{name}",)
    return (
        Right(("ssm:GetParameter",), arn),
        Right(("ssm:PutParameter",), arn, write=True),
    )


def _request(options: Options, operation: str, params: dict[str, object]) -> Request:
    return Request("ssm", operation, options.region, params)


def _way(options: Options) -> Way:
    return Way(options.endpoint_url)

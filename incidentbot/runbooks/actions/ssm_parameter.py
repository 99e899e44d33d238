"""Change one SSM parameter that names the origin. Regional data plane: put it where it survives.

PutParameter has no compare-and-set; the version that comes back tells whether somebody wrote in
between, and the reader of the parameter takes whatever value is there.
"""

import shlex

from pydantic import Field

from incidentbot.runbooks.contract import Calls, Done, Live, Planned, Request
from incidentbot.settings import HttpUrl, Region, SettingsModel, Text


class Options(SettingsModel):
    parameter: Text = Field(description="Name of the parameter that holds the origin.")
    region: Region = Field(description="Region of the parameter; not the one that may fail.")
    endpoint_url: HttpUrl | None = Field(
        None, description="Address of an SSM-compatible service; left out for AWS."
    )


async def observe(options: Options, calls: Calls) -> Live:
    """The parameter's value and version."""
    request = _request(options, "GetParameter", {"Name": options.parameter})
    answer = await calls.read(request, options.endpoint_url)
    return Live(answer["Parameter"]["Value"], str(answer["Parameter"]["Version"]))


def plan(options: Options, live: Live, value: str) -> Planned:
    """One PutParameter of one value."""
    params = {"Name": options.parameter, "Value": value, "Overwrite": True}
    return Planned(
        target=f"ssm:{options.region}:{options.parameter}",
        requests=(_request(options, "PutParameter", params),),
        what=f"SSM parameter {options.parameter} in {options.region} (version {live.token})",
        plane=f"SSM data plane in {options.region}",
        region=options.region,
        touches=(f"One parameter: {options.parameter} in {options.region}",),
        not_touched=("Buckets and their objects", "DNS, CDN configuration and IAM"),
    )


async def apply(options: Options, request: Request, calls: Calls) -> Done:
    """Write it once."""
    answer, request_id = await calls.write(request, options.endpoint_url)
    return Done(str(answer["Version"]), request_id)


async def verify(options: Options, value: str, calls: Calls) -> tuple[bool, str]:
    """Read the parameter back."""
    live = await observe(options, calls)
    fine = live.value == value
    words = f"{options.parameter} holds {live.value} (version {live.token})"
    return fine, words if fine else f"{words}, not {value}"


def undo(options: Options, live: Live) -> tuple[Request, ...]:
    """One PutParameter of the value that was there."""
    return plan(options, live, live.value).requests


def follows(before: str, after: str) -> bool:
    """Versions count up by one."""
    return int(after) == int(before) + 1


def by_hand(options: Options) -> str:
    """`aws ssm get-parameter ...`"""
    words = ["aws", "ssm", "get-parameter", "--region", options.region, "--name", options.parameter]
    return shlex.join(words)


def _request(options: Options, operation: str, params: dict[str, object]) -> Request:
    return Request("ssm", operation, options.region, params)

"""Open the route to one bucket of an S3 Multi-Region Access Point and shut that to another.

Only five regions take route changes; any of them will do, so name one that is not the failing
one. Dials are absolute, 100 or 0, and S3 has no token for them: a change of somebody else at the
same moment is refused with 409. A change may take two minutes; uploads under way end where they
began.
"""

import shlex
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from incidentbot.errors import Refused
from incidentbot.runbooks.contract import (
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
    token_of,
)
from incidentbot.settings import HttpUrl, Matching, SettingsModel

MAY_CHANGE = ("Routes.*.TrafficDialPercentage",)
SETTLES = 150.0  # AWS: up to two minutes until the routes show a change
OPEN, SHUT = 100, 0
NONE = "no bucket"

Arn = Annotated[
    str,
    Matching(
        r"arn:aws[a-z-]*:s3::[0-9]{12}:accesspoint/[a-z0-9.-]{3,63}",
        "the ARN of a Multi-Region Access Point",
        "arn:aws:s3::ACCOUNT:accesspoint/ALIAS.mrap",
    ),
]
Routes = Mapping[str, Mapping[str, Any]]  # by region; an access point has one bucket in each


class Options(SettingsModel):
    access_point: Arn = Field(description="ARN of the access point; it names the account too.")
    region: Literal["us-east-1", "us-west-2", "ap-southeast-2", "ap-northeast-1", "eu-west-1"] = (
        Field(description="Which of the five control regions to ask; not the one that may fail.")
    )
    endpoint_url: HttpUrl | None = Field(
        None, description="Address of a service that speaks S3 Control; left out for AWS."
    )


def plane(options: Options) -> Plane:
    return Plane("data", options.region, f"S3 failover control in {options.region}")


async def observe(options: Options, calls: Reads) -> Live:
    """The routes with their dials; the value is the bucket whose route is open."""
    request = _request(options, "GetMultiRegionAccessPointRoutes", {})
    answer = await calls.read(request, _way(options))
    routes = {
        str(route["Region"]): {
            "Bucket": str(route["Bucket"]),
            "TrafficDialPercentage": int(route["TrafficDialPercentage"]),
        }
        for route in answer["Routes"]
    }
    document = {"Routes": routes}
    return Live(_value(routes), token_of(document), document)


def plan(options: Options, live: Live, goal: Goal) -> Planned:
    """One submit of both routes. Routes that are not named in it stay as they are."""
    if goal.share != WHOLE:
        raise Refused("a route of an access point is open or shut; it takes no share")
    routes: Routes = live.document["Routes"]
    dials = {goal.other or live.value: SHUT, goal.to: OPEN}
    known = sorted(str(route["Bucket"]) for route in routes.values())
    for bucket in dials:
        if bucket not in known:
            raise Refused(f"the access point has no bucket {bucket!r}; it has {', '.join(known)}")
    after = {
        region: {**route, "TrafficDialPercentage": _dial(route, dials)}
        for region, route in routes.items()
    }
    others = ", ".join(bucket for bucket in known if bucket not in dials)
    return Planned(
        target=f"s3-mrap:{options.access_point}",
        requests=_submit(options, dials),
        after=Live(_value(after), "", {"Routes": after}),
        what=f"Routes of {options.access_point}",
        touches=tuple(f"Route to {bucket}: {dial} %" for bucket, dial in dials.items()),
        not_touched=(
            f"Routes to other buckets: {others or 'there are none'}",
            "Buckets, their objects and policies; DNS and CDN",
        ),
    )


async def apply(options: Options, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """Submit them once; S3 tells nothing but that it took them."""
    (request,) = requests
    _, request_id = await calls.write(request, _way(options))
    return Done("", request_id)


async def verify(options: Options, after: Live, calls: Reads) -> tuple[bool, str]:
    """Read the routes back; they show a change up to two minutes late."""
    live = await observe(options, calls)
    fine = live.value == after.value
    words = "; ".join(
        f"{route['Bucket']} ({region}) {route['TrafficDialPercentage']} %"
        for region, route in sorted(live.document["Routes"].items())
    )
    return fine, words if fine else f"{words}; not yet {after.value}"


def undo(options: Options, before: Live, after: Live) -> tuple[Request, ...]:
    """One submit of the dials that were there, for the routes that the plan changes."""
    was, will = before.document["Routes"], after.document["Routes"]
    changed = [route for region, route in was.items() if route != will[region]]
    dials = {route["Bucket"]: route["TrafficDialPercentage"] for route in changed}
    return _submit(options, dials) if dials else ()


def follows(before: str, after: str) -> bool:
    """Nobody can tell: S3 gives no token back."""
    return True


def by_hand(options: Options) -> str:
    """`aws s3control get-multi-region-access-point-routes ...`"""
    words = ["aws", "s3control", "get-multi-region-access-point-routes"]
    words += ["--region", options.region, "--account-id", _account(options)]
    return shlex.join([*words, "--mrap", options.access_point])


def rights(options: Options, values: Sequence[str]) -> tuple[Right, ...]:
    """Read and submit the routes of one access point."""
    arn = (options.access_point,)
    return (
        Right(("s3:GetMultiRegionAccessPointRoutes",), arn),
        Right(("s3:SubmitMultiRegionAccessPointRoutes",), arn, write=True),
    )


def _value(routes: Routes) -> str:
    """The one open bucket; several of them, or one half open, are no origin's value."""
    names = [
        route["Bucket"] if dial == OPEN else f"{route['Bucket']} ({dial} %)"
        for route in routes.values()
        if (dial := route["TrafficDialPercentage"]) != SHUT
    ]
    return " + ".join(sorted(names)) or NONE


def _dial(route: Mapping[str, Any], dials: Mapping[str, int]) -> int:
    return dials.get(route["Bucket"], route["TrafficDialPercentage"])


def _submit(options: Options, dials: Mapping[str, int]) -> tuple[Request, ...]:
    """The open ones first, for the reader; S3 takes them all or none."""
    updates = [
        {"Bucket": bucket, "TrafficDialPercentage": dial}
        for bucket, dial in sorted(dials.items(), key=lambda one: (-one[1], one[0]))
    ]
    params = {"RouteUpdates": updates}
    return (_request(options, "SubmitMultiRegionAccessPointRoutes", params),)


def _request(options: Options, operation: str, params: dict[str, Any]) -> Request:
    mine = {"AccountId": _account(options), "Mrap": options.access_point}
    return Request("s3control", operation, options.region, mine | params)


def _account(options: Options) -> str:
    return options.access_point.split(":")[4]


def _way(options: Options) -> Way:
    return Way(options.endpoint_url)

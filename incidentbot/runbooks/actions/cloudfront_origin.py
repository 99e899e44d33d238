"""Point behaviours of one CloudFront distribution at another of its origins.

Control plane in us-east-1, so it may fail with the very storage it should save from. The whole
configuration is sent with nothing changed but the target origins, under the version that was read.
"""

import copy
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from incidentbot.errors import Permanent, Refused
from incidentbot.runbooks.contract import (
    TOKEN,
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
from incidentbot.settings import HttpUrl, SettingsModel, Text
from incidentbot.settings.values import Matching

MAY_CHANGE = ("DefaultCacheBehavior.TargetOriginId", "CacheBehaviors.Items.*.TargetOriginId")
HIDDEN = ("HeaderValue",)  # headers for an origin are often how it knows CloudFront
REGION = "us-east-1"
DEFAULT = "default"

Identity = Annotated[
    str,
    Matching(r"E[A-Z0-9]{5,30}", "a distribution", "a distribution's id such as E1A2B3C4D5E6F7"),
]


class Options(SettingsModel):
    distribution: Identity = Field(description="Id of the distribution.")
    behaviors: tuple[Text, ...] = Field(
        (DEFAULT,),
        min_length=1,
        description="Behaviours that are switched together: path patterns as the distribution"
        " has them, and `default`.",
    )
    endpoint_url: HttpUrl | None = Field(
        None, description="Address of a CloudFront-compatible service; left out for AWS."
    )


def plane(options: Options) -> Plane:
    return Plane("control", REGION, f"CloudFront control plane in {REGION}")


async def observe(options: Options, calls: Reads) -> Live:
    """The target origin of the behaviours, with the configuration and its version. Behaviours that
    disagree give a value that is no origin."""
    answer = await _ask(options, "GetDistributionConfig", calls)
    if answer.get("UnknownFields"):
        raise Permanent(
            f"distribution {options.distribution} has fields that this version does not know, and"
            f" sending it back would reset them: {', '.join(answer['UnknownFields'])}"
        )
    config = answer["DistributionConfig"]
    return Live(_value(options, config), str(answer["ETag"]), config)


def plan(options: Options, live: Live, goal: Goal) -> Planned:
    """One UpdateDistribution of the whole configuration under the version that was read."""
    known = _origins(live.document)
    if goal.to not in known:
        raise Refused(
            f"distribution {options.distribution} has no origin {goal.to!r}"
            f" (it has {', '.join(sorted(known))})"
        )
    config = copy.deepcopy(dict(live.document))
    for _, behavior in _chosen(options, config):
        behavior["TargetOriginId"] = goal.to
    named = ", ".join(options.behaviors)
    return Planned(
        target=f"cloudfront:{options.distribution}",
        requests=(_update(options, config),),
        after=Live(goal.to, "", config),
        what=f"CloudFront distribution {options.distribution} (version {live.token})",
        touches=(f"Target origin of {named} in distribution {options.distribution}",),
        not_touched=("Every other field of the distribution", "Buckets, DNS and cached objects"),
    )


async def apply(options: Options, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """Write it once; a version that is no longer current is refused by CloudFront."""
    (request,) = requests
    answer, request_id = await calls.write(request, _way(options))
    return Done(str(answer["ETag"]), request_id)


async def verify(options: Options, after: Live, calls: Reads) -> tuple[bool, str]:
    """Read the distribution back; it counts when it is deployed to every edge."""
    distribution = (await _ask(options, "GetDistribution", calls))["Distribution"]
    value, status = _value(options, distribution["DistributionConfig"]), distribution["Status"]
    words = f"{options.distribution} serves from {value}"
    if value != after.value:
        return False, f"{words}, not {after.value}"
    return status == "Deployed", f"{words} ({status})"


def undo(options: Options, before: Live, after: Live) -> tuple[Request, ...]:
    """One UpdateDistribution of the configuration that was there."""
    return (_update(options, copy.deepcopy(dict(before.document))),)


def follows(before: str, after: str) -> bool:
    """Versions are opaque; the write itself was under the one before."""
    return True


def by_hand(options: Options) -> str:
    """`aws cloudfront get-distribution-config ...`"""
    query = "DistributionConfig.[DefaultCacheBehavior.TargetOriginId,CacheBehaviors.Items]"
    words = ["aws", "cloudfront", "get-distribution-config", "--id", options.distribution]
    return shlex.join([*words, "--query", query])


def rights(options: Options, values: Sequence[str]) -> tuple[Right, ...]:
    """Read and update one distribution. IAM cannot limit the fields; the diff does."""
    arn = (f"arn:aws:cloudfront::*:distribution/{options.distribution}",)
    reads = ("GetDistribution", "GetDistributionConfig", "ListTagsForResource")
    return (
        Right(tuple(f"cloudfront:{name}" for name in reads), arn),
        Right(("cloudfront:UpdateDistribution",), arn, write=True),
    )


async def tags(options: Options, calls: Reads) -> Mapping[str, str]:
    """The tags of the distribution."""
    arn = (await _ask(options, "GetDistribution", calls))["Distribution"]["ARN"]
    request = Request("cloudfront", "ListTagsForResource", REGION, {"Resource": arn})
    answer = await calls.read(request, _way(options))
    return {tag["Key"]: tag.get("Value", "") for tag in answer["Tags"].get("Items", [])}


def _origins(config: Mapping[str, Any]) -> set[str]:
    """Ids that a behaviour may have as its target: of origins and of origin groups."""
    groups = config.get("OriginGroups", {}).get("Items", [])
    return {one["Id"] for one in [*config["Origins"]["Items"], *groups]}


def _chosen(options: Options, config: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    listed = config.get("CacheBehaviors", {}).get("Items", [])
    known = {DEFAULT: config["DefaultCacheBehavior"]} | {one["PathPattern"]: one for one in listed}
    for name in options.behaviors:
        if name not in known:
            raise Permanent(
                f"distribution {options.distribution} has no behaviour {name!r}"
                f" (it has {', '.join(known)})"
            )
        yield name, known[name]


def _value(options: Options, config: Mapping[str, Any]) -> str:
    targets = {name: one["TargetOriginId"] for name, one in _chosen(options, config)}
    if len(set(targets.values())) == 1:
        return str(next(iter(targets.values())))
    return "mixed: " + ", ".join(f"{name} from {target}" for name, target in targets.items())


async def _ask(options: Options, operation: str, calls: Reads) -> Mapping[str, Any]:
    request = Request("cloudfront", operation, REGION, {"Id": options.distribution})
    return await calls.read(request, _way(options))


def _update(options: Options, config: dict[str, Any]) -> Request:
    params = {"Id": options.distribution, "IfMatch": TOKEN, "DistributionConfig": config}
    return Request("cloudfront", "UpdateDistribution", REGION, params)


def _way(options: Options) -> Way:
    return Way(options.endpoint_url)

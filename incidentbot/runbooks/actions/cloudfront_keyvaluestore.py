"""Change one key of a CloudFront KeyValueStore that a function at the edge reads.

Data plane of many regions, and the narrowest right CloudFront has for a switch. Every write is
under the version of the whole store, as this service's own `describe` gives it.
"""

import shlex
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from incidentbot.errors import Refused
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
    as_wanted,
)
from incidentbot.settings import HttpUrl, SettingsModel, Text
from incidentbot.settings.values import Matching

MAY_CHANGE = ("Value",)
# Signed for all regions at once; a client still wants one, away from CloudFront's control plane.
REGION = "us-west-2"
LONGEST = 1024  # bytes of a value

Store = Annotated[
    str,
    Matching(
        r"arn:aws:cloudfront::[0-9]{12}:key-value-store/[A-Za-z0-9-]{1,64}",
        "a key-value store",
        "its ARN: arn:aws:cloudfront::ACCOUNT:key-value-store/ID",
    ),
]


class Options(SettingsModel):
    store: Store = Field(description="ARN of the key-value store.")
    key: Text = Field(description="Key that holds the origin; the function must know its values.")
    endpoint_url: HttpUrl | None = Field(
        None, description="Address of a compatible service; left out for AWS."
    )


def plane(options: Options) -> Plane:
    return Plane("data", "", "CloudFront KeyValueStore, data plane of many regions")


async def observe(options: Options, calls: Reads) -> Live:
    """The key's value, under the version of the store."""
    # The version first: a write in between makes it too old, and too old is refused.
    store = await calls.read(_request(options, "DescribeKeyValueStore", {}), _way(options))
    answer = await calls.read(_request(options, "GetKey", {"Key": options.key}), _way(options))
    value = str(answer["Value"])
    return Live(value, str(store["ETag"]), {"Value": value})


def plan(options: Options, live: Live, goal: Goal) -> Planned:
    """One PutKey of one value under the version that was read."""
    if len(goal.to.encode()) > LONGEST:
        raise Refused(f"a value of the key-value store has at most {LONGEST} bytes")
    name = options.store.rpartition("/")[2]
    return Planned(
        target=f"keyvaluestore:{options.store}:{options.key}",
        requests=(_put(options, goal.to),),
        after=Live(goal.to, "", {"Value": goal.to}),
        what=f"Key {options.key} of key-value store {name} (version {live.token})",
        touches=(f"One key: {options.key} in key-value store {name}",),
        not_touched=("Other keys", "The function that reads it", "Distributions, buckets and DNS"),
    )


async def apply(options: Options, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """Write it once; a version that is no longer current is refused by the store."""
    (request,) = requests
    answer, request_id = await calls.write(request, _way(options))
    return Done(str(answer["ETag"]), request_id)


async def verify(options: Options, after: Live, calls: Reads) -> tuple[bool, str]:
    """Read the key back."""
    live = await observe(options, calls)
    return as_wanted(live, after, f"{options.key} holds {live.value} (version {live.token})")


def undo(options: Options, before: Live, after: Live) -> tuple[Request, ...]:
    """One PutKey of the value that was there."""
    return (_put(options, before.value),)


def follows(before: str, after: str) -> bool:
    """Versions are opaque; the write itself was under the one before."""
    return True


def by_hand(options: Options) -> str:
    """`aws cloudfront-keyvaluestore get-key ...`"""
    words = ["aws", "cloudfront-keyvaluestore", "get-key", "--kvs-arn", options.store]
    return shlex.join([*words, "--key", options.key])


def rights(options: Options, values: Sequence[str]) -> tuple[Right, ...]:
    """Read one store and put keys; it can delete none."""
    arn = (options.store,)
    reads = ("DescribeKeyValueStore", "GetKey")
    return (
        Right(tuple(f"cloudfront-keyvaluestore:{name}" for name in reads), arn),
        Right(("cloudfront-keyvaluestore:PutKey",), arn, write=True),
    )


def _put(options: Options, value: str) -> Request:
    params = {"Key": options.key, "Value": value, "IfMatch": TOKEN}
    return _request(options, "PutKey", params)


def _request(options: Options, operation: str, params: dict[str, str]) -> Request:
    params = {"KvsARN": options.store} | params
    return Request("cloudfront-keyvaluestore", operation, REGION, params)


def _way(options: Options) -> Way:
    return Way(options.endpoint_url)

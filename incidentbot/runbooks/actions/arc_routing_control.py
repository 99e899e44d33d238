"""Turn one routing control of Amazon Application Recovery Controller on and another off.

The cluster has five endpoints in five regions, made so that three always answer; their addresses
stand in the configuration, because the service that would tell them is not made to survive. A
write goes to the next endpoint only when the one before surely did nothing. Safety rules hold at
the cluster: they are never overridden here, and a refusal names its rule.
"""

import asyncio
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Self

from pydantic import Field, model_validator

from incidentbot.errors import InDoubt, Refused, Temporary
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
from incidentbot.settings import HttpUrl, Matching, Region, SettingsModel, refuse

MAY_CHANGE = ("States.*",)
SERVICE = "route53-recovery-cluster"
ENDPOINTS = 5
PROOF = 2  # endpoints that must agree before a change counts as seen
PATIENCE = 1.0  # seconds until a reader asks the next endpoint too

Arn = Annotated[
    str,
    Matching(
        r"arn:aws[a-z-]*:route53-recovery-control::[0-9]{12}"
        r":controlpanel/[A-Za-z0-9]+/routingcontrol/[A-Za-z0-9]+",
        "the ARN of a routing control",
        "arn:aws:route53-recovery-control::ACCOUNT:controlpanel/ID/routingcontrol/ID",
    ),
]


class Endpoint(SettingsModel):
    region: Region = Field(description="Region of the endpoint.")
    url: HttpUrl = Field(description="Its address, as `describe-cluster` tells it.")


class Options(SettingsModel):
    endpoints: tuple[Endpoint, ...] = Field(
        min_length=ENDPOINTS,
        max_length=ENDPOINTS,
        description="The cluster's five endpoints; that in the region that may fail comes last.",
    )
    controls: tuple[Arn, ...] = Field(
        min_length=2,
        max_length=2,
        description="ARNs of the two routing controls; one is on while the other is off.",
    )

    @model_validator(mode="after")
    def _all_different(self) -> Self:
        if len({one.region for one in self.endpoints}) < ENDPOINTS:
            refuse("names a region twice: each endpoint has its own", at="endpoints")
        if len(set(self.controls)) < len(self.controls):
            refuse("names one routing control twice", at="controls")
        return self


def plane(options: Options) -> Plane:
    return Plane("data", "", "routing control data plane (any of five regions)")


async def observe(options: Options, calls: Reads) -> Live:
    """The states of both controls, from the first endpoint that answers."""
    (_, live), *_ = await _ask(options, calls, 1)
    return live


def plan(options: Options, live: Live, goal: Goal) -> Planned:
    """One batch of both states, so that the safety rules see them together."""
    if goal.share != WHOLE:
        raise Refused("a routing control is on or off; it takes no share")
    if goal.to not in options.controls:
        raise Refused(f"{goal.to!r} is none of {', '.join(options.controls)}")
    states = {one: "On" if one == goal.to else "Off" for one in options.controls}
    return Planned(
        target="arc:" + "+".join(sorted(options.controls)),
        requests=_update(states),
        after=Live(_value(states), "", {"States": states}),
        what=f"Routing controls {_short(options.controls[0])} and {_short(options.controls[1])}",
        touches=tuple(f"{one}: {state}" for one, state in states.items()),
        not_touched=("Other routing controls and safety rules", "DNS records, buckets and CDN"),
    )


async def apply(options: Options, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """Send the batch to an endpoint that answers right now, or to the next that takes it.

    An endpoint that may have done it raises InDoubt, which ends the matter here: the next one is
    never asked to do it again. That is why one is looked for first that is alive.
    """
    (request,) = requests
    (alive, _), *_ = await _ask(options, calls, 1)
    missed = []
    for endpoint in sorted(options.endpoints, key=lambda one: one.region != alive):
        try:
            there = replace(request, region=endpoint.region)
            _, request_id = await calls.write(there, Way(endpoint.url))
        except Temporary as error:
            missed.append(error.message)
        else:
            return Done("", request_id)
    raise Temporary("none of the five endpoints took it: " + "; ".join(missed))


async def verify(options: Options, after: Live, calls: Reads) -> tuple[bool, str]:
    """Read the states from two endpoints; Temporary when fewer answer."""
    seen = await _ask(options, calls, PROOF)
    fine = all(live.value == after.value for _, live in seen)
    words = "; ".join(f"{region} says {live.value}" for region, live in seen)
    return fine, words if fine else f"{words}; not both say {after.value}"


def undo(options: Options, before: Live, after: Live) -> tuple[Request, ...]:
    """One batch of the states that were there."""
    return _update(before.document["States"])


def follows(before: str, after: str) -> bool:
    """Nobody can tell: a cluster counts no versions."""
    return True


def by_hand(options: Options) -> str:
    """`aws route53-recovery-cluster get-routing-control-state ...` for both, at one endpoint."""
    endpoint = options.endpoints[0]
    words = ["aws", SERVICE, "get-routing-control-state", "--region", endpoint.region]
    words += ["--endpoint-url", endpoint.url, "--routing-control-arn"]
    return "; ".join(shlex.join([*words, one]) for one in options.controls)


def rights(options: Options, values: Sequence[str]) -> tuple[Right, ...]:
    """Read and set two controls, and never past a safety rule."""
    return (
        Right((f"{SERVICE}:GetRoutingControlState",), options.controls),
        Right(
            (f"{SERVICE}:UpdateRoutingControlStates",),
            options.controls,
            write=True,
            conditions={"Bool": {f"{SERVICE}:AllowSafetyRulesOverrides": "false"}},
        ),
    )


async def _ask(options: Options, calls: Reads, enough: int) -> list[tuple[str, Live]]:
    """(region, what it says) of so many endpoints; Temporary when fewer answer.

    They are asked in turn, but a slow one keeps nobody waiting: the next is asked beside it.
    """
    left = list(options.endpoints)
    asked: dict[asyncio.Task[Live], str] = {}
    seen: list[tuple[str, Live]] = []
    missed = []
    try:
        while len(seen) < enough and (left or asked):
            if left:
                endpoint = left.pop(0)
                asked[asyncio.create_task(_states(options, endpoint, calls))] = endpoint.region
            patience = PATIENCE if left else None
            done, _ = await asyncio.wait(
                asked, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                region = asked.pop(task)
                try:
                    seen.append((region, task.result()))
                except (Temporary, InDoubt) as error:
                    missed.append(error.message)
    finally:
        for task in asked:
            task.cancel()
    if len(seen) < enough:
        many = len(options.endpoints)
        raise Temporary(f"{len(seen)} of {many} endpoints answered: " + "; ".join(missed))
    return seen


async def _states(options: Options, endpoint: Endpoint, calls: Reads) -> Live:
    async def state(control: str) -> str:
        params = {"RoutingControlArn": control}
        request = Request(SERVICE, "GetRoutingControlState", endpoint.region, params)
        answer = await calls.read(request, Way(endpoint.url))
        return str(answer["RoutingControlState"])

    found = await asyncio.gather(*(state(one) for one in options.controls))
    states = dict(zip(options.controls, found, strict=True))
    document = {"States": states}
    return Live(_value(states), token_of(document), document)


def _value(states: dict[str, str]) -> str:
    """The one control that is on; both on or both off are no origin's value."""
    on = [one for one, state in states.items() if state == "On"]
    return on[0] if len(on) == 1 else ("both On" if on else "both Off")


def _update(states: dict[str, str]) -> tuple[Request, ...]:
    """Without a region: any endpoint takes it."""
    entries = [
        {"RoutingControlArn": one, "RoutingControlState": state}
        for one, state in sorted(states.items(), key=lambda entry: (entry[1] != "On", entry[0]))
    ]
    params = {"UpdateRoutingControlStateEntries": entries}
    return (Request(SERVICE, "UpdateRoutingControlStates", "", params),)


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]

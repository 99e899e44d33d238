"""Move traffic between two origins of one of Cloudflare's load-balancer pools.

A PATCH overwrites the whole list of origins, so the list is sent as it was read, but for the two:
who serves is enabled, and how much is its weight. The pool has no version; its origins are read
once more just before the write, which is not sent when they differ from what was planned.
"""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from incidentbot.errors import InDoubt, Permanent, Refused
from incidentbot.runbooks.actions._cloudflare import WHERE, Cloudflare, header, result, way
from incidentbot.runbooks.actions._pair import Split, split
from incidentbot.runbooks.actions._shares import named, percents
from incidentbot.runbooks.actions._target import unique
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
    as_wanted,
    token_of,
)
from incidentbot.settings import Name, Text
from incidentbot.settings.telling import Identifier

MAY_CHANGE = ("origins.*.enabled", "origins.*.weight")
PARTS = True
READ_ONLY = ("disabled_at",)  # of an origin; set by Cloudflare, not to be sent


class Options(Cloudflare):
    pool: Identifier = Field(description="Id of the pool.")
    values: dict[Name, Text] = Field(
        min_length=2, max_length=2, description="Name of the pool's origin, for each of the two."
    )

    @property
    def url(self) -> str:
        return f"{self.base}/accounts/{self.account}/load_balancers/pools/{self.pool}"

    @property
    def thing(self) -> str:
        return f"Cloudflare's pool {self.pool}"


def plane(options: Options) -> Plane:
    return WHERE


async def observe(options: Options, calls: Reads) -> Live:
    """The pool's origins as they stand; who serves follows from enabled and weight."""
    answer = await calls.read(Request("http", "GET", "", {"url": options.url}), way(options))
    return _live(result(answer, options.thing), options)


def plan(options: Options, live: Live, goal: Goal) -> Planned:
    """One PATCH of the list of origins. Raises Refused: a third origin serves as well, or the
    pool would not take part."""
    asked = split(goal, options.values.values(), live.shares, options.thing)
    origins = [_turned(origin, asked) for origin in live.document["origins"]]
    document = {**live.document, "origins": origins}
    shares = _shares(document)
    if not shares:
        raise Refused(f"{options.thing} is disabled as a whole; no origin of it can serve.")
    if len(shares) < document["minimum_origins"]:
        least = document["minimum_origins"]
        raise Refused(f"{options.thing} counts as down with fewer than {least} origins serving.")
    return Planned(
        target=unique("cloudflare-pool", options.account, options.pool),
        requests=(_patch(options, origins),),
        after=Live(named(shares), "", document, shares),
        what=f"{options.thing} (origins as of {live.token})",
        touches=tuple(f"One origin of the pool: {name}" for name in (asked.to, asked.other)),
        not_touched=("Every other origin of the pool", "Load balancers, monitors and DNS"),
    )


async def apply(options: Options, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """Write the list once, if it is still the one that the plan was made from."""
    (request,) = requests
    live = await observe(options, calls)
    if live.document != before.document:
        raise Permanent(f"{options.thing} was changed in between; nothing was written")
    answer, request_id = await calls.write(request, way(options))
    return Done(_live(result(answer, options.thing), options).token, request_id)


async def verify(options: Options, after: Live, calls: Reads) -> tuple[bool, str]:
    """Read the pool back."""
    live = await observe(options, calls)
    return as_wanted(live, after, f"{options.thing} is served by {live.value}")


def undo(options: Options, before: Live, after: Live) -> tuple[Request, ...]:
    """One PATCH of the origins that were there."""
    return (_patch(options, list(before.document["origins"])),)


def follows(before: str, after: str) -> bool:
    """Nothing counts the writes: nobody can tell."""
    return True


def by_hand(options: Options) -> str:
    """`curl ... -H "Authorization: Bearer $CLOUDFLARE_TOKEN"`"""
    return f"{shlex.join(['curl', '-sS', options.url])} {header(options)}"


def rights(options: Options, values: Sequence[str]) -> tuple[Right, ...]:
    """Nothing at AWS."""
    return ()


def _live(pool: Any, options: Options) -> Live:
    origins = pool.get("origins") if isinstance(pool, dict) else None
    if not isinstance(origins, list) or not all(isinstance(one, dict) for one in origins):
        raise InDoubt(f"{options.thing}: its answer has no origins")
    names = [str(origin.get("name")) for origin in origins]
    for name in options.values.values():
        if names.count(name) != 1:
            raise Permanent(f"{options.thing} has {names.count(name)} origins called {name!r}")
    kept = [{k: v for k, v in origin.items() if k not in READ_ONLY} for origin in origins]
    least = pool.get("minimum_origins", 1)
    document = {
        "enabled": pool.get("enabled") is not False,
        "minimum_origins": least if isinstance(least, int) else 1,
        "origins": kept,
    }
    shares = _shares(document)
    return Live(named(shares), token_of(document), document, shares)


def _shares(document: Mapping[str, Any]) -> dict[str, int]:
    if not document["enabled"]:
        return {}  # a pool that is off serves nothing, whatever its origins say
    return percents({str(origin["name"]): _weight(origin) for origin in document["origins"]})


def _weight(origin: Mapping[str, Any]) -> float:
    if origin.get("enabled") is False:
        return 0.0
    weight = origin.get("weight", 1)
    return float(weight) if isinstance(weight, int | float) else 1.0


def _turned(origin: Mapping[str, Any], asked: Split) -> dict[str, Any]:
    """One origin as it is to be. The one that is left keeps its weight while it is off."""
    if origin["name"] == asked.to:
        return {**origin, "enabled": True, "weight": asked.share / WHOLE}
    if origin["name"] != asked.other:
        return dict(origin)
    if asked.whole:
        return {**origin, "enabled": False}
    return {**origin, "enabled": True, "weight": (WHOLE - asked.share) / WHOLE}


def _patch(options: Options, origins: list[dict[str, Any]]) -> Request:
    return Request("http", "PATCH", "", {"url": options.url, "json": {"origins": origins}})

"""Change one value in Cloudflare's Workers KV, which a Worker reads to choose the origin.

There is no compare-and-set and no version. A write drops the key's metadata and its expiry, so a
key that has any is left alone. Edges may hold the old value for a minute or more.
"""

import asyncio
import shlex
from collections.abc import Sequence
from urllib.parse import quote

from pydantic import Field

from incidentbot.errors import InDoubt, Refused
from incidentbot.runbooks.actions._cloudflare import WHERE, Cloudflare, header, result, way
from incidentbot.runbooks.actions._target import unique
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
    as_wanted,
    token_of,
)
from incidentbot.settings import Text
from incidentbot.settings.telling import Identifier

MAY_CHANGE = ("value",)


class Options(Cloudflare):
    namespace: Identifier = Field(description="Id of the KV namespace.")
    key: Text = Field(description="Key that holds the origin; it must exist.")

    def url(self, what: str) -> str:
        """`what`: values or metadata."""
        space = f"{self.base}/accounts/{self.account}/storage/kv/namespaces/{self.namespace}"
        return f"{space}/{what}/{quote(self.key, safe='')}"

    @property
    def thing(self) -> str:
        return f"key {self.key} in Cloudflare's KV namespace {self.namespace}"


def plane(options: Options) -> Plane:
    return WHERE


async def observe(options: Options, calls: Reads) -> Live:
    """The key's value, its metadata and when it expires."""
    asked = (
        calls.read(Request("http", "GET", "", {"url": options.url(what)}), way(options))
        for what in ("values", "metadata")
    )
    # Both are waited for, also when one fails, so that no call of ours goes on unseen.
    held, beside = await asyncio.gather(*asked, return_exceptions=True)
    if isinstance(held, BaseException):
        raise held
    if isinstance(beside, BaseException):
        raise beside
    value = held["text"]
    if not value or len(value) > 1000:
        raise InDoubt(f"{options.thing}: answered {len(value)} characters, which name no origin")
    document = {
        "value": value,
        "metadata": result(beside, options.thing),
        "expiration": held["headers"].get("expiration"),
    }
    return Live(value, token_of(document), document)


def plan(options: Options, live: Live, goal: Goal) -> Planned:
    """One PUT of one value. Raises Refused when the key holds what a PUT would drop."""
    if live.document.get("metadata") or live.document.get("expiration"):
        raise Refused(f"The {options.thing} has metadata or expires; writing it would drop that.")
    params = {"url": options.url("values"), "text": goal.to}
    return Planned(
        target=unique("cloudflare-kv", options.account, options.namespace, options.key),
        requests=(Request("http", "PUT", "", params),),
        after=Live(goal.to, "", {**live.document, "value": goal.to}),
        what=f"{options.thing}; edges may hold the old value for a minute or more",
        touches=(f"One key: {options.key}",),
        not_touched=("Every other key", "Workers, routes, DNS and load balancers"),
    )


async def apply(options: Options, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """Write it once."""
    (request,) = requests
    answer, request_id = await calls.write(request, way(options))
    result(answer, options.thing)
    return Done("", request_id)


async def verify(options: Options, after: Live, calls: Reads) -> tuple[bool, str]:
    """Read the key back."""
    live = await observe(options, calls)
    return as_wanted(live, after, f"{options.thing} holds {live.value}")


def undo(options: Options, before: Live, after: Live) -> tuple[Request, ...]:
    """One PUT of the value that was there."""
    return plan(options, after, Goal(before.value)).requests


def follows(before: str, after: str) -> bool:
    """Nothing counts the writes: nobody can tell."""
    return True


def by_hand(options: Options) -> str:
    """`curl ... -H "Authorization: Bearer $CLOUDFLARE_TOKEN"`"""
    return f"{shlex.join(['curl', '-sS', options.url('values')])} {header(options)}"


def rights(options: Options, values: Sequence[str]) -> tuple[Right, ...]:
    """Nothing at AWS."""
    return ()

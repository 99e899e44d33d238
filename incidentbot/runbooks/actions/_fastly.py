"""One item of a key-value list at Fastly: a dictionary of a service, or a config store.

Both are without versions and reach the edges in seconds. Neither has a compare-and-set; the time
of the last change, which every answer holds, tells whether somebody wrote in between.
"""

import shlex
from collections.abc import Sequence
from urllib.parse import quote

from pydantic import Field, SecretStr

from incidentbot.runbooks.actions._target import unique
from incidentbot.runbooks.actions._vendor import Vendor, body, field
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
    token_of,
)
from incidentbot.settings import HttpUrl, Text

MAY_CHANGE = ("item_value",)


class Item(Vendor):
    """`path` leads to the list that the item is in, `thing` is its name for people."""

    key: Text = Field(description="Key of the item that holds the origin; it must exist.")
    api_url: HttpUrl = Field("https://api.fastly.com", description="Address of Fastly's API.")

    @property
    def path(self) -> str:
        raise NotImplementedError

    @property
    def thing(self) -> str:
        raise NotImplementedError

    @property
    def url(self) -> str:
        return f"{self.base}{self.path}/item/{quote(self.key, safe='')}"


def plane(options: Item) -> Plane:
    return Plane("data", "", "Fastly's API; not on the failing storage as far as is known")


async def observe(options: Item, calls: Reads) -> Live:
    """The item's value; its token is the time of its last change."""
    answer = await calls.read(Request("http", "GET", "", {"url": options.url}), _way(options))
    found = body(answer, options.thing)
    value = field(found, "item_value", options.thing)
    return Live(value, _token(found.get("updated_at"), value), {"item_value": value})


def plan(options: Item, live: Live, goal: Goal) -> Planned:
    """One PUT of one value."""
    params = {"url": options.url, "form": {"item_value": goal.to}}
    return Planned(
        target=unique("fastly", options.path.strip("/"), options.key),
        requests=(Request("http", "PUT", "", params),),
        after=Live(goal.to, "", {"item_value": goal.to}),
        what=f"{options.thing} (as of {live.token})",
        touches=(f"One item: {options.key}",),
        not_touched=("Versions, backends and VCL of the service", "Every other item of the list"),
    )


async def apply(options: Item, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """Write it once."""
    (request,) = requests
    answer, request_id = await calls.write(request, _way(options))
    found = body(answer, options.thing)
    value = field(found, "item_value", options.thing)
    return Done(_token(found.get("updated_at"), value), request_id)


async def verify(options: Item, after: Live, calls: Reads) -> tuple[bool, str]:
    """Read the item back."""
    live = await observe(options, calls)
    return as_wanted(live, after, f"{options.thing} holds {live.value} (as of {live.token})")


def undo(options: Item, before: Live, after: Live) -> tuple[Request, ...]:
    """One PUT of the value that was there."""
    return plan(options, after, Goal(before.value)).requests


def follows(before: str, after: str) -> bool:
    """Times do not count writes: nobody can tell."""
    return True


def by_hand(options: Item) -> str:
    """`curl ... -H "Fastly-Key: $FASTLY_TOKEN"`"""
    return f'{shlex.join(["curl", "-sS", options.url])} -H "Fastly-Key: ${options.token.name}"'


def rights(options: Item, values: Sequence[str]) -> tuple[Right, ...]:
    """Nothing at AWS."""
    return ()


def _token(updated_at: object, value: str) -> str:
    return updated_at if isinstance(updated_at, str) else token_of({"item_value": value})


def _way(options: Item) -> Way:
    headers = {"Fastly-Key": SecretStr(options.token.reveal())}
    return Way(headers=headers, allow_private=options.allow_private)

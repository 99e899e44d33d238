"""Change a switch that you run yourself: an endpoint that takes the value and one that shows it.

Both addresses are fixed in the configuration; the body is made from the value alone and signed.
No redirect is followed. What cannot be read back cannot be trusted, so reading back is required.
"""

import json
import re
import shlex
from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, model_validator

from incidentbot import ids
from incidentbot.errors import InDoubt
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
    Way,
    as_wanted,
    token_of,
)
from incidentbot.settings import HttpUrl, WebTarget
from incidentbot.settings.secrets import Secret
from incidentbot.settings.values import Matching, is_private, refuse

MAY_CHANGE = ("value",)
LONGEST = 1000  # characters of a value that is read back

Pointer = Annotated[
    str,
    Matching(r"(/([^~/]|~[01]){0,100}){1,10}", "a JSON pointer", '"/origin", "/flags/0/value"'),
]
Key = Annotated[
    str, Matching(r"[A-Za-z0-9_.-]{1,100}", "a key of JSON", "letters, digits and _ . -")
]


class Options(WebTarget):
    url: HttpUrl = Field(description="Address that takes the value, by PUT.")
    read_url: HttpUrl = Field(description="Address that shows the value that holds now, as JSON.")
    value_at: Pointer = Field(description="Where in that JSON the value is: a JSON pointer.")
    version_at: Pointer | None = Field(
        None,
        description="Where a version is, which every write changes; adds an Idempotency-Key.",
    )
    field: Key = Field("value", description="Key of the body that takes the value.")
    sign: Secret = Field(
        description="Variable with the secret that signs the body (HMAC-SHA256, X-Signature-256)."
    )
    token: Secret | None = Field(
        None, description="Variable with a token for the header Authorization: Bearer."
    )

    @model_validator(mode="after")
    def _reads_where_it_may(self) -> Self:
        if is_private(self.read_url) and not self.allow_private:
            refuse(
                "is a private address; add `allow_private: true` if that is meant", at="read_url"
            )
        return self


def plane(options: Options) -> Plane:
    return Plane("data", "", f"Your own endpoint {options.url}; nobody here knows what it runs on")


async def observe(options: Options, calls: Reads) -> Live:
    """The value, and the version where there is one."""
    request = Request("http", "GET", "", {"url": options.read_url})
    found = (await calls.read(request, _way(options)))["json"]
    document = {"value": _text(options, found, options.value_at)}
    if options.version_at is None:
        return Live(document["value"], token_of(document), document)
    return Live(document["value"], _text(options, found, options.version_at), document)


def plan(options: Options, live: Live, goal: Goal) -> Planned:
    """One PUT of one value. The same write of the same version has the same Idempotency-Key."""
    params: dict[str, Any] = {"url": options.url, "json": {options.field: goal.to}}
    if options.version_at is not None and live.token:
        # Without a version two writes of one value, weeks apart, would have the same key, and an
        # endpoint that remembers keys would answer the second without doing anything.
        key = ids.digest(["http", options.url, goal.to, live.token])[:32]
        params["headers"] = {"Idempotency-Key": key}
    return Planned(
        target=unique("http", options.url),
        requests=(Request("http", "PUT", "", params),),
        after=Live(goal.to, "", {"value": goal.to}),
        what=f"the switch at {options.url} (as of {live.token})",
        touches=(f"One value: {options.field} at {options.url}",),
        not_touched=("Whatever that endpoint does not do by itself",),
    )


async def apply(options: Options, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """Write it once, signed."""
    (request,) = requests
    way = _way(options, sign=SecretStr(options.sign.reveal()))
    _, request_id = await calls.write(request, way)
    return Done("", request_id)


async def verify(options: Options, after: Live, calls: Reads) -> tuple[bool, str]:
    """Read the value back."""
    live = await observe(options, calls)
    return as_wanted(live, after, f"{options.read_url} shows {live.value}")


def undo(options: Options, before: Live, after: Live) -> tuple[Request, ...]:
    """One PUT of the value that was there."""
    return plan(options, after, Goal(before.value)).requests


def follows(before: str, after: str) -> bool:
    """Nobody says what the version counts: nobody can tell."""
    return True


def by_hand(options: Options) -> str:
    """`curl ...`"""
    header = f' -H "Authorization: Bearer ${options.token.name}"' if options.token else ""
    return shlex.join(["curl", "-sS", options.read_url]) + header


def rights(options: Options, values: Sequence[str]) -> tuple[Right, ...]:
    """Nothing at AWS."""
    return ()


def pointed(found: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) leads to; None where it leads nowhere. Pure."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and re.fullmatch(r"0|[1-9][0-9]{0,8}", name):
            found = found[int(name)] if int(name) < len(found) else None
        else:
            return None
    return found


def _text(options: Options, found: Any, pointer: str) -> str:
    value = pointed(found, pointer)
    if isinstance(value, bool | int | float):
        value = json.dumps(value)
    if not isinstance(value, str) or not value or len(value) > LONGEST:
        raise InDoubt(f"{options.read_url}: its answer holds no value at {pointer}")
    return value


def _way(options: Options, sign: SecretStr | None = None) -> Way:
    token = options.token
    headers = {"Authorization": SecretStr(f"Bearer {token.reveal()}")} if token else {}
    return Way(headers=headers, sign=sign, allow_private=options.allow_private)

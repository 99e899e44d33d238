"""What an action is: observe, plan, apply, verify, undo.

An action changes one thing: most often the switch of an asset, from one origin to another. It is
a module in runbooks/actions/, found by its name; docs/runbooks.md tells how to write one.
"""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, SecretStr

from incidentbot import ids
from incidentbot.errors import IncidentbotError, InDoubt

T = TypeVar("T")

TOKEN = "$token"  # in a request: the token that was read just before the write
WHOLE = 100


@dataclass(frozen=True, slots=True)
class Live:
    """What is there now, or what will be.

    `value` names it in one short word or line and is compared with what was planned. `token`
    changes with every write, so that a plan can go stale; where the other side has none it is
    `token_of(document)`. `document` holds the fields of the thing as plain JSON: the diff is made
    from it. `shares` tells who serves: percent by value, 100 in all; left out: `value` alone.
    """

    value: str
    token: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)
    shares: Mapping[str, int] = field(default_factory=dict)

    def same(self, other: "Live") -> bool:
        """Whether nobody has written in between."""
        return (self.value, self.token) == (other.value, other.token)

    @property
    def serving(self) -> Mapping[str, int]:
        return self.shares or {self.value: WHOLE}


def token_of(document: Mapping[str, Any]) -> str:
    """A token for what has none of its own: the same fields give the same token."""
    return ids.digest(dict(document))[:16]


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted: the origin whose value is `to` serves `share` percent, `other` the rest."""

    to: str
    other: str = ""
    share: int = WHOLE


@dataclass(frozen=True, slots=True)
class Request:
    """One exact call, as it is shown, hashed and sent.

    `service` is a service of boto3 with an `operation` as AWS writes it, or one of the other ways
    out: "http" (operation PUT, POST, ...; params url, and json, form or text, and headers that are
    no secret), "haproxy" (params command) or "house" (something the bot itself does).
    """

    service: str
    operation: str
    region: str
    params: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {
            "service": self.service,
            "operation": self.operation,
            "region": self.region,
            "params": dict(self.params),
        }

    def filled(self, token: str) -> "Request":
        """With the token in the place of TOKEN, wherever it stands as a whole value."""
        params = {key: token if value == TOKEN else value for key, value in self.params.items()}
        return replace(self, params=params)


@dataclass(frozen=True, slots=True)
class Way:
    """How a call gets there, beside what it says. Never shown, hashed or kept.

    `key`: id and secret of an AWS or S3 key of its own. `headers`: secret headers of "http".
    `sign`: the secret with which "http" signs the body (HMAC-SHA256, X-Signature-256).
    """

    endpoint_url: str | None = None
    key: tuple[SecretStr, SecretStr] | None = None
    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    sign: SecretStr | None = None
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Plane:
    """Where a write lands, told without asking anybody. `region` is empty for what has none.

    `kind`: "data" planes are built to survive; "control" planes are what fails first, and are
    offered last. `words` as in "SSM data plane in us-west-2".
    """

    kind: Literal["data", "control"]
    region: str
    words: str


@dataclass(frozen=True, slots=True)
class Planned:
    """What a change would be. Pure data; nothing here is asked for again.

    `target`: the thing written, unique in the world; it is locked. `requests` are sent one after
    the other. `after`: what `observe` will read once they took effect; its token is unknown ("").
    `what` names the thing with its version for people. `touches`, `not_touched`: for people.
    """

    target: str
    requests: tuple[Request, ...]
    after: Live
    what: str
    touches: tuple[str, ...]
    not_touched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The other side took the write. `token` as `observe` would read it now, "" if not told."""

    token: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Right:
    """What must be allowed at AWS: `aws policy` prints it. `write`: for the writer only.

    `conditions` as in a policy: operator -> key -> value(s).
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    write: bool = False
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Reads(Protocol):
    """The way to ask. What is read may be asked for again.

    Raises Temporary when nobody answered, InDoubt when the answer is of no use, Permanent when it
    was refused.
    """

    async def read(self, request: Request, way: Way) -> Mapping[str, Any]: ...


class Calls(Reads, Protocol):
    """The way to a write: it is sent once and never again. Only the executor has one.

    Raises Temporary when the call surely did not happen, InDoubt when it may have, Permanent when
    it was refused.
    """

    async def write(self, request: Request, way: Way) -> tuple[Mapping[str, Any], str]:
        """(answer, request id)"""
        ...


class Action(Protocol):
    """A plug-in module in runbooks/actions/ has these and a class `Options(SettingsModel)`: the
    keys of an asset's switch. All but those with `calls` are pure.

    Besides, where they apply:
    PARTS = True            it can move a share of the traffic (`Goal.share` below 100)
    REPEATABLE = True       its requests only add: broken off half-way, they may be sent again
    Arguments, bind         it is no switch: `with:` of a runbook is read by the model Arguments,
                            and `bind(settings, asset, incident_id, arguments) -> Options`
    tags(options, calls)    async, the tags of the thing at its provider
    settled(options, request_id, calls)
                            async, whether the write of that `Done.request_id` has arrived
                            everywhere: (so it has, in words)
    SETTLES = seconds       how long a write may take until `observe` shows it; left out: little
    coming(live, after)     whether what is live is `after` on its way: then it is waited for
    HIDDEN = (name, ...)    keys whose values nobody is shown, wherever they stand
    """

    Options: type[BaseModel]
    MAY_CHANGE: Sequence[str]
    """Fields of `Live.document` that a plan may change, as `diff.fields` names them; `*` stands
    for one part of a name."""

    async def observe(self, options: Any, calls: Reads) -> Live: ...

    def plan(self, options: Any, live: Live, goal: Goal) -> Planned:
        """The same `live` and `goal` always give the same plan. Refused says why there is none."""
        ...

    async def apply(
        self, options: Any, requests: Sequence[Request], before: Live, calls: Calls
    ) -> Done:
        """Send the requests as they are: TOKEN is filled in already."""
        ...

    async def verify(self, options: Any, after: Live, calls: Reads) -> tuple[bool, str]:
        """Read back whether `after` is there: (so it is, what was read, in words). What users get
        is looked at from outside as well, the same way for every action."""
        ...

    def undo(self, options: Any, before: Live, after: Live) -> tuple[Request, ...]:
        """The exact calls that put back what `before` holds; kept in the plan before the first
        write. They run only through a plan of their own."""
        ...

    def follows(self, before: str, after: str) -> bool:
        """Whether `after`, the token of `Done`, is that of the very next write after `before`;
        True where nobody can tell."""
        ...

    def by_hand(self, options: Any) -> str:
        """The command with which a person reads the live value."""
        ...

    def plane(self, options: Any) -> Plane: ...

    def rights(self, options: Any, values: Sequence[str]) -> tuple[Right, ...]:
        """What it needs at AWS; () elsewhere."""
        ...


def as_wanted(live: Live, after: Live, words: str) -> tuple[bool, str]:
    """What `verify` says of a value that was read back; `words` say what it is. Pure."""
    fine = live.value == after.value
    return fine, words if fine else f"{words}, not {after.value}"


async def careful(call: Awaitable[T]) -> T:
    """Await a plug-in's call. What it did not foresee may have happened after its effect."""
    try:
        return await call
    except IncidentbotError:
        raise
    except Exception as error:
        # A plug-in's own fault is no proof that its call did not go out.
        raise InDoubt(f"the action broke ({type(error).__name__}: {error})") from error

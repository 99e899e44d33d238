"""What an action is: observe, plan, apply, verify, undo.

An action changes one switch of an asset from the value of one origin to that of another.
"""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from incidentbot.errors import IncidentbotError, InDoubt

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Live:
    """What is there now. `token` changes with every write, so that a plan can go stale."""

    value: str
    token: str


@dataclass(frozen=True, slots=True)
class Request:
    """One exact call, as it is shown, hashed and sent."""

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


@dataclass(frozen=True, slots=True)
class Planned:
    """What a change would be: the thing written (`target`, unique), the calls, and in words."""

    target: str
    requests: tuple[Request, ...]
    what: str
    plane: str
    region: str
    touches: tuple[str, ...]
    not_touched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The other side took the write."""

    token: str
    request_id: str


class Calls(Protocol):
    """The way to a cloud's API. Reads may be repeated; a write is sent once and never again.

    Raises Temporary when the call surely did not happen, InDoubt when it may have, Permanent when
    it was refused.
    """

    async def read(self, request: Request, endpoint_url: str | None) -> Mapping[str, Any]: ...

    async def write(
        self, request: Request, endpoint_url: str | None
    ) -> tuple[Mapping[str, Any], str]:
        """(answer, request id)"""
        ...


class Action(Protocol):
    """A plug-in module in runbooks/actions/ has these and a class `Options(BaseModel)`.

    `plan`, `undo`, `follows` and `by_hand` are pure. What the others raise is as in `Calls`.
    """

    Options: type[BaseModel]

    async def observe(self, options: Any, calls: Calls) -> Live: ...

    def plan(self, options: Any, live: Live, value: str) -> Planned:
        """The requests depend on the options and the value alone, never on `live`."""
        ...

    async def apply(self, options: Any, request: Request, calls: Calls) -> Done: ...

    async def verify(self, options: Any, value: str, calls: Calls) -> tuple[bool, str]:
        """Read back whether `value` is there: (so it is, what was read, in words). What users get
        is looked at from outside as well, the same way for every action."""
        ...

    def undo(self, options: Any, live: Live) -> tuple[Request, ...]:
        """The exact calls that put back what `live` holds; kept in the plan before the first
        write. They run only through a plan of their own."""
        ...

    def follows(self, before: str, after: str) -> bool:
        """Whether `after` is the token of the very next write after `before`."""
        ...

    def by_hand(self, options: Any) -> str:
        """The command with which a person reads the live value."""
        ...


async def careful(call: Awaitable[T]) -> T:
    """Await a plug-in's call. What it did not foresee may have happened after its effect."""
    try:
        return await call
    except IncidentbotError:
        raise
    except Exception as error:
        # A plug-in's own fault is no proof that its call did not go out.
        raise InDoubt(f"the action broke ({type(error).__name__}: {error})") from error

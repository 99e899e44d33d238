"""What an action is: observe, plan, apply. Undo is the same three with the values turned round.

An action changes one switch of an asset from the value of one origin to that of another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel


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
    """A plug-in module in runbooks/actions/ has these and a class `Options(BaseModel)`."""

    Options: type[BaseModel]

    async def observe(self, options: Any, calls: Calls) -> Live: ...

    def plan(self, options: Any, live: Live, value: str) -> Planned: ...

    async def apply(self, options: Any, request: Request, calls: Calls) -> Done: ...

"""One way out for every action: which of them a request takes hangs on its service.

Reading and writing are apart: what plans and shows holds a Reader, which has no `write` at all;
a Writer is made by the executor, for one plan.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from incidentbot.errors import Permanent, Refused
from incidentbot.http import Http
from incidentbot.runbooks.contract import Reads, Request, Way
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.runbooks.wires.haproxy import Haproxy
from incidentbot.runbooks.wires.roles import refuse_writes
from incidentbot.runbooks.wires.web import Web

# What the bot itself does: operation -> function of the params and of the plan that wants it (""
# where somebody only looks), giving (answer, id). What may be looked at ends in LOOK.
House = Mapping[str, Callable[[Mapping[str, Any], str], Awaitable[tuple[Mapping[str, Any], str]]]]
LOOK = "_look"


class Wire(Reads, Protocol):
    async def write(self, request: Request, way: Way) -> tuple[Mapping[str, Any], str]: ...


class OfTheHouse:
    """Asks and does by name, for one plan."""

    def __init__(self, house: House, plan_id: str = "") -> None:
        self._house, self._plan_id = house, plan_id

    async def read(self, request: Request, way: Way) -> Mapping[str, Any]:
        if not request.operation.endswith(LOOK):
            raise Permanent(f"{request.operation!r} is nothing to look at")
        answer, _ = await self._do(request, "")
        return answer

    async def write(self, request: Request, way: Way) -> tuple[Mapping[str, Any], str]:
        if not self._plan_id:
            raise Permanent(f"{request.operation!r} belongs to a plan, and there is none")
        return await self._do(request, self._plan_id)

    async def _do(self, request: Request, plan_id: str) -> tuple[Mapping[str, Any], str]:
        if request.operation not in self._house:
            raise Permanent(f"nothing here does {request.operation!r}")
        try:
            return await self._house[request.operation](request.params, plan_id)
        except Refused as error:
            raise Permanent(error.message) from error


class OfPlan:
    """AWS for one plan: its writes go out under the writer's role, if there is one."""

    def __init__(self, aws: Aws, plan_id: str) -> None:
        self._aws, self._plan_id = aws, plan_id

    async def read(self, request: Request, way: Way) -> Mapping[str, Any]:
        return await self._aws.read(request, way)

    async def write(self, request: Request, way: Way) -> tuple[Mapping[str, Any], str]:
        return await self._aws.write(request, way, self._plan_id)


class Reader:
    """Implements contract.Reads."""

    def __init__(self, wires: "Wires") -> None:
        self._wires = wires

    async def read(self, request: Request, way: Way) -> Mapping[str, Any]:
        refuse_writes(request)
        return await self._wires.of(request).read(request, way)


class Writer(Reader):
    """Implements contract.Calls, for one plan."""

    def __init__(self, wires: "Wires", plan_id: str) -> None:
        super().__init__(wires)
        self.plan_id = plan_id

    async def write(self, request: Request, way: Way) -> tuple[Mapping[str, Any], str]:
        return await self._wires.of(request, self.plan_id).write(request, way)


class Wires:
    """Make one per process; `close()` it at the end. The Http stays its owner's."""

    def __init__(
        self,
        http: Http,
        aws: Aws | None = None,
        house: House | None = None,
    ) -> None:
        self.aws = aws or Aws()
        self._others: Mapping[str, Wire] = {
            "http": Web(http),
            "haproxy": Haproxy(),
        }
        self._house = house or {}
        self.reader = Reader(self)

    def writer(self, plan_id: str) -> Writer:
        return Writer(self, plan_id)

    def of(self, request: Request, plan_id: str = "") -> Wire:
        """The wire of a request; `plan_id` names the plan that writes."""
        if request.service == "house":
            return OfTheHouse(self._house, plan_id)
        other = self._others.get(request.service)
        return other if other is not None else OfPlan(self.aws, plan_id)

    def close(self) -> None:
        self.aws.close()

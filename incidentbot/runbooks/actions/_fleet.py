"""Several proxies that hold the same thing: all are read and must agree, and they are written to
one after the other, so that a first refusal leaves the others as they were."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from typing import TypeVar

from incidentbot.errors import IncidentbotError, InDoubt, Permanent, Temporary
from incidentbot.runbooks.actions._shares import named, percents
from incidentbot.runbooks.contract import Calls, Done, Request, Way

T = TypeVar("T")


async def all_of(asked: Mapping[str, Awaitable[T]]) -> dict[str, T]:
    """What each address says. When one says nothing the whole is unknown: it is named."""
    answers = await asyncio.gather(*asked.values(), return_exceptions=True)
    said, faults = dict(zip(asked, answers, strict=True)), []
    for answer in answers:
        if isinstance(answer, IncidentbotError):
            faults.append(answer)
        elif isinstance(answer, BaseException):
            raise answer
    fine = {a: answer for a, answer in said.items() if not isinstance(answer, BaseException)}
    if not faults:
        return fine
    words = "; ".join(fault.message for fault in faults)
    if fine:
        words += f" (answered: {', '.join(fine)})"
    kind = Permanent if any(isinstance(fault, Permanent) for fault in faults) else Temporary
    raise kind(words) from faults[0]


def together(shares: Mapping[str, Mapping[str, int]]) -> tuple[str, dict[str, int]]:
    """(value, shares) of a fleet: one value when all agree, else one that is no origin's, and
    what they serve together, each the same part of the traffic."""
    first = next(iter(shares.values()))
    if all(dict(other) == dict(first) for other in shares.values()):
        return named(first), dict(first)
    value = "; ".join(f"{named(held)} at {address}" for address, held in shares.items())
    total: Counter[str] = Counter()
    for held in shares.values():
        total.update(held)
    return value, percents(total)


async def in_turn(requests: Sequence[Request], way: Way, calls: Calls) -> Done:
    """One after the other; stops at the first that fails. Once one took effect the whole is in
    doubt, whatever the next one says."""
    done: list[str] = []
    request_id = ""
    for number, request in enumerate(requests):
        try:
            _, request_id = await calls.write(request, way)
        except (Temporary, Permanent, InDoubt) as error:
            if not done:
                raise
            left = len(requests) - number - 1
            words = f"{error.message}; before that was done: {'; '.join(done)}; not tried: {left}"
            raise InDoubt(words) from error
        done.append(_short(request))
    return Done("", request_id)


def _short(request: Request) -> str:
    if "command" in request.params:
        return f"{request.params['command']} at {request.region}"
    return f"{request.operation} {request.params.get('url', '')}"

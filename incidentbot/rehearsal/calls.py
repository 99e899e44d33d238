"""What a proxy remembers of the calls that went through it, and the faults it can be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from aiohttp import web

Mode = Literal["healthy", "errors", "timeouts", "slow", "refused"]
MODES: tuple[Mode, ...] = get_args(Mode)
When = Literal["before", "after"]

_READS = ("Get", "Describe", "List", "BatchGet", "Head")


@dataclass(slots=True)
class Call:
    """One request. `operation` is the AWS operation for JSON services, else method and path.
    `outcome`: forwarded, errors, timeouts, refused, dropped (applied, the reply lost), killed,
    gone (the caller left) or unreachable (no server behind the proxy)."""

    n: int
    method: str
    path: str
    operation: str
    mutating: bool
    status: int = 0
    outcome: str = ""


def describe(n: int, request: web.Request) -> Call:
    """The journal entry of a request, before anything happened to it."""
    target = request.headers.get("x-amz-target", "")
    if target:
        operation = target.rpartition(".")[2]
        return Call(n, request.method, request.path, operation, not operation.startswith(_READS))
    return Call(
        n,
        request.method,
        request.path,
        f"{request.method} {request.path}",
        request.method not in ("GET", "HEAD", "OPTIONS"),
    )


@dataclass(slots=True)
class DropRule:
    """Let the next `times` matching calls through, and lose their replies."""

    match: Callable[[Call], bool]
    times: int


@dataclass(slots=True)
class KillRule:
    """SIGKILL `pid` at the nth mutating call from now, before or after it takes effect."""

    pid: int
    nth: int
    when: When

"""The door every call passes: journal, latency, outage, planned faults, planned kills."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from aiohttp import web

from .errors import SlackError
from .options import Options

BEFORE = ("429", "reset_before")
AFTER = ("reset_after_commit", "fatal_after_commit", "truncated", "slow")
EITHER = ("hang", "empty", "body", *(f"{status}_html" for status in (200, 500, 502, 503, 504)))
MODES = (*BEFORE, *AFTER, *EITHER)
WITH_CODE = ("error:", "error_after_commit:")
DOWN = ("503", "reset", "hang")
OUTAGE_PAGE = (
    "<!DOCTYPE html><html><head><title>Server Error</title></head><body>Oops</body></html>"
)


@dataclass(slots=True)
class Fault:
    """Break matching calls: skip the first `nth`-1 matches, then break `times` of them.

    `method` is a name or a pattern such as "chat.*". Of the modes, those in EITHER do the work
    first when `commit` is set. "slow" answers truly, `seconds` late; "body" answers `status` with
    `body`, JSON or text, whatever was asked; "error:<code>" and "error_after_commit:<code>" answer
    with that code.
    """

    mode: str
    method: str = "*"
    channel: str | None = None
    nth: int = 1
    times: int = 1
    retry_after: int = 30
    commit: bool = False
    seconds: float = 1.0
    status: int = 200
    body: Any = None
    seen: int = 0
    hit: int = 0

    def __post_init__(self) -> None:
        if self.mode not in MODES and not self.mode.startswith(WITH_CODE):
            allowed = ", ".join((*MODES, *(f"{name}<code>" for name in WITH_CODE)))
            raise ValueError(f"fault mode {self.mode!r}; allowed: {allowed}")

    def strikes(self, method: str, channel: str | None) -> bool:
        if not fnmatchcase(method, self.method) or (self.channel and self.channel != channel):
            return False
        self.seen += 1
        if self.seen < self.nth or self.hit >= self.times:
            return False
        self.hit += 1
        return True


@dataclass(slots=True)
class Kill:
    """SIGKILL `pid` at the nth matching mutating call, before or after applying it."""

    pid: int
    method: str = "*"
    nth: int = 1
    when: str = "before"
    seen: int = 0
    done: bool = False

    def __post_init__(self) -> None:
        if self.when not in ("before", "after"):
            raise ValueError(f"when {self.when!r}; allowed: before, after")

    def strikes(self, method: str) -> bool:
        if self.done or self.method not in ("*", method):
            return False
        self.seen += 1
        self.done = self.seen == self.nth
        return self.done

    def strike(self) -> None:
        # The process may have gone by itself; then there is nothing left to kill.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


@dataclass(slots=True)
class Entry:
    """One line of the journal: a call as it came in and how it went."""

    n: int
    method: str
    args: dict[str, Any]
    token: str  # bot, app, none or invalid
    at: float
    mutates: bool
    ok: bool | None = None  # None: no answer given
    error: str = ""
    applied: bool = False
    fault: str = ""


@dataclass(slots=True)
class Answer:
    """What to send back. A dict becomes JSON, a string goes as it is."""

    body: dict[str, Any] | str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def error(self) -> str:
        if isinstance(self.body, str):
            return "" if self.status < 400 else self.body
        return str(self.body.get("error", ""))


class Gate:
    def __init__(self, options: Options, clock: Callable[[], float]) -> None:
        self.options = options
        self.clock = clock
        self.journal: list[Entry] = []
        self.faults: list[Fault] = []
        self.kills: list[Kill] = []
        self.down = False
        self._down_as = DOWN[0]
        self._news = asyncio.Condition()

    def set_down(self, down: bool, how: str = DOWN[0]) -> None:
        """From now on every call gets 503, a reset or no answer; or all is well again."""
        if how not in DOWN:
            raise ValueError(f"down as {how!r}; allowed: {', '.join(DOWN)}")
        self.down, self._down_as = down, how

    def forget(self) -> None:
        """No faults, no kills, no journal."""
        for kept in (self.faults, self.kills, self.journal):
            kept.clear()

    async def through(
        self,
        request: web.Request,
        method: str,
        args: dict[str, Any],
        apply: Callable[[], Answer],
        *,
        token: str = "none",
        mutates: bool = True,
    ) -> web.StreamResponse:
        """Let a call in, apply it, answer; or do what the plan for this call says."""
        entry = Entry(len(self.journal) + 1, method, args, token, self.clock(), mutates)
        self.journal.append(entry)
        try:
            if self.options.latency_ms:
                await asyncio.sleep(self.options.latency_ms / 1000)
            return await self._serve(request, entry, apply)
        finally:
            async with self._news:
                self._news.notify_all()

    async def _serve(
        self, request: web.Request, entry: Entry, apply: Callable[[], Answer]
    ) -> web.StreamResponse:
        if self.down:
            entry.fault = "down"
            return await _outage(request, self._down_as)
        channel = entry.args.get("channel") or entry.args.get("channel_id")
        fault = next((f for f in self.faults if f.strikes(entry.method, channel)), None)
        if fault is not None:
            entry.fault = fault.mode
            if (early := await self._break_before(request, entry, fault)) is not None:
                return early
        kills = self.kills if entry.mutates else []
        kill = next((k for k in kills if k.strikes(entry.method)), None)
        if kill is not None and kill.when == "before":
            kill.strike()
            return _reset(request)
        answer = apply()
        entry.applied = not answer.error()
        if kill is not None:
            kill.strike()
            return _reset(request)
        if fault is not None and (late := await self._break_after(request, fault, answer)):
            return late
        entry.error = answer.error()
        entry.ok = not entry.error
        return _response(answer)

    async def _break_before(
        self, request: web.Request, entry: Entry, fault: Fault
    ) -> web.StreamResponse | None:
        if fault.mode == "429":
            entry.ok, entry.error = False, "ratelimited"
            headers = {"Retry-After": str(fault.retry_after)}
            return _response(Answer({"ok": False, "error": "ratelimited"}, 429, headers))
        if fault.mode.startswith(WITH_CODE[0]):
            entry.ok, entry.error = False, fault.mode.removeprefix(WITH_CODE[0])
            return _response(Answer(SlackError(entry.error).body()))
        if fault.mode == "reset_before":
            return _reset(request)
        if fault.commit or fault.mode not in EITHER:
            return None
        return await _spoiled(request, fault)

    async def _break_after(
        self, request: web.Request, fault: Fault, answer: Answer
    ) -> web.StreamResponse | None:
        if fault.mode == "reset_after_commit":
            return _reset(request)
        if fault.mode == "slow":
            await asyncio.sleep(fault.seconds)
            return None
        if fault.mode == "fatal_after_commit":
            return _response(Answer(SlackError("fatal_error").body()))
        if fault.mode.startswith(WITH_CODE[1]):
            return _response(Answer(SlackError(fault.mode.removeprefix(WITH_CODE[1])).body()))
        if fault.mode == "truncated":
            whole = json.dumps(answer.body)
            return web.Response(text=whole[: len(whole) // 2], content_type="application/json")
        return await _spoiled(request, fault)

    async def wait_for(
        self, method: str, count: int, timeout: float, *, ok_only: bool = True
    ) -> list[Entry]:
        """Wait until `count` calls of a method are answered; what there is when time is up."""

        def found() -> list[Entry]:
            wanted = (e for e in self.journal if method in ("*", e.method))
            return [e for e in wanted if e.ok or not ok_only]

        async with self._news:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._news.wait_for(lambda: len(found()) >= count)
        return found()

    def lines(self) -> list[dict[str, Any]]:
        """The journal as JSON."""
        return [asdict(entry) for entry in self.journal]


def _response(answer: Answer) -> web.Response:
    if isinstance(answer.body, str):
        return web.Response(text=answer.body, status=answer.status, headers=answer.headers)
    return web.json_response(answer.body, status=answer.status, headers=answer.headers)


async def _spoiled(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.mode == "hang":
        return await _hang(request)
    if fault.mode == "empty":
        return web.Response(status=fault.status)
    if fault.mode == "body":
        if isinstance(fault.body, str):
            return web.Response(text=fault.body, status=fault.status)
        return web.json_response(fault.body, status=fault.status)
    return _html(int(fault.mode[:3]))


async def _outage(request: web.Request, how: str) -> web.StreamResponse:
    if how == "hang":
        return await _hang(request)
    return _reset(request) if how == "reset" else _html(503)


async def _hang(request: web.Request) -> web.StreamResponse:
    """Until the client gives up. aiohttp tells handlers nothing of that, so we look."""
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    return web.Response(status=504)


def _html(status: int) -> web.Response:
    return web.Response(text=OUTAGE_PAGE, status=status, content_type="text/html")


def _reset(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)

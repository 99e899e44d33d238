"""A small reverse proxy in front of one region that can be told to fail, while it runs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
from collections.abc import Callable
from xml.sax.saxutils import escape

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from .calls import MODES, Call, DropRule, KillRule, Mode, When, describe

# Hop-by-hop headers are for one connection only; Expect was answered by our own server already.
_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
    "transfer-encoding", "upgrade", "expect",
}  # fmt: skip
JOURNAL_KEPT = 5000


class FaultProxy:
    """Listens on a free loopback port and forwards to `upstream` ("http://127.0.0.1:PORT").

    Modes: healthy; errors (503 as AWS words it); timeouts (accepts, never answers); slow (answers
    `delay_s` late); refused (nobody listens). Bodies are streamed both ways.
    """

    def __init__(self, name: str, upstream: str, *, delay_s: float = 1.7) -> None:
        self.name = name
        self.upstream = upstream
        self.delay_s = delay_s
        self.mode: Mode = "healthy"
        self.port = 0
        self.calls: list[Call] = []
        self._count = 0
        self._changed = asyncio.Event()
        self._drops: list[DropRule] = []
        self._kills: list[KillRule] = []
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # life

    async def start(self) -> None:
        """Listen. The port stays the same until `stop`, also through `refused`."""
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=60),
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
        )
        app = web.Application(client_max_size=2**30)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._listen()

    async def stop(self) -> None:
        self._wake()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def _listen(self) -> None:
        assert self._runner is not None
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await self._site.start()
        self.port = self._runner.addresses[0][1]

    # faults

    async def set_mode(self, mode: Mode, *, delay_s: float | None = None) -> None:
        """Switch at once. Calls held back by the old mode lose their connection."""
        if mode not in MODES:
            raise ValueError(f"mode {mode!r} is none of {', '.join(MODES)}")
        if delay_s is not None:
            self.delay_s = delay_s
        if mode == "refused" and self._site is not None:
            await self._site.stop()
            self._site = None
        if mode != "refused" and self._site is None:
            await self._listen()
        self.mode = mode
        self._wake()

    def _wake(self) -> None:
        """Let go of everything that waits for the mode to change."""
        self._changed.set()
        self._changed = asyncio.Event()

    def apply_then_drop(self, match: Callable[[Call], bool], times: int = 1) -> None:
        """The next `times` matching calls take effect, and their replies are lost."""
        self._drops.append(DropRule(match, times))

    def kill(self, pid: int, nth: int = 1, when: When = "after") -> None:
        """SIGKILL `pid` at the nth mutating call from now, before or after it takes effect."""
        self._kills.append(KillRule(pid, nth, when))

    def count(self, operation: str | None = None, *, mutating: bool | None = None) -> int:
        """How many calls came, of one operation ("PutParameter") or of one nature."""
        return sum(
            1
            for c in self.calls
            if (operation is None or c.operation == operation)
            and (mutating is None or c.mutating == mutating)
        )

    # one request

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self._count += 1
        call = describe(self._count, request)
        self.calls.append(call)
        del self.calls[:-JOURNAL_KEPT]
        try:
            if self.mode == "refused":
                return self._hang_up(request, call, "refused")
            if self.mode == "errors":
                return _refusal(request, call)
            if self.mode == "timeouts":
                await self._changed.wait()
                return self._hang_up(request, call, "timeouts")
            if self.mode == "slow":
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), self.delay_s)
            return await self._forward(request, call)
        except (asyncio.CancelledError, ConnectionError):
            call.outcome = call.outcome or "gone"
            raise

    async def _forward(self, request: web.Request, call: Call) -> web.StreamResponse:
        kill = self._kill_due(call)
        if kill is not None and kill.when == "before":
            os.kill(kill.pid, signal.SIGKILL)
            return self._hang_up(request, call, "killed")
        assert self._session is not None
        body = request.content if request.body_exists else None
        try:
            async with self._session.request(
                request.method,
                self.upstream + request.raw_path,
                headers=_headers(request.headers),
                data=body,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                allow_redirects=False,
            ) as answer:
                call.status = answer.status
                if kill is not None:
                    await answer.read()
                    os.kill(kill.pid, signal.SIGKILL)
                    return self._hang_up(request, call, "killed")
                if self._drop_due(call):
                    await answer.read()
                    return self._hang_up(request, call, "dropped")
                call.outcome = "forwarded"
                return await _relay(request, answer)
        except aiohttp.ClientError:
            call.outcome, call.status = "unreachable", 502
            return web.Response(status=502, text=f"nothing answers behind {self.name}\n")

    def _hang_up(self, request: web.Request, call: Call, outcome: str) -> web.StreamResponse:
        """Close the connection without an answer."""
        call.outcome = outcome
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)  # nobody is left to read it

    def _kill_due(self, call: Call) -> KillRule | None:
        if not call.mutating:
            return None
        for rule in self._kills:
            rule.nth -= 1
            if rule.nth == 0:
                self._kills.remove(rule)
                return rule
        return None

    def _drop_due(self, call: Call) -> bool:
        for rule in self._drops:
            if rule.match(call):
                rule.times -= 1
                if rule.times <= 0:
                    self._drops.remove(rule)
                return True
        return False


async def _relay(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=_headers(answer.headers))
    await response.prepare(request)
    if request.method != "HEAD":
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
    await response.write_eof()
    return response


def _headers(headers: object) -> CIMultiDict[str]:
    kept: CIMultiDict[str] = CIMultiDict()
    for name, value in headers.items():  # type: ignore[attr-defined]
        if name.lower() not in _HOP:
            kept.add(name, value)
    return kept


def _refusal(request: web.Request, call: Call) -> web.Response:
    """503 in the words of the service that was called: XML for S3, JSON for the others."""
    call.status, call.outcome = 503, "errors"
    request_id = secrets.token_hex(8).upper()
    headers = {"x-amz-request-id": request_id, "connection": "close"}
    words = "Service is unable to handle request."
    if "x-amz-target" in request.headers:
        body = json.dumps({"__type": "ServiceUnavailable", "message": words})
        return web.Response(
            status=503, text=body, content_type="application/x-amz-json-1.1", headers=headers
        )
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>ServiceUnavailable</Code><Message>{words}</Message>"
        f"<Resource>{escape(request.path)}</Resource>"
        f"<RequestId>{request_id}</RequestId></Error>"
    )
    return web.Response(status=503, text=xml, content_type="application/xml", headers=headers)

"""Servers on loopback that answer well, badly or not at all; by the last part of the path."""

import asyncio
import contextlib
import gzip
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache

from aiohttp import web

from tests.contracts.certificates import server_context

GARBAGE = b"SSH-2.0-OpenSSH_9.2\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# Given the connection after its first request has been read.
Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(tls: str = "") -> AsyncIterator[str]:
    """The address of an HTTP server: /.../503 answers 503, /.../hang never does, and so on.

    `tls` is the kind of certificate that it shows.
    """
    async with serving(_answer, tls) as url:
        yield url


@asynccontextmanager
async def serving(answer: Handler, tls: str = "") -> AsyncIterator[str]:
    """The address of an HTTP server that answers every request as `answer` does."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    context = server_context(tls) if tls else None
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"{'https' if tls else 'http'}://{host}:{port}"
    finally:
        await runner.cleanup()


async def _answer(request: web.Request) -> web.StreamResponse:
    what = request.path.rsplit("/", 1)[-1]
    if what.isdigit():
        return web.Response(status=int(what), text=what)
    match what:
        case "slow-down":
            return web.Response(status=503, reason="Slow Down")
        case "ExpiredToken" | "AuthorizationHeaderMalformed":
            return web.Response(status=400, text=f"<Error><Code>{what}</Code></Error>")
        case "slow":
            await asyncio.sleep(0.05)
        case "hang":
            await asyncio.sleep(30)
        case "loop":
            raise web.HTTPFound("loop")
        case "moved":
            raise web.HTTPFound("fine")
        case "moved-to-a-file":
            return web.Response(status=302, headers={"Location": "file:///etc/passwd"})
        case "large":
            return web.Response(text="x" * (2 * 1024 * 1024) + "needle")
        case "portal":
            return web.Response(text="Welcome to our guest network")
        case "json":
            return web.json_response({"status": "green", "parts": [{"up": True, "n": 1}]})
        case "echo":
            return web.Response(text=await _echo(request))
    return web.Response(
        text="fine needle", headers={"x-asset-origin": "us-east-1", "ETag": '"9a0364b9"'}
    )


async def _echo(request: web.Request) -> str:
    lines = [f"{name.lower()}: {value}" for name, value in sorted(request.headers.items())]
    return "\n".join([request.method, *lines, await request.text()])


@asynccontextmanager
async def playing(play: Play, until: bytes = b"\r\n\r\n") -> AsyncIterator[str]:
    """The address of a server that reads a request, up to `until`, and then does as `play` says."""
    open_now: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_now.add(task)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                if until:
                    await reader.readuntil(until)
                await play(reader, writer)
        finally:
            open_now.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.close()
        left = list(open_now)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await server.wait_closed()


def rude(
    reply: bytes | None, until: bytes = b"\r\n\r\n"
) -> contextlib.AbstractAsyncContextManager[str]:
    """A server that reads a request, says `reply` and closes; None breaks the connection."""

    async def play(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if reply is None:
            linger = struct.pack("ii", 1, 0)  # closing is then a reset
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
            return
        writer.write(reply)
        await writer.drain()

    return playing(play, until)


def endless(
    head: bytes, more: bytes, pause: float = 0.0, until: bytes = b"\r\n\r\n"
) -> contextlib.AbstractAsyncContextManager[str]:
    """A server that says `head` and then `more`, again and again, for as long as one listens."""

    async def play(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(more)
            await writer.drain()
            await asyncio.sleep(pause)

    return playing(play, until)


@asynccontextmanager
async def mute(greeting: bytes = b"") -> AsyncIterator[str]:
    """A server that says `greeting` at once, waits for nothing and never says more."""
    end = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await end.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        end.set()
        server.close()
        await server.wait_closed()


@cache
def bomb() -> bytes:
    """A small answer that unpacks to 64 MiB."""
    packed = gzip.compress(b"\0" * (64 * 1024 * 1024), 9)
    head = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    return HEAD + head + packed


@asynccontextmanager
async def refusing() -> AsyncIterator[str]:
    """An address where nobody listens any more."""
    async with rude(None) as url:
        pass
    yield url


@asynccontextmanager
async def nowhere() -> AsyncIterator[str]:
    """An address to which no route leads: that of broadcasts."""
    yield "http://255.255.255.255:9"

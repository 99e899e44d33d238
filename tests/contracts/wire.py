"""Servers on loopback that answer well, badly or not at all; by the last part of the path."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

GARBAGE = b"SSH-2.0-OpenSSH_9.2\r\n\r\n"


@asynccontextmanager
async def answering() -> AsyncIterator[str]:
    """The address of an HTTP server: /.../503 answers 503, /.../hang never does, and so on."""
    runner = web.AppRunner(_app(), shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


def _app() -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", _answer)
    return app


async def _answer(request: web.Request) -> web.StreamResponse:
    what = request.path.rsplit("/", 1)[-1]
    if what.isdigit():
        return web.Response(status=int(what), text=what)
    match what:
        case "slow-down":
            return web.Response(status=503, reason="Slow Down")
        case "slow":
            await asyncio.sleep(0.05)
        case "hang":
            await asyncio.sleep(30)
        case "loop":
            raise web.HTTPFound("loop")
        case "moved":
            raise web.HTTPFound("fine")
        case "large":
            return web.Response(text="x" * (2 * 1024 * 1024) + "needle")
        case "portal":
            return web.Response(text="Welcome to our guest network")
    return web.Response(
        text="fine needle", headers={"x-asset-origin": "us-east-1", "ETag": '"9a0364b9"'}
    )


@asynccontextmanager
async def rude(reply: bytes | None) -> AsyncIterator[str]:
    """The address of a server that reads a request, says `reply` and breaks the connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            if reply is not None:
                writer.write(reply)
                await writer.drain()
        if reply is None:
            writer.transport.abort()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    server.close()
    await server.wait_closed()


@asynccontextmanager
async def refusing() -> AsyncIterator[str]:
    """An address where nobody listens any more."""
    async with rude(None) as url:
        pass
    yield url

"""AWS on the wire: moto behind a small proxy that plays one fault per call, when told to."""

import asyncio
import logging
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import boto3
from aiohttp import ClientSession, web
from botocore.config import Config
from moto.server import ThreadedMotoServer

Fault = Literal[
    "lost",  # takes effect, and the answer is lost
    "dropped",  # does not take effect, and the connection breaks
    "503",  # does not take effect
    "503 but done",  # takes effect
    "hang",  # never answers, does not take effect
    "throttled",
    "denied",
]
ENV = {
    "AWS_ACCESS_KEY_ID": "any",
    "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_EC2_METADATA_DISABLED": "true",
}
JSON = "application/x-amz-json-1.1"
REFUSALS = {
    "503": (503, "ServiceUnavailable"),
    "503 but done": (503, "ServiceUnavailable"),
    "throttled": (400, "ThrottlingException"),
    "denied": (400, "AccessDeniedException"),
}


@contextmanager
def moto() -> Iterator[str]:
    """The address of a moto server; its state is empty at first."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    urllib.request.urlopen(f"{url}/moto-api/reset", data=b"").close()  # its state is the process's
    try:
        yield url
    finally:
        server.stop()


@cache
def client(service: str, url: str, region: str) -> Any:
    """A client for arranging and looking, around the proxy."""
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, proxies={})
    make: Any = boto3.client
    return make(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=config,
    )


@dataclass
class Proxy:
    """`plan` is a queue of faults per operation, each for one call. `calls` is all that came.

    `before` and `after` run around the forwarding of an operation: the hand of somebody else.
    """

    url: str = ""
    away: bool = False  # every call is answered with 503
    calls: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)  # the id of the key that signed each call
    plan: dict[str, list[Fault | None]] = field(default_factory=dict)
    before: dict[str, Callable[[], None]] = field(default_factory=dict)
    after: dict[str, Callable[[], None]] = field(default_factory=dict)

    def count(self, operation: str) -> int:
        return self.calls.count(operation)


@asynccontextmanager
async def proxy(upstream: str) -> AsyncIterator[Proxy]:
    made = Proxy()
    async with ClientSession(auto_decompress=False) as session:

        async def answer(request: web.Request) -> web.StreamResponse:
            return await _answer(made, session, upstream, request)

        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        made.url = f"http://{host}:{port}"
        try:
            yield made
        finally:
            await runner.cleanup()


async def _answer(
    made: Proxy, session: ClientSession, upstream: str, request: web.Request
) -> web.StreamResponse:
    target = request.headers.get("X-Amz-Target", "")
    operation = target.rpartition(".")[2] or f"{request.method} {request.path}"
    made.calls.append(operation)
    made.keys.append(request.headers.get("Authorization", "").partition("Credential=")[2][:20])
    queue = made.plan.get(operation, [])
    fault = queue.pop(0) if queue else None
    if fault == "hang":
        await asyncio.sleep(30)
    if made.away or fault in ("503", "throttled", "denied"):
        return _refusal(fault or "503")
    if fault == "dropped":
        return _cut(request)
    if operation in made.before:
        await asyncio.to_thread(made.before.pop(operation))
    headers = {k: v for k, v in request.headers.items() if k.lower() not in ("host", "connection")}
    body = await request.read()
    async with session.request(
        request.method, upstream + request.raw_path, headers=headers, data=body
    ) as got:
        content = await got.read()
        kept = {
            k: v
            for k, v in got.headers.items()
            if k.lower()
            not in ("content-length", "transfer-encoding", "connection", "date", "server")
        }
        if request.method == "HEAD":  # it tells the length of what it does not send
            kept["Content-Length"] = got.headers.get("Content-Length", "0")
    if operation in made.after:
        await asyncio.to_thread(made.after.pop(operation))
    if fault == "lost":
        return _cut(request)
    if fault is not None:
        return _refusal(fault)
    return web.Response(status=got.status, headers=kept, body=content)


def _refusal(fault: str) -> web.Response:
    status, code = REFUSALS[fault]
    text = f'{{"__type": "{code}", "message": "in words"}}'
    return web.Response(status=status, text=text, content_type=JSON)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)  # nobody is left to read it

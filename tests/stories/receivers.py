"""Systems that follow by webhook, as servers on loopback: they keep what came, answer as told."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Came:
    """One request, and how it was answered."""

    id: str
    body: dict[str, Any]
    raw: bytes
    headers: dict[str, str]
    answer: str

    @property
    def word(self) -> str:
        """`shop-image down`, `INC-1 open`: what it says, in short."""
        about = self.body.get("incident") or self.body.get("check") or self.body["dependency"]
        return f"{about} {self.body.get('status', self.body.get('event'))}"


@dataclass
class Receiver:
    """`answers` are used up one by one, then `usual`: a status, "429 1", "hang" or "reset".

    What `refused` names is answered with 503 for as long as it stands there.
    """

    answers: list[str] = field(default_factory=list)
    usual: str = "200"
    refused: set[str] = field(default_factory=set)
    came: list[Came] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    url: str = ""

    @property
    def taken(self) -> list[str]:
        """What was said and answered with 200, in its order."""
        return [one.word for one in self.came if one.answer == "200"]

    async def take(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        answer = self.answers.pop(0) if self.answers else self.usual
        headers = {name.lower(): value for name, value in request.headers.items()}
        about = headers.get("webhook-id", "")
        came = Came(about, json.loads(raw), raw, headers, answer)
        if came.word in self.refused:
            answer = "503"
            came = replace(came, answer=answer)
        self.came.append(came)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answer(request, answer)
        finally:
            self.at_once -= 1

    async def _answer(self, request: web.Request, answer: str) -> web.StreamResponse:
        status, _, wait = answer.partition(" ")
        if status == "hang":
            await asyncio.sleep(60)
        if status == "reset":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        await asyncio.sleep(0)
        return web.Response(status=int(status), headers={"Retry-After": wait} if wait else {})


@asynccontextmanager
async def receiving(*answers: str, usual: str = "200") -> AsyncIterator[Receiver]:
    """A receiver that listens; `url` is its address."""
    receiver = Receiver(list(answers), usual)
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    receiver.url = f"http://{host}:{port}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()


async def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait for what must come; TimeoutError when it does not."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  what is waited for is in other processes too
            await asyncio.sleep(0.01)


def verified(one: Came, key: bytes) -> bool:
    """As a receiver does it, by the specification: HMAC over id, timestamp and raw body."""
    signed = f"{one.headers['webhook-id']}.{one.headers['webhook-timestamp']}.".encode() + one.raw
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return f"v1,{right}" in one.headers["webhook-signature"].split(" ")

"""Socket Mode: connections of an app, envelopes to any one of them, acks and redelivery."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import secrets
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMsgType, web

from .envelopes import Envelope, Log
from .errors import SlackError
from .options import Options
from .state import App, Workspace

__all__ = ["Envelope", "Link", "Links"]

WARNING_SECONDS = 10


@dataclass(eq=False, slots=True)
class Link:
    """One open WebSocket. A `silent` one is open but neither hears nor says anything."""

    id: str
    app_id: str
    ws: web.WebSocketResponse
    opened: float
    heard: float = 0.0  # by the event loop's clock
    silent: bool = False


class Links:
    def __init__(self, workspace: Workspace, options: Options, log: Log) -> None:
        self.workspace = workspace
        self.options = options
        self.open: list[Link] = []
        self.down = False
        self._log = log
        self.log = log.kept
        self._tickets: dict[str, tuple[str, float]] = {}
        self._arrived = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    # connecting

    def new_url(self, app: App) -> str:
        """A WebSocket address, good for one connection and a short time."""
        ticket = str(uuid.uuid4())
        self._tickets[ticket] = (app.app_id, self.workspace.now())
        base = self.workspace.team.url.replace("http", "ws", 1)
        return f"{base}link/?ticket={ticket}&app_id={app.app_id}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """GET /link/: the life of one connection."""
        app_id, made = self._tickets.pop(request.query.get("ticket", ""), ("", 0.0))
        late = self.workspace.now() - made > self.options.ticket_seconds
        if self.down or not app_id or late:
            return web.Response(status=503 if self.down else 408, text="invalid ticket")
        ws = web.WebSocketResponse(autoping=False, timeout=1.0)
        await ws.prepare(request)
        link = Link(secrets.token_hex(4), app_id, ws, self.workspace.now())
        if len(self._of(app_id)) >= self.options.max_connections:
            await self._say_goodbye(link, "too_many_websockets")
            return ws
        self.open.append(link)
        tasks = [asyncio.create_task(work) for work in (self._age(link), self._ping(link))]
        try:
            await ws.send_json(self._hello(link))
            async with self._arrived:
                self._arrived.notify_all()
            await self._listen(link)
        finally:
            for task in tasks:
                task.cancel()
            if link in self.open:
                self.open.remove(link)
        return ws

    async def _listen(self, link: Link) -> None:
        async for frame in link.ws:
            link.heard = asyncio.get_running_loop().time()
            if link.silent:
                continue
            if frame.type == WSMsgType.PING:
                await link.ws.pong(frame.data)
            elif frame.type == WSMsgType.TEXT:
                self._receive(frame.data)

    async def _ping(self, link: Link) -> None:
        """Ping at the set pace; who has not been heard for three pings is gone."""
        loop, pace = asyncio.get_running_loop(), self.options.ping_seconds
        link.heard = loop.time()
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(pace)
                if link.silent:
                    continue
                if loop.time() - link.heard > 3 * pace:
                    await link.ws.close()
                    return
                await link.ws.ping(f"Ping from applink-{link.id}".encode())

    def silence(self, count: int | None = None) -> int:
        """Let `count` connections (default all) die as dead networks do: nobody is told."""
        links = [link for link in self.open if not link.silent][:count]
        for link in links:
            link.silent = True
        return len(links)

    def _of(self, app_id: str) -> list[Link]:
        return [link for link in self.open if link.app_id == app_id and not link.ws.closed]

    def _hello(self, link: Link) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self._of(link.app_id)),
            "debug_info": {
                "host": f"applink-{link.id}",
                "build_number": 1,
                "approximate_connection_time": self.options.connection_seconds,
            },
            "connection_info": {"app_id": link.app_id},
        }

    async def _age(self, link: Link) -> None:
        await asyncio.sleep(max(0, self.options.connection_seconds - WARNING_SECONDS))
        await self._say_goodbye(link, "warning")
        await asyncio.sleep(WARNING_SECONDS)
        await self._say_goodbye(link, "refresh_requested")

    async def _say_goodbye(self, link: Link, reason: str) -> None:
        if link.silent:
            return
        with contextlib.suppress(ConnectionError):
            host = {"host": f"applink-{link.id}"}
            await link.ws.send_json({"type": "disconnect", "reason": reason, "debug_info": host})
            if reason != "warning":
                if link in self.open:
                    self.open.remove(link)
                await link.ws.close()

    async def disconnect(self, reason: str, count: int | None = None) -> int:
        """Tell `count` connections (default all) to go; all but "warning" are closed as well."""
        links = self.open[:count]
        await asyncio.gather(*(self._say_goodbye(link, reason) for link in links))
        return len(links)

    async def cut(self) -> None:
        """Drop every connection without a word, as an outage does."""
        links, self.open = self.open, []
        for link in links:
            with contextlib.suppress(ConnectionError):
                await link.ws.close(code=1011)

    async def close(self) -> None:
        """End with the server."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.cut()

    # delivering

    def post(self, kind: str, payload: dict[str, Any], app_id: str) -> Envelope:
        """Deliver in the background, with redelivery until it is acked or given up."""
        envelope = self._log.new(kind, payload, app_id, accepts=False)
        self.carry(envelope)
        return envelope

    def carry(self, envelope: Envelope) -> None:
        """As `post`, for an envelope that is in the log already."""
        self._spawn(self._carry(envelope))

    async def ask(self, envelope: Envelope) -> dict[str, Any]:
        """Deliver once and wait for the ack; its payload, {} when it has none.

        Raises SlackError "dispatch_failed" (no connection) or "operation_timeout" (no ack).
        """
        try:
            async with asyncio.timeout(self.options.ack_seconds):
                await self._send(envelope)
                await envelope.acked.wait()
        except TimeoutError:
            sent = envelope.state == "sent"
            self._log.settle(envelope, "lost")
            raise SlackError("operation_timeout" if sent else "dispatch_failed") from None
        return envelope.answer or {}

    def redeliver(self, envelope_id: str, *, new_event_id: bool = False) -> Envelope:
        """Deliver something again ("last": the newest), the same or as a fresh event."""
        again = self._log.again(envelope_id, new_event_id=new_event_id)
        self.carry(again)
        return again

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, envelope: Envelope) -> None:
        for _ in range(1 + self.options.redeliveries):
            try:
                async with asyncio.timeout(self.options.queue_seconds):
                    await self._send(envelope)
            except TimeoutError:
                break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.options.ack_seconds):
                    await envelope.acked.wait()
                return
            await asyncio.sleep(self.options.redelivery_pause)
            if envelope.acked.is_set():
                return
        self._log.settle(envelope, "lost")

    async def _send(self, envelope: Envelope) -> None:
        """Hand it to any one connection, waiting for one as long as it takes."""
        while True:
            links = self._of(envelope.app_id)
            if not links:
                async with self._arrived:
                    await self._arrived.wait()
                continue
            link = random.choice(links)
            frame = self._frame(envelope)
            try:
                if not link.silent:
                    await link.ws.send_str(json.dumps(frame))
            except ConnectionError:
                if link in self.open:
                    self.open.remove(link)
                continue
            envelope.attempts += 1
            envelope.sent_at = self.workspace.now()
            self._log.settle(envelope, "sent")
            return

    @staticmethod
    def _frame(envelope: Envelope) -> dict[str, Any]:
        frame: dict[str, Any] = {
            "envelope_id": envelope.id,
            "payload": envelope.payload,
            "type": envelope.kind,
            "accepts_response_payload": envelope.accepts,
        }
        if envelope.kind == "events_api":
            frame["retry_attempt"] = envelope.attempts
            frame["retry_reason"] = "timeout" if envelope.attempts else ""
        return frame

    def _receive(self, text: str) -> None:
        try:
            frame = json.loads(text)
        except json.JSONDecodeError:
            return
        if not isinstance(frame, dict):
            return
        for envelope in reversed(self.log):
            waiting = envelope.state in ("sent", "queued") and envelope.attempts
            if envelope.id == frame.get("envelope_id") and waiting:
                envelope.answer = frame.get("payload") if envelope.accepts else None
                self._log.settle(envelope, "acked")
                return

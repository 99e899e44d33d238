"""Routes under /control/ for tests and rehearsals. JSON in, JSON out; loopback only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from aiohttp import web

from . import acting
from .control_setup import Setup, read_body
from .errors import SlackError
from .explaining import explained
from .gate import Fault, Kill
from .hub import Hub
from .mishaps import Mishap
from .webhooks import Webhooks

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    def __init__(self, hub: Hub, webhooks: Webhooks) -> None:
        self.hub = hub
        self.setup = Setup(hub, webhooks)

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        gets: dict[str, Handler] = {
            "/control/": self.help,
            "/control/journal": self.journal,
            "/control/wait": self.wait,
            "/control/state": self.state,
            "/control/deliveries": self.deliveries,
            "/control/info": self.info,
        }
        posts: dict[str, Handler] = {
            "/control/faults": self.add_fault,
            "/control/kill": self.add_kill,
            "/control/disconnect": self.disconnect,
            "/control/silence": self.silence,
            "/control/redeliver": self.redeliver,
            "/control/mishaps": self.add_mishap,
            "/control/down": self.down,
            "/control/latency": self.latency,
            "/control/clock": self.clock,
            "/control/act": self.act,
        }
        return [
            *(web.get(path, handler) for path, handler in gets.items()),
            *(web.post(path, handler) for path, handler in posts.items()),
            web.delete("/control/faults", self.clear_faults),
            web.delete("/control/mishaps", self.clear_mishaps),
            *self.setup.routes(),
        ]

    async def help(self, _: web.Request) -> web.StreamResponse:
        """This list: every order with its arguments, deeds, faults and mishaps."""
        return web.json_response(explained(self.routes()))

    async def journal(self, request: web.Request) -> web.StreamResponse:
        """Every call that came in, optionally of one `method`, `since` a number."""
        method, since = request.query.get("method"), int(request.query.get("since", 0))
        lines = [
            line
            for line in self.hub.gate.lines()
            if line["n"] > since and method in (None, line["method"])
        ]
        return web.json_response({"calls": lines})

    async def wait(self, request: web.Request) -> web.StreamResponse:
        """Wait for `count` successful calls of `method`; 504 when `timeout` seconds pass."""
        query = request.query
        count, timeout = int(query.get("count", 1)), float(query.get("timeout", 10))
        any_answer = query.get("ok", "1") == "0"
        found = await self.hub.gate.wait_for(
            query.get("method", "*"), count, timeout, ok_only=not any_answer
        )
        status = 200 if len(found) >= count else 504
        return web.json_response({"calls": [asdict(e) for e in found]}, status=status)

    async def state(self, _: web.Request) -> web.StreamResponse:
        """Users, channels with everything in them, modals, Home tabs."""
        return web.json_response(acting.snapshot(self.hub.workspace))

    async def deliveries(self, _: web.Request) -> web.StreamResponse:
        """Envelopes sent, with attempts and ack times."""
        return web.json_response({"deliveries": [e.line() for e in self.hub.log.kept]})

    async def info(self, _: web.Request) -> web.StreamResponse:
        """Where it is and the app's secrets, to start a bot with."""
        return web.json_response(acting.connection(self.hub.workspace))

    async def add_fault(self, request: web.Request) -> web.StreamResponse:
        """{mode, method?, channel?, nth?, times?, ...}: see gate.Fault."""
        try:
            self.hub.gate.faults.append(Fault(**await read_body(request)))
        except (TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.json_response({"faults": [asdict(f) for f in self.hub.gate.faults]})

    async def clear_faults(self, _: web.Request) -> web.StreamResponse:
        """Faults and planned kills, all of them."""
        self.hub.gate.faults.clear()
        self.hub.gate.kills.clear()
        return web.json_response({})

    async def add_kill(self, request: web.Request) -> web.StreamResponse:
        """{pid, method?, nth?, when?}"""
        try:
            self.hub.gate.kills.append(Kill(**await read_body(request)))
        except (TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.json_response({"kills": [asdict(k) for k in self.hub.gate.kills]})

    async def disconnect(self, request: web.Request) -> web.StreamResponse:
        """{reason, count?}"""
        body = await read_body(request)
        reason = str(body.get("reason", "refresh_requested"))
        told = await self.hub.links.disconnect(reason, body.get("count"))
        return web.json_response({"connections": told})

    async def silence(self, request: web.Request) -> web.StreamResponse:
        """{count?}: open sockets go deaf and dumb, without a word and without being closed."""
        silent = self.hub.links.silence((await read_body(request)).get("count"))
        return web.json_response({"connections": silent})

    async def add_mishap(self, request: web.Request) -> web.StreamResponse:
        """{mode, event?, nth?, times?, copies?, seconds?}: see mishaps.Mishap."""
        try:
            self.hub.mishaps.plans.append(Mishap(**await read_body(request)))
        except (TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.json_response({"mishaps": [asdict(m) for m in self.hub.mishaps.plans]})

    async def clear_mishaps(self, _: web.Request) -> web.StreamResponse:
        """No more of them; what is held back or late still comes."""
        self.hub.mishaps.plans.clear()
        return web.json_response({})

    async def redeliver(self, request: web.Request) -> web.StreamResponse:
        """{envelope: "last" or id, new_event_id?}"""
        body = await read_body(request)
        try:
            envelope = self.hub.redeliver(
                str(body.get("envelope", "last")), new_event_id=bool(body.get("new_event_id"))
            )
        except SlackError as error:
            raise web.HTTPNotFound(text=error.code) from None
        return web.json_response(envelope.line())

    async def down(self, request: web.Request) -> web.StreamResponse:
        """{down: bool, how?: one of gate.DOWN}"""
        body = await read_body(request)
        down = bool(body.get("down", True))
        try:
            await self.hub.set_down(down, str(body.get("how", "503")))
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.json_response({"down": down})

    async def latency(self, request: web.Request) -> web.StreamResponse:
        """{ms}: added to every call of the Web API."""
        self.hub.options.latency_ms = float((await read_body(request)).get("ms", 0))
        return web.json_response({"ms": self.hub.options.latency_ms})

    async def clock(self, request: web.Request) -> web.StreamResponse:
        """{advance: seconds}: move the workspace's time forward; triggers and buckets age too."""
        advance = float((await read_body(request)).get("advance", 0))
        if advance < 0:
            raise web.HTTPBadRequest(text="advance: time does not go back")
        self.hub.workspace.ahead += advance
        self.hub.workspace.post_due()
        return web.json_response({"now": self.hub.workspace.now()})

    async def act(self, request: web.Request) -> web.StreamResponse:
        """{do, user, ...}: what a person does; see acting.DEEDS."""
        body = await read_body(request)
        try:
            result = await acting.act(self.hub, body)
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=f"act: {error}") from None
        return web.json_response(asdict(result))

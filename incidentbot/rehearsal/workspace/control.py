"""Routes under /control/ for tests and rehearsals. JSON in, JSON out; loopback only."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from typing import Any

from aiohttp import web

from . import acting, setup
from .errors import SlackError
from .gate import Fault, Kill
from .hub import Hub
from .mishaps import Mishap
from .state import Addresses
from .webhooks import Webhooks

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def _body(request: web.Request) -> dict[str, Any]:
    text = await request.text()
    try:
        value = json.loads(text) if text.strip() else {}
    except json.JSONDecodeError as error:
        raise web.HTTPBadRequest(text=f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise web.HTTPBadRequest(text="must be a JSON object")
    return value


class Control:
    def __init__(self, hub: Hub, webhooks: Webhooks) -> None:
        self.hub = hub
        self.webhooks = webhooks

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        gets: dict[str, Handler] = {
            "/control/journal": self.journal,
            "/control/wait": self.wait,
            "/control/state": self.state,
            "/control/deliveries": self.deliveries,
            "/control/info": self.info,
            "/control/preferences": self.preferences,
        }
        posts: dict[str, Handler] = {
            "/control/faults": self.add_fault,
            "/control/kill": self.add_kill,
            "/control/disconnect": self.disconnect,
            "/control/silence": self.silence,
            "/control/redeliver": self.redeliver,
            "/control/mishaps": self.add_mishap,
            "/control/app": self.app,
            "/control/people": self.people,
            "/control/preferences": self.set_preferences,
            "/control/http": self.http,
            "/control/subscriptions": self.subscriptions,
            "/control/webhook": self.webhook,
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
        ]

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
            self.hub.gate.faults.append(Fault(**await _body(request)))
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
            self.hub.gate.kills.append(Kill(**await _body(request)))
        except (TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.json_response({"kills": [asdict(k) for k in self.hub.gate.kills]})

    async def disconnect(self, request: web.Request) -> web.StreamResponse:
        """{reason, count?}"""
        body = await _body(request)
        reason = str(body.get("reason", "refresh_requested"))
        told = await self.hub.links.disconnect(reason, body.get("count"))
        return web.json_response({"connections": told})

    async def silence(self, request: web.Request) -> web.StreamResponse:
        """{count?}: open sockets go deaf and dumb, without a word and without being closed."""
        silent = self.hub.links.silence((await _body(request)).get("count"))
        return web.json_response({"connections": silent})

    async def add_mishap(self, request: web.Request) -> web.StreamResponse:
        """{mode, event?, nth?, times?, copies?, seconds?}: see mishaps.Mishap."""
        try:
            self.hub.mishaps.plans.append(Mishap(**await _body(request)))
        except (TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.json_response({"mishaps": [asdict(m) for m in self.hub.mishaps.plans]})

    async def clear_mishaps(self, _: web.Request) -> web.StreamResponse:
        """No more of them; what is held back or late still comes."""
        self.hub.mishaps.plans.clear()
        return web.json_response({})

    async def redeliver(self, request: web.Request) -> web.StreamResponse:
        """{envelope: "last" or id, new_event_id?}"""
        body = await _body(request)
        try:
            envelope = self.hub.redeliver(
                str(body.get("envelope", "last")), new_event_id=bool(body.get("new_event_id"))
            )
        except SlackError as error:
            raise web.HTTPNotFound(text=error.code) from None
        return web.json_response(envelope.line())

    async def http(self, request: web.Request) -> web.StreamResponse:
        """{url} for all, or {events?, interactivity?, commands?, options?}; "": Socket Mode again.

        422 with the reason when the events address does not answer the challenge.
        """
        body = await _body(request)
        every = str(body.pop("url", ""))
        try:
            addresses = replace(Addresses(every, every, every, every), **body)
            await self.hub.set_addresses(self.hub.workspace.app, addresses)
        except TypeError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        except SlackError as error:
            return web.json_response(error.body(), status=422)
        return web.json_response(asdict(addresses))

    async def app(self, request: web.Request) -> web.StreamResponse:
        """{scopes?, events?, redirect_urls?, unfurl_domains?, rotates?, org_deploy?, grant_team?,
        revoke_team?}

        How the app is set up and where it is installed; lists are whole lists, teams go by id or
        domain. The answer is as of /control/info.
        """
        body, ws = await _body(request), self.hub.workspace
        try:
            setup.change(ws, ws.app, body)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        except SlackError as error:
            raise web.HTTPNotFound(text=error.code) from None
        return web.json_response(acting.connection(ws))

    async def preferences(self, _: web.Request) -> web.StreamResponse:
        """What admins allow and what the plan includes."""
        return web.json_response(asdict(self.hub.workspace.preferences))

    async def set_preferences(self, request: web.Request) -> web.StreamResponse:
        """{name: value}: see state/preferences.py; the answer is all of them."""
        try:
            self.hub.workspace.preferences.change(await _body(request))
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return await self.preferences(request)

    async def people(self, request: web.Request) -> web.StreamResponse:
        """{name, real_name?, title?, email?, is_admin?, is_restricted?, is_ultra_restricted?,
        deleted?, tz?, team_id?, channels?}: make the person of this handle, or change them.

        `channels` are joined by name or id; `team_id` of another organisation makes an external
        person, and the channels shared ones.
        """
        body, ws = await _body(request), self.hub.workspace
        try:
            channels = [acting.channel_id(ws, str(name)) for name in body.pop("channels", ())]
            person = ws.put_person(str(body.pop("name", "")), **body)
            for channel in channels:
                ws.bring(person.id, channel)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        except SlackError as error:
            raise web.HTTPNotFound(text=error.code) from None
        return web.json_response({"id": person.id, "name": person.name})

    async def subscriptions(self, request: web.Request) -> web.StreamResponse:
        """{}: switch the app's event subscriptions on again after Slack switched them off."""
        await _body(request)
        self.hub.subscribe(self.hub.workspace.app)
        return web.json_response({"subscribed": True})

    async def webhook(self, request: web.Request) -> web.StreamResponse:
        """{channel: id or name}: the address of a fresh incoming webhook."""
        name = str((await _body(request)).get("channel", ""))
        try:
            url = self.webhooks.new(acting.channel_id(self.hub.workspace, name))
        except SlackError as error:
            raise web.HTTPNotFound(text=error.code) from None
        return web.json_response({"url": url})

    async def down(self, request: web.Request) -> web.StreamResponse:
        """{down: bool, how?: one of gate.DOWN}"""
        body = await _body(request)
        down = bool(body.get("down", True))
        try:
            await self.hub.set_down(down, str(body.get("how", "503")))
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.json_response({"down": down})

    async def latency(self, request: web.Request) -> web.StreamResponse:
        """{ms}: added to every call of the Web API."""
        self.hub.options.latency_ms = float((await _body(request)).get("ms", 0))
        return web.json_response({"ms": self.hub.options.latency_ms})

    async def clock(self, request: web.Request) -> web.StreamResponse:
        """{advance: seconds}: move the workspace's time forward; triggers and buckets age too."""
        advance = float((await _body(request)).get("advance", 0))
        if advance < 0:
            raise web.HTTPBadRequest(text="advance: time does not go back")
        self.hub.workspace.ahead += advance
        self.hub.workspace.post_due()
        return web.json_response({"now": self.hub.workspace.now()})

    async def act(self, request: web.Request) -> web.StreamResponse:
        """{do, user, ...}: what a person does; see acting.DEEDS."""
        body = await _body(request)
        try:
            result = await acting.act(self.hub, body)
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=f"act: {error}") from None
        return web.json_response(asdict(result))

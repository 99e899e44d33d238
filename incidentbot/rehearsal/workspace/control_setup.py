"""Routes under /control/ for what stands before a test begins: the app, people, rules, resets."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from aiohttp import web

from . import acting, setup
from .errors import SlackError
from .hub import Hub
from .state import Addresses
from .webhooks import Webhooks


async def read_body(request: web.Request) -> dict[str, Any]:
    """A JSON object, {} for an empty body; else 400."""
    text = await request.text()
    try:
        value = json.loads(text) if text.strip() else {}
    except json.JSONDecodeError as error:
        raise web.HTTPBadRequest(text=f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise web.HTTPBadRequest(text="must be a JSON object")
    return value


class Setup:
    def __init__(self, hub: Hub, webhooks: Webhooks) -> None:
        self.hub = hub
        self.webhooks = webhooks

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        return [
            web.get("/control/preferences", self.preferences),
            web.post("/control/preferences", self.set_preferences),
            web.post("/control/app", self.app),
            web.post("/control/people", self.people),
            web.post("/control/http", self.http),
            web.post("/control/subscriptions", self.subscriptions),
            web.post("/control/webhook", self.webhook),
            web.post("/control/remember", self.remember),
            web.post("/control/reset", self.reset),
        ]

    async def app(self, request: web.Request) -> web.StreamResponse:
        """{scopes?, events?, redirect_urls?, unfurl_domains?, rotates?, org_deploy?, unlisted?,
        grant_team?, revoke_team?}

        How the app is set up and where it is installed; lists are whole lists, teams go by id or
        domain. The answer is as of /control/info.
        """
        body, ws = await read_body(request), self.hub.workspace
        try:
            setup.change(ws, ws.app, body)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        except SlackError as error:
            raise web.HTTPNotFound(text=error.code) from None
        return web.json_response(acting.connection(ws))

    async def people(self, request: web.Request) -> web.StreamResponse:
        """{name, real_name?, title?, email?, is_admin?, is_restricted?, is_ultra_restricted?,
        deleted?, tz?, team_id?, channels?}: make the person of this handle, or change them.

        `channels` are joined by name or id; `team_id` of another organisation makes an external
        person, and the channels shared ones.
        """
        body, ws = await read_body(request), self.hub.workspace
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

    async def preferences(self, _: web.Request) -> web.StreamResponse:
        """What admins allow and what the plan includes."""
        return web.json_response(asdict(self.hub.workspace.preferences))

    async def set_preferences(self, request: web.Request) -> web.StreamResponse:
        """{name: value}: see state/preferences.py; the answer is all of them."""
        try:
            self.hub.workspace.preferences.change(await read_body(request))
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return await self.preferences(request)

    async def subscriptions(self, request: web.Request) -> web.StreamResponse:
        """{}: switch the app's event subscriptions on again after Slack switched them off."""
        await read_body(request)
        self.hub.subscribe(self.hub.workspace.app)
        return web.json_response({"subscribed": True})

    async def http(self, request: web.Request) -> web.StreamResponse:
        """{url} for all, or {events?, interactivity?, commands?, options?}; "": Socket Mode again.

        422 with the reason when the events address does not answer the challenge.
        """
        body = await read_body(request)
        every = str(body.pop("url", ""))
        try:
            addresses = replace(Addresses(every, every, every, every), **body)
            await self.hub.set_addresses(self.hub.workspace.app, addresses)
        except TypeError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        except SlackError as error:
            return web.json_response(error.body(), status=422)
        return web.json_response(asdict(addresses))

    async def webhook(self, request: web.Request) -> web.StreamResponse:
        """{channel: id or name}: the address of a fresh incoming webhook."""
        name = str((await read_body(request)).get("channel", ""))
        try:
            url = self.webhooks.new(acting.channel_id(self.hub.workspace, name))
        except SlackError as error:
            raise web.HTTPNotFound(text=error.code) from None
        return web.json_response({"url": url})

    async def remember(self, request: web.Request) -> web.StreamResponse:
        """{}: people, channels and groups as they are now are what a reset goes back to."""
        await read_body(request)
        self.hub.workspace.remember()
        return web.json_response({})

    async def reset(self, request: web.Request) -> web.StreamResponse:
        """{}: back to the seed, or to what was remembered.

        People, channels and groups are as they were, with the same ids; messages, forms and files
        since then are gone; faults, mishaps, journal, deliveries, limits and the outage too. The
        app keeps its tokens, set-up and connections.
        """
        await read_body(request)
        await self.hub.reset()
        return web.json_response({})

"""A running workspace with the real slack_sdk and the real Bolt beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from incidentbot.rehearsal.workspace import acting
from incidentbot.rehearsal.workspace.actions import Result
from incidentbot.rehearsal.workspace.options import Options
from incidentbot.rehearsal.workspace.server import Running, running

Json = dict[str, Any]


class Kit:
    """Short names for tests."""

    def __init__(self, server: Running, http: aiohttp.ClientSession) -> None:
        self.server = server
        self.hub = server.hub
        self.ws = server.workspace
        self.http = http
        self.app = self.ws.app
        self.maya = self.ws.person("maya").id
        self.jonas = self.ws.person("jonas").id
        self.client = self.new_client(self.app.bot_token)

    def new_client(self, token: str, timeout: float = 10) -> AsyncWebClient:
        client = AsyncWebClient(
            token=token,
            base_url=f"{self.server.url}api/",
            proxy=None,
            timeout=timeout,  # type: ignore[arg-type]  # aiohttp takes fractions
            retry_handlers=[],
        )
        client.proxy = None  # an environment's proxy must not come between
        return client

    async def call(self, method: str, **args: Any) -> Json:
        """A call that must go well."""
        answer = await self.client.api_call(method, json=args)
        assert isinstance(answer.data, dict)
        return answer.data

    async def refused(self, method: str, **args: Any) -> Json:
        """A call that must be refused; its whole body."""
        with pytest.raises(SlackApiError) as caught:
            await self.client.api_call(method, json=args)
        body = caught.value.response.data
        assert isinstance(body, dict)
        return body

    async def new_channel(self, name: str = "inc-1") -> str:
        created = await self.call("conversations.create", name=name)
        return str(created["channel"]["id"])

    async def control(self, path: str, verb: str = "POST", **body: Any) -> Json:
        """A control route; GET takes the body as a query."""
        url = f"{self.server.url}control/{path}"
        extra: Json = {"params": body} if verb == "GET" else {"json": body}
        async with self.http.request(verb, url, **extra) as response:
            assert response.status == 200, await response.text()
            answer: Json = await response.json()
            return answer

    async def act(self, do: str, user: str = "maya", **order: Any) -> Result:
        return await acting.act(self.hub, {"do": do, "user": user, **order})

    def channel(self, name: str) -> Any:
        found = self.ws.channel_named(name)
        assert found is not None
        return found

    def notes(self, channel: str, user: str | None = None) -> list[Json]:
        """Ephemeral messages on a person's screen."""
        return self.ws.ephemerals.get((user or self.maya, channel), [])

    def new_bolt(self) -> AsyncApp:
        async def authorize(**_: Any) -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=None,
                team_id=self.ws.team.id,
                bot_token=self.app.bot_token,
                bot_id=self.app.bot_id,
                bot_user_id=self.app.bot_user_id,
            )

        return AsyncApp(
            client=self.new_client(""),
            authorize=authorize,
            signing_secret=self.app.signing_secret,
        )

    @asynccontextmanager
    async def connected(self, bolt: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
        """The app on Socket Mode for the length of a block."""
        handler = AsyncSocketModeHandler(bolt, self.app.app_token)
        before = len(self.hub.links.open)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await until(lambda: len(self.hub.links.open) > before)
        try:
            yield handler
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]


async def until(condition: Callable[[], object], seconds: float = 5) -> None:
    """Wait for a condition, or fail."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@asynccontextmanager
async def kit(**options: Any) -> AsyncIterator[Kit]:
    """A fresh workspace on a free port; rate limits are off unless asked for."""
    settings = Options(**{"rate_limits": False, **options})
    async with running(options=settings) as server, aiohttp.ClientSession() as http:
        yield Kit(server, http)


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """A web application on a free port; its address."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def http_bolt(bolt: AsyncApp, flow: AsyncOAuthFlow | None = None) -> web.Application:
    """The Bolt app behind /slack/events, for every kind of delivery, and its OAuth `flow`."""

    async def handle(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    app = web.Application()
    app.router.add_post("/slack/events", handle)
    if flow is not None:
        for path, step in (
            ("/slack/install", flow.handle_installation),
            ("/slack/oauth_redirect", flow.handle_callback),
        ):
            app.router.add_get(path, _step(step))
    return app


def _step(step: Callable[..., Any]) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await step(await to_bolt_request(request)))

    return handle


def section(text: str, **more: Any) -> Json:
    """A section with mrkdwn."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(action_id: str, value: str = "v", **more: Any) -> Json:
    label = {"type": "plain_text", "text": action_id}
    return {"type": "button", "action_id": action_id, "text": label, "value": value, **more}


def modal(callback_id: str = "form", **more: Any) -> Json:
    """A modal with one text field: block "what", action "text"."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": {"type": "plain_text", "text": "Declare"},
        "submit": {"type": "plain_text", "text": "Go"},
        "blocks": [
            {
                "type": "input",
                "block_id": "what",
                "label": {"type": "plain_text", "text": "What"},
                "element": {"type": "plain_text_input", "action_id": "text"},
            }
        ],
        **more,
    }

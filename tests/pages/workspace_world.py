"""The workspace's page in a real browser, with the real Bolt as the bot behind it."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright
from slack_bolt.async_app import AsyncApp

from incidentbot.rehearsal.workspace.hub import HUB
from incidentbot.rehearsal.workspace.options import Options
from incidentbot.rehearsal.workspace.page import PageExtras, add_routes
from incidentbot.rehearsal.workspace.server import Running, make_app
from incidentbot.rehearsal.workspace.state import Channel, Draft, Workspace
from tests.contracts.workspace_kit import Json, Kit

SHOTS = os.environ.get("INCIDENTBOT_SHOTS")  # a folder, to look at the pages by eye
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip


@dataclass
class World:
    """A workspace, a browser, and what the bot was told (`heard`)."""

    kit: Kit
    browser: Browser
    strip_posts: list[str]
    heard: list[Json] = field(default_factory=list)

    def channel(self, name: str) -> Channel:
        """A fresh channel with the bot, Maya and Jonas in it."""
        ws, bot = self.kit.ws, self.kit.app.bot_user_id
        made = ws.create_channel(bot, name)
        ws.invite(bot, made.id, [self.kit.maya, self.kit.jonas])
        return made

    def post(self, channel: Channel, text: str, *blocks: Json, **more: Any) -> str:
        """The bot posts; the ts."""
        draft = Draft(text=text, blocks=list(blocks) or None, **more)
        return str(self.kit.ws.post_message(self.kit.app.bot_user_id, channel.id, draft)["ts"])

    @asynccontextmanager
    async def page(
        self,
        channel: Channel,
        person: str = "maya",
        *,
        size: tuple[int, int] = (1180, 800),
        **context: Any,
    ) -> AsyncIterator[Page]:
        """A page on a channel as a person; fails on script errors and outside requests."""
        size_now: Any = {"width": size[0], "height": size[1]}
        made = await self.browser.new_context(viewport=size_now, **context)
        page = await made.new_page()
        page.set_default_timeout(15_000)
        faults: list[str] = []
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        scripted = context.get("java_script_enabled", True)
        if scripted:  # without script the browser itself notes a form that is refused
            page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: None if "//127.0.0.1" in r.url else faults.append(r.url))
        who = self.kit.ws.person(person).id
        await page.goto(f"{self.kit.server.url}channels/{channel.id}?as={who}")
        if scripted:
            await page.wait_for_selector("body[data-connected]", state="attached")
        try:
            yield page
        finally:
            await made.close()
        assert not faults, faults


async def shot(page: Page, name: str) -> None:
    """A picture for the eye, when a folder for it is given."""
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"workspace-{name}.png")


def new_bot(world: World) -> AsyncApp:
    """A bot that keeps what it hears, opens a form on "/incident" and refuses "bad" titles."""
    bolt = world.kit.new_bolt()

    async def click(ack: Any, body: Json) -> None:
        await ack()
        world.heard.append(body)

    async def command(ack: Any, body: Json, client: Any) -> None:
        await ack()
        world.heard.append(body)
        await client.views_open(trigger_id=body["trigger_id"], view=form())

    async def submit(ack: Any, view: Json) -> None:
        title = view["state"]["values"].get("title")
        if title and title["v"]["value"] == "bad":
            await ack(response_action="errors", errors={"title": "Say what is broken"})
            return
        await ack()
        world.heard.append(view)

    async def hosts(ack: Any, body: Json) -> None:
        names = ("api.example", "img.example", "www.example")
        found = [name for name in names if body["value"] in name]
        await ack(options=[{"text": plain(name), "value": name} for name in found])

    bolt.options("host")(hosts)
    bolt.action(re.compile(".*"))(click)
    bolt.command("/incident")(command)
    bolt.view("declare")(submit)
    bolt.event("message")(_nothing)
    bolt.event("member_joined_channel")(_nothing)
    return bolt


async def _nothing() -> None:
    """Messages are of no interest here."""


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def form() -> Json:
    """A modal with a title, a severity and people."""
    choices = [{"text": plain(f"SEV{n}"), "value": f"sev{n}"} for n in (1, 2)]
    severity = {"type": "static_select", "action_id": "v", "options": choices}
    people = {"type": "multi_users_select", "action_id": "v"}
    title = {"type": "plain_text_input", "action_id": "v"}
    fields = (("title", "What is broken?", title), ("sev", "Severity", severity))
    return {
        "type": "modal",
        "callback_id": "declare",
        "title": plain("Declare an incident"),
        "submit": plain("Declare"),
        "blocks": [
            *(
                {"type": "input", "block_id": name, "label": plain(label), "element": element}
                for name, label, element in fields
            ),
            {
                "type": "input", "block_id": "who", "label": plain("Invite"),
                "optional": True, "element": people,
            },
        ],
    }  # fmt: skip


def button(text: str, action_id: str, **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(text), "value": "7", **more}


@asynccontextmanager
async def open_world(chromium: str) -> AsyncIterator[World]:
    """The workspace with its page, a control strip and a pane, and the bot connected."""
    workspace = Workspace()
    posts: list[str] = []
    extras = PageExtras(strip=lambda: strip(posts), pane_url="/pane-page", pane_title="Shop")
    app = make_app(workspace, Options(rate_limits=False))
    add_routes(app, workspace, extras=extras)

    async def control(request: web.Request) -> web.Response:
        posts.append(str((await request.post())["do"]))
        return web.Response(status=204)

    app.router.add_post("/demo/control", control)
    app.router.add_get("/pane-page", _pane)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port: int = runner.addresses[0][1]
    workspace.team.url = f"http://127.0.0.1:{port}/"
    try:
        async with aiohttp.ClientSession() as http, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            world = World(Kit(Running(app[HUB], port), http), browser, posts)
            async with world.kit.connected(new_bot(world)):
                yield world
            await browser.close()
    finally:
        await runner.cleanup()


async def _pane(_: web.Request) -> web.Response:
    return web.Response(text="<h1>Shop</h1>", content_type="text/html")


def strip(posts: list[str]) -> str:
    state = "bad" if posts else "ok"
    return (
        f'<span class="light {state}">us-east-1</span>'
        '<form method="post" action="/demo/control">'
        '<button name="do" value="break" id="break" class="danger">Break S3</button></form>'
        f'<span class="clock">{len(posts)}</span>'
    )


def actions_block(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}

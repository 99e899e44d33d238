"""The workspace as an aiohttp application, and a way to run it on a port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from .control import Control
from .hub import HUB, Hub
from .oauth import OAuth
from .options import Options
from .page import PageExtras, add_routes
from .responding import ResponseRoute
from .state import Workspace
from .status import Status
from .uploads import Uploads
from .webapi import WebApi
from .webhooks import Webhooks

UPLOAD_BYTES = 64 * 1024 * 1024


def make_app(workspace: Workspace, options: Options | None = None) -> web.Application:
    """API, Socket Mode, response_url, uploads and control. `app[HUB]` is what they share.

    The page is apart: mount it with `page.add_routes(app, workspace, extras=...)`.
    """
    hub = Hub(workspace, options)
    api, uploads, webhooks = WebApi(hub), Uploads(hub), Webhooks(hub)
    app = web.Application(client_max_size=UPLOAD_BYTES)
    app[HUB] = hub
    app.add_routes(
        [
            web.get("/api/{method}", api.handle),
            web.post("/api/{method}", api.handle),
            web.get("/link/", hub.links.serve),
            web.post("/response/{key}", ResponseRoute(hub).handle),
            web.post("/upload/v1/{file}", uploads.receive),
            web.get("/files-pri/{file}/{name}", uploads.send),
            web.post("/services/{team}/{app}/{key}", webhooks.handle),
            *OAuth(workspace).routes(),
            *Status(workspace).routes(),
            *Control(hub, webhooks).routes(),
        ]
    )
    app.cleanup_ctx.append(_ticking)
    app.on_shutdown.append(_close)
    return app


async def _ticking(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(app[HUB].tick())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _close(app: web.Application) -> None:
    await app[HUB].close()


@dataclass(frozen=True, slots=True)
class Running:
    """A workspace that listens."""

    hub: Hub
    port: int

    @property
    def workspace(self) -> Workspace:
        return self.hub.workspace

    @property
    def url(self) -> str:
        return self.hub.workspace.team.url


@asynccontextmanager
async def running(
    port: int = 0,
    workspace: Workspace | None = None,
    options: Options | None = None,
    extras: PageExtras | None = None,
) -> AsyncIterator[Running]:
    """The workspace and its page on 127.0.0.1 (port 0: any free one) until the block ends."""
    workspace = workspace or Workspace()
    app = make_app(workspace, options)
    add_routes(app, workspace, extras=extras)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        bound: int = runner.addresses[0][1]
        for team in workspace.teams.values():
            team.url = f"http://127.0.0.1:{bound}/"
        yield Running(app[HUB], bound)
    finally:
        await runner.cleanup()

"""Everything outside the bot, started in order and ended in the opposite one."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from .app_manifest import install
from .control import Stage, add_control
from .edge import Edge
from .images import pictures
from .pages import Served
from .regions import Region, start_regions, stop_regions
from .settings_file import Places, settings_text
from .shop import shop_app
from .vendor import Vendor, vendor_app
from .workspace.hub import HUB, Hub
from .workspace.page import PageExtras, add_routes
from .workspace.server import make_app
from .workspace.state import Workspace

PORTS_TRIED = 50


@dataclass(slots=True)
class World:
    """What runs, and where. `url` is the workspace's page, without a slash at the end."""

    hub: Hub
    stage: Stage
    primary: Region
    backup: Region
    url: str
    shop_url: str
    vendor_url: str

    def settings(self, out: Path, runbooks: Path) -> str:
        """The configuration of a bot that is to live in this world."""
        places = Places(
            out=out,
            runbooks=runbooks,
            web_port=free_port(),
            primary=self.primary.url,
            backup=self.backup.url,
            shop=self.shop_url,
            vendor=self.vendor_url,
        )
        return settings_text(places, pictures())


@asynccontextmanager
async def world(port: int, say: Callable[[str], None]) -> AsyncIterator[World]:
    """Start it all; `port` is the page's wish, the next free one is taken."""
    async with AsyncExitStack() as stack:
        say("Starting two S3 regions with 208 pictures each")
        primary, backup = await start_regions()
        stack.push_async_callback(stop_regions, (primary, backup))
        say("Starting the shop, its edge and the vendor's status page")
        edge, vendor = Edge({r.name: r for r in (primary, backup)}, backup), Vendor()
        shop, status = Served(shop_app(edge, pictures())), Served(vendor_app(vendor))
        stack.push_async_callback(shop.stop)
        shop_url = await shop.start()
        stack.push_async_callback(status.stop)
        vendor_url = await status.start()
        say("Starting the local Slack workspace")
        workspace = Workspace()
        install(workspace.app)
        app = make_app(workspace)
        stage = Stage(app[HUB], primary, edge, vendor, shop_url, vendor_url)
        extras = PageExtras(
            strip=stage.strip, pane_url=f"{shop_url}/", pane_title="The shop", title="Rehearsal"
        )
        add_routes(app, workspace, extras=extras)
        add_control(app, stage)
        page = Served(app)
        stack.push_async_callback(page.stop)
        url = await start_on_next_free(page, port)
        workspace.team.url = f"{url}/"
        yield World(app[HUB], stage, primary, backup, url, shop_url, vendor_url)


async def start_on_next_free(page: Served, port: int) -> str:
    """Listen on `port` or the first free one above it; 0 takes any."""
    for wish in range(port, port + PORTS_TRIED) if port else (0,):
        if wish == 0 or is_free(wish):
            return await page.start(wish)
    raise OSError(f"no port from {port} to {port + PORTS_TRIED - 1} is free")


def is_free(port: int) -> bool:
    """Nobody listens there now. Asked first: a started application cannot be started again."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port nobody uses at this moment, for a process that must be told its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port

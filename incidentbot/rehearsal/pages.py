"""Templates of the stand-ins' pages, always escaped, and a local web server in one call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).parent
_CSP = (
    "default-src 'none'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'"
)

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def fragment(template: str, **values: Any) -> Markup:
    """A rendered template to put into another page."""
    return Markup(_templates.get_template(template).render(values))


def page(template: str, **values: Any) -> web.Response:
    """A rendered template as a page of its own, allowed to load only from its own server."""
    return web.Response(
        text=fragment(template, **values),
        content_type="text/html",
        headers={"content-security-policy": _CSP, "cache-control": "no-store"},
    )


def static_file(name: str) -> web.FileResponse:
    """A style sheet or script that comes with the stand-ins."""
    return web.FileResponse(HERE / "static" / name, headers={"cache-control": "no-cache"})


def static_routes(*names: str) -> list[web.RouteDef]:
    """Each named file at the root of a stand-in's own server."""

    def route(name: str) -> web.RouteDef:
        async def handler(_: web.Request) -> web.FileResponse:
            return static_file(name)

        return web.get(f"/{name}", handler)

    return [route(name) for name in names]


class Served:
    """An application on a loopback port; `port` 0 takes a free one."""

    def __init__(self, app: web.Application) -> None:
        self.app = app
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> str:
        """Listen and return the address; OSError when the port is taken."""
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        try:
            site = web.TCPSite(self._runner, "127.0.0.1", port)
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.port = self._runner.addresses[0][1]
        return self.url

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

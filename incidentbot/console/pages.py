"""The pages of what is watched, and their JSON twins for scripts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from incidentbot import clock
from incidentbot.console import build, reading, render
from incidentbot.console.shared import Shared
from incidentbot.console.view import Glance, Page
from incidentbot.errors import NotFound
from incidentbot.settings.model import DependencySettings, Settings
from incidentbot.store import Store

EVERY = 10  # seconds between two renewals of a page in the browser
FRESH = 2.0  # seconds for which the page of all dependencies is made once for everybody
SECURE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
AWAY = "The database does not answer, so nothing can be said about what is watched."

log = logging.getLogger(__name__)

Health = Callable[[], Awaitable[Mapping[str, object]]]
Handler = Callable[[web.Request], Awaitable[web.Response]]


def add_routes(app: web.Application, store: Store, settings: Settings, health: Health) -> None:
    """`/`, `/dependencies/{name}`, and the same below `/api`."""
    pages = _Pages(store, settings, health)
    app.router.add_get("/", _told(pages.glance))
    app.router.add_get("/dependencies/{name}", _told(pages.dependency))
    app.router.add_get("/api/dependencies", _told_json(pages.glance_json))
    app.router.add_get("/api/dependencies/{name}", _told_json(pages.dependency_json))


class _Pages:
    def __init__(self, store: Store, settings: Settings, health: Health) -> None:
        self._store, self._settings, self._health = store, settings, health
        self._named = {dependency.name: dependency for dependency in settings.dependencies}
        self._glance = Shared(self._make_glance, FRESH)
        self._texts = {
            still: Shared(partial(self._glance_text, still), FRESH) for still in (True, False)
        }

    async def glance(self, request: web.Request) -> web.Response:
        still = "still" in request.query
        return _page(await self._texts[still].get(), still)

    async def dependency(self, request: web.Request) -> web.Response:
        view, still = await self._dependency(request), "still" in request.query
        return _page(await _text("dependency.html.j2", still, view=view, root="../"), still)

    async def glance_json(self, _request: web.Request) -> web.Response:
        return await _json(await self._glance.get())

    async def dependency_json(self, request: web.Request) -> web.Response:
        return await _json(await self._dependency(request))

    async def _glance_text(self, still: bool) -> str:
        view, file = await self._glance.get(), self._settings.source.name
        return await _text("glance.html.j2", still, view=view, root="./", file=file)

    async def _make_glance(self) -> Glance:
        now = clock.now()
        known = await self._store.tx(reading.glance, now - build.DAY, now)
        health = await self._health()
        # Not on the loop: with hundreds of dependencies it would make the probes late.
        return await asyncio.to_thread(build.glance, self._settings, known, health, now)

    async def _dependency(self, request: web.Request) -> Page:
        dependency, now = self._find(request.match_info["name"]), clock.now()
        known = await self._store.tx(reading.dependency, dependency.name, now - build.WEEK, now)
        return await asyncio.to_thread(build.page, self._settings, dependency, known, now)

    def _find(self, name: str) -> DependencySettings:
        found = self._named.get(name)
        if found is None:  # the name is not repeated: it may be anything
            raise NotFound("The configuration names no dependency of that name.")
        return found


async def _text(template: str, still: bool, **values: object) -> str:
    return await asyncio.to_thread(render.html, template, still=still, every=EVERY, **values)


def _page(text: str, still: bool) -> web.Response:
    headers = render.HEADERS if still else render.HEADERS | {"Refresh": str(EVERY)}
    return web.Response(text=text, content_type="text/html", headers=headers)


async def _json(view: Glance | Page) -> web.Response:
    text = await asyncio.to_thread(render.as_json, view)
    return web.Response(text=text, content_type="application/json", headers=SECURE)


def _told(handler: Handler) -> Handler:
    """What cannot be shown is said in plain words, as a page."""

    async def tell(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except NotFound as error:
            return _plain(404, "There is no such dependency", error.message, request)
        except SQLAlchemyError:
            log.exception("a page could not be made")
            return _plain(503, "Nothing can be shown now", AWAY, request)

    return tell


def _plain(status: int, title: str, text: str, request: web.Request) -> web.Response:
    root = "../" if "name" in request.match_info else "./"
    page = render.html("plain.html.j2", title=title, text=text, root=root)
    headers = render.HEADERS | ({"Refresh": str(EVERY)} if status == 503 else {})
    return web.Response(status=status, text=page, content_type="text/html", headers=headers)


def _told_json(handler: Handler) -> Handler:
    async def tell(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except NotFound as error:
            return web.json_response({"error": error.message}, status=404, headers=SECURE)
        except SQLAlchemyError:
            log.exception("a page could not be made")
            return web.json_response({"error": AWAY}, status=503, headers=SECURE)

    return tell

"""The shop a customer sees: products whose pictures come from the edge, and what is broken."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from .edge import Edge
from .images import Picture
from .pages import page, static_routes

SHOWN = 24


def shop_app(edge: Edge, shop: Sequence[Picture], *, every_s: float = 2.0) -> web.Application:
    """`/` the shop, `/assets/{key}` its pictures, `/health` the edge. Starts and stops the edge.

    The page looks at its pictures again `every_s` seconds.
    """
    products = [
        {"key": p.key, "title": p.title, "price": f"${p.price / 100:.2f}"} for p in shop[:SHOWN]
    ]

    async def home(_: web.Request) -> web.Response:
        return page("shop.html", products=products, origin=edge.origin, every_s=every_s)

    async def started(_: web.Application) -> None:
        await edge.start()

    async def stopped(_: web.Application) -> None:
        await edge.stop()

    app = web.Application()
    app.add_routes([web.get("/", home), *edge.routes(), *static_routes("shop.css", "shop.js")])
    app.on_startup.append(started)
    app.on_cleanup.append(stopped)
    return app

"""The shop's edge: it follows the parameter, says which origin served, and hides no failure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio

from incidentbot.rehearsal.edge import Edge
from incidentbot.rehearsal.images import pictures
from incidentbot.rehearsal.pages import Served
from incidentbot.rehearsal.regions import Region, put_parameter, start_regions, stop_regions
from incidentbot.rehearsal.shop import SHOWN, shop_app

pytestmark = pytest.mark.asyncio(loop_scope="module")
PICTURE = pictures()[3]


@dataclass
class Shop:
    primary: Region
    backup: Region
    edge: Edge
    url: str
    http: aiohttp.ClientSession

    async def get(self, path: str) -> tuple[int, str, bytes]:
        """Status, origin header, body."""
        async with self.http.get(self.url + path) as answer:
            return answer.status, answer.headers.get("x-asset-origin", ""), await answer.read()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Shop]:
    primary, backup = await start_regions(pictures()[:30])
    edge = Edge({r.name: r for r in (primary, backup)}, backup, every_s=0.05, timeout_s=0.4)
    served = Served(shop_app(edge, pictures()))
    async with aiohttp.ClientSession() as http:
        yield Shop(primary, backup, edge, await served.start(), http)
    await served.stop()
    await stop_regions((primary, backup))


@pytest_asyncio.fixture(loop_scope="module")
async def shop(running: Shop) -> AsyncIterator[Shop]:
    yield running
    for region in (running.primary, running.backup):
        await region.proxy.set_mode("healthy")
    await point_at(running, "us-east-1")
    await until(lambda: settled(running, "us-east-1"))


async def settled(shop: Shop, origin: str) -> bool:
    return shop.edge.origin == origin and not shop.edge.pointer.error


async def point_at(shop: Shop, origin: str) -> None:
    await put_parameter(shop.http, shop.backup, origin)


async def until(true: Callable[[], Awaitable[bool]], within: float = 5) -> None:
    async with asyncio.timeout(within):
        while not await true():  # noqa: ASYNC110 - it changes in another process
            await asyncio.sleep(0.02)


async def test_a_picture_comes_from_the_primary_and_says_so(shop: Shop) -> None:
    async with shop.http.get(f"{shop.url}/assets/{PICTURE.key}") as answer:
        assert answer.status == 200
        assert await answer.read() == PICTURE.svg
        assert answer.headers["x-asset-origin"] == "us-east-1"
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.headers["cache-control"] == "no-store"


async def test_the_origin_follows_the_parameter_within_moments(shop: Shop) -> None:
    await point_at(shop, "us-west-2")
    await until(lambda: settled(shop, "us-west-2"))
    assert await shop.get(f"/assets/{PICTURE.key}") == (200, "us-west-2", PICTURE.svg)


async def test_a_broken_origin_is_502_with_its_name_and_its_answer(shop: Shop) -> None:
    await shop.primary.proxy.set_mode("errors")
    async with shop.http.get(f"{shop.url}/assets/{PICTURE.key}") as answer:
        assert answer.status == 502
        assert answer.headers["x-asset-origin"] == "us-east-1"
        assert answer.headers["x-asset-error"] == "answers 503"
        assert "origin us-east-1 answers 503" in await answer.text()


async def test_an_origin_that_never_answers_is_504_after_a_short_while(shop: Shop) -> None:
    await shop.primary.proxy.set_mode("timeouts")
    began = time.monotonic()
    status, origin, body = await shop.get(f"/assets/{PICTURE.key}")
    assert (status, origin) == (504, "us-east-1")
    assert b"does not answer within 0.4 s" in body
    assert time.monotonic() - began < 2


async def test_an_origin_that_is_gone_is_502(shop: Shop) -> None:
    await shop.primary.proxy.set_mode("refused")
    status, origin, body = await shop.get(f"/assets/{PICTURE.key}")
    assert (status, origin, b"cannot be reached" in body) == (502, "us-east-1", True)


async def test_breakage_shows_at_once_and_so_does_recovery(shop: Shop) -> None:
    for mode, status in (("healthy", 200), ("errors", 502), ("healthy", 200)):
        await shop.primary.proxy.set_mode("errors" if mode == "errors" else "healthy")
        assert (await shop.get(f"/assets/{PICTURE.key}"))[0] == status


async def test_a_picture_nobody_has_is_404_not_an_outage(shop: Shop) -> None:
    status, origin, _ = await shop.get("/assets/no-such-thing.svg")
    assert (status, origin) == (404, "us-east-1")


async def test_the_last_known_origin_stays_when_the_parameter_cannot_be_read(shop: Shop) -> None:
    await point_at(shop, "us-west-2")
    await until(lambda: settled(shop, "us-west-2"))
    await shop.backup.proxy.set_mode("errors")

    async def told() -> bool:
        async with shop.http.get(f"{shop.url}/health") as answer:
            said = await answer.json()
        return said["origin"] == "us-west-2" and "cannot be read" in (said["error"] or "")

    await until(told)


async def test_a_name_nobody_knows_is_not_followed(shop: Shop) -> None:
    await point_at(shop, "the-moon")

    async def told() -> bool:
        return "the-moon" in shop.edge.pointer.error

    await until(told)
    assert await shop.get(f"/assets/{PICTURE.key}") == (200, "us-east-1", PICTURE.svg)


async def test_the_shop_lists_its_products_with_pictures_from_the_edge(shop: Shop) -> None:
    status, _, body = await shop.get("/")
    assert status == 200
    assert body.count(b'<img src="/assets/') == SHOWN
    assert b"us-east-1" in body
    for name in ("shop.css", "shop.js"):
        assert (await shop.get(f"/{name}"))[0] == 200

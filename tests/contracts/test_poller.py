"""The poller against a real server: news when there is any, a reason when there is none."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from incidentbot.http import Http
from incidentbot.settings import FeedSettings
from incidentbot.signals import Signal
from incidentbot.signals.feeds.poller import Memory, Poller, pause

GREEN = {
    "status": {"indicator": "none", "description": "All Systems Operational"},
    "components": [{"id": "1", "name": "S3", "status": "operational", "group": False}],
    "incidents": [],
}
BAD = GREEN | {"components": [{"id": "1", "name": "S3", "status": "major_outage", "group": False}]}


class Page:
    """A status page whose next answer the test decides."""

    def __init__(self) -> None:
        self.body: bytes = json.dumps(GREEN).encode()
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.port = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.headers))
        if request.headers.get("If-None-Match") == self.headers.get("ETag", "none"):
            return web.Response(status=304, headers=self.headers)
        return web.Response(status=self.status, body=self.body, headers=self.headers)

    def feed(self, name: str = "aws-status", **changes: Any) -> FeedSettings:
        values: dict[str, Any] = {
            "name": name,
            "vendor": "aws",
            "format": "statuspage",
            "url": f"http://127.0.0.1:{self.port}/summary.json",
            "every": timedelta(milliseconds=50),
            "allow_private": True,
        }
        return FeedSettings(**values | changes)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    made = Page()
    app = web.Application()
    app.router.add_get("/summary.json", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = Http()
    yield client
    await client.close()


async def ignore(_feed: str, _signals: Sequence[Signal]) -> None:
    return None


def states(signals: Sequence[Signal]) -> list[str]:
    return [signal.state for signal in signals]


async def test_an_unchanged_page_is_not_sent_again_and_still_says_the_same(
    page: Page, http: Http
) -> None:
    page.headers = {"ETag": '"7"', "Last-Modified": "Mon, 02 Mar 2026 17:37:00 GMT"}
    poller, memory = Poller(http, (), ignore), Memory()
    first = await poller.read(page.feed(), memory)
    second = await poller.read(page.feed(), memory)
    assert first == second
    assert states(first) == ["operational"]
    assert page.asked[1]["If-None-Match"] == '"7"'
    assert page.asked[1]["If-Modified-Since"] == "Mon, 02 Mar 2026 17:37:00 GMT"


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, b"", "the body is empty"),
        (200, b"<html>maintenance</html>", "a web page instead of a feed"),
        (200, b" " * (2 * 1024 * 1024 + 1), "longer than 2 MB"),
        (500, b"{}", "answered 500"),
        (404, json.dumps(GREEN).encode(), "answered 404"),
    ],
)
async def test_a_page_that_cannot_be_read_is_unknown_with_a_reason(
    page: Page, http: Http, status: int, body: bytes, why: str
) -> None:
    page.status, page.body = status, body
    (only,) = await Poller(http, (), ignore).read(page.feed(), Memory())
    assert only.state == "unknown"
    assert why in only.why


async def test_a_private_address_is_read_only_where_that_is_allowed(http: Http) -> None:
    feed = FeedSettings(
        name="inside", vendor="aws", format="statuspage", url="http://[64:ff9b::7f00:1]:1/"
    )
    (only,) = await Poller(http, (), ignore).read(feed, Memory())
    assert (only.state, "not a public address" in only.why) == ("unknown", True)


async def test_the_vendor_may_ask_for_time(page: Page, http: Http) -> None:
    page.status, page.headers = 429, {"Retry-After": "120"}
    memory = Memory()
    await Poller(http, (), ignore).read(page.feed(), memory)
    assert (memory.failures, memory.asked_to_wait) == (1, 120)
    page.status, page.headers = 200, {}
    await Poller(http, (), ignore).read(page.feed(), memory)
    assert (memory.failures, memory.asked_to_wait) == (0, 0)


async def test_a_failed_poll_does_not_leave_an_old_request_for_news(page: Page, http: Http) -> None:
    poller, memory = Poller(http, (), ignore), Memory()
    page.headers = {"ETag": '"7"'}
    await poller.read(page.feed(), memory)
    page.headers, page.status = {}, 500
    await poller.read(page.feed(), memory)
    page.status = 200
    await poller.read(page.feed(), memory)
    assert "If-None-Match" not in page.asked[2]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def test_every_feed_is_read_in_its_interval_though_another_breaks(
    page: Page, http: Http
) -> None:
    heard: list[tuple[str, str]] = []

    async def hear(feed: str, signals: Sequence[Signal]) -> None:
        if feed == "broken":
            raise RuntimeError("the database is away")
        heard.append((feed, signals[0].state))

    feeds = [page.feed("broken"), page.feed()]
    task = asyncio.create_task(Poller(http, feeds, hear).run())
    await until(lambda: ("aws-status", "operational") in heard)
    page.body = json.dumps(BAD).encode()
    await until(lambda: ("aws-status", "major_outage") in heard)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_the_pause_grows_while_a_feed_fails_and_has_a_bound() -> None:
    assert pause(60, 0, 0, luck=0) == 60
    assert [pause(60, n, 0, luck=0) for n in (1, 2, 3, 4, 40)] == [120, 240, 480, 600, 600]
    assert pause(60, 0, 0, luck=1) == pytest.approx(66)
    assert pause(60, 0, 0, luck=-1) == pytest.approx(54)
    assert pause(60, 0, 900, luck=0) == 900

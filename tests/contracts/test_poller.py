"""The poller against a real server: news when there is any, a reason when there is none."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from incidentbot import clock
from incidentbot.http import Http
from incidentbot.settings import FeedSettings
from incidentbot.signals import Signal
from incidentbot.signals.feeds.fetch import FRESH, LONGEST_WAIT, retry_after
from incidentbot.signals.feeds.hosts import Hosts, Manners
from incidentbot.signals.feeds.poller import SMALL, Poller, addresses, pause

GREEN = {
    "status": {"indicator": "none", "description": "All Systems Operational"},
    "components": [{"id": "1", "name": "S3", "status": "operational", "group": False}],
    "incidents": [],
}
BAD = GREEN | {"components": [{"id": "1", "name": "S3", "status": "major_outage", "group": False}]}


QUICK = Manners(gap=0, spread=0)


class Page:
    """A status page whose next answer the test decides."""

    def __init__(self) -> None:
        self.body: bytes = json.dumps(GREEN).encode()
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.busy = self.most_busy = 0
        self.hold = asyncio.Event()
        self.hold.set()
        self.port = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.headers))
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            await self.hold.wait()
            return self.said(request)
        finally:
            self.busy -= 1

    def said(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("go"):
            raise web.HTTPFound(request.query["go"])
        if request.headers.get("If-None-Match") == self.headers.get("ETag", "none"):
            return web.Response(status=304, headers=self.headers)
        return web.Response(status=self.status, body=self.body, headers=self.headers)

    def url(self, host: str = "127.0.0.1", more: str = "") -> str:
        return f"http://{host}:{self.port}/summary.json{more}"

    def feed(self, name: str = "aws-status", **changes: Any) -> FeedSettings:
        values: dict[str, Any] = {
            "name": name,
            "vendor": "aws",
            "format": "statuspage",
            "url": self.url(),
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
    await web.TCPSite(runner, "0.0.0.0", 0).start()  # all of 127.0.0.0/8 is this machine
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


class Reader:
    """One feed, read when the test says so."""

    def __init__(self, http: Http, feed: FeedSettings) -> None:
        self.poller = Poller(http, [feed], ignore, QUICK)
        self.name = feed.name

    async def read(self) -> list[Signal]:
        said = await self.poller.poll(self.poller.addresses[0])
        return said[self.name]

    @property
    def memory(self) -> Any:
        return self.poller.addresses[0].memory


async def test_an_unchanged_page_is_not_sent_again_and_still_says_the_same(
    page: Page, http: Http
) -> None:
    page.headers = {"ETag": '"7"', "Last-Modified": "Mon, 02 Mar 2026 17:37:00 GMT"}
    reader = Reader(http, page.feed())
    first, second = await reader.read(), await reader.read()
    assert [s.title for s in first] == [s.title for s in second]
    assert states(second) == ["operational"]
    assert second[0].first_seen == first[0].first_seen
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
        (304, b"", "answered 304 though nothing was known"),
    ],
)
async def test_a_page_that_cannot_be_read_is_unknown_with_a_reason(
    page: Page, http: Http, status: int, body: bytes, why: str
) -> None:
    page.status, page.body = status, body
    reader = Reader(http, page.feed())
    (only,) = await reader.read()
    assert only.state == "unknown"
    assert why in only.why
    health = reader.poller.health()["aws-status"]
    assert why in health.fault
    assert (health.good_at, health.fault_at is None) == (None, False)


async def test_a_private_address_is_read_only_where_that_is_allowed(http: Http) -> None:
    feed = FeedSettings(
        name="inside", vendor="aws", format="statuspage", url="http://[64:ff9b::7f00:1]:1/"
    )
    (only,) = await Reader(http, feed).read()
    assert (only.state, "not a public address" in only.why) == ("unknown", True)


async def test_redirects_are_followed_but_not_for_ever(page: Page, http: Http) -> None:
    moved = page.feed(url=page.url(more="?go=/summary.json"))
    assert states(await Reader(http, moved).read()) == ["operational"]
    circle = page.feed(url=page.url(more="?go=/summary.json%3Fgo=loop"))
    page.asked.clear()
    (only,) = await Reader(http, circle).read()
    assert (only.state, len(page.asked) <= 7) == ("unknown", True)


async def test_the_vendor_may_ask_for_time(page: Page, http: Http) -> None:
    page.status, page.headers = 429, {"Retry-After": "120"}
    reader = Reader(http, page.feed())
    await reader.read()
    assert (reader.memory.failures, reader.memory.asked_to_wait) == (1, 120)
    page.status, page.headers = 200, {}
    await reader.read()
    assert (reader.memory.failures, reader.memory.asked_to_wait) == (0, 0)


async def test_a_failed_poll_does_not_leave_an_old_request_for_news(page: Page, http: Http) -> None:
    reader = Reader(http, page.feed())
    page.headers = {"ETag": '"7"'}
    await reader.read()
    page.headers, page.status = {}, 500
    await reader.read()
    page.status = 200
    await reader.read()
    assert "If-None-Match" not in page.asked[2]


async def test_a_body_that_says_nothing_is_not_remembered(page: Page, http: Http) -> None:
    """An empty answer with an ETag would otherwise stay empty for ever, as "not modified"."""
    page.headers, page.body = {"ETag": '"7"'}, b""
    reader = Reader(http, page.feed())
    assert states(await reader.read()) == ["unknown"]
    page.body = json.dumps(GREEN).encode()
    assert states(await reader.read()) == ["operational"]
    assert reader.poller.health()["aws-status"].fault == ""


async def test_after_some_time_everything_is_read_anew(page: Page, http: Http) -> None:
    """A cache that answers "the same" for ever must not freeze a feed."""
    page.headers = {"ETag": '"7"'}
    reader = Reader(http, page.feed())
    await reader.read()
    page.body = json.dumps(BAD).encode()
    assert states(await reader.read()) == ["operational"]
    reader.memory.read_at -= FRESH + 1
    assert states(await reader.read()) == ["major_outage"]
    assert "If-None-Match" not in page.asked[2]


async def test_the_same_body_is_understood_once(page: Page, http: Http) -> None:
    reader = Reader(http, page.feed())
    await reader.read()
    read_at = reader.memory.read_at
    await reader.read()
    assert reader.memory.read_at == read_at
    assert len(page.asked) == 2
    page.body = json.dumps(BAD).encode()
    assert states(await reader.read()) == ["major_outage"]


async def test_a_large_body_says_the_same(page: Page, http: Http) -> None:
    page.body = json.dumps(BAD | {"padding": "x" * SMALL}).encode()
    assert states(await Reader(http, page.feed()).read()) == ["major_outage"]


async def test_an_entry_that_vanishes_is_over(page: Page, http: Http) -> None:
    incident = {
        "id": "k1",
        "name": "Elevated errors",
        "status": "investigating",
        "impact": "major",
        "components": [{"id": "1", "name": "S3", "status": "major_outage"}],
    }
    page.body = json.dumps(BAD | {"incidents": [incident]}).encode()
    reader = Reader(http, page.feed())
    (open_,) = await reader.read()
    page.body = json.dumps(BAD | {"incidents": [incident | {"name": "S3 outage"}]}).encode()
    (renamed,) = await reader.read()
    assert (renamed.title, renamed.first_seen) == ("S3 outage", open_.first_seen)
    page.body = json.dumps(GREEN).encode()
    said = {signal.phase: signal for signal in await reader.read()}
    assert (said["gone"].vendor_id, said["gone"].state) == ("k1", "operational")
    assert said["gone"].last_seen == renamed.last_seen


async def test_feeds_of_one_address_are_one_request(page: Page, http: Http) -> None:
    heard: list[str] = []

    async def hear(feed: str, _signals: Sequence[Signal]) -> None:
        heard.append(feed)

    hour = timedelta(hours=1)
    feeds = [page.feed(name, every=hour, vendor=name) for name in ("one", "two", "three")]
    async with running(Poller(http, feeds, hear, QUICK)) as poller:
        await until(lambda: len(heard) == 3)
    assert sorted(heard) == ["one", "three", "two"]
    assert len(page.asked) == 1
    assert len(poller.addresses) == 1
    assert {one.vendor for one in poller.health().values()} == {"one", "two", "three"}


async def test_a_host_is_asked_few_things_at_a_time(page: Page, http: Http) -> None:
    hour, manners = timedelta(hours=1), Manners(at_once=2, gap=0, spread=0)
    feeds = [page.feed(f"f{n}", url=page.url(more=f"?{n}"), every=hour) for n in range(6)]
    other = page.feed("other", url=page.url("127.0.0.2"), every=hour)
    page.hold.clear()
    async with running(Poller(http, [*feeds, other], ignore, manners)):
        await until(lambda: page.busy == 3)  # two there, one elsewhere
        page.hold.set()
        await until(lambda: len(page.asked) == 7)
    assert page.most_busy == 3


async def test_a_host_is_given_a_moment_between_two_requests() -> None:
    hosts, starts = Hosts(Manners(at_once=9, gap=0.05)), list[float]()

    async def ask(url: str) -> None:
        async with hosts.turn(url):
            starts.append(clock.monotonic())

    await asyncio.gather(*(ask(f"https://status.example.com/{n}") for n in range(4)))
    # Each gap is at least as long, however slow the machine is; half of it leaves room for a tick.
    assert all(b - a > 0.025 for a, b in itertools.pairwise(starts))


async def test_a_feed_that_hangs_does_not_delay_another(page: Page, http: Http) -> None:
    heard: list[str] = []

    async def hear(feed: str, _signals: Sequence[Signal]) -> None:
        heard.append(feed)
        if feed == "stuck":
            await asyncio.sleep(3600)

    stuck = page.feed("stuck", url=page.url("127.0.0.3"))
    async with running(Poller(http, [stuck, page.feed()], hear, QUICK)):
        await until(lambda: heard.count("aws-status") >= 3 and "stuck" in heard)
    assert heard.count("stuck") == 1


async def test_a_failing_page_is_asked_less_and_less(page: Page, http: Http) -> None:
    page.status = 500
    poller = Poller(http, [page.feed(every=timedelta(seconds=60))], ignore, QUICK)
    async with running(poller):
        await until(lambda: bool(page.asked))
        before = clock.now()
        await until(lambda: (poller.health()["aws-status"].next_at or before) > before)
        next_at = poller.health()["aws-status"].next_at
    assert next_at is not None
    assert 100 < (next_at - before).total_seconds() < 140


async def test_a_source_is_asked_through_its_plug_in(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    feed = FeedSettings(
        name="health",
        vendor="aws",
        source="aws_health",
        endpoint_url="http://127.0.0.1:9",
    )
    (only,) = await Reader(http, feed).read()
    assert only.state == "unknown"
    assert "Health API" in only.why


def test_only_feeds_of_the_same_address_and_rights_share_it() -> None:
    def feed(name: str, **rest: Any) -> FeedSettings:
        return FeedSettings(name=name, vendor="v", **rest)

    url = "https://status.example.com/a"
    found = addresses(
        [
            feed("a", url=url),
            feed("b", url=url, allow_private=True),
            feed("c", url=url),
            feed("d", source="aws_health"),
            feed("e", source="aws_health"),
        ]
    )
    named = [[one.feed.name for one in address.followed] for address in found]
    assert named == [["a", "c"], ["b"], ["d"], ["e"]]


NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("99999999", LONGEST_WAIT),
        ("Mon, 02 Mar 2026 18:02:00 GMT", 120),
        ("Mon, 02 Mar 2026 17:00:00 GMT", 0),
        ("Mon, 02 Mar 2026 18:02:00", 0),
        ("soon", 0),
        ("", 0),
        ("-5", 0),
        ("\u0663", 0),
    ],
)
def test_what_a_vendor_may_write_into_retry_after(text: str, seconds: float) -> None:
    assert retry_after(text, NOW) == seconds


@given(st.text())
def test_any_retry_after_is_a_time_one_can_wait(text: str) -> None:
    assert 0 <= retry_after(text, NOW) <= LONGEST_WAIT


async def test_a_date_in_retry_after_counts_from_now(page: Page, http: Http) -> None:
    page.status, page.headers = 503, {"Retry-After": "Mon, 02 Mar 2026 18:05:00 GMT"}
    reader = Reader(http, page.feed())
    with freeze_time(NOW, real_asyncio=True):
        await reader.read()
    assert reader.memory.asked_to_wait == 300


@asynccontextmanager
async def running(poller: Poller) -> AsyncIterator[Poller]:
    task = asyncio.create_task(poller.run())
    try:
        yield poller
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


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

    async with running(Poller(http, [page.feed("broken"), page.feed()], hear, QUICK)):
        await until(lambda: ("aws-status", "operational") in heard)
        page.body = json.dumps(BAD).encode()
        await until(lambda: ("aws-status", "major_outage") in heard)


def test_the_pause_grows_while_a_feed_fails_and_has_a_bound() -> None:
    assert pause(60, 0, 0, luck=0) == 60
    assert [pause(60, n, 0, luck=0) for n in (1, 2, 3, 4, 40)] == [120, 240, 480, 600, 600]
    assert pause(60, 0, 0, luck=1) == pytest.approx(66)
    assert pause(60, 0, 0, luck=-1) == pytest.approx(54)
    assert pause(60, 0, 900, luck=0) == 900


@given(
    every=st.floats(0.01, 86400),
    failures=st.integers(0, 10_000),
    asked=st.floats(0, LONGEST_WAIT),
    luck=st.floats(-1, 1),
)
def test_the_pause_is_never_short_nor_endless(
    every: float, failures: int, asked: float, luck: float
) -> None:
    wait = pause(every, failures, asked, luck)
    assert wait >= asked
    assert every * 0.9 - 1e-9 <= wait <= max(every * 11 + 1e-9, asked)

"""APIs that are asked instead of fetching an address, against a server that speaks their wire."""

import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import pytest
from aiohttp import web

from incidentbot import plugins
from incidentbot.errors import IncidentbotError, Permanent, Temporary
from incidentbot.http import Http
from incidentbot.settings import FeedSettings
from incidentbot.signals.feeds.fetch import SOURCES, Fetcher, Memory
from incidentbot.signals.feeds.sources import aws_health

PLAN = {"__type": "SubscriptionRequiredException", "message": "no plan"}
DENIED = {"__type": "AccessDeniedException", "message": "not authorized"}
BUSY = {"__type": "ThrottlingException", "message": "slow down"}


class Health:
    """The two operations of the AWS Health API that are used, with pages of two events."""

    def __init__(self) -> None:
        self.arns = [f"arn:aws:health:us-east-1::event/S3/E{n}" for n in range(5)]
        self.refuse: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        operation = request.headers["X-Amz-Target"].rpartition(".")[2]
        body = await request.json()
        self.asked.append((operation, body))
        if self.refuse:
            return web.json_response(self.refuse, status=400)
        said = self.events(body) if operation == "DescribeEvents" else self.details(body)
        return web.json_response(said, content_type="application/x-amz-json-1.1")

    def events(self, body: dict[str, Any]) -> dict[str, Any]:
        start = int(body.get("nextToken", "page-0").removeprefix("page-"))
        more = {"nextToken": f"page-{start + 2}"} if start + 2 < len(self.arns) else {}
        events = [
            {
                "arn": arn,
                "service": "S3",
                "region": "us-east-1",
                "statusCode": "open",
                "eventTypeCategory": "issue",
                "startTime": 1772474400.0,
            }
            for arn in self.arns[start : start + 2]
        ]
        return {"events": events, **more}

    def details(self, body: dict[str, Any]) -> dict[str, Any]:
        assert len(body["eventArns"]) <= 10
        found = [
            {"event": {"arn": arn}, "eventDescription": {"latestDescription": "We are looking."}}
            for arn in body["eventArns"]
        ]
        return {"successfulSet": found, "failedSet": []}

    def feed(self, **more: Any) -> FeedSettings:
        source = {"source": "aws_health", "endpoint_url": self.url}
        return FeedSettings(name="health", vendor="aws", **source | more)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    aws_health._client.cache_clear()
    yield
    aws_health._client.cache_clear()


@pytest.fixture
async def health() -> AsyncIterator[Health]:
    made, app = Health(), web.Application()
    app.router.add_post("/", made.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_every_source_can_be_asked() -> None:
    assert set(plugins.found(SOURCES)) == {"aws_health"}
    assert all(callable(module.read) for module in plugins.found(SOURCES).values())


async def test_all_pages_and_the_words_to_each_event(health: Health, threads: Executor) -> None:
    body = json.loads(await aws_health.read(health.feed(), threads))
    assert [event["arn"] for event in body["events"]] == health.arns
    assert body["events"][0]["startTime"] == "2026-03-02T18:00:00+00:00"
    assert body["details"][4]["eventDescription"]["latestDescription"] == "We are looking."
    asked = [operation for operation, _ in health.asked]
    assert asked == ["DescribeEvents"] * 3 + ["DescribeEventDetails"]


async def test_many_events_are_asked_about_ten_at_a_time(health: Health, threads: Executor) -> None:
    health.arns = [f"arn:{n}" for n in range(23)]
    body = json.loads(await aws_health.read(health.feed(), threads))
    assert [detail["event"]["arn"] for detail in body["details"]] == health.arns


async def test_only_what_is_open_or_to_come_where_the_feed_says(
    health: Health, threads: Executor
) -> None:
    await aws_health.read(
        health.feed(services=["s3", "cloudfront"], regions=["eu-west-1"]), threads
    )
    wanted = health.asked[0][1]["filter"]
    assert wanted["services"] == ["S3", "CLOUDFRONT"]
    assert wanted["regions"] == ["eu-west-1", "global"]
    assert wanted["eventStatusCodes"] == ["open", "upcoming"]


async def test_nothing_open_is_said_as_such(health: Health, threads: Executor) -> None:
    health.arns = []
    assert json.loads(await aws_health.read(health.feed(), threads)) == {
        "events": [],
        "details": [],
    }


@pytest.mark.parametrize(
    ("refusal", "kind", "says"),
    [
        (PLAN, Permanent, "support plan"),
        (DENIED, Permanent, "health:DescribeEvents"),
        (BUSY, Temporary, "ThrottlingException"),
    ],
    ids=["no-plan", "denied", "throttled"],
)
async def test_a_refusal_is_told_in_words(
    health: Health,
    threads: Executor,
    refusal: dict[str, str],
    kind: type[IncidentbotError],
    says: str,
) -> None:
    health.refuse = refusal
    with pytest.raises(kind) as caught:
        await aws_health.read(health.feed(), threads)
    assert says in caught.value.message


async def test_credentials_may_come_later(
    health: Health, threads: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(Permanent) as caught:
        await aws_health.read(health.feed(), threads)
    assert "no AWS credentials" in caught.value.message
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    assert await aws_health.read(health.feed(), threads)


async def test_what_a_source_says_reaches_the_poll(health: Health) -> None:
    http = Http()
    fetcher, memory = Fetcher(http), Memory()
    got = await fetcher.fetch(health.feed(), memory)
    assert json.loads(got.body or b"")["events"]
    assert (await fetcher.fetch(health.feed(), memory)).body is None  # the same as before
    health.refuse = PLAN
    assert "support plan" in (await fetcher.fetch(health.feed(), memory)).fault
    assert memory.failures == 1
    fetcher.close()
    await http.close()

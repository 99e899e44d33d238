"""The vendor's page in both wire formats: green, then admitting, then resolved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest
from defusedxml.ElementTree import fromstring

from incidentbot.rehearsal.pages import Served
from incidentbot.rehearsal.vendor import Vendor, vendor_app

NAMES = ("summary", "status", "components", "incidents", "incidents/unresolved")


class Watch:
    """A clock the test winds on."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 17, 37, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


class Page:
    def __init__(self, vendor: Vendor, watch: Watch, url: str, http: aiohttp.ClientSession) -> None:
        self.vendor, self.watch, self.url, self.http = vendor, watch, url, http

    async def json(self, name: str) -> Any:
        async with self.http.get(f"{self.url}/api/v2/{name}.json") as answer:
            assert answer.status == 200
            return await answer.json()

    async def text(self, path: str) -> str:
        async with self.http.get(self.url + path) as answer:
            assert answer.status == 200
            return await answer.text()

    async def items(self, slug: str = "s3-us-east-1") -> list[dict[str, str]]:
        root = fromstring(await self.text(f"/rss/{slug}.rss"))
        return [{e.tag: e.text or "" for e in item} for item in root.iter("item")]


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    watch = Watch()
    vendor = Vendor(watch)
    served = Served(vendor_app(vendor))
    async with aiohttp.ClientSession() as http:
        yield Page(vendor, watch, await served.start(), http)
    await served.stop()


async def test_a_quiet_page_is_green_in_every_document(page: Page) -> None:
    for name in NAMES:
        document = await page.json(name)
        assert document["page"]["name"]
        assert all(c["status"] == "operational" for c in document.get("components", []))
        assert document.get("incidents", []) == []
    assert (await page.json("status"))["status"]["indicator"] == "none"
    assert await page.items() == []
    assert "All Systems Operational" in await page.text("/")


async def test_admitting_turns_one_component_red_and_opens_one_incident(page: Page) -> None:
    page.watch.at += timedelta(minutes=32)
    assert page.vendor.admit()
    assert not page.vendor.admit(), "a second admission opens nothing"
    summary = await page.json("summary")
    red = [c["name"] for c in summary["components"] if c["status"] != "operational"]
    assert red == ["Amazon S3 (us-east-1)"]
    [incident] = summary["incidents"]
    assert incident["status"] == "investigating"
    assert incident["impact"] == "major"
    assert incident["started_at"] == "2026-03-02T18:09:00.000Z"
    assert incident["resolved_at"] is None
    assert [c["name"] for c in incident["components"]] == red
    [update] = incident["incident_updates"]
    assert update["affected_components"][0]["new_status"] == "major_outage"
    assert (await page.json("incidents/unresolved"))["incidents"] == [incident]
    assert "investigating elevated error rates" in await page.text("/")


async def test_the_feed_tells_the_same_as_one_item(page: Page) -> None:
    page.vendor.admit()
    [item] = await page.items()
    assert item["title"].startswith("Service disruption: ")
    assert "us-east-1" in item["description"]
    assert parsedate_to_datetime(item["pubDate"]) == page.watch.at
    assert item["guid"].endswith(f"#s3-us-standard_{int(page.watch.at.timestamp())}")
    assert await page.items("s3-us-standard") == [item]


async def test_resolving_empties_the_unresolved_list_and_keeps_the_history(page: Page) -> None:
    page.vendor.admit()
    page.watch.at += timedelta(hours=4)
    assert page.vendor.resolve()
    summary = await page.json("summary")
    assert summary["incidents"] == []
    assert {c["status"] for c in summary["components"]} == {"operational"}
    [incident] = (await page.json("incidents"))["incidents"]
    assert incident["status"] == "resolved"
    assert incident["resolved_at"] == "2026-03-02T21:37:00.000Z"
    assert [u["status"] for u in incident["incident_updates"]] == ["resolved", "investigating"]
    titles = [i["title"] for i in await page.items()]
    assert len(titles) == 2
    assert all(t.startswith("Service is operating normally: [RESOLVED] ") for t in titles)


async def test_a_vendor_that_never_admitted_has_nothing_to_resolve(page: Page) -> None:
    assert not page.vendor.resolve()
    assert (await page.json("incidents"))["incidents"] == []


async def test_a_second_outage_is_a_second_report(page: Page) -> None:
    for _ in range(2):
        page.vendor.admit()
        page.watch.at += timedelta(minutes=5)
        page.vendor.resolve()
        page.watch.at += timedelta(minutes=5)
    reports = (await page.json("incidents"))["incidents"]
    assert len({r["id"] for r in reports}) == 2
    guids = [i["guid"] for i in await page.items()]
    assert len(set(guids)) == 4


async def test_a_document_the_format_does_not_have_is_404(page: Page) -> None:
    async with page.http.get(f"{page.url}/api/v2/everything.json") as answer:
        assert answer.status == 404

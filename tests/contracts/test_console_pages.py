"""The pages of what is watched over real HTTP, from both kinds of database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.console import pages, reading
from incidentbot.settings import Settings
from incidentbot.store import Store
from incidentbot.store import models as rows
from tests.unit import console_cases as cases
from tests.unit.console_cases import HOSTILE, S3, dependency, settings

R2 = "r2"
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Site:
    """The pages on a port of their own."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http, self.url = http, url

    async def get(self, path: str) -> tuple[int, str, Any]:
        async with self.http.get(self.url + path, allow_redirects=False) as answer:
            return answer.status, await answer.text(), answer.headers

    async def page(self, path: str) -> str:
        status, text, headers = await self.get(path)
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        return text.replace("\u00a0", " ")

    async def json(self, path: str) -> Any:
        async with self.http.get(self.url + path) as answer:
            assert answer.status == 200
            return await answer.json()


@asynccontextmanager
async def served(store: Store, made: Settings) -> AsyncIterator[Site]:
    app = web.Application()
    pages.add_routes(app, store, made, cases.health)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with aiohttp.ClientSession() as http:
            yield Site(http, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


@pytest.fixture
async def site(store: Store) -> AsyncIterator[Site]:
    """S3 is down with an incident, R2 is up, and one was never looked at."""
    store.run(fill)
    made = settings(dependency(), dependency(R2, "Cloudflare R2"), dependency("new", "New"))
    async with served(store, made) as running:
        yield running


def fill(session: Session) -> None:
    now = clock.now()
    cases.put(session, S3, "down", now)
    cases.put(session, R2, "up", now)
    cases.put(session, "forgotten", "down", now)
    cases.put_incident(session, now)
    cases.put_document(session, now)
    session.add(rows.Channel(incident_id="INC-7", channel_id="C1", name="inc-s3", state="open"))
    cases.put_incident(session, now, 6, status="resolved", resolved_at=now)
    cases.put_incident(session, now, 5, dependency=R2, status="resolved", resolved_at=now)
    cases.put_word(session, now, "partial_outage", "Errors for S3")
    cases.put_alert(session, now, "major_outage", "38 % of GETs fail", "firing")
    cases.put_alert(session, now, "operational", "It was something else", "resolved")
    cases.put_notice(session, now, "heads_up", "The vendor reports trouble.", dependency=S3)
    cases.put_notice(session, now - timedelta(days=2), "heads_up", "Old news.", dependency=S3)


async def test_all_at_a_glance(site: Site) -> None:
    text = await site.page("/")
    assert text.index("Failing: 1") < text.index("Not seen: 1") < text.index("Up: 1")
    assert 'href="./dependencies/s3-us-east-1"' in text
    assert 'href="./documents/INC-7/postmortem.html"' in text
    assert "INC-6" not in text
    assert "forgotten" not in text
    assert "The vendor reports trouble." in text
    assert "Old news." not in text
    assert "0.012 s" in text
    said = await site.json("/api/dependencies")
    assert [(d["name"], d["state"], d["word"]) for d in said["dependencies"]] == [
        (S3, "down", "down"),
        ("new", "unknown", "not seen"),
        (R2, "up", "up"),
    ]
    assert said["counts"] == {"down": 1, "held": 0, "unknown": 1, "degraded": 0, "up": 1}
    assert (said["bot"]["messages_waiting"], said["blind"]) == (3, None)
    assert [(i["id"], i["channel"]) for i in said["incidents"]] == [("INC-7", "inc-s3")]
    bands = [band["state"] for band in said["dependencies"][0]["strip"]["bands"]]
    assert bands == ["up", "down"]  # what was before the strip began reaches into it


async def test_one_whole(site: Site) -> None:
    text = await site.page(f"/dependencies/{S3}")
    for said in ("answered 503", "31 ms", "12 min ago", "Errors for S3", "38 % of GETs fail"):
        assert said in text
    assert "It was something else" not in text
    assert text.index("INC-7") < text.index("INC-6")
    assert "INC-5" not in text
    assert 'href="../documents/INC-7/postmortem.html"' in text
    assert 'href="https://status.example.com/summary.json"' in text
    said = await site.json(f"/api/dependencies/{S3}")
    assert [check["detail"] for check in said["checks"]] == ["answered 503"] * 2
    for strip in (said["dependency"]["strip"], said["week"], said["checks"][0]["strip"]):
        assert [band["state"] for band in strip["bands"]] == ["up", "down"]
    assert said["checks"][0]["well_at"] == said["checks"][0]["since"]
    assert [feed["state"] for feed in said["feeds"]] == ["partial_outage"]
    assert len(said["rule"]) == 6


@SQLITE
async def test_a_page_runs_nothing_loads_nothing_and_is_not_kept(site: Site) -> None:
    for path in ("/", f"/dependencies/{S3}", "/dependencies/nothing"):
        _, text, headers = await site.get(path)
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "<script" not in text
        assert " style=" not in text
        assert text.count("<style>") == 1


@SQLITE
async def test_a_page_renews_itself_unless_it_is_asked_to_stand_still(site: Site) -> None:
    assert (await site.get("/"))[2]["Refresh"] == "10"
    assert "Refresh" not in (await site.get("/?still"))[2]
    assert "standing still" in await site.page(f"/dependencies/{S3}?still")


@SQLITE
async def test_a_name_that_is_not_there_is_said_in_plain_words(site: Site) -> None:
    for name in ("nothing", "forgotten", "..%2F..%2Fetc", "%3Cscript%3E", "S3", "%00"):
        status, text, _ = await site.get(f"/dependencies/{name}")
        assert (status, "There is no such dependency" in text) == (404, True), name
        assert 'href="../"' in text
        assert "<script" not in text
        status, text, headers = await site.get(f"/api/dependencies/{name}")
        assert (status, headers["Content-Type"]) == (404, "application/json; charset=utf-8")
        assert "names no dependency" in text


@SQLITE
async def test_hostile_text_from_the_database_stays_text(store: Store) -> None:
    def hostile(session: Session) -> None:
        now = clock.now()
        cases.put(session, S3, "down", now, reason=HOSTILE, held=HOSTILE)
        cases.put_incident(session, now, title=HOSTILE)
        cases.put_word(session, now, "degraded", HOSTILE)
        cases.put_alert(session, now, "degraded", HOSTILE)
        cases.put_notice(session, now, "blind", HOSTILE, dependency=S3)

    store.run(hostile)
    async with served(store, settings(dependency())) as site:
        for path in ("/", f"/dependencies/{S3}"):
            text = await site.page(path)
            assert "<script" not in text
            assert "<img" not in text
            assert "&lt;script&gt;alert(1)" in text
        assert (await site.json("/api/dependencies"))["incidents"][0]["title"] == HOSTILE


async def test_a_database_that_does_not_answer_is_said_and_not_taken_for_good(
    tmp_path: Path,
) -> None:
    empty = Store(f"sqlite:///{tmp_path}/empty.db")
    async with served(empty, settings(dependency())) as site:
        for path in ("/", f"/dependencies/{S3}"):
            status, text, headers = await site.get(path)
            assert (status, headers["Refresh"]) == (503, "10")
            assert "The database does not answer" in text
        for path in ("/api/dependencies", f"/api/dependencies/{S3}"):
            status, text, _ = await site.get(path)
            assert (status, "does not answer" in text) == (503, True)
    empty.close()


async def test_more_changes_than_are_read_leave_a_gap_and_no_claim(store: Store) -> None:
    def flap(session: Session) -> None:
        now = clock.now()
        for n in range(50, 0, -1):
            at, state = now - timedelta(minutes=20 + n), "degraded" if n % 2 else "up"
            session.add(rows.DependencyChange(dependency=S3, at=at, state=state, reason=""))
        session.flush()
        cases.put(session, S3, "down", now)

    store.run(flap)
    now = clock.now()
    changes = store.run(reading.glance, now - timedelta(days=1), now).changes[S3]
    assert (len(changes), changes[0].at < now - timedelta(days=7)) == (52, True)
    changes = store.run(reading.glance, now - timedelta(days=1), now, 20).changes[S3]
    assert (len(changes), changes[-1].state) == (20, "down")
    assert min(change.at for change in changes) > now - timedelta(hours=1)


async def test_who_is_alarmed_is_who_has_an_alert_that_fires_and_is_young(store: Store) -> None:
    now = clock.now()

    def pushed(session: Session) -> None:
        for about, state, hours in (
            ("fires", "degraded", 1), ("over", "operational", 1), ("old", "major_outage", 25),
            ("blind", "unknown", 1),
        ):  # fmt: skip
            at = now - timedelta(hours=hours)
            alert = {"hook": "h", "key": "k", "title": "", "since": at, "seen_at": at}
            session.add(rows.Alert(dependency=about, state=state, **alert))

    store.run(pushed)
    for read in (reading.glance, lambda s, *when: reading.dependency(s, "fires", *when)):
        assert store.run(read, now - timedelta(days=1), now).alarmed == {"fires"}

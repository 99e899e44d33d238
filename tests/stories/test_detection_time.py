"""From a break on the wire to an open incident: never later than one interval and the re-checks."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidentbot.http import Http
from incidentbot.incidents import lifecycle
from incidentbot.incidents.watch import Watcher
from incidentbot.runbooks.origins import s3 as bucket
from incidentbot.settings import CheckSettings, ConfirmSettings, OriginSettings, RecoverSettings
from incidentbot.signals.probes.checks import http, s3
from incidentbot.signals.probes.contract import Context
from incidentbot.signals.probes.engine import Engine, schedule
from incidentbot.store import Store, migrate
from incidentbot.store.models import CheckState
from tests.stories.watching import CANARY, S3, SHOP, dependency, settings

EVERY, APART = 1.0, 0.2
SLACK = 15.0  # for a busy machine; how long it takes is for a benchmark to say


class Region:
    """Bucket and edge in one; `broken` makes both fail, each in its own way."""

    def __init__(self) -> None:
        self.broken = False
        self.url = ""

    async def bucket(self, _request: web.Request) -> web.Response:
        headers = {"ETag": '"1"'}
        return web.Response(status=503 if self.broken else 200, headers=headers)

    async def edge(self, _request: web.Request) -> web.Response:
        return web.Response(status=502 if self.broken else 200)


@pytest.fixture
async def region(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Region]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    made = Region()
    app = web.Application()
    app.router.add_get("/a.svg", made.edge)
    app.router.add_route("*", "/{tail:.*}", made.bucket)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


def watched(region: Region) -> Any:
    checks = (
        CheckSettings(
            name=CANARY, kind="s3", options=s3.Options(origin="us-east-1", key="canary.txt")
        ),
        CheckSettings(
            name=SHOP,
            kind="http",
            users_path=True,
            options=http.Options(url=f"{region.url}/a.svg", allow_private=True),
        ),
    )
    return dependency(
        every=timedelta(seconds=EVERY),
        confirm=ConfirmSettings(failures=3, apart=timedelta(seconds=APART)),
        recover=RecoverSettings(successes=2),
        checks=checks,
    )


async def test_a_break_opens_an_incident_in_time_and_its_end_mitigates_it(
    region: Region, tmp_path: Path
) -> None:
    store = Store(f"sqlite:///{tmp_path}/incidentbot.db")
    migrate.upgrade(store)
    config = settings(watched(region))
    origin = OriginSettings(
        name="us-east-1",
        kind="s3",
        options=bucket.Options(region="us-east-1", bucket="shop", endpoint_url=region.url),
    )
    client = Http()
    context = Context(client, [origin])
    watcher = Watcher(store, config)
    await watcher.load()
    task = asyncio.create_task(Engine(schedule(config), context, watcher.observed).run())
    try:
        await well(store, 2, EVERY + SLACK)
        region.broken = True
        took = await reached(store, "open", EVERY + 2 * APART + SLACK)
        assert took > 2 * APART * 0.9  # and it was confirmed, not believed at once
        region.broken = False
        await reached(store, "mitigated", 3 * EVERY + SLACK)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        context.close()
        await client.close()
        store.close()


async def well(store: Store, checks: int, within: float) -> None:
    """Until so many checks were seen well."""
    found = select(func.count()).select_from(CheckState).filter_by(state="up")
    async with asyncio.timeout(within):
        while True:
            if await store.tx(Session.scalar, found) == checks:
                return
            await asyncio.sleep(0.02)


async def reached(store: Store, status: str, within: float) -> float:
    """Seconds until the incident of the dependency has this status."""
    began = time.perf_counter()
    async with asyncio.timeout(within):
        while True:
            incident = await store.tx(lifecycle.open_for, S3)
            if incident is not None and incident.status == status:
                return time.perf_counter() - began
            await asyncio.sleep(0.02)

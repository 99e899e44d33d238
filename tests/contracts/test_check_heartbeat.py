"""The check `heartbeat` misses a job that falls silent, and never because we were away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from freezegun import freeze_time

from incidentbot import clock
from incidentbot.console.heartbeats import heartbeat
from incidentbot.console.web import make_app
from incidentbot.settings import Settings
from incidentbot.settings.model import CheckSettings, DependencySettings, SlackSettings
from incidentbot.signals.probes.beats import Beats
from incidentbot.signals.probes.checks.heartbeat import Options, check
from incidentbot.signals.probes.contract import Beat, CheckOptions, Context, Result
from incidentbot.store import Store
from tests.contracts.checking import Case, outside, secret

HOUR = timedelta(hours=1)
NOW = clock.parse("2026-11-24T12:00:00Z")
OPTIONS = Options(within=HOUR, secret=secret("s3cret"))


def beat(since: float, listening: float, at: float | None = None, **more: Any) -> Beat:
    """All in hours before NOW."""
    return Beat(
        NOW - since * HOUR,
        NOW - listening * HOUR,
        None if at is None else NOW - at * HOUR,
        **more,
    )


class Known:
    def __init__(self, beat: Beat | None) -> None:
        self.beat = beat

    def last(self, _options: CheckOptions) -> Beat | None:
        return self.beat


BEATS = [
    (Case(True, "ok"), beat(90, 90, 0.9)),
    (Case(True, "ok"), beat(90, 0.1, 0.9)),
    (Case(False, "missed", says="11:00:00 UTC, not within 1h"), beat(90, 90, 1.0)),
    (Case(None, "missed", says="the first is due by"), beat(0.5, 0.5)),
    (Case(False, "missed", says="no beat has ever come"), beat(1.5, 0.1)),
    (Case(None, "missed", says="may have been lost"), beat(90, 0.5, 2)),
    (Case(False, "missed"), beat(90, 1.5, 2)),
    (
        Case(False, "alert", says="failed: disk full"),
        beat(9, 9, 0, failing=True, message="disk full"),
    ),
    (Case(False, "missed"), beat(9, 9, 3, failing=True)),
    (Case(None, "internal", says="not listened for"), None),
]
CASES = [case for case, _ in BEATS]


@pytest.mark.parametrize(("case", "known"), BEATS, ids=str)
async def test_what_a_silence_means(case: Case, known: Beat | None) -> None:
    async with outside(beats=Known(known)) as context:
        with freeze_time(NOW, real_asyncio=True):
            result = await check(OPTIONS, context)
    assert (result.ok, result.reason) == (case.ok, case.reason), result.detail
    assert case.says in result.detail


def settings() -> Settings:
    job = CheckSettings(name="nightly", kind="heartbeat", options=OPTIONS)
    other = CheckSettings(
        name="hourly", kind="heartbeat", options=Options(within=HOUR, secret=secret("s3cret"))
    )
    backup = DependencySettings(
        name="backup", title="The backup", vendor="us", service="backup", checks=(job, other)
    )
    people = SlackSettings(announce="incidents", oncall=("maya",), approvers=("maya",))
    return Settings(name="Shop", slack=people, source=Path("x"), dependencies=(backup,))


class House:
    """The bot as far as beats go; `restart` makes it anew on the same database."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.settings = settings()
        self.beats = Beats(store, self.settings)

    async def look(self, check_number: int = 0) -> Result:
        options = self.settings.dependencies[0].checks[check_number].options
        assert isinstance(options, Options)
        return await check(options, self.context)

    @asynccontextmanager
    async def door(self) -> AsyncIterator[str]:
        await self.beats.load()
        app = make_app(Path(), _nothing, {}, partial(heartbeat, self.beats))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        async with outside(beats=self.beats) as self.context:
            try:
                yield f"http://{host}:{port}/heartbeats/backup/nightly"
            finally:
                await runner.cleanup()

    context: Context


async def _nothing() -> dict[str, object]:
    return {}


async def _nobody(_request: web.Request) -> web.Response:
    return web.Response()


BEARER = {"Authorization": "Bearer s3cret"}


@pytest.mark.parametrize(
    ("method", "tail", "extra"),
    [
        ("POST", "", {"headers": BEARER}),
        ("GET", "", {"headers": BEARER}),
        ("GET", "?secret=s3cret", {}),
        ("POST", "", {"data": {"secret": "s3cret", "status": "ok"}}),
    ],
    ids=str,
)
async def test_a_beat_is_taken_in_and_survives_a_restart(
    store: Store, method: str, tail: str, extra: dict[str, Any]
) -> None:
    house = House(store)
    async with house.door() as url, aiohttp.ClientSession() as http:
        assert (await house.look()).ok is None
        async with http.request(method, url + tail, **extra) as answer:
            assert (answer.status, await answer.text()) == (200, "noted\n")
        assert (await house.look()).ok is True
        assert (
            await house.look(1)
        ).ok is None  # the other one has the same options, not the same beat
    restarted = House(store)
    async with restarted.door():
        assert (await restarted.look()).ok is True


async def test_a_job_may_say_that_it_failed(store: Store) -> None:
    house = House(store)
    async with house.door() as url, aiohttp.ClientSession() as http:
        async with http.post(f"{url}?status=fail&message=disk%0Afull", headers=BEARER) as answer:
            assert answer.status == 200
        failing = await house.look()
        async with http.post(url, headers=BEARER):
            pass
        assert (await house.look()).ok is True
    assert (failing.reason, failing.detail) == ("alert", "the job says that it failed: disk full")


@pytest.mark.parametrize(
    ("path", "headers", "status", "says"),
    [
        ("", {}, 404, "or the secret is wrong"),
        ("", {"Authorization": "Bearer wrong"}, 404, "or the secret is wrong"),
        ("", {"Authorization": "Bearer "}, 404, "or the secret is wrong"),
        ("ly", BEARER, 404, "or the secret is wrong"),
        ("?status=meh", BEARER, 400, "allowed: ok, fail"),
    ],
)
async def test_others_are_turned_away(
    store: Store, path: str, headers: dict[str, str], status: int, says: str
) -> None:
    house = House(store)
    async with house.door() as url, aiohttp.ClientSession() as http:
        async with http.post(url + path, headers=headers) as answer:
            assert answer.status == status
            assert says in await answer.text()
        assert (await house.look()).ok is None

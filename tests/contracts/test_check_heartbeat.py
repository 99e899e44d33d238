"""The check `heartbeat` misses a job that falls silent, and never because we were away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from freezegun import freeze_time
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.console.heartbeats import heartbeat
from incidentbot.console.web import make_app
from incidentbot.settings import CheckSettings, DependencySettings, Settings, SlackSettings
from incidentbot.signals.probes.beats import Beats
from incidentbot.signals.probes.checks.heartbeat import Options, check
from incidentbot.signals.probes.contract import Beat, CheckOptions, Context, Result
from incidentbot.signals.probes.pulse import Pulse
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


async def test_a_silence_while_we_stood_still_proves_nothing(store: Store) -> None:
    house, day = House(store), timedelta(days=1)
    with freeze_time(NOW, real_asyncio=True) as frozen:
        async with house.door():
            await house.beats.take("backup", "hourly", False, "")
            frozen.move_to(NOW + day)
            house.beats.unheard()
            assert (await house.look(1)).ok is None
            frozen.move_to(NOW + day + HOUR)
            assert (await house.look(1)).ok is False


def _break_table(session: Session) -> None:
    session.execute(text("ALTER TABLE heartbeat RENAME TO gone"))


async def test_a_beat_that_could_not_be_written_down_is_no_silence(store: Store) -> None:
    house = House(store)
    with freeze_time(NOW, real_asyncio=True) as frozen:
        async with house.door():
            await house.beats.take("backup", "hourly", False, "")
            frozen.tick(2 * HOUR)
            await store.tx(_break_table)
            with pytest.raises(DBAPIError):
                await house.beats.take("backup", "hourly", False, "")
            assert (await house.look(1)).ok is None


async def test_a_long_stall_of_the_loop_is_told() -> None:
    pulse, told = Pulse(), asyncio.Event()
    pulse.stalled = told.set
    with freeze_time(NOW, real_asyncio=True) as frozen:
        pulse.start()
        frozen.tick(120)
        try:
            await asyncio.wait_for(told.wait(), 5)
        finally:
            pulse.stop()

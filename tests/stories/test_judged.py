"""What is decided becomes rows and stories once, on each database, also over a restart."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from freezegun import freeze_time
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import timeline
from incidentbot.http import Http
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import BOT, Person
from incidentbot.incidents.watch import Watcher
from incidentbot.settings import HookSettings
from incidentbot.settings.secrets import Secret
from incidentbot.settings.watching import AnchorSettings, SeverityRule, SightSettings
from incidentbot.signals import Reason, Signal, State
from incidentbot.signals.anchors import Anchors
from incidentbot.signals.hooks.receivers import alertmanager
from incidentbot.store import Store
from incidentbot.store.models import Alert, DependencyChange, DependencyState, Notice
from tests.contracts.wire import refusing
from tests.stories.watching import (
    CANARY,
    FAILS,
    S3,
    SHOP,
    START,
    WELL,
    World,
    dependency,
    settings,
)

MAYA = Person("U1", "Maya")
SILENT: tuple[bool | None, Reason, str] = (False, "timeout", "no answer within 2 s")
CDN = "cdn"


def cdn() -> Any:
    return dependency(
        name=CDN,
        title="The CDN",
        feeds=(),
        hangs_on=(S3,),
        quorum=1,
        checks=dependency().checks[1:],
    )


@pytest.fixture
async def world(store: Store) -> World:
    world = await World(store, settings(dependency(), cdn())).start()
    await world.looks(WELL, 1)
    await world.look(SHOP, WELL, CDN)
    return world


async def test_one_cause_is_one_incident_and_its_follower_is_listed(world: World) -> None:
    await world.looks(FAILS)
    for _ in range(3):
        await world.look(SHOP, FAILS, CDN)
    assert [i.dependency for i in await world.incidents()] == [S3]
    (entry,) = [e for e in await world.story("verdict") if e.data.get("affected") == CDN]
    assert entry.text.startswith("The CDN is affected too, since it hangs on this")
    for _ in range(3):
        await world.look(SHOP, WELL, CDN)
    last = [e for e in await world.story("verdict") if e.data.get("affected") == CDN][-1]
    assert last.text.startswith("The CDN, which was affected, is up again")


async def test_what_hangs_on_a_follower_is_listed_in_the_incident_of_the_first_cause(
    store: Store,
) -> None:
    shop = cdn().model_copy(update={"name": "shop", "title": "The shop", "hangs_on": (CDN,)})
    world = await World(store, settings(dependency(), cdn(), shop)).start()
    await world.looks(WELL, 1)
    for name in (CDN, "shop"):
        await world.look(SHOP, WELL, name)
    await world.looks(FAILS)
    for name in (CDN, "shop"):
        for _ in range(3):
            await world.look(SHOP, FAILS, name)
    listed = [e.data["affected"] for e in await world.story("verdict") if "affected" in e.data]
    assert listed == [CDN, "shop"]


async def test_a_cause_found_later_takes_over_the_incident(store: Store) -> None:
    world = await World(store, settings(dependency(), cdn())).start()
    for _ in range(3):
        await world.look(SHOP, FAILS, CDN)
    assert (await world.incident()).dependency == CDN
    await world.looks(FAILS)
    incident = await world.incident()
    assert (incident.dependency, incident.title) == (S3, "Amazon S3 in us-east-1 is failing")
    found = [e for e in await world.story("verdict") if e.text.startswith("The cause is found.")]
    assert [e.data["affected"] for e in found] == [CDN]


async def test_an_incident_nobody_touched_closes_itself(world: World) -> None:
    await world.looks(FAILS)
    await world.looks(WELL)
    world.second += 590
    await world.looks(WELL, 1)
    await world.watcher.tick(world.now)
    assert (await world.incident()).status != "resolved"
    world.second += 700
    await world.watcher.tick(world.now)
    assert (await world.incident()).status != "resolved"  # nobody has looked for a while
    await world.looks(WELL, 1)
    await world.watcher.tick(world.now)
    incident = await world.incident()
    assert incident.status == "resolved"
    last = (await world.story("state"))[-1]
    assert last.actor == BOT
    assert "nobody had acted, so it closes itself" in last.text


@pytest.mark.parametrize("act", ["acknowledge", "note", "role", "severity"])
async def test_an_incident_somebody_touched_is_theirs_to_close(world: World, act: str) -> None:
    await world.looks(FAILS)
    incident = (await world.incident()).id
    acts: dict[str, Any] = {
        "acknowledge": (lifecycle.acknowledge, incident, MAYA),
        "note": (lifecycle.note, incident, "looking", MAYA),
        "role": (lifecycle.assign, incident, "commander", MAYA, MAYA),
        "severity": (lifecycle.set_severity, incident, 1, MAYA),
    }
    await world.store.tx(*acts[act])
    await world.looks(WELL)
    world.second += 700
    await world.looks(WELL, 1)
    await world.watcher.tick(world.now)
    assert (await world.incident()).status != "resolved"


async def test_a_restart_neither_alarms_again_nor_forgets_what_is_held(world: World) -> None:
    await world.looks(FAILS)
    for _ in range(3):
        await world.look(SHOP, FAILS, CDN)
    await world.start()
    await world.looks(FAILS)
    for _ in range(3):
        await world.look(SHOP, FAILS, CDN)
    await world.watcher.tick(world.now)
    assert [i.dependency for i in await world.incidents()] == [S3]
    rows = {row.dependency: row for row in await world.rows(select(DependencyState))}
    assert (rows[S3].alarmed, rows[CDN].alarmed) == (True, False)
    assert rows[CDN].held == "Amazon S3 in us-east-1 is failing, and this hangs on it"
    await world.looks(WELL)
    for _ in range(3):
        await world.look(SHOP, WELL, CDN)
    world.second += 700
    await world.looks(WELL, 1)
    await world.watcher.tick(world.now)
    assert (await world.incidents())[0].status == "resolved"  # known as untouched after all


async def test_a_restart_forgets_no_cause_that_was_just_well_again(world: World) -> None:
    await world.looks(FAILS)
    for _ in range(3):
        await world.look(SHOP, FAILS, CDN)
    await world.looks(WELL)
    await world.start()
    for _ in range(3):
        await world.look(SHOP, FAILS, CDN)
    await world.watcher.tick(world.now)
    assert [i.dependency for i in await world.incidents()] == [S3]
    told = [e for e in await world.story("verdict") if e.data.get("affected") == CDN]
    assert len(told) == 1
    for _ in range(3):
        await world.look(SHOP, WELL, CDN)
    told = [e for e in await world.story("verdict") if e.data.get("affected") == CDN]
    assert told[-1].data["over"]


async def test_a_follower_whose_incident_was_taken_over_alarms_after_a_restart(
    store: Store,
) -> None:
    world = await World(store, settings(dependency(), cdn())).start()
    for _ in range(3):
        await world.look(SHOP, FAILS, CDN)
    await world.looks(FAILS)
    await world.start()
    await world.looks(WELL)
    for _ in range(60):
        world.second += 1
        await world.look(SHOP, FAILS, CDN)
        await world.look(CANARY, WELL)
        await world.look(SHOP, WELL)
        await world.watcher.tick(world.now)
    assert {i.dependency for i in await world.incidents()} == {S3, CDN}


async def test_an_incident_that_a_feed_opened_closes_not_while_the_feed_reports(
    store: Store,
) -> None:
    alone = dependency(feed_alone="incident")
    world = await World(store, settings(alone)).start()
    await world.looks(WELL)
    await world.hear("major_outage", "S3 is down")
    await world.start()
    for _ in range(3):
        world.second += 300
        await world.looks(WELL)
        await world.watcher.tick(world.now)
    assert (await world.incident()).status == "open"
    await world.store.tx(lifecycle.resolve, "INC-1", actor=MAYA)
    await world.start()
    await world.hear("partial_outage", "S3 is better")
    await world.looks(WELL)
    assert len(await world.incidents()) == 1  # not against the person who resolved it


async def test_a_heads_up_is_not_told_again_by_a_process_of_the_next_day(world: World) -> None:
    await world.hear("partial_outage", "Elevated errors")
    world.second += 24 * 3600
    await world.start()
    await world.hear("degraded", "Elevated errors")
    await world.looks(WELL)
    assert len(await world.rows(select(Notice))) == 1


async def test_the_strip_of_a_dependency_is_kept(world: World) -> None:
    await world.looks(FAILS)
    await world.looks(WELL)
    changes = await world.rows(
        select(DependencyChange).filter_by(dependency=S3).order_by(DependencyChange.id)
    )
    assert [change.state for change in changes if change.state != "degraded"] == [
        "unknown",
        "up",
        "down",
        "up",
    ]


async def test_a_rule_raises_the_severity_and_never_against_a_person(store: Store) -> None:
    rule = SeverityRule(when="users_affected", severity=1)
    only = dependency(severity=3, quorum=1, severity_rules=(rule,))
    world = await World(store, settings(only)).start()
    await world.looks(FAILS, checks=(CANARY,))
    assert (await world.incident()).severity == 3
    await world.looks(FAILS, checks=(SHOP,))
    assert (await world.incident()).severity == 1
    (raised,) = await world.story("severity")
    assert raised.text == "Severity 3 becomes 1 (critical): users are affected (shop-image)."
    await store.tx(lifecycle.set_severity, "INC-1", 4, MAYA)
    assert not await store.tx(lifecycle.worsen, "INC-1", 1, "a rule")
    assert (await world.incident()).severity == 4


async def test_a_heads_up_is_one_notice(world: World) -> None:
    await world.hear("partial_outage", "Elevated errors")
    await world.start()
    await world.hear("degraded", "Elevated errors")
    await world.hear("partial_outage", "Elevated errors")
    (notice,) = await world.rows(select(Notice))
    assert (notice.kind, notice.dependency) == ("heads_up", S3)
    assert await world.incidents() == []


async def test_a_thousand_alerts_at_once_are_one_incident_and_one_line(store: Store) -> None:
    hook = HookSettings(
        name="am",
        kind="alertmanager",
        dependencies=(S3,),
        options=alertmanager.Options(secret=Secret("ALERTS_SECRET")),
    )
    config = settings(dependency(quorum=1)).model_copy(update={"hooks": (hook,)})
    world = await World(store, config).start()
    alerts = [
        Signal("am", "alertmanager", state="major_outage", title=f"S3 error {n}", vendor_id=f"{n}")
        for n in range(1000)
    ]
    groups = [alerts[n : n + 50] for n in range(0, 1000, 50)]
    await asyncio.gather(*(world.watcher.pushed("am", group, world.now) for group in groups))
    assert len(await world.incidents()) == 1
    assert len(await world.story("signal")) == 1
    assert len(await world.rows(select(Alert))) == 1000
    over = [
        Signal("am", "alertmanager", state="operational", vendor_id=f"{n}") for n in range(1000)
    ]
    await world.start()
    await world.watcher.pushed("am", over, world.now)
    assert len(await world.story("signal")) == 2


async def test_alerts_that_are_long_over_are_forgotten_and_those_that_fire_are_not(
    store: Store,
) -> None:
    hook = HookSettings(
        name="am",
        kind="alertmanager",
        dependencies=(S3,),
        options=alertmanager.Options(secret=Secret("ALERTS_SECRET")),
    )
    config = settings(dependency(quorum=1)).model_copy(update={"hooks": (hook,)})
    world = await World(store, config).start()

    at = world.now

    async def told(key: str, state: State) -> None:
        signal = Signal("am", "alertmanager", state=state, title="S3 errors", vendor_id=key)
        await world.watcher.pushed("am", [signal], at)

    async def keys() -> set[str]:
        return {row.key for row in await world.rows(select(Alert))}

    await told("fires", "degraded")
    for hours, key in ((0, "over"), (1, "also over"), (30, "newest")):
        at += timedelta(hours=hours)
        await told(key, "operational")
        await world.watcher.tick(at)
    assert await keys() == {"fires", "newest"}
    at += timedelta(days=9)
    await world.watcher.tick(at)
    assert await keys() == {"fires", "newest"}


async def test_a_break_of_many_dependencies_at_once_is_a_storm_with_few_incidents(
    store: Store,
) -> None:
    many = [dependency(name=f"bucket-{n}", feeds=(), quorum=1) for n in range(40)]
    world = await World(store, settings(*many)).start()
    for _ in range(3):
        await asyncio.gather(*(world.look(CANARY, FAILS, of=d.name) for d in many))
    found = await world.store.tx(lifecycle.listed, 100)
    assert len(found) == 20
    for incident in found:
        assert await world.store.tx(timeline.verify, incident.id) is None
    held = [row.held for row in await world.rows(select(DependencyState)) if not row.alarmed]
    assert len(held) == 20
    assert {text.partition(";")[0] for text in held} == {"more than 20 fail at once"}


@pytest.fixture
async def line() -> AsyncIterator[dict[str, Any]]:
    """An anchor that answers while the line is up."""
    up = {"ok": True, "asked": 0}

    async def answer(request: web.Request) -> web.Response:
        up["asked"] += 1
        if not up["ok"]:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=503)  # an error is an answer too

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield {"url": f"http://127.0.0.1:{runner.addresses[0][1]}/", "state": up}
    await runner.cleanup()


async def test_offline_nothing_false_is_opened_and_one_notice_tells_it(
    store: Store, line: dict[str, Any]
) -> None:
    anchor = AnchorSettings(url=line["url"], allow_private=True)
    async with refusing() as dead:
        sight = SightSettings(
            anchors=(AnchorSettings(url=dead, allow_private=True), anchor),
            trusted_for=timedelta(milliseconds=1),
        )
        http = Http()
        world = World(store, settings())
        world.watcher = Watcher(store, world.settings, Anchors(http, sight))
        try:
            line["state"]["ok"] = False
            await world.looks(SILENT)
            assert await world.incidents() == []
            for _ in range(3):
                await asyncio.sleep(0.002)  # older than the anchors' answer is trusted
                await world.watcher.tick(world.now)
            (notice,) = await world.rows(select(Notice))
            assert notice.text.startswith("I cannot see: none of 2 places outside answers either")
            line["state"]["ok"] = True
            await asyncio.sleep(0.002)
            await world.watcher.tick(world.now)
            assert await world.incidents() == []  # those looks were made while we were blind
            await world.looks(SILENT)
            assert len(await world.incidents()) == 1
            kinds = [notice.kind for notice in await world.rows(select(Notice))]
            assert kinds == ["blind", "sight"]
        finally:
            await http.close()


async def test_an_answer_from_before_a_failure_says_nothing_about_it(line: dict[str, Any]) -> None:
    http = Http()
    anchors = Anchors(
        http, SightSettings(anchors=(AnchorSettings(url=line["url"], allow_private=True),))
    )
    try:
        with freeze_time(START, real_asyncio=True) as frozen:
            assert (await anchors.ask(START)).online
            line["state"]["ok"] = False
            assert (await anchors.ask(START)).online  # asked a moment ago
            frozen.tick(1)
            assert not (await anchors.ask(START + timedelta(seconds=1))).online
    finally:
        await http.close()


async def test_one_question_serves_all_who_ask_at_once(line: dict[str, Any]) -> None:
    http = Http()
    anchors = Anchors(
        http, SightSettings(anchors=(AnchorSettings(url=line["url"], allow_private=True),))
    )
    try:
        with freeze_time(START, real_asyncio=True):
            seen = await asyncio.gather(*(anchors.ask() for _ in range(20)))
        assert {sight.online for sight in seen} == {True}
        assert line["state"]["asked"] == 1
    finally:
        await http.close()


async def test_the_time_in_which_nobody_watched_is_a_gap_and_no_alarm(world: World) -> None:
    await world.looks(WELL)
    await world.watcher.flush()
    world.second += 3600
    await world.start()
    row = await world.store.tx(Session.get_one, DependencyState, S3)
    assert (row.state, row.since) == ("unknown", START + timedelta(seconds=6))
    await world.looks(WELL, 1)
    row = await world.store.tx(Session.get_one, DependencyState, S3)
    assert (row.state, await world.incidents()) == ("up", [])

"""From looks and polls to one incident with its story, on the real database."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.store import Store
from incidentbot.store.models import CheckChange, CheckState, DependencyState, FeedState
from tests.stories.watching import (
    BLIND,
    CANARY,
    FAILS,
    FEED,
    S3,
    SHOP,
    SLOW,
    START,
    WELL,
    World,
    dependency,
    settings,
)

MAYA = Person("U1", "Maya")


@pytest.fixture
async def world(store: Store) -> World:
    """All is well, and the vendor says so."""
    world = await World(store, settings()).start()
    await world.looks(WELL, 1)
    await world.hear("operational", "All Systems Operational")
    world.second = 10
    return world


async def test_confirmed_failures_open_one_incident_with_its_evidence(world: World) -> None:
    await world.looks(FAILS)
    incident = await world.incident()
    assert (incident.key, incident.title) == (f"{S3}:1", "Amazon S3 in us-east-1 is failing")
    assert (incident.status, incident.severity, incident.dependency) == ("open", 2, S3)
    assert incident.started_at == START + timedelta(seconds=10)
    assert incident.detected_at == START + timedelta(seconds=14)
    (opened,) = await world.story("state")
    assert opened.text == (
        "Amazon S3 in us-east-1 is failing since 17:37:10 UTC: 2 of 2 checks are failing "
        "(bucket-canary: answered 503, shop-image: answered 503). "
        "The vendor's status page is all green."
    )
    canary, shop = opened.data["evidence"]
    assert canary["check"] == CANARY
    assert (shop["kind"], shop["state"], shop["reason"]) == ("http", "down", "http_5xx")
    assert shop["since"] == clock.iso(START + timedelta(seconds=10))
    vendor = {"feed": FEED, "state": "operational", "title": "All Systems Operational"}
    assert opened.data["vendor"] == [vendor]
    assert [entry.data["check"] for entry in await world.story("signal")] == [CANARY, SHOP]


async def test_failures_short_of_the_quorum_or_of_confirmation_open_nothing(world: World) -> None:
    await world.looks(FAILS, 9, checks=[CANARY])
    await world.looks(FAILS, 2, checks=[SHOP])
    await world.looks(WELL, 1, checks=[SHOP])
    await world.looks(FAILS, 2, checks=[SHOP])
    assert await world.incidents() == []


async def test_slow_is_degraded_and_opens_nothing(world: World) -> None:
    await world.looks(SLOW, 5)
    (state,) = await world.rows(select(DependencyState))
    assert state.state == "degraded"
    assert await world.incidents() == []


async def test_an_unconfirmed_failure_asks_for_another_look_soon(world: World) -> None:
    assert await world.look(CANARY, FAILS)
    assert await world.look(CANARY, FAILS)
    assert not await world.look(CANARY, FAILS)


async def test_looks_that_cannot_see_open_nothing_and_close_nothing(world: World) -> None:
    await world.looks(BLIND, 9)
    assert await world.incidents() == []
    await world.looks(FAILS)
    await world.looks(BLIND, 9)
    assert (await world.incident()).status == "open"
    (state,) = await world.rows(select(DependencyState))
    assert (state.state, state.episode) == ("unknown", 1)
    await world.looks(FAILS)
    assert len(await world.incidents()) == 1


async def test_a_dark_hour_in_an_outage_is_not_a_second_outage(world: World) -> None:
    await world.looks(FAILS)
    incident = await world.incident()
    await world.store.tx(lifecycle.resolve, incident.id, actor=MAYA)
    await world.looks(BLIND)
    await world.start()
    await world.looks(FAILS)
    assert len(await world.incidents()) == 1


async def test_a_vendor_alone_opens_nothing_but_is_a_heads_up(world: World) -> None:
    await world.hear("major_outage", "Elevated error rates for S3")
    assert await world.incidents() == []
    (state,) = await world.rows(select(DependencyState))
    assert state.state == "up"
    assert "heads-up: aws-status reports: Elevated error rates for S3" in state.reason


async def test_the_vendor_admits_late_once_and_later_says_that_it_is_over(world: World) -> None:
    await world.looks(FAILS)
    world.second = 74
    await world.hear("major_outage", "Elevated error rates for S3")
    await world.hear("major_outage", "Elevated error rates for S3")
    incident = await world.incident()
    assert incident.vendor_reported_at == START + timedelta(seconds=74)
    (first,) = await world.story("vendor")
    assert (first.data["first"], first.data["delay_s"]) == (True, 60.0)
    world.second = 200
    await world.hear("operational", "All Systems Operational")
    over = (await world.story("vendor"))[-1]
    assert over.text == "The vendor says that it is over (aws-status: All Systems Operational)."
    assert over.data == {
        "feed": FEED,
        "vendor": "aws",
        "dependency": S3,
        "state": "operational",
        "title": "All Systems Operational",
        "first": False,
        "delay_s": None,
    }


async def test_a_vendor_that_was_first_is_in_the_story_from_the_start(world: World) -> None:
    await world.hear("partial_outage", "Elevated error rates for S3")
    await world.looks(FAILS)
    incident = await world.incident()
    assert incident.vendor_reported_at == START + timedelta(seconds=10)
    (opened,) = await world.story("state")
    assert opened.data["vendor"][0]["state"] == "partial_outage"
    assert "The vendor reports trouble" in opened.text


async def test_an_empty_poll_now_and_then_is_no_news_but_several_are(world: World) -> None:
    await world.looks(FAILS)
    await world.hear("major_outage", "Elevated error rates for S3")
    before = len(await world.story())
    await world.hear("unknown", "")
    await world.hear("unknown", "")
    (row,) = await world.rows(select(FeedState))
    assert row.state == "major_outage"
    await world.hear("unknown", "")
    (row,) = await world.rows(select(FeedState))
    assert (row.state, row.title) == ("unknown", "the body is empty")
    assert len(await world.story()) == before


async def test_users_who_are_served_again_mitigate_the_incident_once(world: World) -> None:
    await world.looks(FAILS)
    await world.looks(WELL, 2, checks=[SHOP])
    assert (await world.incident()).status == "open"
    await world.looks(WELL, 3, checks=[SHOP])
    incident = await world.incident()
    assert incident.status == "mitigated"
    last = (await world.story("state"))[-1]
    assert last.actor == "incidentbot"
    assert last.text == "Users are served again: shop-image is well since 17:37:16 UTC."
    (state,) = await world.rows(select(DependencyState))
    assert state.state == "down"  # the vendor is still failing, whoever serves the users
    await world.looks(FAILS, checks=[SHOP])
    assert (await world.incident()).status == "open"


async def test_a_users_path_that_never_failed_mitigates_nothing(store: Store) -> None:
    world = await World(store, settings(dependency(quorum=1))).start()
    await world.looks(FAILS, checks=[CANARY])
    await world.looks(WELL, 3, checks=[SHOP])
    assert (await world.incident()).status == "open"


async def test_the_dependency_that_answers_again_is_told_once(world: World) -> None:
    await world.looks(FAILS)
    await world.looks(WELL, 6)
    verdicts = [entry.text for entry in await world.story("verdict")]
    assert verdicts[-1] == (
        "Amazon S3 in us-east-1 answers again: 2 of 2 checks are well since 17:37:16 UTC."
    )
    assert sum("answers again" in text for text in verdicts) == 1
    assert (await world.incident()).status == "mitigated"


async def test_a_failure_that_returns_joins_the_open_incident(world: World) -> None:
    await world.looks(FAILS)
    await world.looks(WELL, 3)
    await world.looks(FAILS)
    assert len(await world.incidents()) == 1
    (state,) = await world.rows(select(DependencyState))
    assert state.episode == 2
    assert (await world.story("verdict"))[-1].text.startswith("Amazon S3 in us-east-1 is failing")


async def test_a_failure_after_the_incident_was_resolved_is_a_new_one(world: World) -> None:
    await world.looks(FAILS)
    await world.store.tx(lifecycle.resolve, (await world.incident()).id, actor=MAYA)
    await world.looks(WELL, 3)
    await world.looks(FAILS)
    assert sorted(incident.key for incident in await world.incidents()) == [f"{S3}:1", f"{S3}:2"]


async def test_an_incident_that_a_person_declared_is_joined(world: World) -> None:
    incident_id, _ = await world.store.tx(
        lifecycle.open_incident,
        key="declared",
        title="Images are missing",
        severity=3,
        opened_by=MAYA.id,
        started_at=world.now,
        detected_at=world.now,
        text="Maya declared it.",
        dependency=S3,
    )
    await world.looks(FAILS)
    assert (await world.incident()).id == incident_id
    kinds = [entry.kind for entry in await world.story()]
    assert kinds == ["state", "signal", "verdict", "signal", "verdict"]


async def test_a_restart_tells_nothing_twice(world: World) -> None:
    await world.looks(FAILS)
    before = len(await world.story())
    changes = len(await world.rows(select(CheckChange)))
    await world.start()
    await world.looks(FAILS, 5)
    await world.hear("operational", "All Systems Operational")
    assert len(await world.story()) == before
    assert len(await world.rows(select(CheckChange))) == changes
    await world.start()
    await world.looks(WELL, 3)
    assert (await world.incident()).status == "mitigated"


async def test_only_changes_are_written_and_the_last_look_now_and_then(world: World) -> None:
    assert [row.state for row in await world.rows(select(CheckChange))] == ["up", "up"]
    await world.looks(WELL, 20, apart=1)
    assert len(await world.rows(select(CheckChange))) == 2
    for row in await world.rows(select(CheckState)):
        assert START + timedelta(seconds=18) <= row.seen_at < START + timedelta(seconds=30)
    await world.watcher.flush()
    for row in await world.rows(select(CheckState)):
        assert row.seen_at == START + timedelta(seconds=29)


async def test_looks_that_come_at_once_open_one_incident(world: World) -> None:
    for _ in range(2):
        await asyncio.gather(*(world.look(check, FAILS) for check in (CANARY, SHOP) for _ in "ab"))
    assert len(await world.incidents()) == 1


async def test_a_database_that_was_away_loses_no_alarm(world: World) -> None:
    def rename(session: Session, old: str, new: str) -> None:
        session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    await world.looks(FAILS, 2)
    await world.store.tx(rename, "check_change", "away")
    with pytest.raises(DatabaseError):
        await world.looks(FAILS, 1)
    await world.store.tx(rename, "away", "check_change")
    assert await world.incidents() == []
    await world.looks(FAILS, 1)
    assert (await world.incident()).started_at == START + timedelta(seconds=10)

"""An incident that nobody declared: somebody is asked, then others, until somebody takes it."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents import lifecycle
from incidentbot.rehearsal.workspace.server import running
from incidentbot.store.models import Page, PageRound
from tests.contracts import pager_wire
from tests.stories.house import CONFIG, House, living, settings_for

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ROSTER = """\
people:
  - {{name: Maya O., slack: maya, email: maya@shop.example, phone: "+49 30 1111"}}
  - {{name: Jonas W., slack: jonas, phone: "+49 30 2222"}}
"""
LEVELS = """\
paging:
  first: [{{kind: rota, members: [jonas]}}]
  then:
    - {{after: 5m, to: [{{kind: slack_group, group: "@oncall"}}]}}
    - {{after: 10m}}
"""
DUTY = """\
paging:
  first:
    - kind: pagerduty
      routing_key: PD_ROUTING_KEY
      token: PD_TOKEN
      schedules: [S1]
      events_url: {duty}
      api_url: {duty}
      allow_private: true
  then: [{{after: 1h}}]
"""


def failing(session: Session) -> str:
    """An incident as the watcher opens it."""
    now = clock.now()
    return lifecycle.open_incident(
        session, key="S3", title="S3 fails", severity=2, opened_by="incidentbot", started_at=now,
        detected_at=now, text="Its probes fail.",
    )[0]  # fmt: skip


def unanswered(session: Session) -> None:
    """The time to answer is over."""
    (waiting,) = session.scalars(select(PageRound).filter_by(state="asking"))
    waiting.due_at = clock.now()


async def events(bot: House, last: str) -> list[str]:
    """What was recorded of paging, once this is."""
    for _ in range(500):
        told = [str(entry.data["event"]) for entry in await bot.story("page")]
        if last in told:
            return told
        await asyncio.sleep(0.02)
    raise AssertionError(f"{last} was never recorded: {told}")


def blocks(bot: House, room: str) -> str:
    return json.dumps([m["blocks"] for m in bot.summons(room)], ensure_ascii=False)


async def test_each_is_asked_in_turn_until_nobody_owns_it_and_somebody_takes_it(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    async with running() as slack:
        config = CONFIG + ROSTER + LEVELS
        settings = settings_for(slack, tmp_path, database_url, config, free_port)
        maya, jonas = (slack.workspace.person(name).id for name in ("maya", "jonas"))
        async with living(slack, settings, tmp_path) as bot:
            await bot.app.store.tx(failing)
            room = await bot.room()
            await bot.until(lambda: f"<@{jonas}> You are asked to take INC-1" in blocks(bot, room))
            await bot.until(lambda: jonas in bot.channel(room).members)
        # It is stopped in the middle, and nobody has answered when it is there again.
        async with living(slack, settings, tmp_path) as bot:
            await bot.app.store.tx(unanswered)
            await bot.until(lambda: f"<@{maya}> You are asked to take INC-1" in blocks(bot, room))
            await bot.until(lambda: maya in bot.channel(room).members)
            await bot.app.store.tx(unanswered)
            await bot.until(lambda: "Nobody owns this" in blocks(bot, room))
            await bot.until(lambda: "Nobody owns this" in bot.card(room))
            await bot.until(lambda: "nobody owns this" in bot.channel(room).topic["value"])
            await bot.quiet()
            said = blocks(bot, room)
            assert said.count(f"<@{jonas}>") == said.count(f"<@{maya}>") == 1
            assert "Please call +49 30 2222 (Jonas W.), +49 30 1111 (Maya O.)." in said
            assert "<!channel>" not in said
            assert "+49 30" not in json.dumps([e.text for e in await bot.story("page")])
            await bot.click("maya", room, "incident.command")
            await bot.until(lambda: f"*Commander*\\n<@{maya}>" in bot.card(room))
            told = await events(bot, "cancelled")
            await bot.quiet()
            assert len(bot.summons(room)) == 4  # asked, the next, asked, nobody
            assert told == ["asked", "escalated", "asked", "nobody", "cancelled"]


async def test_pagerduty_is_away_then_pages_and_whoever_takes_it_there_has_it_here(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    async with running() as slack, pager_wire.pagerduty() as duty:
        duty.schedules["S1"] = [{"id": "P1", "name": "M", "email": "maya@shop.example"}]
        config = CONFIG + ROSTER + DUTY.replace("{duty}", duty.url)
        settings = settings_for(slack, tmp_path, database_url, config, free_port)
        maya = slack.workspace.person("maya").id
        duty.troubles = [401, "lose"]  # of the two questions at once, whichever comes first
        async with living(slack, settings, tmp_path) as bot:
            await bot.app.store.tx(failing)
            room = await bot.room()
            await bot.until(lambda: "PagerDuty could not be reached" in blocks(bot, room))
            assert "Please call +49 30 1111 (Maya O.), +49 30 2222 (Jonas W.)." in blocks(bot, room)
        # The key works again.
        async with living(slack, settings, tmp_path) as bot:
            incident = await bot.declared("Uploads hang", "jonas")
            await bot.until(
                lambda: f"<@{maya}> You are asked to take INC-2" in blocks(bot, incident)
            )
            await bot.until(lambda: maya in bot.channel(incident).members)
            pages = "PagerDuty pages whoever is on call there."
            await bot.until(lambda: pages in blocks(bot, incident))
            assert duty.opened.count("shop:INC-2") == 1
            duty.acknowledge("shop:INC-2", {"type": "user", **duty.schedules["S1"][0]})
            await bot.app.store.tx(soon)
            await bot.until(lambda: "Sev 3, acknowledged" in bot.card(incident))
            (state,) = (await bot.story("state", "INC-2"))[1:]
            assert (state.text, state.actor) == ("Maya O. acknowledged the incident.", maya)
            await bot.say("jonas", incident, "/incident resolve It was DNS")
            await bot.until(lambda: duty.status["shop:INC-2"] == "resolved")


def soon(session: Session) -> None:
    """What is to be looked at later is to be looked at now."""
    for page in session.scalars(select(Page).filter_by(state="asked", part="page")):
        page.at = clock.now()

"""The incident's channel is cared for: card, bookmarks, late joiners, its end and its return."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incidentbot import clock, timers
from incidentbot.incidents import lifecycle, reshape
from incidentbot.incidents.people import Person
from incidentbot.slack.setup.needs import needed
from incidentbot.store.models import Delivery, Incident, IncidentLink, PageRound, Readiness, Timer
from tests.stories.house import CONFIG, House, house

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# Nothing answers at these addresses: what is shown comes from what is written down.
WITH_ASSETS = (
    CONFIG.replace(
        "oncall: [jonas]",
        'oncall: [jonas], meeting: "https://meet.example/{{incident}}", rights: {{admin: [jonas]}}',
    )
    + """\
origins:
  - {{name: us-east-1, kind: s3, region: us-east-1, bucket: east, endpoint_url: "http://127.0.0.1:1"}}
  - {{name: us-west-2, kind: s3, region: us-west-2, bucket: west, endpoint_url: "http://127.0.0.1:1"}}
feeds:
  - {{name: acme-page, vendor: acme, url: "http://127.0.0.1:1/v2/x.json", allow_private: true}}
dependencies:
  - {{name: pictures, title: Acme pictures, vendor: acme, service: storage, feeds: [acme-page]}}
assets:
  - name: shop-images
    title: Shop images
    primary: us-east-1
    backup: us-west-2
    dependency: pictures
    switch:
      kind: ssm_parameter
      parameter: /shop/origin
      region: us-west-2
      endpoint_url: "http://127.0.0.1:1"
      values: {{us-east-1: us-east-1, us-west-2: us-west-2}}
    verify:
      url: "http://127.0.0.1:1/{{key}}"
      allow_private: true
      header: x-asset-origin
      keys: [a.svg]
webhooks:
  - {{name: partner, url: "http://127.0.0.1:1/t0psecret", allow_private: true, on: [check]}}
"""
)


@pytest.fixture
async def bot(tmp_path: Path, database_url: str, free_port: int) -> AsyncIterator[House]:
    async with house(tmp_path, database_url, port=free_port, config=WITH_ASSETS) as made:
        for name in ("ana", "tom"):
            made.slack.workspace.add_person(name, name.capitalize())
        yield made


JONAS = Person("U2", "Jonas")


async def store(bot: House, change: Any) -> Any:
    return await bot.app.store.tx(change)


def opened_by_probes(session: Session) -> None:
    now = clock.now()
    lifecycle.open_incident(
        session, key="outage:1", title="Acme pictures do not answer", severity=2,
        opened_by="incidentbot", started_at=now, detected_at=now, text="They do not answer.",
        dependency="pictures",
    )  # fmt: skip


def of_long_ago(session: Session) -> None:
    """The incident is an hour old: who comes now has missed something."""
    session.execute(update(Incident).values(detected_at=clock.now() - timedelta(hours=1)))


async def test_the_channel_has_all_that_belongs_to_it_and_a_late_joiner_is_told(
    bot: House,
) -> None:
    ws = bot.slack.workspace
    await store(bot, opened_by_probes)
    room = await bot.room()
    await bot.until(lambda: bot.channel(room).pins)
    channel = bot.channel(room)
    base = bot.app.settings.web.public_url
    await bot.until(lambda: len(channel.bookmarks) == 3)
    assert [(b["title"], b["link"]) for b in channel.bookmarks] == [
        ("What the probes see", f"{base}/dependencies/pictures"),
        ("Status page of acme", "http://127.0.0.1:1/"),
        ("Meeting", "https://meet.example/inc-1"),
    ]
    assert channel.purpose["value"] == "INC-1: Acme pictures do not answer"

    # A link that people add becomes a bookmark with the next word, and stands on the card.
    link = "https://wiki.example/plan?a=1&b=<x>"

    def linked(session: Session) -> None:
        row = {"title": "The plan <@U1>", "kind": "page", "person": "U1", "at": clock.now()}
        session.add(IncidentLink(incident_id="INC-1", target=link, **row))
        session.execute(update(PageRound).values(state="nobody", due_at=None))

    await store(bot, linked)
    await bot.say("maya", room, "/incident update The CDN still serves what it has")
    await bot.until(lambda: len(channel.bookmarks) == 4)
    await bot.until(lambda: "The CDN still serves" in bot.card(room))
    card = bot.card(room)
    order = ("Sev 2, open", "*Where*", "Failing since", "Nobody owns this.", "Next update",
             "The CDN still serves", "*Evidence*", "The plan", "opened by its probes")  # fmt: skip
    assert sorted(order, key=card.index) == list(order)
    assert "<@U1>" not in card

    # Who comes later sees where it stands, alone and once; whoever was called in did not ask.
    await store(bot, of_long_ago)
    await bot.do(do="join", user="tom", channel=room)
    await bot.told("tom", "Where we stand: 🔴 Sev 2, open: Acme pictures do not answer")
    for words in ("*Doing now*", "The CDN still serves", "*Last lines*", "They do not answer."):
        assert words in bot.whispers("tom")
    await bot.do(do="leave", user="tom", channel=room)
    await bot.do(do="join", user="tom", channel=room)
    await bot.do(do="join", user="ana", channel=room)
    await bot.told("ana", "Where we stand")
    await bot.quiet()
    assert bot.whispers("tom").count("Where we stand:") == 1
    assert "Where we stand" not in bot.whispers("jonas") + bot.text(room)
    ts = next(m["ts"] for (one, _), kept in ws.ephemerals.items()
              if one == ws.person("tom").id for m in kept)  # fmt: skip
    pressed = await bot.do(
        do="click", user="tom", channel=room, ts=ts, action_id="verb:timeline:joined"
    )
    assert pressed.ok
    await bot.told("tom", "*Timeline of INC-1*")


async def test_the_channel_is_archived_when_all_is_over_and_comes_back_with_the_incident(
    bot: House,
) -> None:
    room = await bot.declared("Uploads hang")
    await bot.say("maya", room, "/incident resolve It was the disk")
    await bot.until(lambda: "is drafted from the recorded facts" in bot.text(room))
    channel = bot.channel(room)
    await bot.until(lambda: [b["title"] for b in channel.bookmarks][-1:] == ["Postmortem"])
    await bot.quiet()  # while anything is still to be said there, it is not closed

    def due(session: Session) -> timedelta:
        timer = session.scalars(select(Timer).filter_by(kind="archive")).one()
        ended = session.get_one(Incident, "INC-1").resolved_at
        assert ended is not None
        after, timer.due_at = timer.due_at - ended, clock.now()
        return after

    assert await store(bot, due) == timedelta(days=7)
    await bot.until(lambda: channel.is_archived)
    assert "All is over for 168h: this channel is archived now." in bot.messages(room)[-1]["text"]
    seq = (await bot.story())[-1].seq
    assert (await bot.story("external"))[-1].text.endswith("was archived, 168h after the end.")

    # What is written meanwhile waits for the channel.
    await bot.say("jonas", "random", "/incident timeline add INC-1 It was two disks")
    await bot.until(lambda: bot.app.store.run(lifecycle.get, "INC-1").last_seq > seq)
    await store(bot, lambda session: lifecycle.reopen(session, "INC-1", actor=JONAS))
    await bot.until(lambda: not channel.is_archived)
    await bot.until(lambda: "Jonas reopened the incident." in bot.text(room))
    await bot.until(lambda: "It was two disks" in bot.text(room))
    assert bot.text(room).index("It was two disks") < bot.text(room).index("Jonas reopened")
    assert await store(bot, lambda session: timers.get(session, "archive:INC-1")) is None
    assert len(bot.rooms()) == 1


async def test_the_channel_of_a_merged_incident_is_closed_sooner(bot: House) -> None:
    await bot.declared("Uploads hang")
    await bot.declared("Pictures do not load")
    await store(bot, lambda session: reshape.merge(session, "INC-1", "INC-2", JONAS))

    def left() -> timedelta | None:
        timer = bot.app.store.run(timers.get, "archive:INC-1")
        return timer.due_at - clock.now() if timer else None

    after = await bot.until(left)
    assert timedelta(minutes=55) < after <= timedelta(hours=1)


async def test_a_drill_is_marked_everywhere_and_without_bookmarks_nothing_else_is_lost(
    bot: House,
) -> None:
    assert "bookmarks:write" in {scope.name for scope in needed(bot.app.settings.slack)}
    bot.slack.workspace.app.scopes -= {"bookmarks:write"}
    await bot.say("maya", "general", "/incident declare --drill Uploads hang")
    room = await bot.room()
    await bot.until(lambda: bot.channel(room).pins)
    await bot.quiet()
    assert not bot.summons(room), "a drill calls nobody"
    channel = bot.channel(room)
    assert room.startswith("inc-test-")
    assert channel.topic["value"].startswith("TEST · Sev 3")
    assert channel.purpose["value"] == "A test, nothing is wrong. INC-1: Uploads hang"
    assert "🔴 TEST · Sev 3, open: Uploads hang" in bot.card(room)
    assert "TEST · Sev 3, open: Uploads hang" in bot.text("incidents")
    await bot.say("maya", "general", "/incident list")
    await bot.told("maya", "TEST · *INC-1* sev 3")
    url = f"{bot.app.settings.web.public_url}/"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert "TEST · Uploads hang" in await answer.text()
    assert not channel.bookmarks
    assert channel.pins
    assert "no commander" in channel.topic["value"]
    failed = await store(
        bot, lambda s: set(s.scalars(select(Delivery.method).filter_by(state="failed")))
    )
    assert failed == {"bookmarks.add"}
    asked = len(bot.calls("bookmarks.add"))
    await bot.declared("Search is slow")
    await bot.quiet()
    assert len(bot.calls("bookmarks.add")) == asked, "it is not asked again and again"


async def test_readiness_and_settings_are_told_in_words_to_who_asks(bot: House) -> None:
    def proven(session: Session) -> None:
        at = clock.now() - timedelta(minutes=4)
        row = session.get_one(Readiness, ("shop-images", "us-west-2"))
        row.state, row.reason, row.proven_at, row.checked_at = "not_ready", "2 missing", at, at
        row.detail = {"total": 208, "same": 206, "names": {"missing": ["a.svg", "b.svg"]}}

    # The bot has looked by itself, and looks again in a quarter of an hour.
    key = ("shop-images", "us-west-2")
    await bot.until(lambda: bot.app.store.run(lambda s: s.get(Readiness, key)))
    await store(bot, proven)
    await bot.say("maya", "general", "/incident readiness")
    maya = bot.slack.workspace.person("maya").id
    await bot.until(lambda: bot.slack.workspace.modal_of(maya))
    chosen = {"asset": {"value": "shop-images"}}
    assert (await bot.do(do="submit", user="maya", values=chosen)).ok
    await bot.until(lambda: "Readiness of Shop images" in bot.heard("maya"))
    said = bot.heard("maya")
    for words in ("us-west-2* (backup): ✗ not ready", "206 of 208 objects are the same",
                  "Missing: a.svg, b.svg", "Last proven", "us-east-1* (primary)"):  # fmt: skip
        assert words in said
    await bot.say("maya", "general", "/incident readiness shop-imges")
    await bot.told("maya", "There is no asset 'shop-imges' (allowed: shop-images).")

    await bot.say("maya", "general", "/incident declare --private Secrets")
    await bot.told("maya", "Private incidents are switched off here; nothing was opened.")
    await bot.say("maya", "general", "/incident settings")
    await bot.told("maya", "takes the right of an admin. Who has it: jonas.")
    await bot.say("jonas", "general", "/incident settings")
    await bot.told("jonas", "How it is set up")
    said = bot.whispers("jonas")
    for words in ("*Right: approver*: maya, jonas", "*slack.oncall*: jonas", "#​incidents",
                  "shop-images (us-east-1 or us-west-2)", "*Webhooks*: partner"):  # fmt: skip
        assert words in said, words
    assert "t0psecret" not in said

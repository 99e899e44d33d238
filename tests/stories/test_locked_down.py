"""Workspaces where not everything is allowed: it works, or says what is missing and what then does
without."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.rehearsal.app_manifest import install
from incidentbot.rehearsal.workspace.server import running
from incidentbot.rehearsal.workspace.state import Workspace
from incidentbot.slack.outbound import outbox
from incidentbot.slack.setup.needs import SCOPES
from incidentbot.store import changed
from incidentbot.store.models import Delivery, Incident, Notice
from tests.stories.house import CONFIG, House, living, settings_for
from tests.unit.test_manifest import NEEDED

LATER = {"users:read.email", "usergroups:read", "reactions:write"}  # nothing of these stories
TITLE = "Pictures do not load"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@asynccontextmanager
async def locked(
    folder: Path, database_url: str, port: int, workspace: Workspace, config: str = CONFIG
) -> AsyncIterator[House]:
    """A bot in this workspace."""
    async with running(workspace=workspace) as slack:
        settings = settings_for(slack, folder, database_url, config, port)
        async with living(slack, settings, folder) as made:
            yield made


def _notices(session: Session) -> list[str]:
    return [row.text for row in session.scalars(select(Notice).order_by(Notice.id))]


def _entries(session: Session) -> list[timeline.Entry]:
    return timeline.read(session, "INC-1")


def _status(session: Session, incident: str) -> str:
    return session.get_one(Incident, incident).status


async def notices(bot: House) -> list[str]:
    return await bot.app.store.tx(_notices)


def _hurry(session: Session) -> None:
    for row in session.scalars(select(Delivery).filter_by(state="queued")):
        row.not_before = clock.now() - timedelta(seconds=1)
    changed(session, outbox.TOPIC)


async def seen(bot: House, words: str, times: int = 1) -> str:
    """Wait for the notice that says so; there is one."""

    def look() -> str:
        found = [text for text in bot.app.store.run(_notices) if words in text]
        assert len(found) <= times, found
        return found[0] if len(found) == times else ""

    return await bot.until(look)


async def through(bot: House, title: str, number: int) -> str:
    """Declare, update and resolve; the channel of it."""
    assert (await bot.say("maya", "general", f"/incident declare {title}")).ok
    room = await bot.room(number)
    incident = f"INC-{number}"
    assert (await bot.say("maya", room, f"/incident update It is {title} still")).ok
    await bot.until(lambda: f"It is {title} still" in bot.text(room))
    assert (await bot.say("maya", room, "/incident resolve All is well")).ok
    await bot.until(lambda: bot.app.store.run(_status, incident) == "resolved")
    return room


# Announcements in a private channel


async def test_a_private_channel_hears_of_incidents_once_the_bot_is_invited(
    tmp_path: Path, database_url: str, free_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    """By its id nothing else is needed; by its name it is found only with groups:read."""
    ws = Workspace()
    install(ws.app)
    incidents, war = ws.channel_named("incidents"), ws.channel_named("random")
    assert incidents is not None
    assert war is not None
    incidents.is_private = war.is_private = True
    also = f"{incidents.id}, also_announce: [{{{{channel: random}}}}],"
    config = CONFIG.replace('"#incidents",', also)
    async with locked(tmp_path, database_url, free_port, ws, config) as bot:
        room = await bot.declared()
        # Not invited: in the log, as a notice, and where the incident is worked on.
        first = await seen(bot, "in the announcement channel")
        assert "/invite" in first
        assert "id has to stand in the configuration" in await seen(bot, "channel #random")
        await bot.until(lambda: "Not announced in the announcement channel" in bot.text(room))
        await bot.until(lambda: "Not announced in the channel" in bot.text(room))
        assert "Nobody hears of incidents in the announcement channel" in caplog.text
        assert "the bot cannot see #random" in caplog.text
        # Invited: what waited arrives, once.
        told = [m for m in bot.messages(room) if "Not announced" in m["text"]]
        assert len(told) == 2
        ws.bring(ws.app.bot_user_id, incidents.id)
        await bot.app.store.tx(_hurry)
        await bot.until(lambda: TITLE in bot.text("incidents"))
        # By name: the scope that lists private channels finds it.
        ws.app.scopes |= {"groups:read"}
        ws.bring(ws.app.bot_user_id, war.id)
        await bot.until(lambda: TITLE in bot.text("random"), seconds=30)
        announced = [m for m in bot.messages("incidents") if TITLE in m["text"]]
        assert len(announced) == 1
        assert len([n for n in await notices(bot) if "announcement channel" in n]) == 1


async def test_without_channels_join_an_invitation_is_waited_for(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    ws = Workspace()
    install(ws.app)
    ws.app.scopes -= {"channels:join"}
    async with locked(tmp_path, database_url, free_port, ws) as bot:
        await bot.declared()
        told = await seen(bot, "Nobody hears of incidents in the announcement channel")
        assert "the bot is not in it" in told
        assert "channels:join" in told
        ws.bring(ws.app.bot_user_id, bot.channel("incidents").id)
        await bot.app.store.tx(_hurry)
        await bot.until(lambda: TITLE in bot.text("incidents"))
        await bot.until(lambda: "Nobody hears" in bot.text("incidents"))


# Scopes that an administrator did not approve


async def test_without_every_optional_scope_incidents_are_declared_updated_and_resolved(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    """All of them are missing, then one after the other; each is said once."""
    ws = Workspace()
    install(ws.app)
    maya, jonas = (ws.person(name).id for name in ("maya", "jonas"))
    incidents = ws.channel_named("incidents")
    assert incidents is not None
    ws.bring(ws.app.bot_user_id, incidents.id)
    names = '"#incidents", oncall: [jonas], approvers: [maya, jonas]'
    ids = f"{incidents.id}, oncall: [{jonas}], approvers: [{maya}, {jonas}]"
    config = CONFIG.replace(names, ids)
    whole = ws.app.scopes
    vital = {"commands", "chat:write", "channels:manage"}
    called = {scope for scope in NEEDED.values() if scope}  # the others are for events alone
    optional = sorted((whole - vital) & called - LATER)
    assert len(optional) >= 6
    async with locked(tmp_path, database_url, free_port, ws, config) as bot:
        ws.app.scopes = frozenset(vital)
        await through(bot, "case of all", 1)
        for name in ("pins:write", "bookmarks:write"):
            told = await seen(bot, f"It needs the scope {name}.")
            assert next(one for one in SCOPES if one.name == name).without in told
        for number, scope in enumerate(optional, 2):
            ws.app.scopes = whole - {scope}
            await through(bot, f"case {number}", number)
        said = await notices(bot)
        assert len(said) == len(set(said))


# What the workspace forbids


async def test_where_nobody_may_make_channels_incidents_go_on_without_one(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    ws = Workspace()
    install(ws.app)
    ws.preferences.change({"create_channels": "admins", "user_groups": False})
    config = CONFIG.replace("approvers: [maya, jonas]", 'approvers: [maya, jonas, "@sre"]')
    config += 'paging: {{first: [{{kind: slack_group, group: "@oncall"}}]}}\n'
    async with locked(tmp_path, database_url, free_port, ws, config) as bot:
        assert (await bot.say("maya", "general", "/incident declare Pictures do not load")).ok
        assert "restricted_action" in await seen(bot, "conversations.create")
        await bot.until(lambda: TITLE in bot.text("incidents"))
        assert "INC-1" in bot.text("incidents")  # where there is no channel to point at
        assert bot.rooms() == []
        await bot.until(
            lambda: any("paid_teams_only" in e.text for e in bot.app.store.run(_entries))
        )
        assert (await bot.say("maya", "general", "/incident update INC-1 The vendor knows")).ok
        await bot.until(
            lambda: any("The vendor knows" in e.text for e in bot.app.store.run(_entries))
        )
        assert (await bot.say("jonas", "general", "/incident status INC-1")).ok
        await bot.told("jonas", "Pictures do not load")
        assert (await bot.say("maya", "general", "/incident resolve INC-1 All is well")).ok
        await bot.until(lambda: bot.app.store.run(_status, "INC-1") == "resolved")
        await bot.until(lambda: "resolved" in bot.text("incidents"))
        # The plan has no user groups: said once, and people who are named work all the same.
        assert "paid_teams_only" in await seen(bot, "usergroups.list")
        assert await bot.app.slack._directory.people(["maya"]) == [ws.person("maya").id]


# One installation for a whole organisation


async def test_an_organisation_with_two_workspaces(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    """Channels are made in the one that is named; people of the other one are members too."""
    ws = Workspace(grid=True)
    scopes = ws.app.scopes
    install(ws.app)
    labs = next(team for team in ws.teams.values() if team.domain == "shoplabs")
    config = CONFIG.replace('"#incidents",', f'"#incidents", team: {ws.team.id},')
    assert scopes
    async with locked(tmp_path, database_url, free_port, ws, config) as bot:
        room = await bot.declared()
        assert bot.channel(room).team_id in ("", ws.team.id)
        created = bot.calls("conversations.create")
        assert [line["args"]["team_id"] for line in created] == [ws.team.id]
        await bot.until(lambda: TITLE in bot.text("incidents"))
        # Lena is in the other workspace only: a member, and no stranger.
        assert (await bot.say("lena", "labs", "/incident status INC-1")).ok
        await bot.told("lena", "Pictures do not load")
        assert (await bot.say("lena", "labs", "/incident update INC-1 Labs see it too")).ok
        await bot.until(lambda: "Labs see it too" in bot.text(room))
        assert (await bot.click("maya", room, "incident.ack")).ok
        assert (await bot.say("maya", room, "/incident resolve All is well")).ok
        await bot.until(lambda: bot.app.store.run(_status, "INC-1") == "resolved")
        assert labs.id != ws.team.id


# Guests and other organisations


GUESTS = CONFIG.replace(
    "oncall:", "rights: {{anybody: [everyone, guests], responder: [everyone, rita]}}, oncall:"
)


async def test_guests_and_other_organisations_may_do_what_is_granted_to_them(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    ws = Workspace(guests=True)
    install(ws.app)
    async with locked(tmp_path, database_url, free_port, ws, GUESTS) as bot:
        room = await bot.declared()
        for guest, where in (("rita", "incidents"), ("tom", "random")):
            assert (await bot.say(guest, where, "/incident status INC-1")).ok
            await bot.told(guest, "Pictures do not load")
        assert (await bot.say("rita", "incidents", "/incident update INC-1 Rita was here")).ok
        await bot.until(lambda: "Rita was here" in bot.text(room))
        assert (await bot.say("tom", "random", "/incident update INC-1 Tom was here")).ok
        await bot.told(
            "tom", "takes the right of a responder. Who has it: every member of the workspace, rita"
        )
        # Noor of Northwind is let into the channel; she can press what stands there, and no more.
        ws.connect(ws.person("noor").id, bot.channel(room).id)
        assert (await bot.click("noor", room, "incident.ack")).ok
        await bot.told("noor", "Who has it: every member of the workspace, rita")
        assert "Tom was here" not in bot.text(room)
        assert not any("Noor" in entry.text for entry in await bot.story())

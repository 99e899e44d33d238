"""What people complain of with bots like this one, and that it does not happen here.

1  the first run fails, and nothing says why          11  one outage, several incidents
2  a scope is missing, and the documents are old      12  alerts open nothing
3  one channel that is not there breaks everything    13  alerts open far too much
4  a workspace where much is forbidden                14  what opened itself belongs to nobody
5  looking for a channel takes minutes                15  times in the wrong zone
6  messages are late or lost when Slack limits us     16  the status page is written in a loop
7  the three seconds are over, the form never comes   17  private things in the public channel
8  declaring waits for some other service             18  the app is granted more than it needs
9  one call beside the point fails, and all with it   19  it lives only beside one vendor's service
10 a button counts twice                              20  anybody declares, and channels pile up
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents import lifecycle
from incidentbot.rehearsal.workspace.gate import Fault
from incidentbot.rehearsal.workspace.server import running
from incidentbot.slack.setup import manifest
from incidentbot.slack.setup.needs import needed
from tests.contracts.doctor_kit import clinic
from tests.contracts.pushed import PAIRS
from tests.stories.gestures.walk import Walk
from tests.stories.house import CONFIG, HOOK_SECRET, House, house, living, settings_for
from tests.stories.receivers import receiving
from tests.stories.status_wire import StatusWire, status_page
from tests.stories.test_delivery import acked, again
from tests.stories.test_hooks_in_the_house import PUSHED, states
from tests.stories.test_statuspage import PAGE


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of database is enough: it is what people see that is looked at."""
    return f"sqlite:///{tmp_path}/incidentbot.db"


def failing(session: Session) -> str:
    """An incident as the watcher opens it; the same outage has the same key."""
    now = clock.now()
    return lifecycle.open_incident(
        session, key="outage:s3", title="S3 fails", severity=2, opened_by="incidentbot",
        started_at=now, detected_at=now, text="Its probes fail.",
    )[0]  # fmt: skip


async def test_01_the_first_run_says_what_is_missing_and_the_next_step(tmp_path: Path) -> None:
    async with clinic(tmp_path) as ward:
        ward.text, ward.env = "", {}
        found = await ward.examine()
        assert found.the("configuration").next.startswith("incidentbot init ")
        assert all(one.next and one.why for one in found.bad())


async def test_02_a_missing_scope_is_named_and_the_documents_are_what_is_needed(
    tmp_path: Path,
) -> None:
    async with clinic(tmp_path) as ward:
        ward.app.scopes -= {"pins:write"}
        told = (await ward.examine()).the("scopes")
        assert told.about == "pins:write" and "pins:write" in told.next
    documents = Path(__file__).parents[2] / "docs" / "slack-manifest.yaml"
    assert documents.read_text(encoding="utf-8") == manifest.text(None)


async def test_03_a_channel_that_is_not_there_stops_nothing_else(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    config = CONFIG.replace("#incidents", "#nowhere")
    async with house(tmp_path, database_url, config=config, port=free_port) as bot:
        room = await bot.declared("Uploads hang")
        assert (await bot.say("jonas", room, "/incident ack")).ok
        await bot.until(lambda: "acknowledged" in bot.card(room))


async def test_04_a_private_announcement_channel_is_waited_for_and_used_once_we_are_in(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    config = CONFIG.replace("#incidents", "#closed")
    async with house(tmp_path, database_url, config=config, port=free_port) as bot:
        ws = bot.slack.workspace
        ws.app.scopes |= {"groups:read", "groups:write"}
        await bot.do(do="create_channel", user="maya", name="closed", private=True)
        await bot.declared("Uploads hang")
        assert not bot.messages("closed")
        await bot.do(do="invite", user="maya", channel="closed", who=ws.app.bot_user_id)
        await bot.declared("Search is slow")
        await bot.until(lambda: "Search is slow" in bot.text("closed"))
        await bot.until(lambda: bot.text("closed").count("open: Uploads hang") >= 1)


async def test_05_an_incident_opens_while_slack_does_not_let_us_list_channels(bot: House) -> None:
    limit = Fault("429", "conversations.list", retry_after=600, times=1000)
    bot.slack.hub.gate.faults.append(limit)
    room = await bot.declared("Uploads hang")
    assert "Sev 3, open: Uploads hang" in bot.card(room)


async def test_06_what_slack_limits_comes_later_in_order_and_once(bot: House) -> None:
    room = await bot.declared("Uploads hang")
    await bot.quiet()
    limit = Fault("429", "chat.postMessage", retry_after=1)
    bot.slack.hub.gate.faults.append(limit)
    for number in range(3):
        await bot.say("maya", room, f"/incident note Line {number}")
    await bot.until(lambda: "Line 2" in bot.text(room))
    said = [m["text"] for m in bot.messages(room) if m["text"].startswith("Line")]
    assert (said, limit.hit) == (["Line 0", "Line 1", "Line 2"], 1)


async def test_07_the_form_opens_while_everything_else_at_slack_is_slow(bot: House) -> None:
    walk = Walk(bot, StatusWire())
    slow = ("conversations.*", "chat.*", "users.*", "usergroups.*")
    bot.slack.hub.gate.faults += [Fault("slow", m, seconds=8, times=1000) for m in slow]
    await walk.type("jonas", "declare Something slow", "general")
    await walk.type("maya", "declare", "general")
    await walk.form("maya", "Declare an incident")
    assert not bot.rooms(), "the form did not wait for what was asked before"


async def test_08_declaring_waits_for_no_other_service(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    async with receiving(usual="hang") as other:
        hook = f'webhooks: [{{{{name: other, url: "{other.url}", allow_private: true}}}}]\n'
        async with house(tmp_path, database_url, config=CONFIG + hook, port=free_port) as bot:
            await bot.declared("Uploads hang")
            await bot.until(lambda: other.at_once)
            await bot.declared("Search is slow")
            assert other.at_once and not other.taken


async def test_09_a_call_that_fails_takes_no_other_with_it(bot: House) -> None:
    beside = ("bookmarks.add", "conversations.setTopic", "conversations.setPurpose")
    faults = [Fault("error:restricted_action", method) for method in beside]
    bot.slack.hub.gate.faults += faults
    room = await bot.declared("Uploads hang")
    await bot.until(lambda: all(fault.hit for fault in faults))
    await bot.until(lambda: "Uploads hang" in bot.text("incidents"))
    assert bot.slack.workspace.person("jonas").id in bot.channel(room).members


async def test_10_a_button_that_comes_twice_counts_once(bot: House) -> None:
    room = await bot.declared("Uploads hang")
    await asyncio.gather(*(bot.click("maya", room, "incident.ack") for _ in range(2)))
    await acked(bot, again(bot, "interactive"))
    await bot.until(lambda: "Sev 3, acknowledged" in bot.card(room))
    await bot.quiet()
    assert len(await bot.story("state")) == 2
    assert bot.heard_in_all("acknowledged before") == 0


async def test_11_one_outage_is_one_incident_and_two_of_people_become_one(bot: House) -> None:
    numbers = await asyncio.gather(*(bot.app.store.tx(failing) for _ in range(5)))
    assert set(numbers) == {"INC-1"}
    await bot.until(lambda: len(bot.rooms()) == 1 and bot.rooms()[0].pins)
    room = await bot.declared("S3 seems to hang")
    await bot.say("maya", room, "/incident merge INC-1")
    await bot.until(lambda: "merged into INC-1" in bot.card(room))
    live = [row for row in await bot.app.store.tx(lifecycle.listed) if row.status != "resolved"]
    assert [row.id for row in live] == ["INC-1"]


@pytest.fixture
async def hooked(tmp_path: Path, database_url: str, free_port: int) -> AsyncIterator[House]:
    async with house(tmp_path, database_url, config=CONFIG + PUSHED, port=free_port) as made:
        yield made


async def alert(bot: House, times: int) -> None:
    """Another monitor says the same so many times at once."""
    web, raw = bot.app.settings.web.public_url, PAIRS["alertmanager"].bodies()[0]
    headers = {"Authorization": f"Bearer {HOOK_SECRET}"}
    async with aiohttp.ClientSession() as http:
        calls = (http.post(f"{web}/hooks/prometheus", data=raw, headers=headers)
                 for _ in range(times))  # fmt: skip
        assert {answer.status for answer in await asyncio.gather(*calls)} == {202}
    await bot.until(lambda: set(bot.app.store.run(states)) == {"done"})


async def test_12_13_alerts_open_an_incident_and_a_hundred_of_them_no_second_one(
    hooked: House,
) -> None:
    await alert(hooked, 1)
    room = await hooked.room()
    await hooked.until(lambda: hooked.channel(room).pins)
    await alert(hooked, 100)
    await hooked.quiet()
    assert len(hooked.rooms()) == 1
    assert len(hooked.messages(room)) <= 3


async def test_14_whoever_is_on_call_is_asked_and_the_card_says_that_nobody_has_it(
    bot: House,
) -> None:
    await bot.app.store.tx(failing)
    room = await bot.room()
    await bot.until(lambda: bot.summons(room) and bot.channel(room).pins)
    jonas = bot.slack.workspace.person("jonas").id
    assert f"<@{jonas}>" in json.dumps(bot.summons(room)[-1]["blocks"])
    await bot.until(lambda: jonas in bot.channel(room).members)
    assert "no commander" in bot.channel(room).topic["value"]


async def test_15_a_time_is_shown_in_the_readers_zone_and_that_of_others_is_told(
    bot: House,
) -> None:
    room = await bot.declared("Uploads hang")
    await bot.say("jonas", room, "/incident take commander")
    await bot.until(lambda: "commander Jonas" in bot.channel(room).topic["value"])
    assert "<!date^" in bot.card(room) and "UTC>" in bot.card(room)
    await bot.say("maya", room, "/incident whois")
    await bot.told("maya", "in Europe/Berlin")


async def test_16_what_the_status_page_refuses_is_said_and_waits_for_a_person(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    async with status_page() as wire:
        wire.key = "another"
        config = CONFIG + PAGE % wire.url
        async with house(tmp_path, database_url, config=config, port=free_port) as bot:
            walk = Walk(bot, wire)
            await walk.declare("Uploads hang")
            await walk.type("maya", "statuspage Uploads are slow")
            await walk.press_in_room("jonas", "statuspage.approve")
            await walk.shown("The public was not told")
            asked = len(wire.calls)
            await walk.type("maya", "note Later")
            await walk.shown("Later")
            await bot.quiet()
            assert len(wire.calls) == asked and not wire.incidents


async def test_17_nothing_of_a_private_incident_is_in_public(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    config = CONFIG.replace("oncall: [jonas]", "private: true, oncall: [jonas]")
    async with running() as slack:
        slack.workspace.app.scopes |= {"groups:write", "groups:read", "groups:history"}
        slack.workspace.add_person("tom", "Tom")
        settings = settings_for(slack, tmp_path, database_url, config, free_port)
        async with living(slack, settings, tmp_path) as bot:
            walk = Walk(bot, StatusWire())
            await walk.declare("--private zarquon leaks")
            await walk.type("maya", "update zarquon is worse")
            await walk.shown("zarquon is worse")
            await walk.type("tom", "search zarquon", "general")
            await walk.told("tom", "No incident found")
            public = [c for c in slack.workspace.channels.values() if not c.is_private]
            assert "zarquon" not in json.dumps(
                [[c.name, c.messages] for c in public if not c.is_im]
            )


def test_18_the_app_asks_for_what_it_uses_and_says_what_for() -> None:
    asked = needed(None)
    assert all(scope.what and scope.without for scope in asked)
    names = {scope.name for scope in asked}
    assert not {n for n in names if n.startswith(("admin", "groups")) or n == "chat:write.public"}


async def test_19_it_needs_no_service_beside_slack_and_what_it_writes_is_yours(
    bot: House,
) -> None:
    room = await bot.declared("Uploads hang")
    await bot.say("maya", room, "/incident resolve It was the disk")
    await bot.until(lambda: "is drafted from the recorded facts" in bot.text(room))
    folder = bot.folder / "documents" / "INC-1"
    assert {path.suffix for path in folder.iterdir()} >= {".md", ".html", ".json"}
    assert "It was the disk" in (folder / "postmortem.md").read_text(encoding="utf-8")


async def test_20_only_who_may_declares_and_an_incident_has_one_channel(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    config = CONFIG.replace("oncall: [jonas]", "rights: {{responder: [maya]}}, oncall: [jonas]")
    async with house(tmp_path, database_url, config=config, port=free_port) as bot:
        bot.slack.workspace.add_person("omar", "Omar Haddad")
        await bot.say("omar", "general", "/incident declare Mine")
        await bot.told("omar", "takes the right of a responder. Who has it: maya")
        assert not bot.rooms()
        room = await bot.declared("Uploads hang")
        await bot.say("maya", room, "/incident resolve Over")
        await bot.say("maya", room, "/incident reopen Not over")
        await bot.until(lambda: "Not over" in bot.text(room))
        await bot.quiet()
        assert len(bot.rooms()) == 1

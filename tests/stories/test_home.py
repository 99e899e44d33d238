"""The Home tab: what somebody sees who opens the app, and what becomes of it meanwhile."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from incidentbot.rehearsal.app_manifest import install
from incidentbot.rehearsal.workspace.gate import Fault
from incidentbot.store.models import DependencyState
from tests.stories.house import CONFIG, House, house

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

WATCHING = (
    CONFIG
    + """\
dependencies:
  - name: pictures
    title: Picture store
    vendor: acme
    service: storage
    feeds: []
    checks: [{{name: beat, kind: heartbeat, within: 24h, secret: HOOK_SECRET}}]
  - name: uploads
    title: Upload store
    vendor: acme
    service: storage
    feeds: []
    checks: [{{name: beat, kind: heartbeat, within: 24h, secret: HOOK_SECRET}}]
"""
)


def tab(bot: House, who: str) -> str:
    """The Home tab of somebody, as text."""
    ws = bot.slack.workspace
    view = ws.homes.get((ws.person(who).id, ws.app.app_id))
    return json.dumps(view.body, ensure_ascii=False) if view else ""


async def press(bot: House, who: str, action_id: str) -> None:
    ws = bot.slack.workspace
    view = ws.homes[ws.person(who).id, ws.app.app_id]
    done = await bot.do(do="click_view", user=who, view_id=view.id, action_id=action_id)
    assert done.ok, done


def down(session: Session) -> None:
    since = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    row = DependencyState(dependency="uploads", state="down", reason="refused", since=since)
    session.merge(row)


async def test_the_home_tab_shows_what_is_open_and_theirs_and_follows(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    async with house(tmp_path, database_url, config=WATCHING, port=free_port) as bot:
        install(bot.slack.workspace.app)
        await bot.app.store.tx(down)
        # Slack has a bad moment: what could not be shown is shown a little later.
        bot.slack.hub.gate.faults.append(Fault("error:internal_error", "views.publish"))
        await bot.do(do="open_home", user="maya")
        await bot.until(lambda: "None. All is quiet" in tab(bot, "maya"))
        shown = tab(bot, "maya")
        assert "No role and no action item" in shown
        assert shown.index("✗ Upload store is down: refused") < shown.index("Picture store is")

        await press(bot, "maya", "verb:declare")
        maya = bot.slack.workspace.person("maya").id
        await bot.until(lambda: bot.slack.workspace.modal_of(maya))
        title = {"title": {"value": "Uploads hang"}, "severity": {"value": "2"}}
        await bot.do(do="submit", user="maya", values=title)
        room = await bot.room()
        both = {maya, bot.slack.workspace.person("jonas").id}  # who is on call is asked: first,
        await bot.until(lambda: both <= set(bot.channel(room).members))  # for then Maya has it
        await bot.until(lambda: "*INC-1* sev 2, open: Uploads hang" in tab(bot, "maya"))
        await bot.until(lambda: "incident.command:INC-1" in tab(bot, "maya"))
        await press(bot, "maya", "incident.command:INC-1")
        await bot.until(lambda: "• commander of *INC-1*, Uploads hang" in tab(bot, "maya"))

        await bot.until(lambda: bot.channel(room).pins)
        await bot.say("jonas", room, "/incident actions add Purge it @maya")
        await bot.until(lambda: "*ACT-1* Purge it" in tab(bot, "maya"))
        await press(bot, "maya", "action.done:ACT-1")
        await bot.until(lambda: "*ACT-1*" not in tab(bot, "maya"))
        await press(bot, "maya", "verb:help")
        await bot.until(lambda: "What I can do" in bot.heard("maya"))
        await bot.say("maya", room, "/incident resolve It was DNS")
        await bot.until(lambda: "None. All is quiet" in tab(bot, "maya"))
        assert not tab(bot, "jonas")  # who never opened it is not shown anything

        guest = bot.slack.workspace.add_person("gina", "Gina Guest", is_restricted=True)
        await bot.do(do="open_home", user="gina")
        await bot.until(lambda: "Looking at incidents is granted to" in tab(bot, "gina"))
        assert guest.id not in bot.channel(room).members

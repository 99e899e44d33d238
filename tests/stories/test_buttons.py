"""Everything that people press: one effect each, however often and by how many it is pressed."""

import asyncio
import copy
import json
from functools import partial

import pytest

from tests.stories.house import House


async def test_acknowledge_pressed_twice_by_two_people_at_once_is_one_acknowledgement(
    bot: House,
) -> None:
    room = await bot.declared()
    presses = [bot.click(who, room, "incident.ack") for who in ("maya", "jonas", "maya", "jonas")]
    assert all(result.ok for result in await asyncio.gather(*presses))
    await bot.until(lambda: "Sev 3, acknowledged" in bot.card(room))
    await bot.until(lambda: bot.heard_in_all("acknowledged before; nothing changed") == 1)
    assert len(await bot.story("state")) == 2
    # Once as text, once as block: one message.
    await bot.until(lambda: bot.text(room).count("acknowledged the incident.") == 2)
    assert "incident.ack" not in bot.card(room)


async def test_taking_command_is_on_card_and_topic_and_acknowledges(bot: House) -> None:
    room = await bot.declared()
    await bot.click("jonas", room, "incident.command")
    jonas = bot.slack.workspace.person("jonas").id
    await bot.until(lambda: f"*Commander*\\n<@{jonas}>" in bot.card(room))
    await bot.until(
        lambda: (
            bot.channel(room).topic["value"]
            == "Sev 3 · acknowledged · commander Jonas Weber · INC-1"
        )
    )
    assert "incident.command" not in bot.card(room)
    assert [e.kind for e in await bot.story()][-2:] == ["state", "role"]


async def test_two_people_who_take_command_at_once_leave_one_commander(bot: House) -> None:
    room = await bot.declared()
    presses = [bot.click(who, room, "incident.command") for who in ("maya", "jonas") * 2]
    await asyncio.gather(*presses)
    await bot.until(lambda: bot.heard_in_all("commands INC-1 already") == 1)
    await bot.until(lambda: "incident.command" not in bot.card(room))
    (role,) = await bot.story("role")
    first = "maya" if role.data["person"] == bot.slack.workspace.person("maya").id else "jonas"
    second = "jonas" if first == "maya" else "maya"
    assert "commands INC-1 already" in bot.heard(second)
    assert "commands INC-1 already" not in bot.heard(first)
    await bot.until(lambda: bot.text(room).count("took the role of commander") == 2)
    assert len(await bot.story("state")) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_post_update_opens_the_form_filled_with_what_was_said_last(bot: House) -> None:
    room = await bot.declared()
    maya = bot.slack.workspace.person("maya").id
    await bot.click("maya", room, "incident.update")
    await bot.until(lambda: bot.slack.workspace.modal_of(maya))
    await bot.do(do="submit", user="maya", values={"text": {"value": "Half is <back>"}})
    await bot.until(lambda: "Half is &lt;back&gt;" in bot.card(room))
    await bot.click("maya", room, "incident.update")
    view = await bot.until(lambda: bot.slack.workspace.modal_of(maya))
    assert '"initial_value": "Half is <back>"' in json.dumps(view.body)
    assert len(await bot.story("update")) == 1


async def test_resolve_pressed_twice_ends_it_once_with_one_draft(bot: House) -> None:
    room = await bot.declared()
    both = ("maya", "jonas")
    for who in both:
        await bot.click(who, room, "incident.resolve")
        person = bot.slack.workspace.person(who).id
        await bot.until(partial(bot.slack.workspace.modal_of, person))
    said = {"text": {"value": "The vendor fixed it"}, "lost": {"value": "no"}}
    await asyncio.gather(*(bot.do(do="submit", user=who, values=said) for who in both))
    await bot.until(lambda: "Sev 3, resolved" in bot.card(room))
    await bot.until(lambda: bot.heard_in_all("INC-1 is resolved already.") == 1)
    await bot.until(lambda: "is drafted from the recorded facts" in bot.text(room))
    await bot.until(lambda: "Postmortem draft" in bot.text("incidents"))
    assert [e.data["status"] for e in await bot.story("state")] == ["open", "resolved"]
    assert len(await bot.story("document")) == 1
    assert '"actions"' not in bot.card(room)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_button_of_a_resolved_incident_that_is_still_on_a_screen_is_refused(
    bot: House,
) -> None:
    room = await bot.declared()
    await bot.click("maya", room, "incident.command")
    old = next(e for e in reversed(bot.slack.hub.links.log) if e.kind == "interactive")
    await bot.say("maya", room, "/incident resolve The vendor fixed it")
    await bot.until(lambda: "Sev 3, resolved" in bot.card(room))
    jonas = {"id": bot.slack.workspace.person("jonas").id, "name": "jonas"}
    trigger = bot.slack.hub.triggers.mint(old.app_id, jonas["id"])
    late = copy.deepcopy(old.payload) | {"user": jonas, "trigger_id": trigger}
    bot.slack.hub.links.post("interactive", late, old.app_id)
    await bot.until(lambda: bot.heard_in_all("INC-1 is resolved; nothing was changed.") == 1)
    assert len(await bot.story("role")) == 1
    assert len(await bot.story("state")) == 3

"""Everything that people type: one story per verb."""

import json

import pytest

from incidentbot.slack.gestures.table import verbs
from tests.stories.house import House

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_the_bare_command_is_a_menu_and_help_tells_every_verb(bot: House) -> None:
    await bot.say("maya", "general", "/incident")
    await bot.told("maya", "What would you like to do?")
    menu = bot.whispers("maya")
    assert all(f"verb:{verb.name}" in menu for verb in verbs() if verb.group)
    await bot.say("jonas", "random", "/incident help")
    await bot.told("jonas", "What I can do")
    assert all(f"`{verb.name}" in bot.whispers("jonas") for verb in verbs())


async def test_a_mistyped_verb_is_answered_with_the_nearest_one(bot: House) -> None:
    await bot.say("maya", "general", "/incident stauts")
    await bot.told("maya", "I do not know “stauts”. Did you mean `/incident status`?")
    await bot.say("maya", "general", "/incident qqqq <!channel>")
    await bot.told("maya", "I do not know “qqqq”.")
    assert not bot.rooms()


async def test_the_list_is_empty_and_then_names_each_incident_with_its_channel(bot: House) -> None:
    await bot.say("maya", "general", "/incident list")
    await bot.told("maya", "No incident so far.")
    room = await bot.declared("Uploads hang")
    await bot.say("maya", "general", "/incident LIST")
    await bot.told("maya", "*INC-1* sev 3, open: Uploads hang")
    assert f"<#{bot.channel(room).id}>" in bot.whispers("maya")


async def test_status_in_the_channel_shows_the_card_without_its_buttons(bot: House) -> None:
    room = await bot.declared("Uploads hang")
    await bot.say("jonas", room, "/incident status")
    await bot.told("jonas", "Sev 3, open: Uploads hang")
    assert '"actions"' not in bot.whispers("jonas")
    assert len(bot.messages(room)) == 1


async def test_elsewhere_the_only_open_incident_is_meant(bot: House) -> None:
    await bot.say("maya", "random", "/incident status")
    await bot.told("maya", "No incident is open.")
    await bot.declared("Uploads hang")
    await bot.say("maya", "random", "/incident status")
    await bot.told("maya", "Sev 3, open: Uploads hang")


async def test_elsewhere_with_two_open_the_bot_asks_which_and_a_number_answers(bot: House) -> None:
    await bot.declared("Uploads hang")
    await bot.declared("Search is slow")
    await bot.say("maya", "random", "/incident ack")
    await bot.told("maya", "Which incident?")
    said = bot.whispers("maya")
    assert "INC-1 (Uploads hang)" in said
    assert "INC-2 (Search is slow)" in said
    await bot.say("maya", "random", "/incident ack inc-2")
    await bot.until(lambda: "acknowledged" in bot.card(bot.rooms()[1].name))
    assert len(await bot.story("state", "INC-1")) == 1
    await bot.say("maya", "random", "/incident status INC-99")
    await bot.told("maya", "There is no incident INC-99.")


async def test_ack_is_on_the_card_in_the_topic_and_in_the_announcement(bot: House) -> None:
    room = await bot.declared()
    await bot.say("jonas", room, "/incident ack")
    await bot.until(lambda: "Jonas Weber acknowledged the incident." in bot.text(room))
    await bot.until(lambda: "acknowledged" in bot.channel(room).topic["value"])
    await bot.until(lambda: "Sev 3, acknowledged" in bot.text("incidents"))
    await bot.until(lambda: "incident.ack" not in bot.card(room))
    await bot.say("maya", room, "/incident ack")
    await bot.told("maya", "INC-1 was acknowledged before; nothing changed.")
    assert len(await bot.story("state")) == 2


async def test_an_update_by_text_is_a_message_and_the_summary_on_the_card(bot: House) -> None:
    room = await bot.declared()
    await bot.say("maya", room, "/incident update We serve from the backup & watch it")
    await bot.until(lambda: "*Update* by" in bot.text(room))
    await bot.until(lambda: "*Now*\\nWe serve from the backup &amp; watch it" in bot.card(room))
    assert [e.text for e in await bot.story("update")] == ["We serve from the backup & watch it"]


async def test_an_update_without_words_opens_a_form(bot: House) -> None:
    room = await bot.declared()
    await bot.say("jonas", room, "/incident update")
    jonas = bot.slack.workspace.person("jonas").id
    view = await bot.until(lambda: bot.slack.workspace.modal_of(jonas))
    assert "Update INC-1" in json.dumps(view.body)
    empty = await bot.do(do="submit", user="jonas", values={"text": {"value": " \n"}})
    assert empty.errors == {"text": "Please write a few words."}
    done = await bot.do(do="submit", user="jonas", values={"text": {"value": "Half is back"}})
    assert done.ok
    await bot.until(lambda: "Half is back" in bot.card(room))
    assert bot.slack.workspace.modal_of(jonas) is None
    assert len(await bot.story("update")) == 1


async def test_a_form_sent_after_the_end_is_refused_where_it_was_opened(bot: House) -> None:
    room = await bot.declared()
    await bot.say("jonas", "random", "/incident update INC-1")
    jonas = bot.slack.workspace.person("jonas").id
    await bot.until(lambda: bot.slack.workspace.modal_of(jonas))
    await bot.say("maya", room, "/incident resolve The vendor fixed it")
    await bot.until(lambda: "Sev 3, resolved" in bot.card(room))
    await bot.do(do="submit", user="jonas", values={"text": {"value": "Too late"}})
    await bot.until(lambda: "INC-1 is resolved; nothing was changed." in bot.heard("jonas"))
    assert bot.slack.workspace.app.bot_user_id not in bot.channel("random").members
    assert not await bot.story("update")


async def test_a_number_inside_a_sentence_is_only_a_word(bot: House) -> None:
    room = await bot.declared("Uploads hang")
    await bot.declared("Search is slow")
    await bot.say("maya", room, "/incident update Same cause as INC-2")
    await bot.until(lambda: "Same cause as INC-2" in bot.card(room))
    await bot.say("maya", room, "/incident timeline add Compared with INC-2 by hand")
    await bot.until(lambda: "Compared with INC-2 by hand" in bot.text(room))
    await bot.say("maya", "random", "/incident timeline add INC-2 Index is rebuilt")
    await bot.until(lambda: "Index is rebuilt" in bot.text(bot.rooms()[1].name))
    assert [e.text for e in await bot.story("note", "INC-2")] == ["Index is rebuilt"]
    await bot.say("maya", room, "/incident resolve It was INC-2")
    await bot.until(lambda: "Sev 3, resolved" in bot.card(room))
    assert (await bot.story("state"))[-1].text == "Maya Okafor resolved the incident: It was INC-2"
    assert len(await bot.story("state", "INC-2")) == 1


async def test_severity_changes_everywhere_and_a_wrong_one_is_told_what_is_allowed(
    bot: House,
) -> None:
    room = await bot.declared()
    await bot.say("maya", room, "/incident severity 1")
    await bot.until(lambda: "Sev 1, open" in bot.card(room))
    await bot.until(lambda: bot.channel(room).topic["value"].startswith("Sev 1"))
    await bot.until(lambda: "Sev 1, open" in bot.text("incidents"))
    await bot.say("maya", room, "/incident severity 1")
    await bot.told("maya", "INC-1 has severity 1 already.")
    for wrong in ("9", "high", "-1", "²", "1.5"):
        await bot.say("jonas", room, f"/incident severity {wrong}")
    words = "Name a severity: 1 critical, 2 major, 3 partial, 4 minor, 5 cosmetic. INC-1 has 1 now."
    await bot.until(lambda: bot.whispers("jonas").count(words) >= 5)
    await bot.say("jonas", "random", "/incident severity 2 INC-1")
    await bot.until(lambda: "Sev 2, open" in bot.card(room))
    assert [e.data for e in await bot.story("severity")] == [
        {"from": 3, "to": 1},
        {"from": 1, "to": 2},
    ]


async def test_a_role_for_me_and_for_another_by_mention(bot: House) -> None:
    room = await bot.declared()
    await bot.say("maya", room, "/incident role commander")
    await bot.until(lambda: "commander Maya Okafor" in bot.channel(room).topic["value"])
    await bot.say("maya", room, "/incident role Scribe @jonas")
    await bot.until(lambda: "Maya Okafor made Jonas Weber scribe." in bot.text(room))
    await bot.say("maya", room, "/incident role @jonas commander now")
    await bot.until(lambda: "commander Jonas Weber" in bot.channel(room).topic["value"])
    await bot.say("jonas", room, "/incident role commander")
    await bot.told("jonas", "Jonas Weber has that role already.")
    assert len(await bot.story("role")) == 3


async def test_an_unknown_role_and_an_unknown_person_are_told_what_is_possible(bot: House) -> None:
    room = await bot.declared()
    await bot.say("maya", room, "/incident role captain")
    await bot.told("maya", "(allowed: commander, operations, communications, scribe)")
    await bot.say("maya", room, "/incident role scribe @nobody")
    await bot.told("maya", "Name one role, and a person if it is not you. commander: nobody")
    assert not await bot.story("role")


async def test_the_timeline_is_shown_to_one_and_a_line_can_be_added(bot: House) -> None:
    room = await bot.declared()
    await bot.say("jonas", room, "/incident timeline add Cache <flushed> by hand")
    await bot.until(lambda: "*Note* by" in bot.text(room))
    await bot.say("maya", room, "/incident timeline")
    await bot.told("maya", "*Timeline of INC-1*")
    said = bot.whispers("maya")
    assert said.index("Maya Okafor declared") < said.index("Cache &lt;flushed&gt; by hand")
    assert "*Timeline of INC-1*" not in bot.text(room)


async def test_where_nothing_can_be_switched_there_is_still_a_list_to_go_by(bot: House) -> None:
    room = await bot.declared()
    await bot.say("maya", room, "/incident runbook")
    await bot.told("maya", "When there is no backup: the checklist")


async def test_resolve_with_words_closes_and_a_resolved_incident_refuses_changes(
    bot: House,
) -> None:
    room = await bot.declared()
    await bot.say("maya", room, "/incident resolve The vendor fixed it")
    await bot.until(lambda: "Sev 3, resolved" in bot.card(room))
    await bot.until(lambda: "resolved the incident: The vendor fixed it" in bot.text(room))
    await bot.until(lambda: "is drafted from the recorded facts" in bot.text(room))
    before = await bot.story()
    assert "incident.resolve" not in bot.card(room)
    for verb in ("ack", "severity 1", "role commander", "update Still here"):
        await bot.say("jonas", room, f"/incident {verb}")
    refusal = "INC-1 is resolved; nothing was changed."
    await bot.until(lambda: bot.whispers("jonas").count(f'"text": "{refusal}') == 4)
    await bot.say("jonas", room, "/incident resolve Again")
    await bot.told("jonas", "INC-1 is resolved already.")
    assert await bot.story() == before


async def test_after_the_end_a_line_can_still_be_added_to_the_story(bot: House) -> None:
    room = await bot.declared()
    await bot.say("maya", room, "/incident resolve The vendor fixed it")
    await bot.until(lambda: "Sev 3, resolved" in bot.card(room))
    await bot.say("maya", room, "/incident timeline add The fuse was found")
    await bot.until(lambda: "The fuse was found" in bot.text(room))


async def test_postmortem_writes_the_draft_anew_and_links_it(bot: House) -> None:
    room = await bot.declared()
    await bot.say("maya", room, "/incident postmortem")
    await bot.told("maya", "Postmortem of INC-1")
    assert "/documents/INC-1/" in bot.whispers("maya")
    assert {f.suffix for f in (bot.folder / "documents" / "INC-1").iterdir()} == {
        ".md",
        ".html",
        ".json",
    }

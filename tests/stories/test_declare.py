"""Somebody declares an incident."""

import json

from tests.stories.house import House


async def test_a_declared_incident_has_one_channel_with_its_declarer_and_a_pinned_card(
    bot: House,
) -> None:
    assert (await bot.say("maya", "general", "/incident declare Pictures do not load")).ok
    room = await bot.room()
    await bot.until(lambda: bot.channel(room).pins)
    await bot.quiet()
    channel, people = bot.channel(room), bot.slack.workspace
    assert room.endswith("-pictures-do-not-load")
    both = {people.person("maya").id, people.person("jonas").id}
    await bot.until(lambda: both <= set(channel.members))  # who is on call is asked a moment later
    await bot.quiet()
    card = bot.messages(room)[0]
    assert [pin["ts"] for pin in channel.pins] == [card["ts"]]
    assert "Sev 3, open: Pictures do not load" in card["text"]
    assert "no commander" in channel.topic["value"]
    assert "INC-1 is open" in bot.whispers("maya")
    await bot.until(lambda: "Pictures do not load" in bot.text("incidents"))
    assert len(bot.rooms()) == 1


async def test_without_words_a_form_opens_and_its_submission_declares(bot: House) -> None:
    await bot.say("maya", "general", "/incident declare")
    view = await bot.until(
        lambda: bot.slack.workspace.modal_of(bot.slack.workspace.person("maya").id)
    )
    assert "Declare" in json.dumps(view.body)
    empty = await bot.do(do="submit", user="maya", values={"title": {"value": "  "}})
    assert "Please write" in json.dumps(empty.errors), empty
    values = {"title": {"value": "Uploads hang"}, "severity": {"value": "1"}}
    assert (await bot.do(do="submit", user="maya", values=values)).ok
    room = await bot.room()
    await bot.until(lambda: "Sev 1, open: Uploads hang" in bot.text(room))


async def test_the_word_payload_and_hostile_text_stay_text(bot: House) -> None:
    await bot.say("maya", "general", "/incident declare payload <!channel> *is* @here & gone")
    room = await bot.room()
    await bot.until(lambda: bot.messages(room))
    card = json.dumps(bot.messages(room)[0])
    assert "<!channel>" not in bot.messages(room)[0]["text"]
    assert "payload" in card


async def test_two_incidents_of_the_same_name_have_two_channels(bot: House) -> None:
    await bot.say("maya", "general", "/incident declare Same thing")
    await bot.room(1)
    await bot.say("jonas", "general", "/incident declare Same thing")
    await bot.room(2)
    names = sorted(room.name for room in bot.rooms())
    assert names[1] == names[0] + "-2"

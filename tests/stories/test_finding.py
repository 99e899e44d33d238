"""Finding again, linking, and being spoken to."""

import json

import pytest

from incidentbot.rehearsal.app_manifest import install
from tests.stories.house import House
from tests.stories.writing import declared, entries, event, id_of, modal, said

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def bot(bot: House) -> House:
    """With the scopes, events and shortcuts of the manifest, and no others."""
    install(bot.slack.workspace.app)
    return bot


async def test_search_by_words_and_by_form(bot: House) -> None:
    await declared(bot, "Uploads hang")
    room = await declared(bot, "Search is slow")
    await bot.say("maya", room, "/incident note The uploads index is 100% full")
    await bot.until(lambda: "index" in bot.text(room))
    ws, channel = bot.slack.workspace, bot.channel("random").id
    await bot.say("maya", "random", "/incident search UPLOADS")
    found = await bot.until(lambda: ws.ephemerals.get((id_of(bot, "maya"), channel)))
    text = json.dumps(found[-1])
    assert text.index("INC-1") < text.index("INC-2")
    assert "The uploads index is 100% full" in text
    await bot.say("maya", "random", "/incident search")
    await modal(bot, "maya")
    values = {"words": {"value": "uploads"}, "severity": {"value": ["1", "3"]}}
    values |= {"state": {"value": "resolved"}}
    await bot.do(do="submit", user="maya", values=values)
    await bot.until(lambda: "No incident found for “uploads”" in bot.heard("maya"))


async def test_links_stand_on_the_card_and_only_web_addresses_are_taken(bot: House) -> None:
    room = await declared(bot, "Uploads hang")
    other = await declared(bot, "Search is slow")
    await bot.say("maya", room, "/incident link https://x.example/graph?a=1&b=2 The graph")
    await bot.until(lambda: "<https://x.example/graph?a=1&amp;b=2|The graph>" in bot.card(room))
    await bot.say("maya", room, "/incident link inc-2")
    await bot.until(lambda: "INC-2 (Search is slow)" in bot.card(room))
    await bot.until(lambda: "INC-1 (Uploads hang)" in bot.card(other))
    await bot.say("jonas", room, "/incident link INC-2")
    await bot.told("jonas", "INC-1 has that link already.")
    await bot.say("jonas", "random", "/incident link INC-2 https://y.example")
    await bot.until(lambda: "https://y.example|y.example" in bot.card(other))
    for wrong in ("javascript:alert(1)", "file:///etc/passwd", "https://a:b@x.example"):
        await bot.say("jonas", room, f"/incident link {wrong}")
    await bot.until(lambda: bot.whispers("jonas").count("*Not done.* That is not a web") == 2)
    await bot.told("jonas", "There is a user or a password in that address")
    await bot.say("jonas", room, "/incident link")
    await modal(bot, "jonas")
    bad = {"url": {"value": "javascript:alert(1)"}, "kind": {"value": "meeting"}}
    refused = await bot.do(do="submit", user="jonas", values=bad)
    assert "not a web address" in refused.errors["url"]
    good = {"url": {"value": "https://meet.example/1"}, "kind": {"value": "meeting"}}
    assert (await bot.do(do="submit", user="jonas", values=good)).ok
    await bot.until(lambda: "https://meet.example/1|meet.example/1" in bot.card(room))
    assert len(await bot.story("note")) == 3


async def test_a_mention_is_answered_as_the_command_is_also_in_threads(bot: House) -> None:
    room = await declared(bot, "Uploads hang")
    ws = bot.slack.workspace
    first = await said(bot, "maya", room, "Thread here")
    await said(bot, "maya", room, "@incidentbot note Seen in the thread", thread_ts=first)
    await entries(bot, "note", 1)
    await said(bot, "jonas", room, "@incidentbot status?", thread_ts=first)
    await bot.told("jonas", "Sev 3, open: Uploads hang")
    answer = ws.ephemerals[id_of(bot, "jonas"), bot.channel(room).id][-1]
    assert answer["thread_ts"] == first
    await said(bot, "jonas", room, "Hey @incidentbot, what is the status here?")
    await bot.told("jonas", "Did you mean `/incident status`?")
    await said(bot, "jonas", room, "@incidentbot update")
    await bot.told("jonas", "That takes a form; press the button and it opens.")
    shown = ws.ephemerals[id_of(bot, "jonas"), bot.channel(room).id][-1]
    button = {"do": "click", "user": "jonas", "channel": room, "ts": shown["ts"]}
    await bot.do(**button, action_id="verb:update")
    assert "Update INC-1" in json.dumps((await modal(bot, "jonas")).body)

    dm, _ = ws.open_im(id_of(bot, "maya"), ws.app.bot_user_id)
    await said(bot, "maya", dm.id, "list")
    await bot.until(lambda: "*INC-1* sev 3" in json.dumps(dm.messages, ensure_ascii=False))
    await said(bot, "maya", dm.id, "good morning")
    await bot.until(lambda: "I do not know" in json.dumps(dm.messages, ensure_ascii=False))
    await bot.quiet()
    many = len(dm.messages)
    # What another app says is not answered, and neither is what we said ourselves.
    event(bot, "app_mention", "jonas", bot_id="B123", channel=bot.channel(room).id, ts="1.000001",
          text=f"<@{ws.app.bot_user_id}> resolve")  # fmt: skip
    event(bot, "message", "maya", channel_type="im", bot_id="B1", channel=dm.id, ts="2.000001",
          text="list")  # fmt: skip
    await said(bot, "maya", dm.id, "ack")
    await bot.until(lambda: "acknowledged" in bot.card(room))
    await bot.quiet()
    assert len(dm.messages) == many + 2  # "ack", and its answer
    assert "resolved" not in bot.card(room)

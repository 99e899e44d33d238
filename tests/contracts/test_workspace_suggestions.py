"""External selects on both transports, through the real Bolt: docs.slack.dev, block_suggestion."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from tests.contracts.workspace_kit import Json, Kit, http_bolt, kit, modal, served, until

HOSTS = ("api.shop.example", "img.shop.example", "www.shop.example")


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Json:
    return {"text": plain(value.partition(".")[0]), "value": value}


def select(kind: str = "external_select", **more: Any) -> Json:
    return {"type": kind, "action_id": "host", **more}


def form(element: Json) -> Json:
    block = {"type": "input", "block_id": "where", "label": plain("Where"), "element": element}
    return modal(blocks=[block])


@pytest.fixture
async def slack() -> AsyncIterator[Kit]:
    async with kit(ack_seconds=1.0) as made:
        yield made


class Bot:
    """Offers the hosts that hold the query; keeps what it heard."""

    def __init__(self, slack: Kit) -> None:
        self.bolt: AsyncApp = slack.new_bolt()
        self.bodies: list[Json] = []
        self.clicks: list[Json] = []
        self.views: list[Json] = []
        self.bolt.options("host")(self.offer)
        self.bolt.action("host")(self.click)
        self.bolt.view("form")(self.submit)

    async def offer(self, ack: Any, body: Json) -> None:
        self.bodies.append(body)
        if body["value"] == "groups":
            group = {"label": plain("All"), "options": [option(h) for h in HOSTS]}
            await ack(option_groups=[group])
        elif body["value"] == "broken":
            await ack(options=[{"text": plain("no value")}])
        else:
            await ack(options=[option(h) for h in HOSTS if body["value"] in h])

    async def click(self, ack: Any, body: Json) -> None:
        await ack()
        self.clicks.append(body)

    async def submit(self, ack: Any, view: Json) -> None:
        await ack()
        self.views.append(view)


async def message(slack: Kit, element: Json) -> str:
    channel = await slack.new_channel()
    await slack.client.conversations_invite(channel=channel, users=slack.maya)
    blocks = [{"type": "actions", "block_id": "acts", "elements": [element]}]
    posted = await slack.call("chat.postMessage", channel=channel, text="x", blocks=blocks)
    return str(posted["ts"])


async def test_a_select_in_a_message_asks_the_app_and_gives_what_was_offered(slack: Kit) -> None:
    bot = Bot(slack)
    ts = await message(slack, select())
    place: Json = {"channel": "inc-1", "ts": ts, "action_id": "host"}
    async with slack.connected(bot.bolt):
        assert (await slack.act("click", **place, selected=HOSTS[0])).error == "no_such_option"
        offered = await slack.act("suggest", **place, query="img.")
        assert offered.answer == {"options": [option("img.shop.example")]}
        assert (await slack.act("click", **place, selected="img.shop.example")).ok
    (body,) = bot.bodies
    assert (body["type"], body["value"]) == ("block_suggestion", "img.")
    assert (body["block_id"], body["action_id"]) == ("acts", "host")
    assert body["container"]["message_ts"] == ts and body["message"]["ts"] == ts
    assert body["channel"]["name"] == "inc-1" and body["user"]["id"] == slack.maya
    assert "trigger_id" not in body and "response_url" not in body
    chosen = bot.clicks[0]["actions"][0]["selected_option"]
    assert chosen == option("img.shop.example")


async def test_a_modal_submits_several_of_the_offered_ones(slack: Kit) -> None:
    bot = Bot(slack)
    element = select("multi_external_select", min_query_length=0)
    slack.ws.open_view(slack.app, slack.maya, form(element))
    async with slack.connected(bot.bolt):
        grouped = await slack.act("suggest_view", action_id="host", query="groups")
        assert [o["value"] for o in grouped.answer["option_groups"][0]["options"]] == list(HOSTS)
        stranger = await slack.act("submit", values={"host": ["ftp.shop.example"]})
        assert stranger.error == "no_such_option"
        assert (await slack.act("submit", values={"host": [HOSTS[2], HOSTS[0]]})).ok
    assert bot.bodies[0]["view"]["callback_id"] == "form"
    state = bot.views[0]["state"]["values"]["where"]["host"]
    assert [o["value"] for o in state["selected_options"]] == [HOSTS[2], HOSTS[0]]


async def test_three_characters_are_needed_unless_the_app_says_otherwise(slack: Kit) -> None:
    bot = Bot(slack)
    ts = await message(slack, select())
    place: Json = {"channel": "inc-1", "ts": ts, "action_id": "host"}
    async with slack.connected(bot.bolt):
        assert (await slack.act("suggest", **place, query="im")).error == "query_too_short"
        slack.ws.open_view(slack.app, slack.maya, form(select(min_query_length=0)))
        assert len((await slack.act("suggest_view", action_id="host")).answer["options"]) == 3
    assert [body["value"] for body in bot.bodies] == [""]


async def test_an_initial_option_may_stay_and_a_wrong_answer_is_refused(slack: Kit) -> None:
    bot = Bot(slack)
    slack.ws.open_view(slack.app, slack.maya, form(select(initial_option=option(HOSTS[1]))))
    async with slack.connected(bot.bolt):
        broken = await slack.act("suggest_view", action_id="host", query="broken")
        assert broken.error == "invalid_options"
        assert (await slack.act("submit")).ok
    state = bot.views[0]["state"]["values"]["where"]["host"]
    assert state["selected_option"]["value"] == HOSTS[1]


async def test_an_app_that_does_not_answer_in_time_offers_nothing() -> None:
    async with kit(ack_seconds=0.05) as slack:
        ts = await message(slack, select())
        place: Json = {"channel": "inc-1", "ts": ts, "action_id": "host"}
        late = await slack.act("suggest", **place, query="img")
        assert (late.ok, late.error, late.answer) == (False, "dispatch_failed", {})


async def test_over_http_it_goes_to_the_options_address(slack: Kit) -> None:
    bot = Bot(slack)
    async with served(http_bolt(bot.bolt)) as base:
        await slack.control("http", url=f"{base}/slack/events")
        ts = await message(slack, select())
        place: Json = {"channel": "inc-1", "ts": ts, "action_id": "host"}
        offered = await slack.act("suggest", **place, query="api")
        assert offered.answer == {"options": [option("api.shop.example")]}
        assert (await slack.act("click", **place, selected="api.shop.example")).ok
        await until(lambda: bot.clicks)
        await slack.control("http", interactivity=f"{base}/slack/events")
        slack.hub.options.ack_seconds = 0.05
        assert (await slack.act("suggest", **place, query="api")).error == "dispatch_failed"

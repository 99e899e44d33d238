"""Socket Mode of the local workspace: raw frames, then the real Bolt app."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from tests.contracts.workspace_kit import Json, Kit, kit, until

QUICK: Json = {"ack_seconds": 0.2, "redelivery_pause": 0.02}


@pytest.fixture
async def slack() -> AsyncIterator[Kit]:
    async with kit(**QUICK) as made:
        made.app.events = made.app.events | {"channel_created"}
        yield made


async def link_url(slack: Kit) -> str:
    client = slack.new_client(slack.app.app_token)
    return str((await client.apps_connections_open(app_token=slack.app.app_token))["url"])


@asynccontextmanager
async def raw(slack: Kit) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with slack.http.ws_connect(await link_url(slack)) as ws:
        hello = await ws.receive_json(timeout=5)
        assert hello["type"] == "hello" and hello["connection_info"]["app_id"] == slack.app.app_id
        yield ws


async def frames(ws: aiohttp.ClientWebSocketResponse, seconds: float = 0.1) -> list[Any]:
    """What arrives until it is quiet."""
    found: list[Any] = []
    while True:
        try:
            message = await ws.receive(timeout=seconds)
        except TimeoutError:
            return found
        if message.type != aiohttp.WSMsgType.TEXT:
            return found
        found.append(json.loads(message.data))


async def test_a_ticket_opens_one_connection(slack: Kit) -> None:
    url = await link_url(slack)
    async with slack.http.ws_connect(url) as ws:
        assert (await ws.receive_json(timeout=5))["num_connections"] == 1
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await slack.http.ws_connect(url)


async def test_each_envelope_goes_to_exactly_one_connection(slack: Kit) -> None:
    async with raw(slack) as one, raw(slack) as two:
        channel = slack.ws.create_channel(slack.app.bot_user_id, "inc-1").id
        for n in range(20):
            await slack.call("chat.postMessage", channel=channel, text=str(n))
        first, second = await asyncio.gather(frames(one), frames(two))
        posts = [f for f in first + second if f["payload"]["event"].get("text", "").isdigit()]
        fresh = [f for f in posts if f["retry_attempt"] == 0]
        assert sorted(int(f["payload"]["event"]["text"]) for f in fresh) == list(range(20))
        assert first and second, "both get their share"
        assert all(f["retry_reason"] == "" for f in fresh)


async def test_what_is_not_acked_comes_again_with_the_same_id(slack: Kit) -> None:
    async with raw(slack) as ws:
        slack.ws.create_channel(slack.maya, "inc-1")
        first = await ws.receive_json(timeout=5)
        again = await ws.receive_json(timeout=5)
        assert (first["retry_attempt"], first["retry_reason"]) == (0, "")
        assert (again["retry_attempt"], again["retry_reason"]) == (1, "timeout")
        assert again["envelope_id"] == first["envelope_id"]
        assert again["payload"]["event_id"] == first["payload"]["event_id"]
        await ws.send_json({"envelope_id": again["envelope_id"]})
        assert await frames(ws, 0.4) == []
        assert slack.hub.links.log[-1].state == "acked"


async def test_an_event_waits_for_a_connection(slack: Kit) -> None:
    slack.ws.create_channel(slack.maya, "inc-1")
    async with raw(slack) as ws:
        event = (await ws.receive_json(timeout=5))["payload"]["event"]
        assert (event["type"], event["channel"]["name"]) == ("channel_created", "inc-1")


async def test_ten_connections_are_the_most(slack: Kit) -> None:
    sockets = []
    try:
        for _ in range(10):
            sockets.append(await slack.http.ws_connect(await link_url(slack)))
        await until(lambda: len(slack.hub.links.open) == 10)
        async with slack.http.ws_connect(await link_url(slack)) as eleventh:
            message = await eleventh.receive_json(timeout=5)
            assert (message["type"], message["reason"]) == ("disconnect", "too_many_websockets")
    finally:
        for ws in sockets:
            await ws.close()


async def test_a_disconnect_makes_bolt_come_back(slack: Kit) -> None:
    bolt = slack.new_bolt()
    heard: list[str] = []

    @bolt.event("channel_created")
    async def created(event: Json) -> None:
        heard.append(event["channel"]["name"])

    async with slack.connected(bolt):
        first = slack.hub.links.open[0]
        await slack.control("disconnect", reason="refresh_requested")
        await until(lambda: slack.hub.links.open and slack.hub.links.open[0] is not first)
        slack.ws.create_channel(slack.maya, "inc-1")
        await until(lambda: heard == ["inc-1"])


async def test_bolt_acks_what_it_hears_and_the_log_says_so(slack: Kit) -> None:
    slack.app.events = slack.app.events - {"channel_created"}
    bolt = slack.new_bolt()
    heard: list[Json] = []

    @bolt.event("message")
    async def message(event: Json, body: Json) -> None:
        heard.append({**event, "event_id": body["event_id"]})

    @bolt.event("app_mention")
    async def mention(event: Json) -> None:
        heard.append(event)

    @bolt.event("member_joined_channel")
    async def joined(event: Json) -> None:
        heard.append(event)

    async with slack.connected(bolt):
        channel = await slack.new_channel()
        await slack.client.conversations_invite(channel=channel, users=slack.maya)
        await slack.act("say", channel="inc-1", text="<b> @incidentbot status")
        await until(lambda: any(e["type"] == "app_mention" for e in heard))
        mine = [e for e in heard if e["type"] == "message" and "subtype" not in e]
        mentioned = f"&lt;b&gt; <@{slack.app.bot_user_id}> status"
        assert [e["text"] for e in mine] == [mentioned]
        assert mine[0]["channel_type"] == "channel" and mine[0]["event_id"].startswith("Ev")
        arrivals = [e for e in heard if e["type"] == "member_joined_channel"]
        assert {e["user"] for e in arrivals} == {slack.app.bot_user_id, slack.maya}
        await until(lambda: all(e.state == "acked" for e in slack.hub.links.log))
        lines = (await slack.control("deliveries", "GET"))["deliveries"]
        assert {line["attempts"] for line in lines} == {1}


async def test_a_delivery_can_be_repeated_on_order(slack: Kit) -> None:
    bolt = slack.new_bolt()
    heard: list[str] = []

    @bolt.event("channel_created")
    async def created(body: Json) -> None:
        heard.append(body["event_id"])

    async with slack.connected(bolt):
        slack.ws.create_channel(slack.maya, "inc-1")
        await until(lambda: len(heard) == 1)
        await slack.control("redeliver", envelope="last")
        await until(lambda: len(heard) == 2)
        await slack.control("redeliver", envelope="last", new_event_id=True)
        await until(lambda: len(heard) == 3)
    assert heard[0] == heard[1] != heard[2]


async def test_an_outage_drops_sockets_and_keeps_events(slack: Kit) -> None:
    async with raw(slack) as ws:
        await slack.control("down", down=True)
        assert (await ws.receive(timeout=5)).type in (
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.CLOSING,
            aiohttp.WSMsgType.CLOSED,
        )
    url = f"{slack.server.url}api/auth.test"
    async with slack.http.post(url, data={"token": slack.app.bot_token}) as response:
        assert response.status == 503
    slack.ws.create_channel(slack.maya, "inc-1")
    await slack.control("down", down=False)
    async with raw(slack) as ws:
        assert (await ws.receive_json(timeout=5))["payload"]["event"]["type"] == "channel_created"


async def event(ws: aiohttp.ClientWebSocketResponse) -> Any:
    """The next envelope's payload, acked."""
    frame = await ws.receive_json(timeout=5)
    await ws.send_json({"envelope_id": frame["envelope_id"]})
    return frame["payload"]


async def test_a_silent_socket_stays_open_and_its_events_go_elsewhere(slack: Kit) -> None:
    slack.hub.options.redeliveries = 50
    async with raw(slack) as dead:
        assert await slack.control("silence") == {"connections": 1}
        await dead.ping(b"anybody?")
        slack.ws.create_channel(slack.maya, "inc-1")
        await until(lambda: slack.hub.links.log[-1].attempts)
        assert await frames(dead, 0.05) == [] and not dead.closed
        async with raw(slack) as alive:
            payload = await event(alive)
            assert payload["event"]["channel"]["name"] == "inc-1"


async def test_bolt_notices_a_silent_socket_by_itself(slack: Kit) -> None:
    bolt = slack.new_bolt()
    async with slack.connected(bolt) as handler:
        handler.client.ping_interval = 0.1
        first = slack.hub.links.open[0]
        await slack.control("silence")
        await until(lambda: any(link is not first for link in slack.hub.links.open), 20)


async def test_pings_are_answered_and_sent(slack: Kit) -> None:
    slack.hub.options.ping_seconds = 0.05
    url = await link_url(slack)
    async with slack.http.ws_connect(url, autoping=False) as ws:
        assert (await ws.receive_json(timeout=5))["type"] == "hello"
        await ws.ping(b"me")
        kinds = {(await ws.receive(timeout=5)).type for _ in range(2)}
        assert kinds == {aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG}
        while (await ws.receive(timeout=5)).type == aiohttp.WSMsgType.PING:
            pass  # nothing of ours is heard from here on: the server gives up
        assert ws.closed


@pytest.mark.parametrize(("mode", "ids"), [("duplicate", 1), ("twin", 3)])
async def test_copies_of_an_event_have_no_retry_mark(slack: Kit, mode: str, ids: int) -> None:
    await slack.control("mishaps", mode=mode, copies=2, event="channel_*")
    async with raw(slack) as ws:
        slack.ws.create_channel(slack.maya, "inc-1")
        found = [await ws.receive_json(timeout=5) for _ in range(3)]
        assert {f["retry_attempt"] for f in found} == {0}
        assert len({f["payload"]["event_id"] for f in found}) == ids


async def test_an_event_may_be_lost_late_or_behind_the_next(slack: Kit) -> None:
    async with raw(slack) as ws:
        await slack.control("mishaps", mode="drop")
        slack.ws.create_channel(slack.maya, "lost")
        await slack.control("mishaps", mode="swap")
        for name in ("one", "two"):
            slack.ws.create_channel(slack.maya, name)
        order = [(await event(ws))["event"]["channel"]["name"] for _ in range(2)]
        assert order == ["two", "one"]
        await slack.control("mishaps", mode="delay", seconds=0.05)
        slack.ws.create_channel(slack.maya, "late")
        slack.ws.create_channel(slack.maya, "next")
        order = [(await event(ws))["event"]["channel"]["name"] for _ in range(2)]
        assert order == ["next", "late"]
    assert [e.state for e in slack.hub.links.log].count("lost") == 1

"""Signed HTTP delivery of the local workspace: to a plain server, then to the real Bolt app."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from incidentbot.rehearsal.workspace.state import Addresses
from tests.contracts.workspace_kit import (
    Json,
    Kit,
    button,
    http_bolt,
    kit,
    modal,
    served,
    until,
)

PAUSES = (0.0, 0.02, 0.02)


@dataclass
class Ear:
    """A request URL: keeps what came and answers what was laid ready, else 200 and nothing."""

    secret: str
    url: str = ""
    heard: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    answers: list[web.Response] = field(default_factory=list)
    slow: float = 0

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if b"url_verification" in body:
            return web.json_response({"challenge": json.loads(body)["challenge"]})
        assert SignatureVerifier(self.secret).is_valid_request(body, dict(request.headers))
        self.heard.append(request)
        self.bodies.append(body)
        await asyncio.sleep(self.slow)
        return self.answers.pop(0) if self.answers else web.Response()

    def retries(self) -> list[tuple[str | None, str | None]]:
        names = ("X-Slack-Retry-Num", "X-Slack-Retry-Reason")
        return [(r.headers.get(names[0]), r.headers.get(names[1])) for r in self.heard]


@pytest.fixture
async def slack() -> AsyncIterator[Kit]:
    async with kit(ack_seconds=0.5, http_retries=PAUSES) as made:
        made.app.events = frozenset({"channel_created"})
        yield made


@pytest.fixture
async def ear(slack: Kit) -> AsyncIterator[Ear]:
    made = Ear(slack.app.signing_secret)
    app = web.Application()
    app.router.add_post("/slack/events", made.take)
    app.router.add_post("/round/{n}", going_round)
    async with served(app) as url:
        made.url = f"{url}/slack/events"
        await slack.control("http", url=made.url)
        yield made


async def going_round(request: web.Request) -> web.Response:
    """`n` redirects, then the real place."""
    left = int(request.match_info["n"])
    raise web.HTTPTemporaryRedirect(f"/round/{left - 1}" if left > 1 else "/slack/events")


async def test_an_event_comes_signed_as_json_and_is_acked_by_200(slack: Kit, ear: Ear) -> None:
    slack.ws.create_channel(slack.maya, "inc-1")
    await until(lambda: slack.hub.log.kept[-1].state == "acked")
    (body,) = [json.loads(b) for b in ear.bodies]
    assert ear.heard[0].content_type == "application/json"
    assert body["type"] == "event_callback" and body["event_id"].startswith("Ev")
    assert body["event"]["channel"]["name"] == "inc-1"
    assert ear.retries() == [(None, None)]


async def test_an_event_nobody_takes_is_tried_four_times_and_says_why(slack: Kit, ear: Ear) -> None:
    ear.answers = [web.Response(status=500) for _ in range(9)]
    slack.ws.create_channel(slack.maya, "inc-1")
    await until(lambda: slack.hub.log.kept[-1].state == "lost")
    assert ear.retries() == [(None, None), *((str(n), "http_error") for n in (1, 2, 3))]
    assert len(set(ear.bodies)) == 1, "the same event each time"


async def test_a_retry_that_is_taken_is_the_last(slack: Kit, ear: Ear) -> None:
    ear.answers = [web.Response(status=503)]
    slack.ws.create_channel(slack.maya, "inc-1")
    await until(lambda: slack.hub.log.kept[-1].state == "acked")
    assert ear.retries() == [(None, None), ("1", "http_error")]


async def test_x_slack_no_retry_stops_the_retries(slack: Kit, ear: Ear) -> None:
    ear.answers = [web.Response(status=500, headers={"X-Slack-No-Retry": "1"})]
    slack.ws.create_channel(slack.maya, "inc-1")
    await until(lambda: slack.hub.log.kept[-1].state == "lost")
    assert len(ear.heard) == 1


async def test_a_slow_answer_is_a_timeout_and_comes_again(slack: Kit, ear: Ear) -> None:
    slack.hub.options.ack_seconds, ear.slow = 0.1, 0.4
    slack.ws.create_channel(slack.maya, "inc-1")
    await until(lambda: len(ear.heard) == 2)
    assert ear.retries()[1] == ("1", "http_timeout")


async def test_two_redirects_are_followed_and_a_third_is_not(slack: Kit, ear: Ear) -> None:
    base = ear.url.removesuffix("/slack/events")
    slack.app.addresses = Addresses(events=f"{base}/round/2")
    slack.ws.create_channel(slack.maya, "inc-1")
    await until(lambda: slack.hub.log.kept[-1].state == "acked")
    slack.app.addresses = Addresses(events=f"{base}/round/3")
    slack.ws.create_channel(slack.maya, "inc-2")
    await until(lambda: slack.hub.log.kept[-1].state == "lost")
    assert slack.hub.log.kept[-1].reason == "too_many_redirects" and len(ear.heard) == 1


async def test_nobody_listening_is_connection_failed(slack: Kit, unused_tcp_port: int) -> None:
    slack.app.addresses = Addresses(events=f"http://127.0.0.1:{unused_tcp_port}/")
    slack.ws.create_channel(slack.maya, "inc-1")
    await until(lambda: slack.hub.log.kept[-1].state == "lost")
    line = (await slack.control("deliveries", "GET"))["deliveries"][-1]
    assert (line["attempts"], line["reason"]) == (4, "connection_failed")


async def test_an_address_must_answer_the_challenge_first(slack: Kit) -> None:
    async def deaf(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def plain(request: web.Request) -> web.Response:
        return web.Response(text=(await request.json())["challenge"])

    app = web.Application()
    app.router.add_post("/deaf", deaf)
    app.router.add_post("/plain", plain)
    async with served(app) as url:
        order = {"events": f"{url}/deaf"}
        async with slack.http.post(f"{slack.server.url}control/http", json=order) as answer:
            assert answer.status == 422
            assert (await answer.json())["error"] == "url_verification_failed"
        assert slack.app.addresses.events == ""
        await slack.control("http", events=f"{url}/plain")
        assert slack.app.addresses.events == f"{url}/plain"


async def test_while_slack_is_down_events_wait(slack: Kit, ear: Ear) -> None:
    await slack.control("down", down=True)
    slack.ws.create_channel(slack.maya, "inc-1")
    clicked = await slack.act("say", channel="general", text="/incident declare")
    assert clicked.error == "dispatch_failed"
    assert ear.heard == []
    await slack.control("down", down=False)
    await until(lambda: len(ear.heard) == 1)


async def test_a_command_is_form_fields_and_its_answer_is_shown(slack: Kit, ear: Ear) -> None:
    ear.answers = [web.Response(text="On it")]
    result = await slack.act("say", channel="general", text="/incident declare the payload is gone")
    assert result.ok
    fields = parse_qs(ear.bodies[0].decode())
    assert fields["command"] == ["/incident"] and fields["text"] == ["declare the payload is gone"]
    assert [n["text"] for n in slack.notes(slack.channel("general").id)] == ["On it"]


async def test_a_command_is_not_tried_again(slack: Kit, ear: Ear) -> None:
    ear.answers = [web.Response(status=500)]
    result = await slack.act("say", channel="general", text="/incident declare")
    assert result.error == "dispatch_failed" and len(ear.heard) == 1
    slack.hub.options.ack_seconds, ear.slow = 0.05, 0.2
    result = await slack.act("say", channel="general", text="/incident declare")
    assert result.error == "operation_timeout" and len(ear.heard) == 2


async def test_a_delivery_can_be_repeated_over_http(slack: Kit, ear: Ear) -> None:
    slack.ws.create_channel(slack.maya, "inc-1")
    await until(lambda: slack.hub.log.kept[-1].state == "acked")
    await slack.control("redeliver", envelope="last")
    await until(lambda: len(ear.heard) == 2)
    await slack.control("redeliver", envelope="last", new_event_id=True)
    await until(lambda: len(ear.heard) == 3)
    first, same, fresh = [json.loads(b)["event_id"] for b in ear.bodies]
    assert first == same != fresh
    assert [n for n, _ in ear.retries()] == [None, "1", None]


async def test_bolt_takes_commands_clicks_and_forms_over_http(slack: Kit) -> None:
    bolt = AsyncApp(client=slack.client, signing_secret=slack.app.signing_secret)
    heard: list[str] = []

    @bolt.command("/incident")
    async def command(ack: Json, body: Json) -> None:
        await ack()  # type: ignore[operator]
        await slack.client.views_open(trigger_id=body["trigger_id"], view=modal())

    @bolt.view("form")
    async def submitted(ack: Json, view: Json) -> None:
        await ack(response_action="errors", errors={"what": "too short"})  # type: ignore[operator]
        heard.append(view["callback_id"])

    @bolt.action("go")
    async def clicked(ack: Json, body: Json) -> None:
        await ack()  # type: ignore[operator]
        heard.append(body["actions"][0]["value"])

    async with served(http_bolt(bolt)) as url:
        await slack.control("http", url=f"{url}/slack/events")
        assert (await slack.act("say", channel="general", text="/incident declare")).ok
        await until(lambda: slack.ws.modal_of(slack.maya))
        result = await slack.act("submit", values={"what": {"text": "x"}})
        assert result.errors == {"what": "too short"}
        channel = await slack.new_channel()
        await slack.client.conversations_invite(channel=channel, users=slack.maya)
        blocks = [{"type": "actions", "elements": [button("go", "7")]}]
        ts = (await slack.call("chat.postMessage", channel=channel, text="x", blocks=blocks))["ts"]
        assert (await slack.act("click", channel=channel, ts=ts, action_id="go")).ok
        await until(lambda: heard == ["form", "7"])


async def test_above_the_hours_budget_the_app_is_told_once_a_minute(slack: Kit, ear: Ear) -> None:
    slack.hub.options.events_per_hour = 2
    for n in range(5):
        slack.ws.create_channel(slack.maya, f"inc-{n}")
    await until(lambda: len(ear.heard) == 3)
    bodies = [json.loads(body) for body in ear.bodies]
    (told,) = [body for body in bodies if body["type"] == "app_rate_limited"]
    assert set(told) == {"token", "team_id", "minute_rate_limited", "api_app_id", "type"}
    assert told["minute_rate_limited"] % 60 == 0
    await slack.control("clock", advance=3600)
    slack.ws.create_channel(slack.maya, "inc-later")
    await until(lambda: len(ear.heard) == 4)
    assert json.loads(ear.bodies[-1])["event"]["channel"]["name"] == "inc-later"


async def test_an_address_that_fails_always_is_switched_off_until_somebody_acts(
    slack: Kit, ear: Ear
) -> None:
    slack.hub.options.events_before_switch_off = 4
    no_more = {"X-Slack-No-Retry": "1"}
    ear.answers = [web.Response(status=500, headers=no_more) for _ in range(4)]
    for n in range(4):
        slack.ws.create_channel(slack.maya, f"inc-{n}")
    await until(lambda: not slack.app.subscribed)
    slack.ws.create_channel(slack.maya, "inc-unheard")
    await slack.control("subscriptions")
    slack.ws.create_channel(slack.maya, "inc-heard")
    await until(lambda: len(ear.heard) == 5)
    assert json.loads(ear.bodies[-1])["event"]["channel"]["name"] == "inc-heard"


async def test_events_more_than_two_hours_late_never_come(slack: Kit, ear: Ear) -> None:
    await slack.control("down", down=True)
    slack.ws.create_channel(slack.maya, "inc-1")
    await slack.control("clock", advance=2 * 3600 + 1)
    await slack.control("down", down=False)
    await until(lambda: slack.hub.log.kept[-1].state == "lost")
    assert ear.heard == [] and slack.hub.log.kept[-1].reason == "too_late"

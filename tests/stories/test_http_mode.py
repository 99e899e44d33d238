"""Slack over signed HTTP instead of a socket: the same gestures, and nothing unsigned."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest

from incidentbot.rehearsal.workspace.mishaps import Mishap
from incidentbot.rehearsal.workspace.server import Running
from tests.stories.house import House, house

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Door:
    """Sends what Slack sends, signed as Slack signs it."""

    def __init__(self, url: str, slack: Running) -> None:
        self.url = url
        self.slack = slack

    async def post(
        self, body: bytes, content_type: str, *, secret: str = "", age: int = 0
    ) -> tuple[int, str]:
        secret = secret or self.slack.workspace.app.signing_secret
        stamp = str(int(time.time()) - age)
        mac = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
        headers = {
            "content-type": content_type,
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": f"v0={mac.hexdigest()}",
        }
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.url}/slack/events", data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.text()

    def command(self, text: str, trigger: str = "1.2.3") -> bytes:
        maya = self.slack.workspace.person("maya")
        fields = {
            "command": "/incident",
            "text": text,
            "user_id": maya.id,
            "user_name": "maya",
            "team_id": self.slack.workspace.team.id,
            "channel_id": "C0",
            "trigger_id": trigger,
            "response_url": f"{self.slack.url}response/none",
        }
        return urlencode(fields).encode()


FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@pytest.fixture
async def served(
    tmp_path: Path, database_url: str, free_port: int
) -> AsyncIterator[tuple[House, Door]]:
    async with house(tmp_path, database_url, port=free_port, transport="http") as made:
        yield made, Door(f"http://127.0.0.1:{free_port}", made.slack)


async def test_a_signed_command_declares_once_even_when_it_says_payload(
    served: tuple[House, Door],
) -> None:
    bot, door = served
    body = door.command("declare The payload is gone")
    assert (await door.post(body, FORM))[0] == 200
    assert (await door.post(body, FORM))[0] == 200, "delivered again"
    room = await bot.room()
    await bot.until(lambda: "The payload is gone" in bot.text(room))
    await bot.quiet()
    assert len(bot.rooms()) == 1
    assert not bot.slack.hub.links.open, "there is no socket"


async def test_only_what_slack_signed_a_moment_ago_comes_in_and_all_of_it_is_answered(
    served: tuple[House, Door],
) -> None:
    bot, door = served
    body = door.command("declare Forged")
    assert (await door.post(body, FORM, secret="guessed"))[0] == 401
    assert (await door.post(body, FORM, age=600))[0] == 401
    for junk in (b"payload=\xff\xfe", b"payload=[]", b"payload=%00", b"\xff", b""):
        assert (await door.post(junk, FORM, secret="guessed"))[0] == 401
        assert (await door.post(junk, JSON, secret="guessed"))[0] == 401
    question = json.dumps({"type": "url_verification", "challenge": "abc", "token": "x"}).encode()
    status, text = await door.post(question, JSON)
    assert status == 200 and "abc" in text
    assert (await door.post(b"ssl_check=1&token=x", FORM))[0] == 200
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{door.url}/slack/events?ssl_check=1&token=x") as looked:
            assert looked.status == 200
        async with http.get(f"{door.url}/slack/events") as looked:
            assert looked.status == 405
    nobody = {"type": "event_callback", "event_id": "Ev1", "event": {"type": "message"}}
    assert (await door.post(json.dumps(nobody).encode(), JSON))[0] == 200
    limited = json.dumps({"type": "app_rate_limited", "team_id": "T1"}).encode()
    assert (await door.post(limited, JSON))[0] == 200
    assert not bot.rooms()


@pytest.mark.parametrize("transport", ["socket", "http"], indirect=True)
async def test_a_form_with_a_fault_is_answered_at_once_and_stays_open(bot: House) -> None:
    assert (await bot.say("maya", "general", "/incident declare")).ok
    maya = bot.slack.workspace.person("maya").id
    await bot.until(lambda: bot.slack.workspace.modal_of(maya))
    wrong = await bot.do(do="submit", user="maya", values={"title": {"value": "  "}})
    assert not wrong.ok and wrong.errors
    assert bot.slack.workspace.modal_of(maya)
    bot.slack.hub.mishaps.plans.append(Mishap("twin", times=1000, copies=2))
    assert (await bot.do(do="submit", user="maya", values={"title": {"value": "Slow"}})).ok
    room = await bot.room()
    await bot.until(lambda: bot.channel(room).pins)
    assert (await bot.click("jonas", room, "incident.command")).ok
    await bot.until(lambda: "commander Jonas" in bot.channel(room).topic["value"])
    await bot.quiet()
    lost = [e.line() for e in bot.slack.hub.log.kept if e.state == "lost" or e.attempts > 1]
    assert len(bot.rooms()) == 1 and not lost


async def test_where_slack_comes_by_socket_nobody_is_let_in_by_http(bot: House) -> None:
    door = Door(bot.app.settings.web.public_url, bot.slack)
    assert (await door.post(door.command("declare Forged"), FORM))[0] == 404
    assert (await door.post(door.command("declare Forged"), FORM, secret="guessed"))[0] == 404
    assert not bot.rooms()

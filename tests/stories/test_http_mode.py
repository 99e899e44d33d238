"""Slack over signed HTTP instead of a socket: the same gestures, and nothing unsigned."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest

from incidentbot.app import App
from incidentbot.rehearsal.workspace.server import Running, running
from tests.stories.house import CONFIG, House, settings_for

SECRET = "a signing secret of the tests"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Door:
    """Sends what Slack sends, signed as Slack signs it."""

    def __init__(self, url: str, slack: Running) -> None:
        self.url = url
        self.slack = slack

    async def post(
        self, body: bytes, content_type: str, *, secret: str = SECRET, age: int = 0
    ) -> tuple[int, str]:
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


FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def served(
    tmp_path: Path, database_url: str, free_port: int
) -> AsyncIterator[tuple[House, Door]]:
    async with running() as slack:
        settings = settings_for(slack, tmp_path, database_url, CONFIG, free_port)
        assert settings.access is not None
        access = settings.access.model_copy(
            update={"app_token": None, "signing_secret": type(settings.access.bot_token)(SECRET)}
        )
        app = App(settings.model_copy(update={"access": access}))
        task = asyncio.create_task(app.run())
        door = Door(f"http://127.0.0.1:{free_port}", slack)
        try:
            house = House(slack, app, tmp_path)
            await until_up(door)
            yield house, door
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until_up(door: Door) -> None:
    async with aiohttp.ClientSession() as http:
        for _ in range(200):
            try:
                async with http.get(f"{door.url}/healthz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
    raise AssertionError("the bot does not listen")


async def test_a_signed_command_declares_once_even_when_it_says_payload(
    served: tuple[House, Door],
) -> None:
    house, door = served
    body = door.command("declare The payload is gone")
    assert (await door.post(body, FORM))[0] == 200
    assert (await door.post(body, FORM))[0] == 200, "delivered again"
    room = await house.room()
    await house.until(lambda: "The payload is gone" in house.text(room))
    await house.quiet()
    assert len(house.rooms()) == 1


async def test_unsigned_forged_and_old_requests_are_refused(served: tuple[House, Door]) -> None:
    house, door = served
    body = door.command("declare Forged")
    assert (await door.post(body, FORM, secret="guessed"))[0] == 401
    assert (await door.post(body, FORM, age=600))[0] == 401
    assert not house.rooms()


async def test_slacks_question_who_we_are_is_answered(served: tuple[House, Door]) -> None:
    _, door = served
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "x"}).encode()
    status, text = await door.post(body, "application/json")
    assert status == 200 and "abc" in text


async def test_an_event_nobody_waits_for_is_taken(served: tuple[House, Door]) -> None:
    _, door = served
    event = {"type": "event_callback", "event_id": "Ev1", "event": {"type": "message", "ts": "1.1"}}
    assert (await door.post(json.dumps(event).encode(), "application/json"))[0] == 200

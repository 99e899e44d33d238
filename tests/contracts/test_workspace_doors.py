"""The other doors: incoming webhooks, and Slack's own status page."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.contracts.workspace_kit import Kit, kit, section


@pytest.fixture
async def slack() -> AsyncIterator[Kit]:
    async with kit() as made:
        yield made


async def hook(slack: Kit, channel: str = "general") -> str:
    return str((await slack.control("webhook", channel=channel))["url"])


async def test_a_webhook_posts_though_the_bot_is_outside(slack: Kit) -> None:
    client = AsyncWebhookClient(await hook(slack))
    client.proxy = None
    answer = await client.send(text="S3 fails", blocks=[section("*S3* fails")])
    assert (answer.status_code, answer.body) == (200, "ok")
    message = slack.channel("general").messages[-1]
    assert (message["text"], message["subtype"]) == ("S3 fails", "bot_message")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "invalid_payload"),
        ("[]", 400, "invalid_payload"),
        ('{"blocks": [{"type": "nonsense"}]}', 400, "invalid_blocks"),
        ("{}", 400, "no_text"),
    ],
)
async def test_what_a_webhook_cannot_post_is_said_in_words(
    slack: Kit, body: str, status: int, code: str
) -> None:
    async with slack.http.post(await hook(slack), data=body.encode()) as answer:
        assert (answer.status, await answer.text()) == (status, code)


async def test_a_webhook_dies_with_its_channel_and_its_app(slack: Kit) -> None:
    channel = await slack.new_channel()
    url = await hook(slack, channel)

    async def answer(address: str) -> tuple[int, str]:
        async with slack.http.post(address, json={"text": "x"}) as response:
            return response.status, await response.text()

    assert await answer(url) == (200, "ok")
    await slack.client.conversations_archive(channel=channel)
    assert await answer(url) == (410, "channel_is_archived")
    assert await answer(f"{url}x") == (404, "no_service")
    await slack.act("uninstall")
    assert await answer(url) == (404, "no_service")


async def test_webhooks_share_the_pace_of_their_channel() -> None:
    async with kit(rate_limits=True, post_burst=1) as slack:
        url = await hook(slack)
        async with slack.http.post(url, json={"text": "x"}) as first:
            assert first.status == 200
        async with slack.http.post(url, json={"text": "x"}) as second:
            assert second.status == 429 and int(second.headers["Retry-After"]) >= 1


async def test_the_status_page_tells_of_trouble_even_in_an_outage(slack: Kit) -> None:
    async def current() -> Any:
        async with slack.http.get(f"{slack.server.url}api/v2.0.0/current") as response:
            return await response.json()

    assert (await current())["status"] == "ok"
    await slack.control("down", down=True)
    url = f"{slack.server.url}control/status"
    async with slack.http.post(url, json={"title": "No messages"}) as response:
        assert response.status == 200
    told = await current()
    assert told["status"] == "active"
    assert [i["title"] for i in told["active_incidents"]] == ["No messages"]
    async with slack.http.post(url, json={"resolve": True}) as response:
        assert (await response.json())[0]["status"] == "resolved"
    assert (await current())["active_incidents"] == []


async def test_limits_of_ephemeral_and_me_messages(slack: Kit) -> None:
    channel = await slack.new_channel()
    await slack.client.conversations_invite(channel=channel, users=slack.maya)
    long = "x" * 40_001
    refused = await slack.refused("chat.meMessage", channel=channel, text=long)
    assert refused["error"] == "msg_too_long"
    to_maya = {"channel": channel, "user": slack.maya}
    refused = await slack.refused("chat.postEphemeral", **to_maya, text=long)
    assert refused["error"] == "msg_too_long"
    both = {"blocks": [section("x")], "attachments": [{"text": "x"}]}
    refused = await slack.refused("chat.postEphemeral", **to_maya, text="x", **both)
    assert refused["error"] == "invalid_attachments"

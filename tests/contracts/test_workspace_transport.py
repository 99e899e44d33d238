"""Encodings, tokens, scopes and rate limits of the local workspace's Web API."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.contracts.workspace_kit import Kit, kit


@pytest.fixture
async def slack() -> AsyncIterator[Kit]:
    async with kit() as made:
        yield made


async def test_arguments_may_come_as_form_multipart_json_or_query(slack: Kit) -> None:
    channel = await slack.new_channel()
    url = f"{slack.server.url}api/chat.postMessage"
    token = slack.app.bot_token
    fields = {"token": token, "channel": channel, "text": "x"}
    blocks = [{"type": "divider"}]
    bearer = {"Authorization": f"Bearer {token}"}
    answers = []
    async with slack.http.post(url, data={**fields, "blocks": json.dumps(blocks)}) as r:
        answers.append(await r.json())
    async with slack.http.post(url, json={**fields, "blocks": blocks}, headers=bearer) as r:
        answers.append(await r.json())
    async with slack.http.get(url, params=fields) as r:
        answers.append(await r.json())
    assert [a["ok"] for a in answers] == [True, True, True]
    assert [a["message"].get("blocks", [{}])[0].get("type") for a in answers] == [
        "divider",
        "divider",
        None,
    ]


async def test_a_json_content_type_with_an_empty_body_is_fine(slack: Kit) -> None:
    headers = {
        "Authorization": f"Bearer {slack.app.bot_token}",
        "Content-Type": "application/json;charset=utf-8",
    }
    async with slack.http.post(f"{slack.server.url}api/auth.test", headers=headers) as response:
        body = await response.json()
    assert body["ok"] and body["user_id"] == slack.app.bot_user_id


async def test_every_answer_is_http_200_with_slacks_headers(slack: Kit) -> None:
    answer = await slack.client.pins_list(channel=await slack.new_channel())
    assert answer.status_code == 200
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")
    assert answer.headers["x-accepted-oauth-scopes"] == "pins:read"
    assert answer.headers["x-slack-req-id"]
    unknown = await slack.refused("pins.polish")
    assert unknown == {"ok": False, "error": "unknown_method", "req_method": "pins.polish"}


async def test_tokens_are_told_apart(slack: Kit) -> None:
    url = f"{slack.server.url}api/"
    cases = [
        ("auth.test", "", "not_authed"),
        ("auth.test", "xoxb-wrong", "invalid_auth"),
        ("auth.test", slack.app.app_token, "not_allowed_token_type"),
        ("apps.connections.open", slack.app.bot_token, "not_allowed_token_type"),
    ]
    for method, token, code in cases:
        async with slack.http.post(url + method, data={"token": token}) as response:
            assert (await response.json())["error"] == code, (method, token)


async def test_a_missing_scope_is_named(slack: Kit) -> None:
    slack.app.scopes = slack.app.scopes - {"pins:write"}
    refused = await slack.refused("pins.add", channel=await slack.new_channel(), timestamp="1.0")
    assert (refused["error"], refused["needed"]) == ("missing_scope", "pins:write")
    assert "chat:write" in refused["provided"].split(",")


async def test_a_missing_argument_is_named(slack: Kit) -> None:
    refused = await slack.refused("conversations.info")
    assert refused["error"] == "invalid_arguments"
    message = refused["response_metadata"]["messages"][0]
    assert message == "[ERROR] missing required field: channel"


async def test_broken_json_is_refused(slack: Kit) -> None:
    headers = {
        "Authorization": f"Bearer {slack.app.bot_token}",
        "Content-Type": "application/json",
    }
    url = f"{slack.server.url}api/auth.test"
    for body, code in (("{", "invalid_json"), ("[]", "json_not_object")):
        async with slack.http.post(url, headers=headers, data=body) as response:
            assert (await response.json())["error"] == code


async def test_the_twenty_first_create_in_a_minute_is_too_many() -> None:
    async with kit(rate_limits=True) as slack:
        for n in range(20):
            await slack.new_channel(f"inc-{n}")
        url = f"{slack.server.url}api/conversations.create"
        bearer = {"Authorization": f"Bearer {slack.app.bot_token}"}
        async with slack.http.post(url, json={"name": "x"}, headers=bearer) as response:
            assert response.status == 429
            assert int(response.headers["Retry-After"]) >= 1
            assert await response.json() == {"ok": False, "error": "ratelimited"}
        assert slack.ws.channel_named("x") is None


async def test_posts_are_limited_per_channel_and_wait_about_a_second() -> None:
    async with kit(rate_limits=True, post_burst=3) as slack:
        first, second = await slack.new_channel("one"), await slack.new_channel("two")
        for n in range(3):
            await slack.call("chat.postMessage", channel=first, text=str(n))
        refused = await slack.refused("chat.postMessage", channel=first, text="4")
        assert refused["error"] == "ratelimited"
        await slack.call("chat.postMessage", channel=second, text="another channel may")

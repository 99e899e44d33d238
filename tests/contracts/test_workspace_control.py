"""Faults on order: what the real slack_sdk sees, and what was done all the same."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from tests.contracts.workspace_kit import Kit, kit


@pytest.fixture
async def slack() -> AsyncIterator[Kit]:
    async with kit() as made:
        yield made


async def texts(slack: Kit) -> list[str]:
    return [m["text"] for m in slack.channel("inc-1").messages if "subtype" not in m]


async def post_under(slack: Kit, mode: str, **fault: Any) -> tuple[BaseException | None, list[str]]:
    """Post once with a fault planned: the error, and what is in the channel after."""
    channel = await slack.new_channel()
    await slack.control("faults", mode=mode, method="chat.postMessage", **fault)
    client = slack.new_client(slack.app.bot_token, timeout=0.4 if mode == "hang" else 10)
    caught: BaseException | None = None
    try:
        await client.chat_postMessage(channel=channel, text="x")
    except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
        caught = error
    return caught, await texts(slack)


async def test_429_is_a_rate_limit_with_its_wait(slack: Kit) -> None:
    error, there = await post_under(slack, "429", retry_after=7)
    assert isinstance(error, SlackApiError) and error.response.status_code == 429
    assert error.response.headers["Retry-After"] == "7" and there == []


@pytest.mark.parametrize("mode", ["500_html", "200_html"])
async def test_html_has_no_error_code(slack: Kit, mode: str) -> None:
    error, there = await post_under(slack, mode)
    assert isinstance(error, SlackApiError) and error.response.get("error") is None
    assert error.response.status_code == int(mode[:3]) and there == []


async def test_a_reset_before_leaves_nothing(slack: Kit) -> None:
    error, there = await post_under(slack, "reset_before")
    assert isinstance(error, aiohttp.ClientError) and there == []


async def test_a_reset_after_commit_leaves_the_message(slack: Kit) -> None:
    error, there = await post_under(slack, "reset_after_commit")
    assert isinstance(error, aiohttp.ClientError) and there == ["x"]


async def test_fatal_after_commit_leaves_the_message(slack: Kit) -> None:
    error, there = await post_under(slack, "fatal_after_commit")
    assert isinstance(error, SlackApiError) and error.response["error"] == "fatal_error"
    assert there == ["x"]


async def test_a_truncated_answer_leaves_the_message(slack: Kit) -> None:
    error, there = await post_under(slack, "truncated")
    assert isinstance(error, SlackApiError) and there == ["x"]


@pytest.mark.parametrize("commit", [False, True])
async def test_a_hanging_call_may_or_may_not_have_happened(slack: Kit, commit: bool) -> None:
    error, there = await post_under(slack, "hang", commit=commit)
    assert isinstance(error, asyncio.TimeoutError)
    assert there == (["x"] if commit else [])


async def test_any_error_code_can_be_ordered(slack: Kit) -> None:
    error, there = await post_under(slack, "error:restricted_action")
    assert isinstance(error, SlackApiError)
    assert error.response["error"] == "restricted_action" and there == []


async def test_an_error_code_can_come_after_the_work(slack: Kit) -> None:
    error, there = await post_under(slack, "error_after_commit:internal_error")
    assert isinstance(error, SlackApiError) and error.response["error"] == "internal_error"
    assert there == ["x"]


@pytest.mark.parametrize("commit", [False, True])
@pytest.mark.parametrize("mode", ["502_html", "503_html", "504_html", "empty"])
async def test_every_edge_can_fail_before_or_after_the_work(
    slack: Kit, mode: str, commit: bool
) -> None:
    error, there = await post_under(slack, mode, commit=commit)
    assert isinstance(error, SlackApiError) and there == (["x"] if commit else [])


async def test_a_wrong_body_is_whatever_was_ordered(slack: Kit) -> None:
    channel = await slack.new_channel()
    await slack.control("faults", mode="body", method="chat.*", body={"ok": True, "odd": 1})
    answer = await slack.client.chat_postMessage(channel=channel, text="x")
    assert answer.data == {"ok": True, "odd": 1} and await texts(slack) == []
    url = f"{slack.server.url}api/chat.postMessage"
    for given, status, seen in (([1], 200, "[1]"), ("no upstream", 502, "no upstream")):
        await slack.control("faults", mode="body", method="chat.*", body=given, status=status)
        async with slack.http.post(url, data={"token": slack.app.bot_token}) as response:
            assert (response.status, await response.text()) == (status, seen)


async def test_a_slow_answer_is_true_but_late(slack: Kit) -> None:
    channel = await slack.new_channel()
    await slack.control("faults", mode="slow", method="chat.postMessage", seconds=0.05)
    start = asyncio.get_running_loop().time()
    answer = await slack.call("chat.postMessage", channel=channel, text="x")
    assert asyncio.get_running_loop().time() - start >= 0.05
    assert answer["ts"] and await texts(slack) == ["x"]


@pytest.mark.parametrize(
    ("how", "caught"),
    [("503", SlackApiError), ("reset", aiohttp.ClientError), ("hang", TimeoutError)],
)
async def test_an_outage_has_several_faces(
    slack: Kit, how: str, caught: type[BaseException]
) -> None:
    await slack.control("down", down=True, how=how)
    with pytest.raises(caught):
        await slack.new_client(slack.app.bot_token, timeout=0.4).auth_test()
    await slack.control("down", down=False)
    await slack.call("auth.test")


async def test_a_fault_strikes_the_nth_call_of_one_channel_some_times(slack: Kit) -> None:
    one, two = await slack.new_channel("one"), await slack.new_channel("two")
    await slack.control("faults", mode="error:fatal_error", channel=two, nth=2, times=2)
    results = []
    for channel in (one, two, two, one, two, two):
        answer = await slack.http.post(
            f"{slack.server.url}api/chat.postMessage",
            data={"token": slack.app.bot_token, "channel": channel, "text": "x"},
        )
        results.append((await answer.json())["ok"])
    assert results == [True, True, False, True, False, True]
    await slack.control("faults", mode="error:fatal_error", times=99)
    await slack.control("faults", "DELETE")
    await slack.call("auth.test")


async def test_an_unknown_fault_is_refused_with_the_allowed_ones(slack: Kit) -> None:
    url = f"{slack.server.url}control/faults"
    async with slack.http.post(url, json={"mode": "gremlins"}) as response:
        assert response.status == 400 and "reset_after_commit" in await response.text()


async def test_the_journal_tells_every_call(slack: Kit) -> None:
    channel = await slack.new_channel()
    await slack.refused("conversations.create", name="inc-1")
    calls = (await slack.control("journal", "GET"))["calls"]
    assert [(c["method"], c["ok"], c["error"], c["token"]) for c in calls] == [
        ("conversations.create", True, "", "bot"),
        ("conversations.create", False, "name_taken", "bot"),
    ]
    waiting = asyncio.create_task(
        slack.control("wait", "GET", method="chat.postMessage", count=1, timeout=5)
    )
    await slack.call("chat.postMessage", channel=channel, text="x")
    assert (await waiting)["calls"][0]["args"]["text"] == "x"


async def test_latency_is_added_to_every_call(slack: Kit) -> None:
    await slack.control("latency", ms=60)
    start = asyncio.get_running_loop().time()
    await slack.call("auth.test")
    assert asyncio.get_running_loop().time() - start >= 0.06


@pytest.mark.parametrize(("when", "left"), [("before", []), ("after", ["x"])])
async def test_a_kill_strikes_before_or_after_the_call(
    slack: Kit, when: str, left: list[str]
) -> None:
    channel = await slack.new_channel()
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "import time; time.sleep(60)"
    )
    try:
        await slack.control("kill", pid=victim.pid, method="chat.postMessage", when=when)
        await slack.call("auth.test")
        with pytest.raises(aiohttp.ClientError):
            await slack.client.chat_postMessage(channel=channel, text="x")
        assert await asyncio.wait_for(victim.wait(), 5) == -signal.SIGKILL
        assert await texts(slack) == left
        await slack.call("chat.postMessage", channel=channel, text="y")
    finally:
        if victim.returncode is None:
            victim.kill()
            await victim.wait()


async def test_the_state_can_be_read_as_json(slack: Kit) -> None:
    channel = await slack.new_channel()
    ts = (await slack.call("chat.postMessage", channel=channel, text="card"))["ts"]
    await slack.client.pins_add(channel=channel, timestamp=ts)
    state = await slack.control("state", "GET")
    found = next(c for c in state["channels"] if c["id"] == channel)
    assert found["messages"][-1]["text"] == "card" and found["pins"][0]["ts"] == ts


async def test_deeds_can_be_ordered_by_name(slack: Kit) -> None:
    done = await slack.control("act", do="say", user="maya", channel="general", text="hello")
    assert done["ok"] and slack.channel("general").messages[-1]["text"] == "hello"
    ghost = await slack.control("act", do="say", user="ghost", channel="general", text="x")
    assert ghost["error"] == "user_not_found"
    async with slack.http.post(
        f"{slack.server.url}control/act", json={"do": "dance", "user": "maya"}
    ) as response:
        assert response.status == 400 and "say" in await response.text()


async def test_everything_that_can_be_ordered_is_told(slack: Kit) -> None:
    told = await slack.control("", "GET")
    assert "POST /control/faults" in told["orders"] and "POST /control/reset" in told["orders"]
    assert [path for path, about in told["orders"].items() if not about] == []
    assert {"say", "click", "select", "submit", "close", "react", "unreact", "edit", "delete"} <= (
        set(told["deeds"])
    )
    assert [name for name, deed in told["deeds"].items() if not deed] == []
    click = told["deeds"]["click"]["arguments"]
    assert click["action_id"] == "required" and click["selected"] is None
    assert "reset_after_commit" in told["faults"]["after the work"]
    assert "hang" in told["faults"]["either (with commit: true after it)"]
    assert told["mishaps"]["modes"] and told["faults"]["outages (POST /control/down)"]


async def test_a_reset_goes_back_to_the_seed_and_keeps_the_app(slack: Kit) -> None:
    general = slack.channel("general").id
    await slack.new_channel()
    await slack.act("say", channel="general", text="soon gone")
    await slack.control("people", name="ana")
    await slack.control("preferences", create_channels="admins")
    await slack.control("faults", mode="429", times=9)
    await slack.control("clock", advance=3600)
    await slack.act("uninstall")
    await slack.control("reset")
    assert (await slack.call("auth.test"))["user_id"] == slack.app.bot_user_id
    assert slack.channel("general").id == general and not slack.channel("general").messages
    assert slack.ws.channel_named("inc-1") is None
    assert {user.name for user in slack.ws.people()} == {"maya", "jonas"}
    calls = (await slack.control("journal", "GET"))["calls"]
    assert [call["method"] for call in calls] == ["auth.test"]
    await slack.new_channel()


async def test_a_reset_goes_back_to_what_was_remembered(slack: Kit) -> None:
    await slack.control("people", name="ana", channels=["general"])
    await slack.new_channel("kept")
    await slack.control("remember")
    await slack.act("say", user="ana", channel="general", text="soon gone")
    await slack.new_channel("dropped")
    await slack.control("reset")
    names = {channel.name for channel in slack.ws.channels.values()}
    assert "kept" in names and "dropped" not in names
    assert slack.ws.person("ana").id in slack.channel("general").members
    assert slack.channel("general").messages[-1]["text"].endswith("has joined the channel")


async def test_a_person_talks_to_the_bot_alone_by_order(slack: Kit) -> None:
    done = await slack.control("act", do="say", user="jonas", channel="@incidentbot", text="psst")
    assert done["ok"]
    (direct,) = [channel for channel in slack.ws.channels.values() if channel.is_im]
    assert direct.messages[-1]["text"] == "psst" and slack.jonas in direct.members

"""Messages of the local workspace, through the real slack_sdk."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.contracts.workspace_kit import Kit, button, kit, section


@pytest.fixture
async def slack() -> AsyncIterator[Kit]:
    async with kit() as made:
        yield made


async def test_a_post_is_returned_and_kept_in_slacks_shape(slack: Kit) -> None:
    channel = await slack.new_channel()
    posted = await slack.client.chat_postMessage(
        channel=channel, text="hi", blocks=[section("*hi*")]
    )
    message = posted["message"]
    assert (message["user"], message["bot_id"]) == (slack.app.bot_user_id, slack.app.bot_id)
    assert "subtype" not in message and message["bot_profile"]["app_id"] == slack.app.app_id
    assert message["blocks"][0]["block_id"] and not message["blocks"][0]["text"]["verbatim"]
    history = await slack.client.conversations_history(channel=channel)
    assert history["messages"][0]["ts"] == posted["ts"]


async def test_history_is_newest_first_within_its_window(slack: Kit) -> None:
    channel = await slack.new_channel()
    posts = [
        (await slack.call("chat.postMessage", channel=channel, text=str(n)))["ts"] for n in range(5)
    ]

    async def texts(**window: Any) -> list[str]:
        answer = await slack.client.conversations_history(channel=channel, **window)
        return [m["text"] for m in answer["messages"]]

    assert posts == sorted(set(posts))
    assert (await texts())[:5] == ["4", "3", "2", "1", "0"]
    assert await texts(oldest=posts[2]) == ["4", "3"]
    assert await texts(oldest=posts[2], inclusive=True) == ["4", "3", "2"]
    assert await texts(oldest=posts[1], latest=posts[3]) == ["2"]
    paged: list[str] = []
    async for page in await slack.client.conversations_history(channel=channel, limit=2):
        paged += [m["text"] for m in page["messages"]]
    assert paged[:5] == ["4", "3", "2", "1", "0"]
    bad = await slack.refused("conversations.history", channel=channel, oldest="yesterday")
    assert bad["error"] == "invalid_ts_oldest"


async def test_threads_count_their_replies(slack: Kit) -> None:
    channel = await slack.new_channel()
    parent = (await slack.call("chat.postMessage", channel=channel, text="parent"))["ts"]
    for text in ("one", "two"):
        await slack.client.chat_postMessage(channel=channel, text=text, thread_ts=parent)
    replies = (await slack.client.conversations_replies(channel=channel, ts=parent))["messages"]
    assert [m["text"] for m in replies] == ["parent", "one", "two"]
    assert (replies[0]["reply_count"], replies[0]["latest_reply"]) == (2, replies[2]["ts"])
    history = (await slack.client.conversations_history(channel=channel))["messages"]
    assert history[0]["text"] == "parent", "replies stay in their thread"
    missing = await slack.refused("conversations.replies", channel=channel, ts="1.000001")
    assert missing["error"] == "thread_not_found"
    await slack.client.chat_delete(channel=channel, ts=parent)
    left = (await slack.client.conversations_replies(channel=channel, ts=parent))["messages"]
    assert left[0]["subtype"] == "tombstone"


async def test_metadata_comes_back_only_when_asked_for(slack: Kit) -> None:
    channel = await slack.new_channel()
    metadata = {"event_type": "outbox", "event_payload": {"id": "42"}}
    await slack.client.chat_postMessage(channel=channel, text="x", metadata=metadata)
    plain = await slack.client.conversations_history(channel=channel)
    asked = await slack.client.conversations_history(channel=channel, include_all_metadata=True)
    assert "event_payload" not in plain["messages"][0].get("metadata", {})
    assert asked["messages"][0]["metadata"] == metadata
    bad = await slack.refused(
        "chat.postMessage", channel=channel, text="x", metadata={"event_type": 5}
    )
    assert bad["error"] == "invalid_metadata_schema"


async def test_an_update_marks_the_message_edited(slack: Kit) -> None:
    channel = await slack.new_channel()
    ts = (await slack.call("chat.postMessage", channel=channel, text="a", blocks=[section("a")]))[
        "ts"
    ]
    await slack.client.chat_update(channel=channel, ts=ts, text="b")
    message = slack.channel("inc-1").find(ts)
    assert message["text"] == "b" and message["edited"]["user"] == slack.app.bot_user_id
    assert message["blocks"][0]["text"]["text"] == "a", "blocks not given stay"
    await slack.client.chat_update(channel=channel, ts=ts, text="b", blocks=[])
    assert "blocks" not in message
    long = await slack.refused("chat.update", channel=channel, ts=ts, text="x" * 4001)
    gone = await slack.refused("chat.update", channel=channel, ts="1.000001", text="x")
    assert (long["error"], gone["error"]) == ("msg_too_long", "message_not_found")


async def test_only_ones_own_messages_can_be_changed(slack: Kit) -> None:
    channel = await slack.new_channel()
    await slack.client.conversations_invite(channel=channel, users=slack.maya)
    said = await slack.act("say", channel="inc-1", text="mine")
    update = await slack.refused("chat.update", channel=channel, ts=said.ts, text="x")
    delete = await slack.refused("chat.delete", channel=channel, ts=said.ts)
    assert update["error"] == "cant_update_message"
    assert delete["error"] == "cant_delete_message"


async def test_ephemeral_messages_are_for_one_member_and_no_history(slack: Kit) -> None:
    channel = await slack.new_channel()
    outside = await slack.refused(
        "chat.postEphemeral", channel=channel, user=slack.maya, text="psst"
    )
    assert outside["error"] == "user_not_in_channel"
    await slack.client.conversations_invite(channel=channel, users=slack.maya)
    await slack.client.chat_postEphemeral(channel=channel, user=slack.maya, text="psst")
    assert [m["text"] for m in slack.notes(channel)] == ["psst"]
    history = (await slack.client.conversations_history(channel=channel))["messages"]
    assert "psst" not in [m["text"] for m in history]


async def test_nothing_to_say_is_no_text(slack: Kit) -> None:
    channel = await slack.new_channel()
    assert (await slack.refused("chat.postMessage", channel=channel))["error"] == "no_text"
    unknown = await slack.refused("chat.postMessage", channel="C0", text="x")
    assert unknown["error"] == "channel_not_found"
    lost = await slack.refused("chat.postMessage", channel=channel, text="x", thread_ts="1.000001")
    assert lost["error"] == "thread_not_found"


async def test_blocks_without_text_earn_a_warning(slack: Kit) -> None:
    channel = await slack.new_channel()
    answer = await slack.call("chat.postMessage", channel=channel, blocks=[section("x")])
    assert answer["warning"] == "missing_text_in_message"


async def test_bad_blocks_are_named_by_pointer(slack: Kit) -> None:
    channel = await slack.new_channel()
    blocks = [section(""), {"type": "actions", "elements": [button("a")] * 26}]
    refused = await slack.refused("chat.postMessage", channel=channel, text="x", blocks=blocks)
    assert refused["error"] == "invalid_blocks"
    messages = refused["response_metadata"]["messages"]
    assert "[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]" in messages
    assert "[ERROR] no more than 25 items allowed [json-pointer:/blocks/1/elements]" in messages


async def test_pins_and_reactions(slack: Kit) -> None:
    channel = await slack.new_channel()
    ts = (await slack.call("chat.postMessage", channel=channel, text="card"))["ts"]
    item = {"channel": channel, "timestamp": ts}
    await slack.client.pins_add(**item)
    await slack.client.reactions_add(name="eyes", **item)
    assert (await slack.refused("pins.add", **item))["error"] == "already_pinned"
    assert (await slack.refused("reactions.add", name="eyes", **item))["error"] == (
        "already_reacted"
    )
    pinned = (await slack.client.pins_list(channel=channel))["items"]
    assert pinned[0]["message"]["ts"] == ts and "archives" in pinned[0]["message"]["permalink"]
    await slack.client.pins_remove(**item)
    await slack.client.reactions_remove(name="eyes", **item)
    assert (await slack.refused("pins.remove", **item))["error"] == "no_pin"
    assert (await slack.refused("reactions.remove", name="eyes", **item))["error"] == (
        "no_reaction"
    )
    nothing = await slack.refused("pins.add", channel=channel)
    bad = await slack.refused("pins.add", channel=channel, timestamp="noon")
    assert (nothing["error"], bad["error"]) == ("no_item_specified", "bad_timestamp")


async def test_a_permalink_names_channel_and_ts(slack: Kit) -> None:
    channel = await slack.new_channel()
    ts = (await slack.call("chat.postMessage", channel=channel, text="x"))["ts"]
    link = (await slack.client.chat_getPermalink(channel=channel, message_ts=ts))["permalink"]
    assert link == f"{slack.server.url}archives/{channel}/p{ts.replace('.', '')}"


async def test_what_a_person_types_is_escaped_and_mentions_become_ids(slack: Kit) -> None:
    channel = await slack.new_channel()
    await slack.client.conversations_invite(channel=channel, users=slack.maya)
    said = await slack.act("say", channel="inc-1", text="a <b> & @jonas in #general")
    message = slack.channel("inc-1").find(said.ts)
    general = slack.channel("general").id
    assert message["text"] == f"a &lt;b&gt; &amp; <@{slack.jonas}> in <#{general}|general>"
    assert message["blocks"][0]["type"] == "rich_text" and message["client_msg_id"]


async def test_files_are_uploaded_in_three_steps(slack: Kit) -> None:
    channel = await slack.new_channel()
    answer = await slack.client.files_upload_v2(
        channel=channel, filename="report.md", content="# Report", initial_comment="here"
    )
    file = answer["files"][0]
    assert slack.ws.files[file["id"]].content == b"# Report"
    assert slack.channel("inc-1").messages[-1]["files"][0]["name"] == "report.md"
    async with slack.http.get(file["url_private"]) as refused:
        assert refused.status == 403
    bearer = {"Authorization": f"Bearer {slack.app.bot_token}"}
    async with slack.http.get(file["url_private"], headers=bearer) as response:
        assert await response.text() == "# Report"
    empty = await slack.refused("files.getUploadURLExternal", filename="x", length=0)
    assert empty["error"] == "missing_argument"

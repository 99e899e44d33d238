"""Scheduled messages, user groups, canvases, calls, group messages and the rest of the methods."""

from collections.abc import AsyncIterator

import pytest

from tests.contracts.workspace_kit import Kit, kit

MORE = {
    "usergroups:write", "canvases:write", "canvases:read", "calls:write", "calls:read", "dnd:read",
    "mpim:write", "mpim:read", "mpim:history", "conversations.connect:write",
}  # fmt: skip


@pytest.fixture
async def slack() -> AsyncIterator[Kit]:
    async with kit() as made:
        made.app.scopes = made.app.scopes | MORE
        yield made


async def in_seconds(slack: Kit, seconds: float) -> int:
    return int(slack.ws.now() + seconds)


async def test_a_scheduled_message_is_posted_at_its_time(slack: Kit) -> None:
    channel = await slack.new_channel()
    at = await in_seconds(slack, 600)
    made = await slack.call("chat.scheduleMessage", channel=channel, post_at=at, text="later")
    assert made["scheduled_message_id"].startswith("Q") and made["post_at"] == at
    listed = (await slack.call("chat.scheduledMessages.list"))["scheduled_messages"]
    assert [(m["id"], m["text"]) for m in listed] == [(made["scheduled_message_id"], "later")]
    await slack.control("clock", advance=599)
    assert all(m["text"] != "later" for m in slack.channel("inc-1").messages)
    await slack.control("clock", advance=2)
    assert slack.channel("inc-1").messages[-1]["text"] == "later"
    assert (await slack.call("chat.scheduledMessages.list"))["scheduled_messages"] == []


async def test_a_scheduled_message_can_be_taken_back(slack: Kit) -> None:
    channel = await slack.new_channel()
    at = await in_seconds(slack, 600)
    made = await slack.call("chat.scheduleMessage", channel=channel, post_at=at, text="later")
    order = {"channel": channel, "scheduled_message_id": made["scheduled_message_id"]}
    await slack.call("chat.deleteScheduledMessage", **order)
    refused = await slack.refused("chat.deleteScheduledMessage", **order)
    assert refused["error"] == "invalid_scheduled_message_id"
    await slack.control("clock", advance=700)
    assert all(m["text"] != "later" for m in slack.channel("inc-1").messages)


async def test_a_scheduled_message_with_metadata_never_comes(slack: Kit) -> None:
    channel = await slack.new_channel()
    metadata = {"event_type": "x", "event_payload": {}}
    at = await in_seconds(slack, 60)
    await slack.call(
        "chat.scheduleMessage", channel=channel, post_at=at, text="later", metadata=metadata
    )
    await slack.control("clock", advance=120)
    assert all(m["text"] != "later" for m in slack.channel("inc-1").messages)


async def test_a_schedule_has_its_limits(slack: Kit) -> None:
    channel = await slack.new_channel()
    for seconds, code in ((-5, "time_in_past"), (121 * 86_400, "time_too_far")):
        at = await in_seconds(slack, seconds)
        refused = await slack.refused("chat.scheduleMessage", channel=channel, post_at=at, text="x")
        assert refused["error"] == code
    start = (await in_seconds(slack, 3600)) // 300 * 300
    for n in range(30):
        at = start + n
        await slack.call("chat.scheduleMessage", channel=channel, post_at=at, text="x")
    refused = await slack.refused(
        "chat.scheduleMessage", channel=channel, post_at=start + 99, text="x"
    )
    assert refused["error"] == "restricted_too_many"


async def test_user_groups_are_made_changed_and_switched_off(slack: Kit) -> None:
    made = (await slack.call("usergroups.create", name="Storage", handle="storage"))["usergroup"]
    for field, code in (("name", "name_already_exists"), ("handle", "handle_already_exists")):
        order = {"name": "Other", "handle": "other"} | {field: made[field]}
        assert (await slack.refused("usergroups.create", **order))["error"] == code
    changed = await slack.call("usergroups.update", usergroup=made["id"], description="Who knows")
    assert changed["usergroup"]["description"] == "Who knows"
    await slack.call("usergroups.users.update", usergroup=made["id"], users=[slack.maya])
    gone = (await slack.call("usergroups.disable", usergroup=made["id"]))["usergroup"]
    assert gone["date_delete"] > 0
    shown = (await slack.call("usergroups.list"))["usergroups"]
    assert made["id"] not in {g["id"] for g in shown}
    await slack.call("usergroups.enable", usergroup=made["id"])
    listed = await slack.client.usergroups_list(include_users=True)
    found = {g["id"]: g for g in listed["usergroups"]}
    assert found[made["id"]]["users"] == [slack.maya]


async def test_a_canvas_is_written_section_by_section(slack: Kit) -> None:
    channel = await slack.new_channel()

    def words(text: str) -> dict[str, str]:
        return {"type": "markdown", "markdown": text}

    made = await slack.client.conversations_canvases_create(
        channel_id=channel, document_content=words("# Postmortem")
    )
    canvas = made["canvas_id"]
    refused = await slack.refused("conversations.canvases.create", channel_id=channel)
    assert refused["error"] == "channel_canvas_already_exists"
    end = {"operation": "insert_at_end", "document_content": words("What happened")}
    await slack.client.canvases_edit(canvas_id=canvas, changes=[end])
    criteria = {"contains_text": "happened"}
    found = await slack.client.canvases_sections_lookup(canvas_id=canvas, criteria=criteria)
    change = {"operation": "replace", "section_id": found["sections"][0]["id"]}
    change["document_content"] = words("It broke")
    await slack.client.canvases_edit(canvas_id=canvas, changes=[change])
    assert slack.ws.canvas(canvas).text == "# Postmortem\nIt broke"
    lost = {"operation": "delete", "section_id": "none"}
    refused = await slack.refused("canvases.edit", canvas_id=canvas, changes=[lost])
    assert refused["error"] == "canvas_editing_failed"
    await slack.client.canvases_delete(canvas_id=canvas)
    assert (await slack.refused("canvases.delete", canvas_id=canvas))["error"] == "canvas_not_found"


async def test_a_call_is_added_and_ended(slack: Kit) -> None:
    made = await slack.client.calls_add(
        external_unique_id="m-1", join_url="https://meet.example/1", title="Bridge"
    )
    call = made["call"]["id"]
    user = {"slack_id": slack.maya}
    await slack.client.calls_participants_add(id=call, users=[user])
    assert (await slack.client.calls_info(id=call))["call"]["users"] == [user]
    await slack.client.calls_end(id=call)
    assert slack.ws.call(call)["date_end"] > 0
    assert (await slack.refused("calls.info", id="R0"))["error"] == "invalid_call_id"


async def test_a_group_message_is_found_again_and_not_a_channel(slack: Kit) -> None:
    users = f"{slack.maya},{slack.jonas}"
    first = await slack.client.conversations_open(users=users, return_im=True)
    again = await slack.client.conversations_open(users=users)
    assert first["channel"]["id"] == again["channel"]["id"] and again["already_open"]
    assert first["channel"]["is_mpim"] and first["channel"]["is_private"]
    group = first["channel"]["id"]
    await slack.call("chat.postMessage", channel=group, text="psst")
    refused = await slack.refused("conversations.archive", channel=group)
    assert refused["error"] == "method_not_supported_for_channel_type"
    listed = await slack.client.conversations_list(types="mpim")
    assert [c["id"] for c in listed["channels"]] == [group]
    refused = await slack.refused("conversations.open", users=",".join(["U"] * 9))
    assert refused["error"] == "too_many_users"


async def test_blocks_are_validated_without_a_token(slack: Kit) -> None:
    url = f"{slack.server.url}api/blocks.validate"
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]
    async with slack.http.post(url, json={"blocks": blocks}) as response:
        (error,) = (await response.json())["errors"]
    assert error["pointer"] == "/blocks/0/text/text"
    assert error["message"] == "must be less than 151 characters"
    async with slack.http.post(url, json={"blocks": [{"type": "divider"}]}) as response:
        assert await response.json() == {"ok": True, "errors": []}


async def test_a_revoked_token_is_dead_everywhere(slack: Kit) -> None:
    assert not (await slack.call("auth.revoke", test=True))["revoked"]
    await slack.call("auth.revoke")
    for method in ("auth.test", "chat.postMessage", "views.open"):
        assert (await slack.refused(method))["error"] == "token_revoked"


async def test_small_ones_answer(slack: Kit) -> None:
    asleep = (await slack.client.dnd_teamInfo(users=[slack.maya]))["users"]
    assert asleep[slack.maya]["dnd_enabled"] is False
    channel = await slack.new_channel()
    ts = (await slack.call("chat.postMessage", channel=channel, text="x"))["ts"]
    await slack.client.conversations_mark(channel=channel, ts=ts)
    assert slack.ws.last_read[slack.app.bot_user_id, channel] == ts
    client = slack.new_client(slack.app.app_token)
    found = await client.apps_event_authorizations_list(event_context="4-x")
    assert found["authorizations"][0]["user_id"] == slack.app.bot_user_id
    assert (await slack.call("auth.teams.list"))["teams"][0]["id"] == slack.ws.team.id


async def test_a_stream_grows_and_ends_as_one_message(slack: Kit) -> None:
    slack.app.scopes |= {"assistant:write"}
    channel = await slack.new_channel()
    root = (await slack.call("chat.postMessage", channel=channel, text="why?"))["ts"]
    status = {"channel_id": channel, "thread_ts": root, "status": "is looking"}
    await slack.call("assistant.threads.setStatus", **status)
    assert slack.ws.assistants[channel, root]["status"] == "is looking"
    place = {"channel": channel, "thread_ts": root}
    ts = (await slack.call("chat.startStream", **place, markdown_text="It "))["ts"]
    await slack.call("chat.appendStream", channel=channel, ts=ts, markdown_text="**fails**")
    ended = await slack.call("chat.stopStream", channel=channel, ts=ts, markdown_text=".")
    assert ended["message"]["blocks"][0]["text"] == "It **fails**."
    late = await slack.refused("chat.appendStream", channel=channel, ts=ts, markdown_text="!")
    assert late["error"] == "message_not_in_streaming_state"
    lost = await slack.refused("chat.startStream", channel=channel, thread_ts="1.000000")
    assert lost["error"] == "thread_not_found"


async def test_a_canvas_is_shared_with_those_who_exist(slack: Kit) -> None:
    slack.app.scopes |= {"canvases:write"}
    canvas = (await slack.call("canvases.create", title="Notes"))["canvas_id"]
    given = {"canvas_id": canvas, "access_level": "read", "user_ids": [slack.maya, "U0NOBODY"]}
    shared = await slack.call("canvases.access.set", **given)
    assert shared["failed_to_update_user_ids"] == ["U0NOBODY"]
    refused = await slack.refused("canvases.access.set", **(given | {"access_level": "all"}))
    assert refused["error"] == "invalid_arguments"

"""Every event has the keys that Slack's own samples have, and comes when it should.

The keys are those of the event samples of Slack's Java SDK. A key of ours that is not among them
is a mistake; a key that is missing is one where WANTED names it.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.contracts.workspace_kit import Json, Kit, kit


def keys(text: str) -> frozenset[str]:
    return frozenset(text.split()) | {"type", "event_ts"}


OLD = keys("""
    client_msg_id subtype user team bot_id bot_profile edited text blocks attachments upload
    display_as_bot thread_ts parent_user_id hidden is_locked subscribed ts user_team source_team
    is_starred reply_count reply_users_count latest_reply last_read
""")
MESSAGE = keys("""
    client_msg_id team channel channel_type user bot_id bot_profile text blocks attachments
    metadata ts thread_ts parent_user_id edited app_id user_team source_team
""")
JOIN = keys("subtype team user inviter channel channel_type text ts")
ALLOWED = {
    "channel_created": keys("channel"),
    "channel_archive": keys("channel user is_moved"),
    "group_archive": keys("channel user is_moved"),
    "channel_unarchive": keys("channel user"),
    "channel_rename": keys("channel"),
    "channel_deleted": keys("channel actor_id"),
    "channel_id_changed": keys("old_channel_id new_channel_id"),
    "channel_left": keys("channel actor_id"),
    "member_joined_channel": keys("user channel channel_type team inviter enterprise"),
    "member_left_channel": keys("user channel channel_type team"),
    "reaction_added": keys("user reaction item item_user"),
    "reaction_removed": keys("user reaction item item_user"),
    "pin_added": keys("user channel_id item item_user pin_count pinned_info"),
    "pin_removed": keys("user channel_id item item_user pin_count has_pins"),
    "file_shared": keys("file_id user_id file channel_id"),
    "team_join": keys("user"),
    "user_change": keys("user cache_ts") - {"event_ts"},
    "subteam_created": keys("subteam"),
    "subteam_updated": keys("subteam"),
    "subteam_members_changed": keys("""
        subteam_id team_id date_previous_update date_update added_users added_users_count
        removed_users removed_users_count
    """),
    "app_home_opened": keys("user channel tab view"),
    "app_mention": MESSAGE - {"channel_type"},
    "tokens_revoked": keys("tokens") - {"event_ts"},
    "app_uninstalled": keys("") - {"event_ts"},
    "message": MESSAGE,
    "message_changed": keys("subtype channel channel_type hidden ts message previous_message"),
    "message_deleted": keys("subtype channel channel_type hidden ts deleted_ts previous_message"),
    "channel_join": JOIN,
    "channel_leave": JOIN,
    "channel_topic": keys("subtype user channel channel_type text topic ts"),
    "channel_purpose": keys("subtype user channel channel_type text purpose ts"),
    "channel_name": JOIN | {"name", "old_name"},
    "channel_archive_message": JOIN,
    "channel_unarchive_message": JOIN,
    "file_share": MESSAGE | {"subtype", "files", "upload", "display_as_bot"},
    "thread_broadcast": MESSAGE | {"subtype", "root"},
}
EVENTS = frozenset(ALLOWED) | {"group_archive", "message.channels", "message.groups"}


@pytest.fixture
async def slack() -> AsyncIterator[Kit]:
    async with kit() as made:
        made.app.events = EVENTS
        made.app.scopes |= {"usergroups:write", "groups:read", "groups:history", "groups:write"}
        yield made


def heard(slack: Kit) -> list[Json]:
    return [e.payload["event"] for e in slack.hub.log.kept if e.kind == "events_api"]


def kind(event: Json) -> str:
    """The name of an event's sample: of messages with a subtype that one's."""
    name = str(event.get("subtype") or event["type"])
    if event["type"] != "message" or name not in ("channel_archive", "channel_unarchive"):
        return name
    return f"{name}_message"


async def act(slack: Kit, do: str, **order: Any) -> str:
    done = await slack.act(do, **order)
    assert done.ok, (do, done)
    return done.ts or ""


async def test_every_gesture_is_told_with_slacks_own_keys(slack: Kit) -> None:
    channel = await slack.new_channel()
    await slack.client.conversations_invite(channel=channel, users=[slack.maya, slack.jonas])
    here: Json = {"channel": channel}
    ts = await act(slack, "say", **here, text="hello <world> @incidentbot")
    await act(slack, "edit", **here, ts=ts, text="hello again")
    await act(slack, "react", **here, ts=ts, name="eyes")
    await act(slack, "unreact", **here, ts=ts, name="eyes")
    await act(slack, "pin", **here, ts=ts)
    await act(slack, "unpin", **here, ts=ts)
    reply = await act(slack, "say", **here, text="in the thread", thread_ts=ts)
    await act(slack, "delete", **here, ts=reply)
    await act(slack, "upload", **here, files=[{"name": "a.txt", "text": "x"}], comment="log")
    await slack.call(
        "chat.postMessage", **here, text="x", thread_ts=ts, reply_broadcast=True,
        metadata={"event_type": "e", "event_payload": {}},
    )  # fmt: skip
    await act(slack, "set_topic", **here, topic="on fire")
    await slack.call("conversations.setPurpose", **here, purpose="to burn")
    await act(slack, "rename", **here, name="inc-2")
    await act(slack, "leave", user="jonas", **here)
    await act(slack, "archive", **here)
    await act(slack, "unarchive", **here)
    await act(slack, "change_id", **here)
    await act(slack, "kick", channel="inc-2", who="incidentbot")
    await act(slack, "create_channel", name="short")
    await act(slack, "delete_channel", channel="short")
    await act(slack, "open_home")
    made = (await slack.call("usergroups.create", name="Storage"))["usergroup"]
    await slack.call("usergroups.users.update", usergroup=made["id"], users=[slack.jonas])
    await slack.control("people", name="ana", real_name="Ana Lima", channels=["general"])
    await slack.control("people", name="ana", deleted=True)
    await act(slack, "uninstall")
    for event in heard(slack):
        strange = set(event) - ALLOWED[kind(event)]
        assert not strange, (kind(event), strange)
    never = {"group_archive"}
    assert {kind(event) for event in heard(slack)} == set(ALLOWED) - never


async def test_what_was_before_and_after_an_edit_is_told(slack: Kit) -> None:
    channel = await slack.new_channel()
    await slack.client.conversations_invite(channel=channel, users=slack.maya)
    ts = await act(slack, "say", channel=channel, text="onw")
    await act(slack, "edit", channel=channel, ts=ts, text="one")
    await act(slack, "delete", channel=channel, ts=ts)
    changed, deleted = heard(slack)[-2:]
    assert (changed["message"]["text"], changed["previous_message"]["text"]) == ("one", "onw")
    assert changed["message"]["edited"]["user"] == slack.maya
    assert (deleted["deleted_ts"], deleted["previous_message"]["text"]) == (ts, "one")
    assert deleted["hidden"] is True and deleted["ts"] != ts
    for inner in (changed["message"], changed["previous_message"], deleted["previous_message"]):
        assert set(inner) <= OLD
    other = await slack.act("edit", user="jonas", channel="general", ts=ts, text="not mine")
    assert other.error == "message_not_found"


async def test_a_channel_with_a_new_id_is_the_same_channel(slack: Kit) -> None:
    old = await slack.new_channel()
    await slack.call("chat.postMessage", channel=old, text="kept")
    await act(slack, "change_id", channel=old)
    event = heard(slack)[-1]
    assert (event["type"], event["old_channel_id"]) == ("channel_id_changed", old)
    history = await slack.call("conversations.history", channel=event["new_channel_id"])
    assert history["messages"][0]["text"] == "kept"
    assert (await slack.refused("conversations.info", channel=old))["error"] == "channel_not_found"


async def test_a_deleted_channel_is_gone_and_its_name_free(slack: Kit) -> None:
    channel = await slack.new_channel()
    await slack.client.conversations_invite(channel=channel, users=slack.maya)
    await act(slack, "delete_channel", channel=channel)
    event = heard(slack)[-1]
    assert event == {
        "type": "channel_deleted", "channel": channel, "actor_id": slack.maya,
        "event_ts": event["event_ts"],
    }  # fmt: skip
    assert (await slack.refused("chat.postMessage", channel=channel, text="x"))[
        "error"
    ] == "channel_not_found"
    assert await slack.new_channel() != channel


async def test_private_channels_are_told_of_by_their_own_names_to_members_only(slack: Kit) -> None:
    made = await slack.call("conversations.create", name="secret", is_private=True)
    await slack.call("conversations.archive", channel=made["channel"]["id"])
    hidden = slack.ws.create_channel(slack.maya, "hidden", is_private=True)
    await act(slack, "archive", channel=hidden.id)
    told = [e for e in heard(slack) if "archive" in e["type"]]
    assert [(e["type"], e["channel"]) for e in told] == [("group_archive", made["channel"]["id"])]


async def test_who_kicked_the_bot_is_named(slack: Kit) -> None:
    channel = await slack.new_channel()
    await slack.client.conversations_invite(channel=channel, users=slack.maya)
    await act(slack, "kick", channel=channel, who="incidentbot")
    assert heard(slack)[-1]["type"] == "channel_left"
    assert heard(slack)[-1]["actor_id"] == slack.maya

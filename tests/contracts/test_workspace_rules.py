"""Links an app unfurls, names it links, and what a workspace's admins and plan do not allow."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.contracts.workspace_kit import Json, Kit, button, kit, section

HEARS = {"link_shared", "message.channels"}


@pytest.fixture
async def slack() -> AsyncIterator[Kit]:
    async with kit(ack_seconds=0.05) as made:
        made.app.events |= HEARS
        more = {"links:read", "links:write", "canvases:write", "usergroups:write"}
        made.app.scopes |= more | {"conversations.connect:write"}
        await made.control("app", unfurl_domains=["shop.example"])
        yield made


def heard(slack: Kit, kind: str) -> list[Json]:
    found = (e.payload["event"] for e in slack.hub.log.kept if e.kind == "events_api")
    return [event for event in found if event["type"] == kind]


async def say(slack: Kit, text: str, channel: str = "inc-1", **more: Any) -> str:
    said = await slack.act("say", channel=channel, text=text, **more)
    assert said.ok and said.ts
    return said.ts


async def joined(slack: Kit) -> str:
    channel = await slack.new_channel()
    await slack.client.conversations_invite(channel=channel, users=slack.maya)
    return channel


async def test_a_link_to_the_apps_domain_is_told_and_unfurled(slack: Kit) -> None:
    channel = await joined(slack)
    url = "https://wiki.shop.example/run?a=1&b=2"
    ts = await say(slack, f"see {url} and https://other.example/")
    (event,) = heard(slack, "link_shared")
    assert set(event) == {
        "type", "channel", "user", "message_ts", "links", "is_bot_user_member", "unfurl_id",
        "source", "event_ts",
    }  # fmt: skip
    assert event["links"] == [{"domain": "wiki.shop.example", "url": url}]
    assert (event["message_ts"], event["is_bot_user_member"]) == (ts, True)
    acts = {"type": "actions", "elements": [button("open")]}
    await slack.call(
        "chat.unfurl", channel=channel, ts=ts, unfurls={url: {"blocks": [section("Run"), acts]}}
    )
    (shown,) = slack.channel("inc-1").find(ts)["attachments"]
    assert (shown["from_url"], shown["is_app_unfurl"]) == (url, True)
    changed = heard(slack, "message")[-1]
    assert changed["subtype"] == "message_changed" and "edited" not in changed["message"]
    await slack.act("click", channel=channel, ts=ts, action_id="open")
    assert slack.hub.log.kept[-1].payload["actions"][0]["action_id"] == "open"


async def test_links_are_told_where_the_app_is_no_member_and_found_by_their_id(slack: Kit) -> None:
    url = "https://shop.example/"
    await say(slack, url, "general")
    (event,) = heard(slack, "link_shared")
    assert event["is_bot_user_member"] is False
    place = {"unfurl_id": event["unfurl_id"], "source": event["source"]}
    await slack.call("chat.unfurl", unfurls={url: {"text": "The shop"}}, **place)
    assert slack.channel("general").messages[-1]["attachments"][0]["text"] == "The shop"
    for wrong, code in (
        ({"unfurls": {"https://evil.example/": {"text": "x"}}}, "cannot_unfurl_url"),
        ({}, "missing_unfurls"),
        ({"unfurls": "[1]"}, "invalid_unfurls_format"),
        ({"unfurl_id": "nonsense"}, "invalid_unfurl_id"),
    ):
        assert (await slack.refused("chat.unfurl", **(place | wrong)))["error"] == code


async def test_an_apps_own_links_and_private_talk_are_not_told(slack: Kit) -> None:
    channel = await joined(slack)
    await slack.call("chat.postMessage", channel=channel, text="https://shop.example/")
    hidden = slack.ws.create_channel(slack.maya, "hidden", is_private=True)
    await say(slack, "https://shop.example/", hidden.id)
    assert heard(slack, "link_shared") == []


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({}, "@jonas in #general: https://a.example &amp; <@U0|x> @here"),
        (
            {"link_names": True},
            "<@{jonas}> in <#{general}|general>: https://a.example &amp; <@U0|x> <!here>",
        ),
        (
            {"parse": "full"},
            "<@{jonas}> in <#{general}|general>: <https://a.example> &amp; <@U0|x> <!here>",
        ),
    ],
)
async def test_names_are_linked_only_when_asked(slack: Kit, more: Json, text: str) -> None:
    channel = await joined(slack)
    given = "@jonas in #general: https://a.example &amp; <@U0|x> @here"
    posted = await slack.call("chat.postMessage", channel=channel, text=given, **more)
    wanted = text.format(jonas=slack.jonas, general=slack.channel("general").id)
    assert posted["message"]["text"] == wanted


async def test_what_is_left_to_admins_is_a_restricted_action(slack: Kit) -> None:
    channel = await joined(slack)
    await slack.control(
        "preferences", create_channels="admins", archive_channels="admins", invite="admins",
        post_in_general="admins",
    )  # fmt: skip
    slack.ws.join(slack.app.bot_user_id, slack.channel("general").id)
    for method, args in (
        ("conversations.create", {"name": "x"}),
        ("conversations.archive", {"channel": channel}),
        ("conversations.invite", {"channel": channel, "users": [slack.jonas]}),
        ("chat.postMessage", {"channel": slack.channel("general").id, "text": "x"}),
    ):
        assert (await slack.refused(method, **args))["error"] == "restricted_action", method
    assert (await slack.act("archive", channel=channel)).ok, "Maya is an admin"


async def test_an_old_message_cannot_be_changed_when_edits_have_a_window(slack: Kit) -> None:
    channel = await joined(slack)
    ts = (await slack.call("chat.postMessage", channel=channel, text="x"))["ts"]
    await slack.control("preferences", edit_minutes=5)
    await slack.call("chat.update", channel=channel, ts=ts, text="y")
    await slack.control("clock", advance=301)
    refused = await slack.refused("chat.update", channel=channel, ts=ts, text="z")
    assert refused["error"] == "edit_window_closed"


async def test_a_plan_leaves_out_groups_canvases_and_files(slack: Kit) -> None:
    channel = await joined(slack)
    await slack.control(
        "preferences", user_groups=False, canvases="channel", file_uploads="images", connect=False
    )
    group = next(iter(slack.ws.usergroups))
    for method, args, code in (
        ("usergroups.list", {}, "paid_teams_only"),
        (
            "usergroups.users.update",
            {"usergroup": group, "users": [slack.maya]},
            "plan_upgrade_required",
        ),
        ("canvases.create", {"title": "x"}, "free_teams_cannot_create_non_tabbed_canvases"),
        (
            "files.getUploadURLExternal",
            {"filename": "x.txt", "length": 1},
            "file_uploads_except_images_disabled",
        ),
        ("conversations.inviteShared", {"channel": channel, "emails": ["a@b.example"]}, "not_paid"),
    ):
        assert (await slack.refused(method, **args))["error"] == code, method
    await slack.call("conversations.canvases.create", channel_id=channel)
    await slack.control("preferences", canvases="none", file_uploads="none")
    assert (await slack.refused("canvases.create", title="x"))[
        "error"
    ] == "canvas_disabled_user_team"
    refused = await slack.refused("files.getUploadURLExternal", filename="x.png", length=1)
    assert refused["error"] == "file_uploads_disabled"


async def test_a_wrong_preference_is_named_with_what_is_allowed(slack: Kit) -> None:
    url = f"{slack.server.url}control/preferences"
    for wrong, says in (({"canvases": "some"}, "all, channel, none"), ({"colour": 1}, "invite")):
        async with slack.http.post(url, json=wrong) as answer:
            assert answer.status == 400 and says in await answer.text()
    async with slack.http.get(url) as answer:
        assert (await answer.json())["canvases"] == "all"


async def test_an_unlisted_app_reads_fifteen_messages_a_minute() -> None:
    async with kit(rate_limits=True) as slack:
        await slack.control("app", unlisted=True)
        channel = await slack.new_channel()
        for n in range(20):
            slack.ws.set_topic(slack.app.bot_user_id, channel, str(n))
        page = await slack.call("conversations.history", channel=channel, limit=100)
        assert (len(page["messages"]), page["has_more"]) == (15, True)
        refused = await slack.refused("conversations.history", channel=channel)
        assert refused["error"] == "ratelimited"
        await slack.control("clock", advance=60)
        await slack.call("conversations.history", channel=channel)

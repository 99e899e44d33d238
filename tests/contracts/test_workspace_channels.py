"""Channels of the local workspace, through the real slack_sdk."""

from collections.abc import AsyncIterator

import pytest

from tests.contracts.workspace_kit import Kit, kit


@pytest.fixture
async def slack() -> AsyncIterator[Kit]:
    async with kit() as made:
        yield made


async def test_a_created_channel_has_its_creator_in_it(slack: Kit) -> None:
    channel = (await slack.client.conversations_create(name="inc-1"))["channel"]
    assert channel["id"].startswith("C") and channel["name"] == "inc-1"
    assert channel["creator"] == slack.app.bot_user_id and channel["is_member"]
    members = (await slack.client.conversations_members(channel=channel["id"]))["members"]
    assert members == [slack.app.bot_user_id]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "invalid_name_required"),
        ("a" * 81, "invalid_name_maxlength"),
        ("---", "invalid_name_punctuation"),
        ("Inc-1", "invalid_name_specials"),
        ("inc 1", "invalid_name_specials"),
        ("inc.1", "invalid_name_specials"),
        ("general", "name_taken"),
    ],
)
async def test_a_bad_name_is_refused_with_its_own_code(slack: Kit, name: str, code: str) -> None:
    assert (await slack.refused("conversations.create", name=name))["error"] == code


@pytest.mark.parametrize("name", ["a" * 80, "störung-7", "障害_1", "1"])
async def test_letters_of_any_script_make_a_name(slack: Kit, name: str) -> None:
    assert (await slack.call("conversations.create", name=name))["channel"]["name"] == name


async def test_an_archived_channel_keeps_its_name_and_takes_nothing(slack: Kit) -> None:
    channel = await slack.new_channel()
    posted = await slack.call("chat.postMessage", channel=channel, text="last words")
    await slack.client.conversations_archive(channel=channel)
    taken = await slack.refused("conversations.create", name="inc-1")
    again = await slack.refused("conversations.archive", channel=channel)
    refusals = [
        await slack.refused("chat.postMessage", channel=channel, text="x"),
        await slack.refused("conversations.setTopic", channel=channel, topic="x"),
        await slack.refused("pins.add", channel=channel, timestamp=posted["ts"]),
    ]
    assert (taken["error"], again["error"]) == ("name_taken", "already_archived")
    assert {r["error"] for r in refusals} == {"is_archived"}
    assert (await slack.client.conversations_history(channel=channel))["messages"]
    await slack.client.conversations_unarchive(channel=channel)
    await slack.call("chat.postMessage", channel=channel, text="back")


async def test_one_bad_id_fails_an_invitation_unless_forced(slack: Kit) -> None:
    channel = await slack.new_channel()
    users = [slack.maya, "UNOBODY"]
    refused = await slack.refused("conversations.invite", channel=channel, users=",".join(users))
    assert refused["error"] == "user_not_found"
    assert refused["errors"] == [{"user": "UNOBODY", "ok": False, "error": "user_not_found"}]
    assert slack.maya not in slack.channel("inc-1").members
    forced = await slack.client.conversations_invite(channel=channel, users=users, force=True)
    assert forced["errors"][0]["user"] == "UNOBODY"
    assert slack.maya in slack.channel("inc-1").members


async def test_inviting_again_or_oneself_is_refused(slack: Kit) -> None:
    channel = await slack.new_channel()
    await slack.client.conversations_invite(channel=channel, users=slack.maya)
    again = await slack.refused("conversations.invite", channel=channel, users=slack.maya)
    myself = await slack.refused(
        "conversations.invite", channel=channel, users=slack.app.bot_user_id
    )
    nobody = await slack.refused("conversations.invite", channel=channel, users="")
    assert again["error"] == "already_in_channel"
    assert (myself["error"], nobody["error"]) == ("cant_invite_self", "no_user")


async def test_the_topic_ends_at_250_characters(slack: Kit) -> None:
    channel = await slack.new_channel()
    answer = await slack.client.conversations_setTopic(channel=channel, topic="t" * 250)
    assert answer["channel"]["topic"]["value"] == "t" * 250
    refused = await slack.refused("conversations.setTopic", channel=channel, topic="t" * 251)
    assert refused["error"] == "too_long"
    assert [m["subtype"] for m in slack.channel("inc-1").messages][-1] == "channel_topic"


async def test_a_bot_outside_may_look_but_not_write(slack: Kit) -> None:
    channel = slack.channel("general").id
    info = await slack.client.conversations_info(channel=channel, include_num_members=True)
    assert not info["channel"]["is_member"] and info["channel"]["num_members"] == 2
    for method, args in (
        ("chat.postMessage", {"text": "x"}),
        ("conversations.history", {}),
        ("conversations.setTopic", {"topic": "x"}),
        ("conversations.invite", {"users": slack.maya}),
    ):
        refused = await slack.refused(method, channel=channel, **args)
        assert refused["error"] == "not_in_channel", method
    await slack.client.conversations_join(channel=channel)
    joined = await slack.client.conversations_join(channel=channel)
    assert joined["warning"] == "already_in_channel"
    await slack.call("chat.postMessage", channel=channel, text="x")


async def test_a_private_channel_does_not_exist_for_outsiders(slack: Kit) -> None:
    secret = slack.ws.create_channel(slack.maya, "secret", is_private=True)
    refused = await slack.refused("conversations.info", channel=secret.id)
    assert refused["error"] == "channel_not_found"
    private = await slack.refused("conversations.create", name="mine", is_private=True)
    assert (private["error"], private["needed"]) == ("missing_scope", "groups:write")


async def test_lists_come_in_pages(slack: Kit) -> None:
    for n in range(5):
        await slack.new_channel(f"inc-{n}")
    names: list[str] = []
    async for page in await slack.client.conversations_list(limit=3):
        names += [c["name"] for c in page["channels"]]
    assert names == ["general", "incidents", "random", *(f"inc-{n}" for n in range(5))]
    bad = await slack.refused("conversations.list", cursor="rubbish")
    assert bad["error"] == "invalid_cursor"
    types = await slack.refused("conversations.list", types="galaxy")
    assert types["error"] == "invalid_types"


async def test_renaming_frees_the_old_name(slack: Kit) -> None:
    channel = await slack.new_channel("inc-1")
    renamed = await slack.client.conversations_rename(channel=channel, name="inc-2")
    assert renamed["channel"]["previous_names"] == ["inc-1"]
    await slack.new_channel("inc-1")


async def test_bookmarks_and_their_rules(slack: Kit) -> None:
    channel = await slack.new_channel()
    added = await slack.client.bookmarks_add(
        channel_id=channel, title="Status", type="link", link="https://status.example/"
    )
    assert added["bookmark"]["id"].startswith("Bk")
    bad = await slack.refused(
        "bookmarks.add", channel_id=channel, title="x", type="link", link="javascript:alert(1)"
    )
    assert bad["error"] == "invalid_link"
    bookmark = added["bookmark"]["id"]
    await slack.client.bookmarks_edit(channel_id=channel, bookmark_id=bookmark, title="New")
    listed = await slack.client.bookmarks_list(channel_id=channel)
    assert [b["title"] for b in listed["bookmarks"]] == ["New"]
    await slack.client.bookmarks_remove(channel_id=channel, bookmark_id=bookmark)
    assert slack.channel("inc-1").bookmarks == []


async def test_people_teams_and_groups_can_be_looked_up(slack: Kit) -> None:
    user = (await slack.client.users_info(user=slack.maya))["user"]
    assert (user["real_name"], user["is_bot"]) == ("Maya Okafor", False)
    found = await slack.client.users_lookupByEmail(email="jonas@shop.example")
    assert found["user"]["id"] == slack.jonas
    missing = await slack.refused("users.lookupByEmail", email="no@shop.example")
    assert missing["error"] == "users_not_found"
    assert (await slack.client.team_info())["team"]["name"] == "Shop"
    bot = (await slack.client.bots_info(bot=slack.app.bot_id))["bot"]
    assert bot["user_id"] == slack.app.bot_user_id
    group = (await slack.client.usergroups_list(include_users=True))["usergroups"][0]
    assert group["users"] == [slack.maya]
    members = (await slack.client.usergroups_users_list(usergroup=group["id"]))["users"]
    assert members == [slack.maya]
    names = {u["name"] for u in (await slack.client.users_list())["members"]}
    assert names == {"maya", "jonas", "slackbot", "incidentbot"}

"""People of other organisations, user groups and the app's own end: who sees and hears what."""

from collections.abc import AsyncIterator

import pytest

from incidentbot.rehearsal.workspace.state import User
from tests.contracts.workspace_kit import Json, Kit, button, kit

HEARS = {
    "subteam_created", "subteam_updated", "subteam_members_changed", "team_join", "user_change",
    "channel_left", "group_left", "channel_shared", "member_left_channel", "message.groups",
}  # fmt: skip


@pytest.fixture
async def slack() -> AsyncIterator[Kit]:
    async with kit() as made:
        made.app.events = made.app.events | HEARS
        made.app.scopes = made.app.scopes | {"usergroups:write", "conversations.connect:write"}
        yield made


def heard(slack: Kit, kind: str) -> list[Json]:
    """Events of one type, oldest first."""
    found = (e.payload["event"] for e in slack.hub.log.kept if e.kind == "events_api")
    return [event for event in found if event["type"] == kind]


async def shared(slack: Kit) -> tuple[str, User]:
    """A channel of the bot with Noor of another organisation in it."""
    noor = slack.ws.add_person("noor", "Noor Haddad", team_id="T0OTHER", email="n@other.example")
    channel = await slack.new_channel()
    await slack.call("conversations.inviteShared", channel=channel, user_ids=[noor.id])
    assert (await slack.act("connect", user="noor", channel=channel)).ok
    return channel, noor


async def test_a_shared_channel_says_with_whom(slack: Kit) -> None:
    channel, _ = await shared(slack)
    found = (await slack.client.conversations_info(channel=channel))["channel"]
    assert found["is_shared"] and found["is_ext_shared"]
    assert found["connected_team_ids"] == ["T0OTHER"]
    (event,) = heard(slack, "channel_shared")
    assert (event["channel"], event["connected_team_id"]) == (channel, "T0OTHER")


async def test_an_external_person_is_a_stranger_without_an_address(slack: Kit) -> None:
    _, noor = await shared(slack)
    user = (await slack.client.users_info(user=noor.id))["user"]
    assert user["is_stranger"] and user["team_id"] == "T0OTHER"
    assert "email" not in user["profile"]
    assert heard(slack, "team_join") == []


async def test_an_external_person_clicks_but_has_no_commands(slack: Kit) -> None:
    channel, noor = await shared(slack)
    blocks = [{"type": "actions", "elements": [button("go")]}]
    ts = (await slack.call("chat.postMessage", channel=channel, text="x", blocks=blocks))["ts"]
    slack.hub.options.ack_seconds = 0.05
    await slack.act("click", user="noor", channel=channel, ts=ts, action_id="go")
    clicked = slack.hub.log.kept[-1]
    assert clicked.payload["user"] == {
        "id": noor.id, "username": "noor", "name": "noor", "team_id": "T0OTHER",
    }  # fmt: skip
    said = await slack.act("say", user="noor", channel=channel, text="/incident declare")
    assert said.error == "unknown_command"
    cut = await slack.act("global_shortcut", user="noor", callback_id="incident_declare")
    assert cut.error == "no_such_shortcut"


async def test_what_an_external_person_says_carries_the_team(slack: Kit) -> None:
    channel, _ = await shared(slack)
    await slack.act("say", user="noor", channel=channel, text="hello")
    event = heard(slack, "message")[-1]
    assert (event["user_team"], event["source_team"]) == ("T0OTHER", "T0OTHER")
    assert slack.hub.log.kept[-1].payload["is_ext_shared_channel"] is True


async def test_a_stranger_cannot_be_invited_before_the_channel_is_shared(slack: Kit) -> None:
    noor = slack.ws.add_person("noor", "Noor Haddad", team_id="T0OTHER")
    channel = await slack.new_channel()
    refused = await slack.refused("conversations.invite", channel=channel, users=[noor.id])
    assert refused["error"] == "is_stranger"


async def test_groups_and_people_are_told_of(slack: Kit) -> None:
    made = (await slack.call("usergroups.create", name="Storage"))["usergroup"]
    await slack.call("usergroups.users.update", usergroup=made["id"], users=[slack.jonas])
    assert heard(slack, "subteam_created")[0]["subteam"]["handle"] == "storage"
    (event,) = heard(slack, "subteam_members_changed")
    assert (event["added_users"], event["removed_users_count"]) == ([slack.jonas], 0)
    ana = slack.ws.add_person("ana", "Ana Lima")
    slack.ws.change_person(ana.id, deleted=True)
    assert heard(slack, "team_join")[0]["user"]["id"] == ana.id
    assert heard(slack, "user_change")[0]["user"]["deleted"] is True


async def test_a_bot_that_is_kicked_out_hears_so_and_cannot_post(slack: Kit) -> None:
    channel = await slack.new_channel()
    await slack.client.conversations_invite(channel=channel, users=slack.maya)
    assert (await slack.act("kick", channel=channel, who="incidentbot")).ok
    assert heard(slack, "channel_left")[0]["channel"] == channel
    refused = await slack.refused("chat.postMessage", channel=channel, text="x")
    assert refused["error"] == "not_in_channel"


async def test_an_app_that_is_removed_hears_both_events_once(slack: Kit) -> None:
    assert (await slack.act("uninstall")).ok
    (revoked,), (gone,) = heard(slack, "tokens_revoked"), heard(slack, "app_uninstalled")
    assert revoked["tokens"] == {"oauth": [], "bot": [slack.app.bot_user_id]}
    assert gone == {"type": "app_uninstalled"}
    assert (await slack.refused("auth.test"))["error"] == "token_revoked"


async def test_a_person_renames_archives_edits_and_deletes(slack: Kit) -> None:
    channel = await slack.new_channel()
    await slack.client.conversations_invite(channel=channel, users=slack.maya)
    said = await slack.act("say", channel=channel, text="onw")
    await slack.act("edit", channel=channel, ts=said.ts, text="one")
    await slack.act("delete", channel=channel, ts=said.ts)
    assert (await slack.act("rename", channel=channel, name="other")).ok
    assert (await slack.act("archive", channel=channel)).ok
    subtypes = [e.get("subtype") for e in heard(slack, "message")]
    assert subtypes[-4:] == [
        "message_changed",
        "message_deleted",
        "channel_name",
        "channel_archive",
    ]
    assert heard(slack, "channel_rename") and heard(slack, "channel_archive")

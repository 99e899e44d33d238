"""People of other organisations, user groups and the app's own end: who sees and hears what."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from incidentbot.rehearsal.workspace.options import Options
from incidentbot.rehearsal.workspace.server import running
from incidentbot.rehearsal.workspace.state import User, Workspace
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


@pytest.fixture
async def mixed() -> AsyncIterator[Kit]:
    """With Rita and Tom, guests, and Noor of another organisation."""
    workspace, settings = Workspace(guests=True), Options(rate_limits=False, ack_seconds=0.05)
    async with (
        running(workspace=workspace, options=settings) as server,
        aiohttp.ClientSession() as http,
    ):
        yield Kit(server, http)


async def test_guests_run_commands_in_their_channels_and_see_no_others(mixed: Kit) -> None:
    for guest, own, other in (("rita", "incidents", "general"), ("tom", "random", "incidents")):
        ran = await mixed.act("say", user=guest, channel=own, text="/incident list")
        assert ran.error == "dispatch_failed", "it was sent, and nobody was connected"
        payload = mixed.hub.log.kept[-1].payload
        assert payload["user_id"] == mixed.ws.person(guest).id and payload["command"]
        assert (
            await mixed.act("global_shortcut", user=guest, callback_id="incident_declare")
        ).error
        assert mixed.hub.log.kept[-1].payload["type"] == "shortcut"
        outside = await mixed.act("say", user=guest, channel=other, text="/incident list")
        joining = await mixed.act("join", user=guest, channel=other)
        assert {outside.error, joining.error} == {"channel_not_found"}


async def test_guests_may_not_do_what_full_members_do(mixed: Kit) -> None:
    rita: Json = {"user": "rita"}
    tom: Json = {"user": "tom"}
    made = await mixed.act("create_channel", **rita, name="mine")
    kicked = await mixed.act("kick", **rita, channel="incidents", who="jonas")
    topic = await mixed.act("set_topic", **rita, channel="incidents", topic="x")
    assert {made.error, kicked.error, topic.error} == {"user_is_restricted"}
    assert (await mixed.act("archive", **tom, channel="random")).error == "user_is_ultra_restricted"
    assert (await mixed.act("leave", **tom, channel="random")).error == "user_is_restricted"


async def test_profiles_say_who_is_a_guest_and_of_how_many_channels(mixed: Kit) -> None:
    flags = {}
    for name in ("rita", "tom", "jonas"):
        user = (await mixed.client.users_info(user=mixed.ws.person(name).id))["user"]
        flags[name] = (user["is_restricted"], user["is_ultra_restricted"])
    assert flags == {"rita": (True, False), "tom": (True, True), "jonas": (False, False)}
    channel = await mixed.new_channel()
    tom = mixed.ws.person("tom").id
    refused = await mixed.refused("conversations.invite", channel=channel, users=[tom])
    assert refused["error"] == "ura_max_channels"


async def test_the_seeded_external_person_sees_the_shared_channel_alone(mixed: Kit) -> None:
    noor = mixed.ws.person("noor")
    seen = [c.name for c in mixed.ws.channels.values() if mixed.ws.sees(noor.id, c)]
    assert seen == ["shared-northwind"]
    profile = (await mixed.client.users_info(user=noor.id))["user"]["profile"]
    assert "email" not in profile and profile["title"] == ""


async def test_people_are_made_and_changed_by_order(mixed: Kit) -> None:
    await mixed.control("people", name="ana", real_name="Ana Lima", channels=["general"])
    ana = mixed.ws.person("ana")
    assert ana.id in mixed.channel("general").members
    await mixed.control("people", name="ana", is_admin=True)
    assert mixed.ws.person("ana") is ana and ana.is_admin
    await mixed.control("people", name="kim", team_id="T0THIRD", channels=["general"])
    assert len(mixed.ws.teams_of(mixed.channel("general"))) == 2
    url = f"{mixed.server.url}control/people"
    for wrong, status in (
        ({"name": "x", "shoe": 1}, 400),
        ({"name": "x", "channels": ["no"]}, 404),
    ):
        async with mixed.http.post(url, json=wrong) as answer:
            assert answer.status == status

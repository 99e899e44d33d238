"""Commands, buttons, modals and response URLs, through the real Bolt."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.contracts.workspace_kit import Json, Kit, button, kit, modal, section, until


@pytest.fixture
async def slack() -> AsyncIterator[Kit]:
    async with kit(ack_seconds=1.0) as made:
        yield made


async def card(slack: Kit, *elements: Json) -> tuple[str, str]:
    """A channel with Maya in it and a card with these elements: (channel, ts)."""
    channel = await slack.new_channel()
    await slack.client.conversations_invite(channel=channel, users=slack.maya)
    blocks = [section("card"), {"type": "actions", "block_id": "acts", "elements": list(elements)}]
    posted = await slack.call("chat.postMessage", channel=channel, text="card", blocks=blocks)
    return channel, str(posted["ts"])


async def test_a_command_is_answered_with_its_ack(slack: Kit) -> None:
    bolt = slack.new_bolt()
    bodies: list[Json] = []

    @bolt.command("/incident")
    async def incident(ack: Any, body: Json) -> None:
        bodies.append(body)
        await ack("on it")

    general = slack.channel("general").id
    async with slack.connected(bolt):
        result = await slack.act("say", channel="general", text="/incident page @jonas <now>")
    assert result.ok
    assert [m["text"] for m in slack.notes(general)] == ["on it"]
    body = bodies[0]
    assert body["text"] == f"page <@{slack.jonas}|jonas> &lt;now&gt;"
    assert (body["channel_name"], body["is_enterprise_install"]) == ("general", "false")
    assert not slack.channel("general").messages, "the command itself is no message"


async def test_a_command_nobody_takes_tells_the_person(slack: Kit) -> None:
    slack.hub.options.ack_seconds = 0.1
    general = slack.channel("general").id
    offline = await slack.act("say", channel="general", text="/incident")
    unknown = await slack.act("say", channel="general", text="/deploy")
    assert (offline.error, unknown.error) == ("dispatch_failed", "unknown_command")
    told = [m["text"] for m in slack.notes(general)]
    assert told == [
        '/incident failed with the error "dispatch_failed"',
        "`/deploy` is not a valid command.",
    ]


async def test_a_command_acked_too_late_is_an_operation_timeout() -> None:
    async with kit(ack_seconds=0.2) as slack:
        bolt = slack.new_bolt()

        @bolt.command("/incident")
        async def incident(ack: Any) -> None:
            await until(lambda: slack.notes(slack.channel("general").id))
            await ack("late")

        async with slack.connected(bolt):
            result = await slack.act("say", channel="general", text="/incident")
            assert result.error == "operation_timeout"
        told = [m["text"] for m in slack.notes(slack.channel("general").id)]
        assert told == ['/incident failed with the error "operation_timeout"']


async def test_a_click_carries_the_stored_button_and_may_update_the_card(slack: Kit) -> None:
    bolt = slack.new_bolt()
    bodies: list[Json] = []

    @bolt.action("take")
    async def take(ack: Any, body: Json, client: Any) -> None:
        await ack()
        bodies.append(body)
        await client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text="taken", blocks=[]
        )

    channel, ts = await card(slack, button("take", "inc-1", style="primary"), button("leave"))
    async with slack.connected(bolt):
        assert (await slack.act("click", channel="inc-1", ts=ts, action_id="take")).ok
        await until(lambda: slack.channel("inc-1").find(ts)["text"] == "taken")
    body = bodies[0]
    assert body["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": channel,
        "is_ephemeral": False,
    }
    action = body["actions"][0]
    assert (action["value"], action["block_id"], action["style"]) == ("inc-1", "acts", "primary")
    assert body["message"]["text"] == "card" and body["response_url"] and body["trigger_id"]


async def test_only_buttons_that_exist_can_be_pressed(slack: Kit) -> None:
    _, ts = await card(slack, button("take"))
    ghost = await slack.act("click", channel="inc-1", ts=ts, action_id="ghost")
    stranger = await slack.act("click", user="jonas", channel="inc-1", ts="1.1", action_id="take")
    assert (ghost.error, stranger.error) == ("no_such_element", "message_not_found")


async def test_a_menu_gives_the_stored_option(slack: Kit) -> None:
    bolt = slack.new_bolt()
    bodies: list[Json] = []

    @bolt.action("severity")
    async def severity(ack: Any, body: Json) -> None:
        await ack()
        bodies.append(body)

    options = [{"text": {"type": "plain_text", "text": f"SEV{n}"}, "value": str(n)} for n in (1, 2)]
    menu = {"type": "static_select", "action_id": "severity", "options": options}
    _, ts = await card(slack, menu)
    async with slack.connected(bolt):
        order: Json = {"channel": "inc-1", "ts": ts, "action_id": "severity"}
        assert (await slack.act("click", **order, selected="2")).ok
        assert (await slack.act("click", **order, selected="3")).error == "no_such_option"
    chosen = bodies[0]["actions"][0]["selected_option"]
    assert (chosen["value"], chosen["text"]["text"]) == ("2", "SEV2")
    assert bodies[0]["state"]["values"]["acts"]["severity"]["selected_option"] == chosen


async def test_a_modal_goes_from_command_to_errors_to_closed(slack: Kit) -> None:
    bolt = slack.new_bolt()
    seen: list[Json] = []

    @bolt.command("/incident")
    async def incident(ack: Any, body: Json, client: Any) -> None:
        await ack()
        await client.views_open(
            trigger_id=body["trigger_id"], view=modal(private_metadata=body["channel_id"])
        )

    @bolt.view("form")
    async def form(ack: Any, view: Json) -> None:
        seen.append(view)
        text = view["state"]["values"]["what"]["text"]["value"]
        if text == "no":
            await ack(response_action="errors", errors={"what": "Say more."})
        elif text == "more":
            await ack(response_action="push", view=modal("second"))
        else:
            await ack()

    @bolt.view("second")
    async def second(ack: Any) -> None:
        await ack(response_action="clear")

    async with slack.connected(bolt):
        await slack.act("say", channel="general", text="/incident declare")
        await until(lambda: slack.ws.modal_of(slack.maya))
        empty = await slack.act("submit", values={"what": {"text": ""}})
        assert (empty.error, list(empty.errors)) == ("incomplete", ["what"])
        refused = await slack.act("submit", values={"text": "no"})
        assert refused.errors == {"what": "Say more."}
        pushed = await slack.act("submit", values={"text": "more"})
        top = slack.ws.modal_of(slack.maya)
        assert pushed.ok and top is not None and top.body["callback_id"] == "second"
        assert len(slack.ws.modals[slack.maya]) == 2
        assert (await slack.act("submit", values={"text": "x"})).ok
        assert slack.ws.modal_of(slack.maya) is None
    assert seen[0]["private_metadata"] == slack.channel("general").id
    assert "channel" not in seen[0]


async def test_a_trigger_works_once_and_for_a_short_time() -> None:
    async with kit(trigger_seconds=0.05) as slack:
        first = slack.hub.triggers.mint(slack.app.app_id, slack.maya)
        await slack.client.views_open(trigger_id=first, view=modal())
        again = await slack.refused("views.open", trigger_id=first, view=modal())
        old = slack.hub.triggers.mint(slack.app.app_id, slack.maya)
        made = slack.ws.now()
        await until(lambda: slack.ws.now() - made > 0.06)
        late = await slack.refused("views.open", trigger_id=old, view=modal())
        odd = await slack.refused("views.open", trigger_id="12.34.ab", view=modal())
        assert [r["error"] for r in (again, late, odd)] == [
            "exchanged_trigger_id",
            "expired_trigger_id",
            "invalid_trigger_id",
        ]


async def test_a_fourth_modal_is_one_too_many_and_hashes_guard_updates(slack: Kit) -> None:
    def trigger() -> str:
        return slack.hub.triggers.mint(slack.app.app_id, slack.maya)

    view = (await slack.client.views_open(trigger_id=trigger(), view=modal()))["view"]
    for _ in range(2):
        await slack.client.views_push(trigger_id=trigger(), view=modal())
    limit = await slack.refused("views.push", trigger_id=trigger(), view=modal())
    assert limit["error"] == "push_limit_reached"
    updated = await slack.client.views_update(
        view_id=view["id"], hash=view["hash"], view=modal(external_id="x")
    )
    stale = await slack.refused("views.update", view_id=view["id"], hash=view["hash"], view=modal())
    assert stale["error"] == "hash_conflict" and updated["view"]["hash"] != view["hash"]
    twin = await slack.refused("views.push", trigger_id=trigger(), view=modal(external_id="x"))
    assert twin["error"] in ("duplicate_external_id", "push_limit_reached")
    by_name = await slack.client.views_update(external_id="x", view=modal(external_id="x"))
    assert by_name["view"]["id"] == view["id"]


async def test_a_bad_view_is_named_by_pointer(slack: Kit) -> None:
    trigger = slack.hub.triggers.mint(slack.app.app_id, slack.maya)
    view = modal(submit=None, title={"type": "plain_text", "text": "t" * 25})
    refused = await slack.refused("views.open", trigger_id=trigger, view=view)
    assert refused["error"] == "invalid_arguments"
    messages = "\n".join(refused["response_metadata"]["messages"])
    assert "must be less than 25 characters [json-pointer:/view/title/text]" in messages
    assert "missing required field: submit" in messages
    fine = await slack.client.views_open(trigger_id=trigger, view=modal())
    assert fine["ok"], "a refused view does not use up the trigger"


async def test_closing_is_told_when_asked_for(slack: Kit) -> None:
    bolt = slack.new_bolt()
    closed: list[Json] = []

    @bolt.view_closed("form")
    async def gone(ack: Any, body: Json) -> None:
        await ack()
        closed.append(body)

    async with slack.connected(bolt):
        trigger = slack.hub.triggers.mint(slack.app.app_id, slack.maya)
        await slack.client.views_open(trigger_id=trigger, view=modal(notify_on_close=True))
        assert (await slack.act("close")).ok
        await until(lambda: closed)
    assert closed[0]["is_cleared"] is False and slack.ws.modal_of(slack.maya) is None


async def test_the_home_tab_is_published_when_opened(slack: Kit) -> None:
    bolt = slack.new_bolt()

    @bolt.event("app_home_opened")
    async def opened(event: Json, client: Any) -> None:
        view = {"type": "home", "blocks": [section(f"tab {event['tab']}")]}
        await client.views_publish(user_id=event["user"], view=view)

    async with slack.connected(bolt):
        await slack.act("open_home")
        await until(lambda: slack.ws.homes)
    home = slack.ws.homes[slack.maya, slack.app.app_id]
    assert home.blocks[0]["text"]["text"] == "tab home"


async def test_shortcuts_reach_the_app(slack: Kit) -> None:
    bolt = slack.new_bolt()
    bodies: list[Json] = []

    @bolt.shortcut("incident_declare")
    async def declare(ack: Any, body: Json) -> None:
        await ack()
        bodies.append(body)

    @bolt.shortcut("incident_timeline_add")
    async def add(ack: Any, body: Json) -> None:
        await ack()
        bodies.append(body)

    _, ts = await card(slack, button("a"))
    async with slack.connected(bolt):
        assert (await slack.act("global_shortcut", callback_id="incident_declare")).ok
        order: Json = {"channel": "inc-1", "ts": ts}
        callback = "incident_timeline_add"
        assert (await slack.act("message_shortcut", callback_id=callback, **order)).ok
    assert [b["type"] for b in bodies] == ["shortcut", "message_action"]
    assert "channel" not in bodies[0] and bodies[1]["message"]["ts"] == ts


async def test_a_response_url_answers_five_times(slack: Kit) -> None:
    bolt = slack.new_bolt()
    urls: list[str] = []

    @bolt.command("/incident")
    async def incident(ack: Any, body: Json, respond: Any) -> None:
        await ack()
        urls.append(body["response_url"])
        await respond("only for you")
        await respond(text="for all", response_type="in_channel")

    general = slack.channel("general")
    async with slack.connected(bolt):
        await slack.act("say", channel="general", text="/incident")
        await until(lambda: general.messages)
    assert [m["text"] for m in slack.notes(general.id)] == ["only for you"]
    assert general.messages[0]["text"] == "for all", "works where the app is no member"
    statuses = []
    for n in range(4):
        async with slack.http.post(urls[0], json={"text": str(n)}) as response:
            statuses.append(response.status)
            last = await response.text()
    assert statuses == [200, 200, 200, 404] and "used_url" in last


async def test_a_response_url_changes_the_message_it_came_from(slack: Kit) -> None:
    bolt = slack.new_bolt()

    @bolt.action("approve")
    async def approve(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="approved", replace_original=True)

    @bolt.action("dismiss")
    async def dismiss(ack: Any, respond: Any) -> None:
        await ack()
        await respond(delete_original=True)

    channel, ts = await card(slack, button("approve"))
    row = [{"type": "actions", "elements": [button("dismiss")]}]
    await slack.client.chat_postEphemeral(
        channel=channel, user=slack.maya, text="private", blocks=row
    )
    private = slack.notes(channel)[0]["ts"]
    async with slack.connected(bolt):
        await slack.act("click", channel="inc-1", ts=ts, action_id="approve")
        await until(lambda: slack.channel("inc-1").find(ts)["text"] == "approved")
        assert "blocks" not in slack.channel("inc-1").find(ts)
        await slack.act("click", channel="inc-1", ts=private, action_id="dismiss")
        await until(lambda: not slack.notes(channel))


async def test_bad_blocks_to_a_response_url_are_http_400(slack: Kit) -> None:
    key = slack.hub.response_urls.mint(slack.app.app_id, slack.channel("general").id, slack.maya)
    url = f"{slack.server.url}response/{key}"
    for body, said in (
        ({"blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({}, "no_text"),
    ):
        async with slack.http.post(
            url, json=body if body else {"response_type": "in_channel"}
        ) as r:
            assert (r.status, await r.text()) == (400, said)
    with pytest.raises(SlackApiError):
        await slack.client.chat_postMessage(channel=slack.channel("general").id, text="x")

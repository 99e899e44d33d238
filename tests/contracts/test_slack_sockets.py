"""Our sockets against the local workspace: two stand, whatever happens to them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck

from incidentbot.rehearsal.workspace.gate import Fault
from incidentbot.slack.inbound.socket_line import Pace
from incidentbot.slack.inbound.socket_mode import Socket
from tests.contracts.workspace_kit import Json, Kit, kit, until

# A busy machine may hold everything up for some tenths of a second: that is no silence.
QUICK: Json = {"ack_seconds": 1.0, "redelivery_pause": 0.02}
PACE = Pace(
    ping=0.05, silent=1.0, hello=1.0, linger=0.2, settled=0.2, first_pause=0.02, longest_pause=0.2,
    refused_pause=0.2,
)  # fmt: skip


class Bot:
    """A bolt app that notes what came, and the sockets under it."""

    def __init__(self, slack: Kit, pace: Pace) -> None:
        self.slack = slack
        self.came: list[str] = []
        self.fail = 0
        bolt = slack.new_bolt()
        self.socket = Socket(bolt, slack.app.app_token, f"{slack.server.url}api/", pace)

        async def command(ack: AsyncAck, body: dict[str, Any]) -> None:
            if self.fail:
                self.fail -= 1
                raise RuntimeError("not kept")
            self.came.append(body["text"])
            await ack("seen: " + body["text"])

        bolt.command("/incident")(command)

    async def types(self, text: str) -> bool:
        return (await self.slack.act("say", channel="general", text=f"/incident {text}")).ok

    @property
    def standing(self) -> int:
        return int(str(self.socket.health()["sockets"]))

    @property
    def trouble(self) -> str:
        return str(self.socket.health()["trouble"])

    @property
    def asked(self) -> int:
        lines = self.slack.hub.gate.lines()
        return sum(line["method"] == "apps.connections.open" for line in lines)


@asynccontextmanager
async def bot(slack: Kit, pace: Pace = PACE, stands: int = 2) -> AsyncIterator[Bot]:
    made = Bot(slack, pace)
    task = asyncio.create_task(made.socket.run())
    try:
        await until(lambda: made.standing >= stands)
        yield made
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(ended, asyncio.CancelledError), ended
    await until(lambda: not slack.hub.links.open)


@pytest.fixture
async def slack() -> AsyncIterator[Kit]:
    async with kit(**QUICK) as made:
        yield made


async def test_two_stand_and_each_thing_comes_once_by_one_of_them() -> None:
    # Twenty at once, and Slack's own three seconds for each.
    async with kit(redelivery_pause=0.02) as slack, bot(slack, replace(PACE, silent=5.0)) as it:
        texts = [f"status {n}" for n in range(20)]
        assert all(await asyncio.gather(*(it.types(text) for text in texts)))
        assert sorted(it.came) == sorted(texts)
        assert len(slack.hub.links.open) == 2 and it.socket.connected()
        health = dict(it.socket.health())
        assert isinstance(health.pop("last_frame_s"), float)
        assert health == {"mode": "socket", "sockets": 2, "trouble": ""}
        assert "seen: status 3" in str(slack.notes(slack.channel("general").id))


async def test_sockets_that_die_in_silence_are_replaced_and_let_go(slack: Kit) -> None:
    async with bot(slack) as it:
        first = list(slack.hub.links.open)
        assert slack.hub.links.silence(1) == 1
        await until(lambda: it.asked == 3)
        await until(lambda: it.standing == 2)
        assert slack.hub.links.silence() == 2, "both at once"
        await until(lambda: it.asked == 5)
        await until(lambda: it.standing == 2)
        await until(lambda: len(slack.hub.links.open) == 2)
        assert not {link.id for link in first} & {link.id for link in slack.hub.links.open}
        assert await it.types("status") and it.came == ["status"]


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_goodbye_to_all_at_once_loses_no_command(slack: Kit, reason: str) -> None:
    async with bot(slack) as it:
        for n in range(4):
            typing = [asyncio.create_task(it.types(f"{n} {m}")) for m in range(5)]
            if reason == "warning":
                await asyncio.sleep(0)  # they are on their way
            assert await slack.hub.links.disconnect(reason) >= 2
            assert all(await asyncio.gather(*typing))
            await until(lambda: it.standing == 2)
        assert len(it.came) == 20


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("error:invalid_auth", times=4), "SLACK_APP_TOKEN"),
        (Fault("error:too_strange", times=4), "too_strange"),
        (Fault("500_html", times=4), "Slack gives no socket"),
        (Fault("200_html", times=4), "Slack gives no socket"),
        (Fault("429", times=1, retry_after=1), "ratelimited"),
        (Fault("reset_before", times=4), "Slack gives no socket"),
        (Fault("body", times=4, body={"ok": True}), "Slack gives no socket"),
        (Fault("body", times=4, body={"ok": True, "url": "ws://127.0.0.1:9/x"}), "unreachable"),
    ],
    ids=lambda value: getattr(value, "mode", ""),
)
async def test_what_slack_says_instead_is_named_and_waited_out(
    slack: Kit, fault: Fault, said: str
) -> None:
    fault.method = "apps.connections.open"
    slack.hub.gate.faults.append(fault)
    async with bot(slack, stands=0) as it:
        await until(lambda: said in it.trouble)
        await until(lambda: it.standing == 2)
        assert it.trouble == "" and fault.hit == fault.times
        assert it.asked == 2 + fault.times, "one try for each answer, and no more"
        assert await it.types("status")


async def test_a_token_that_is_revoked_later_is_named_when_the_sockets_go(slack: Kit) -> None:
    async with bot(slack, replace(PACE, refused_pause=60.0)) as it:
        revoked = Fault("error:token_revoked", "apps.connections.open", times=1000)
        slack.hub.gate.faults.append(revoked)
        await slack.hub.links.disconnect("refresh_requested")
        await until(lambda: revoked.hit == 2)
        await until(lambda: "the app token is refused (token_revoked)" in it.trouble)
        assert not it.socket.connected() and it.standing == 0
        await asyncio.sleep(0.2)
        assert revoked.hit == 2, "once for each socket, and then it waits"


async def test_where_one_socket_is_allowed_one_stands_and_the_reason_is_told(slack: Kit) -> None:
    slack.hub.options.max_connections = 1
    async with bot(slack, stands=1) as it:
        await until(lambda: "ten sockets of this app" in it.trouble)
        assert it.socket.connected() and await it.types("status")
        slack.hub.options.max_connections = 10
        await until(lambda: it.standing == 2)


async def test_slack_is_down_at_the_start_and_again_later(slack: Kit) -> None:
    await slack.hub.set_down(True)
    async with bot(slack, stands=0) as it:
        await until(lambda: it.asked >= 3)
        assert not it.socket.connected() and "Slack gives no socket" in it.trouble
        await slack.hub.set_down(False)
        await until(lambda: it.standing == 2)
        await slack.hub.set_down(True, "hang")
        await until(lambda: not it.socket.connected())
        await slack.hub.set_down(False)
        await until(lambda: it.standing == 2, 15)
        assert await it.types("status")


async def test_what_could_not_be_kept_is_not_acknowledged_and_what_is_unknown_is(
    slack: Kit,
) -> None:
    async with bot(slack) as it:
        it.fail = 1
        assert not await it.types("declare")
        assert await it.types("declare") and it.came == ["declare"]
        unknown = slack.hub.post("events_api", {"type": "app_rate_limited"}, slack.app.app_id)
        await until(lambda: unknown.state == "acked")
        assert unknown.attempts == 1

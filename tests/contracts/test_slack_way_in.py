"""From the workspace to the work, by socket and by HTTP: lost, doubled, twinned, out of order."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from incidentbot.rehearsal.workspace.mishaps import Mishap
from incidentbot.rehearsal.workspace.state import Addresses
from incidentbot.slack.http_mode import Endpoint
from incidentbot.slack.inbox import Inbox, Item, NotYet, waiting
from incidentbot.slack.socket_mode import Socket
from incidentbot.store import Store
from tests.contracts.workspace_kit import Kit, kit, until

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BOTH = pytest.mark.parametrize("transport", ["socket", "http"])

Put = Callable[[str, dict[str, Any]], Awaitable[None]]


class Reader:
    """Keeps the reactions of a message, as a handler would: one taken back must have been given."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.given = False

    async def work(self, item: Item) -> None:
        event = item.payload["event"]
        kind = str(event["type"])
        if kind == "reaction_removed" and not self.given and not item.waited:
            raise NotYet("nobody has reacted")
        self.given = {"reaction_added": True, "reaction_removed": False}.get(kind, self.given)
        self.did.append(event.get("text") or kind)

    async def give_up(self, item: Item) -> None:
        raise AssertionError(f"{item.key} was given up")


def app_for(slack: Kit, put: Put) -> AsyncApp:
    """Every event is a row before its acknowledgement, or there is none."""

    async def authorize(**_: Any) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=slack.app.bot_token)

    bolt = AsyncApp(
        client=slack.new_client(""),
        authorize=authorize,
        request_verification_enabled=False,
        process_before_response=True,
    )

    async def seen() -> None:
        pass

    async def event(body: dict[str, Any]) -> None:
        await put("event", body)

    for kind in ("message", "reaction_added", "reaction_removed"):
        bolt.event(kind)(event)
    bolt.event(re.compile(".*"))(seen)
    return bolt


@asynccontextmanager
async def way_in(slack: Kit, put: Put, transport: str) -> AsyncIterator[None]:
    bolt = app_for(slack, put)
    async with AsyncExitStack() as stack:
        if transport == "socket":
            socket = Socket(bolt, slack.app.app_token, f"{slack.server.url}api/")
            task = asyncio.create_task(socket.run())
            stack.callback(task.cancel)
            await until(lambda: len(slack.hub.links.open) == 2)
        else:
            served = web.Application()
            endpoint = Endpoint(bolt, slack.app.signing_secret)
            served.router.add_post("/slack/events", endpoint.handle)
            runner = web.AppRunner(served, access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            door = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
            await slack.hub.set_addresses(slack.app, Addresses(door, door, door))
        yield


@BOTH
async def test_each_event_is_worked_once_and_in_order_whatever_happens_on_its_way(
    store: Store, transport: str
) -> None:
    reader = Reader()
    inbox = Inbox(store, reader.work, reader.give_up)
    faults = ["once"]

    async def put(kind: str, body: dict[str, Any]) -> None:
        if faults and body["event"].get("text") == "Cache flushed":
            raise RuntimeError(faults.pop())
        await inbox.put(kind, body)

    quick = {"ack_seconds": 0.5, "redelivery_pause": 0.02, "http_retries": (0.0, 0.05, 0.1)}
    async with kit(**quick) as slack, way_in(slack, put, transport):
        channel = await slack.new_channel("inc-1")
        slack.ws.join(slack.maya, channel)
        slack.app.events |= {"message.channels", "reaction_added", "reaction_removed"}
        working = asyncio.create_task(inbox.run())
        try:
            slack.hub.mishaps.plans += [
                Mishap("swap", "reaction_added"),
                Mishap("twin", "reaction_*", times=1000, copies=3),
            ]
            said = await slack.act("say", channel="inc-1", text="Cache flushed")
            for remove in (False, True, False):
                reaction: dict[str, Any] = {
                    "channel": "inc-1",
                    "ts": said.ts,
                    "name": "eyes",
                    "remove": remove,
                }
                assert (await slack.act("react", **reaction)).ok
            await until(lambda: all(e.state == "acked" for e in slack.hub.log.kept), 10)
            while await store.tx(waiting):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
    assert not faults and len(slack.hub.log.kept) >= 12
    reactions = [did for did in reader.did if did.startswith("reaction_")]
    assert reactions == ["reaction_added", "reaction_removed", "reaction_added"]
    assert reader.did.count("Cache flushed") == 1

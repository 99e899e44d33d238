"""From the workspace to the work, by socket and by HTTP: lost, doubled, twinned, out of order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from incidentbot.rehearsal.workspace.mishaps import Mishap
from incidentbot.rehearsal.workspace.state import Addresses
from incidentbot.settings import SlackAccess
from incidentbot.slack.inbound.http_mode import Endpoint
from incidentbot.slack.inbound.inbox import Inbox, Item, NotYet, waiting
from incidentbot.slack.inbound.listeners import make_app
from incidentbot.slack.inbound.socket_mode import Socket
from incidentbot.store import Store
from tests.contracts.workspace_kit import Kit, kit, until

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BOTH = pytest.mark.parametrize("transport", ["socket", "http"])


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
        self.did.append((event.get("message") or {}).get("text") or kind)

    async def give_up(self, item: Item) -> None:
        raise AssertionError(f"{item.key} was given up")


class Forgetful(Inbox):
    """The first time that it should keep an edit it cannot."""

    faults = 1

    async def put(self, kind: str, body: dict[str, Any]) -> None:
        if self.faults and body["event"].get("subtype") == "message_changed":
            self.faults -= 1
            raise RuntimeError("the database is away")
        await super().put(kind, body)


@asynccontextmanager
async def way_in(slack: Kit, inbox: Inbox, transport: str) -> AsyncIterator[None]:
    """The bot's own app: what it hears is a row before its acknowledgement, or is not acked."""
    access = SlackAccess(
        bot_token=SecretStr(slack.app.bot_token),
        app_token=SecretStr(slack.app.app_token) if transport == "socket" else None,
        signing_secret=SecretStr(slack.app.signing_secret),
        api_url=f"{slack.server.url}api/",
    )
    bolt = make_app(access, inbox)
    async with AsyncExitStack() as stack:
        if transport == "socket":
            socket = Socket(bolt, slack.app.app_token, access.api_url)
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
    inbox = Forgetful(store, reader.work, reader.give_up)
    quick = {"ack_seconds": 0.5, "redelivery_pause": 0.02, "http_retries": (0.0, 0.05, 0.1)}
    async with kit(**quick) as slack, way_in(slack, inbox, transport):
        channel = await slack.new_channel("inc-1")
        slack.ws.join(slack.maya, channel)
        slack.app.events |= {"message.channels", "reaction_added", "reaction_removed"}
        working = asyncio.create_task(inbox.run())
        try:
            slack.hub.mishaps.plans += [
                Mishap("swap", "reaction_added"),
                Mishap("twin", "reaction_*", times=1000, copies=3),
            ]
            said = await slack.act("say", channel="inc-1", text="Cash flushed")
            edited: dict[str, Any] = {"ts": said.ts, "text": "Cache flushed"}
            assert (await slack.act("edit", channel="inc-1", **edited)).ok
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
    assert not inbox.faults and len(slack.hub.log.kept) >= 12
    reactions = [did for did in reader.did if did.startswith("reaction_")]
    assert reactions == ["reaction_added", "reaction_removed", "reaction_added"]
    assert reader.did.count("Cache flushed") == 1

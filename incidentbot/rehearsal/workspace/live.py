"""The live stream: changes of the state become small events that tell a page to look again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

from aiohttp import web

from incidentbot.rehearsal.workspace.state import Change, Workspace

COALESCE_SECONDS = 0.04
KEEP_ALIVE_SECONDS = 15.0

Event = tuple[str, str]  # name, channel ("" for none)

# Kinds that change what the channel itself shows, and kinds that change the channel list.
IN_CHANNEL = ("message", "thread", "pin_", "reaction_", "channel_", "member_", "bookmark", "file_")
IN_LIST = ("message", "channel_", "member_", "read")


class Streams:
    """Every open stream, so that a server that stops can end them instead of waiting."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.tasks: set[asyncio.Task[None]] = set()

    async def close(self, _: web.Application) -> None:
        """End all streams; hang this on `app.on_shutdown`."""
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def serve(self, request: web.Request, me: str) -> web.StreamResponse:
        """Answer GET /events until the browser leaves or the server stops."""
        response = web.StreamResponse()
        response.content_type = "text/event-stream"
        response.headers["Cache-Control"] = "no-store"
        queue = self.workspace.subscribe()
        await response.prepare(request)
        task = asyncio.ensure_future(self._pump(response, queue, me))
        self.tasks.add(task)
        try:
            await asyncio.wait([task])
            if not task.cancelled():
                task.exception()  # a browser that left; nobody is there to be told
        finally:
            task.cancel()
            self.tasks.discard(task)
            self.workspace.unsubscribe(queue)
        return response

    async def _pump(
        self, response: web.StreamResponse, queue: asyncio.Queue[Change], me: str
    ) -> None:
        await response.write(b"retry: 800\nevent: hello\ndata: {}\n\n")
        while True:
            try:
                first = await asyncio.wait_for(queue.get(), KEEP_ALIVE_SECONDS)
            except TimeoutError:
                await response.write(b": still here\n\n")
                continue
            await asyncio.sleep(COALESCE_SECONDS)
            changes = [first]
            while not queue.empty():
                changes.append(queue.get_nowait())
            for name, channel in events(self.workspace, changes, me):
                data = json.dumps({"channel": channel})
                await response.write(f"event: {name}\ndata: {data}\n\n".encode())


def events(workspace: Workspace, changes: Iterable[Change], me: str) -> list[Event]:
    """What a person's page is told of a burst of changes: each event once, none of others."""
    found: dict[Event, None] = {}
    for change in changes:
        for event in _events_of(workspace, change, me):
            found[event] = None
    return list(found)


def _events_of(workspace: Workspace, change: Change, me: str) -> list[Event]:
    kind, channel = change.kind, change.channel or ""
    if kind.startswith(("view_", "home_")):
        return [("view", "")] if change.user == me else []
    if kind.startswith("ephemeral"):
        return [("ephemeral", channel)] if change.user == me else []
    if kind == "reset":
        return [("channels", ""), ("view", "")]
    if kind == "read":
        return [("channels", "")] if change.user == me else []
    if not _may_see(workspace, channel, me):
        # Somebody who has just left a private channel must see it vanish from the list.
        return [("channels", "")] if kind == "member_left" and change.user == me else []
    found = []
    if kind.startswith(IN_CHANNEL):
        found.append(("channel", channel))
    if kind.startswith(IN_LIST):
        found.append(("channels", ""))
    return found


def _may_see(workspace: Workspace, channel_id: str, me: str) -> bool:
    channel = workspace.channels.get(channel_id)
    return channel is not None and workspace.sees(me, channel)

"""Statuspage's API on loopback, as much of it as the bot uses; it can lose what it did.

`mishaps` are used up one by one: "503", "422", "429 1" refuse; "lost" does it and drops the line.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class StatusWire:
    url: str = ""
    key: str = "open-sesame"
    incidents: list[dict[str, Any]] = field(default_factory=list)
    mishaps: list[str] = field(default_factory=list)  # for calls that write
    calls: list[str] = field(default_factory=list)
    components: list[str] = field(default_factory=list)

    @property
    def writes(self) -> list[str]:
        return [call for call in self.calls if not call.startswith("GET")]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.calls.append(f"{request.method} {request.path}")
        if request.headers.get("Authorization") != f"OAuth {self.key}":
            return web.json_response({"error": "Could not authenticate"}, status=401)
        if request.method == "GET":
            return self._look(request)
        mishap = self.mishaps.pop(0) if self.mishaps else ""
        status, _, wait = mishap.partition(" ")
        if status.isdigit():
            head = {"Retry-After": wait} if wait else {}
            return web.json_response({"error": "not now"}, status=int(status), headers=head)
        given = json.loads(await request.read())["incident"]
        done = self._write(request, given)
        if mishap == "lost":
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(done)

    def _look(self, request: web.Request) -> web.StreamResponse:
        id = request.match_info.get("id")
        if request.path.endswith("/components"):
            return web.json_response([{"id": one} for one in self.components])
        if id is None:
            return web.json_response(list(reversed(self.incidents)))
        found = [row for row in self.incidents if row["id"] == id]
        if not found:
            return web.json_response({"error": "not found"}, status=404)
        return web.json_response(found[0])

    def _write(self, request: web.Request, given: dict[str, Any]) -> dict[str, Any]:
        if request.method == "POST":
            row: dict[str, Any] = {"id": f"ext{len(self.incidents) + 1}", "incident_updates": []}
            self.incidents.append(row)
        else:
            row = next(r for r in self.incidents if r["id"] == request.match_info["id"])
        row |= {k: v for k, v in given.items() if k != "body"}
        row["incident_updates"].append({"status": given["status"], "body": given["body"]})
        return row


@asynccontextmanager
async def status_page(*mishaps: str) -> AsyncIterator[StatusWire]:
    wire = StatusWire(mishaps=list(mishaps))
    app = web.Application()
    app.router.add_route("*", "/v1/pages/shop1234/incidents", wire.answer)
    app.router.add_route("*", "/v1/pages/shop1234/incidents/{id}", wire.answer)
    app.router.add_get("/v1/pages/shop1234/components", wire.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    wire.url = f"http://{host}:{port}/v1"
    try:
        yield wire
    finally:
        await runner.cleanup()

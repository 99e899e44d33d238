"""A stand-in for Slack's own status page: GET /api/v2.0.0/current and /history."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from .state import Workspace


class Status:
    """What Slack says of itself; it lives on another domain, so an outage does not touch it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.incidents: list[dict[str, Any]] = []

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/v2.0.0/current", self.current),
            web.get("/api/v2.0.0/history", self.history),
            web.post("/control/status", self.tell),
        ]

    async def current(self, _: web.Request) -> web.StreamResponse:
        active = [i for i in self.incidents if i["status"] == "active"]
        now = self._now()
        return web.json_response(
            {
                "status": "active" if active else "ok",
                "date_created": now,
                "date_updated": now,
                "active_incidents": active,
            }
        )

    async def history(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self.incidents)

    async def tell(self, request: web.Request) -> web.StreamResponse:
        """{title?, type?, services?, note?}: a new incident; {resolve: true}: all are over."""
        body = json.loads(await request.text() or "{}")
        if body.get("resolve"):
            for incident in self.incidents:
                incident["status"] = "resolved"
            return web.json_response(self.incidents)
        now = self._now()
        incident = {
            "id": len(self.incidents) + 1,
            "date_created": now,
            "date_updated": now,
            "title": str(body.get("title", "Trouble with messaging")),
            "type": str(body.get("type", "incident")),
            "status": "active",
            "url": f"{self.workspace.team.url}status/{len(self.incidents) + 1}",
            "services": body.get("services", ["Messaging"]),
            "notes": [{"date_created": now, "body": str(body.get("note", "We are looking."))}],
        }
        self.incidents.insert(0, incident)
        return web.json_response(self.incidents)

    def _now(self) -> str:
        return datetime.fromtimestamp(self.workspace.now(), UTC).isoformat(timespec="seconds")

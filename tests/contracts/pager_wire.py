"""PagerDuty and Opsgenie as they answer on the wire: strict about fields and keys, and breakable.

`troubles` are taken one a request: a status to answer with, "lose" (do it, and break the line
before the answer) or "break" (break the line and do nothing).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from tests.contracts.wire import serving

ROUTING_KEY, TOKEN, GENIE_KEY = "r" * 32, "u+restkey", "genie-key"
SECRETS = {"PD_ROUTING_KEY": ROUTING_KEY, "PD_TOKEN": TOKEN, "OPSGENIE_KEY": GENIE_KEY}
Trouble = int | str


@dataclass
class Service:
    """What both have: an address, a log of what was done, and faults."""

    url: str = ""
    done: list[tuple[str, str]] = field(default_factory=list)  # (what, key), as it took effect
    asked: list[str] = field(default_factory=list)  # paths
    troubles: list[Trouble] = field(default_factory=list)
    retry_after: int = 7

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        trouble = self.troubles.pop(0) if self.troubles else None
        if isinstance(trouble, int):
            return web.Response(status=trouble, headers={"Retry-After": str(self.retry_after)})
        if trouble == "break":
            return _broken(request)
        if trouble == "hang":
            await asyncio.sleep(30)
        answer = await self.act(request)
        return _broken(request) if trouble == "lose" else answer

    async def act(self, request: web.Request) -> web.StreamResponse:
        raise NotImplementedError

    def count(self, what: str) -> int:
        return sum(one == what for one, _ in self.done)


@dataclass
class PagerDuty(Service):
    """`status` of an incident by its dedup key; who is on call by schedule."""

    status: dict[str, str] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    taken_by: dict[str, dict[str, str]] = field(default_factory=dict)
    schedules: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    async def act(self, request: web.Request) -> web.StreamResponse:
        if request.method == "POST" and request.path == "/v2/enqueue":
            return self._event(await request.json())
        if request.headers.get("Authorization") != f"Token token={TOKEN}":
            return web.json_response(
                {"error": {"message": "Unauthorized", "code": 2006}}, status=401
            )
        if "application/vnd.pagerduty+json;version=2" not in request.headers.get("Accept", ""):
            return web.json_response({"error": {"message": "Bad version"}}, status=406)
        if request.path == "/oncalls":
            return self._oncalls(request)
        if request.path == "/incidents":
            return self._incidents(request)
        return web.json_response({"error": {"message": "Not Found"}}, status=404)

    def acknowledge(self, key: str, user: dict[str, str]) -> None:
        """A person does it on their phone."""
        self.status[key], self.taken_by[key] = "acknowledged", user

    def _event(self, body: dict[str, Any]) -> web.Response:
        wrong = _wrong(body)
        if wrong:
            said = {
                "status": "invalid event",
                "message": "Event object is invalid",
                "errors": wrong,
            }
            return web.json_response(said, status=400)
        key, action = body["dedup_key"], body["event_action"]
        self.events.append(body)
        self.done.append((action, key))
        before = self.status.get(key)
        if action == "trigger" and before in (None, "resolved"):
            self.status[key] = "triggered"
            self.opened.append(key)
        elif action == "acknowledge" and before == "triggered":
            self.status[key] = "acknowledged"
        elif action == "resolve" and before is not None:
            self.status[key] = "resolved"
        said = {"status": "success", "message": "Event processed", "dedup_key": key}
        return web.json_response(said, status=202)

    def _oncalls(self, request: web.Request) -> web.Response:
        wanted = request.query.getall("schedule_ids[]", [])
        since, until = (datetime.fromisoformat(request.query[k]) for k in ("since", "until"))
        assert since < until
        assert request.query.getall("include[]") == ["users"]
        end = (since + timedelta(hours=5)).isoformat().replace("+00:00", "Z")
        rows = [
            {"user": user, "schedule": {"id": id}, "escalation_level": 1, "start": None, "end": end}
            for id in wanted
            for user in self.schedules.get(id, [])
        ]
        return web.json_response({"oncalls": rows, "limit": 100, "offset": 0, "more": False})

    def _incidents(self, request: web.Request) -> web.Response:
        key = request.query["incident_key"]
        found = []
        if key in self.status:
            by = self.taken_by.get(key)
            if by and request.query.getall("include[]", []) != ["acknowledgers"]:
                by = {"id": by["id"], "type": "user_reference", "summary": by["name"]}
            acks = [{"at": "2026-03-02T10:00:00Z", "acknowledger": by}] if by else []
            found.append(
                {"incident_key": key, "status": self.status[key], "acknowledgements": acks}
            )
        return web.json_response({"incidents": found, "more": False})


def _wrong(body: dict[str, Any]) -> list[str]:
    """What the Events API would object to."""
    wrong = [] if body.get("routing_key") == ROUTING_KEY else ["routing_key is not valid"]
    if body.get("event_action") not in ("trigger", "acknowledge", "resolve"):
        wrong.append("event_action is missing or wrong")
    if not 0 < len(body.get("dedup_key", "")) <= 255:
        wrong.append("dedup_key is missing or too long")
    if body.get("event_action") == "trigger":
        payload = body.get("payload", {})
        if not 0 < len(payload.get("summary", "")) <= 1024:
            wrong.append("'payload.summary' is missing or too long")
        if not payload.get("source"):
            wrong.append("'payload.source' is missing or blank")
        if payload.get("severity") not in ("critical", "error", "warning", "info"):
            wrong.append("'payload.severity' is invalid")
        if any(not link.get("href", "").startswith("http") for link in body.get("links", [])):
            wrong.append("a link has no href")
    return wrong


@dataclass
class Opsgenie(Service):
    """Alerts by their alias; who is on call by the name of the schedule."""

    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    schedules: dict[str, list[str]] = field(default_factory=dict)

    async def act(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"GenieKey {GENIE_KEY}":
            return web.json_response({"message": "Could not authenticate"}, status=401)
        parts = request.path.strip("/").split("/")
        if parts[:2] == ["v2", "schedules"] and parts[3:] == ["on-calls"]:
            return self._on_calls(request, parts[2])
        if parts == ["v2", "alerts"] and request.method == "POST":
            return self._create(await request.json())
        alias, _, verb = request.path.removeprefix("/v2/alerts/").partition("/")
        if request.query.get("identifierType") != "alias":
            return web.json_response({"message": "no such id"}, status=404)
        if request.method == "GET":
            found = self.alerts.get(alias)
            if found is None:
                return web.json_response({"message": "Alert does not exist"}, status=404)
            return web.json_response({"data": found})
        if verb in ("close", "acknowledge") and isinstance(await request.json(), dict):
            self.done.append((verb, alias))
            if alias in self.alerts:
                changed = {"status": "closed"} if verb == "close" else {"acknowledged": True}
                self.alerts[alias] |= changed
            return _processed()
        return web.json_response({"message": "Not Found"}, status=404)

    def acknowledge(self, alias: str, user: str) -> None:
        """A person does it on their phone."""
        self.alerts[alias] |= {"acknowledged": True, "owner": user}
        self.alerts[alias]["report"] = {"acknowledgedBy": user}

    def _create(self, body: dict[str, Any]) -> web.Response:
        alias = body.get("alias", "")
        wrong = not 0 < len(body.get("message", "")) <= 130 or not 0 < len(alias) <= 512
        wrong = wrong or body.get("priority") not in ("P1", "P2", "P3", "P4", "P5")
        for one in body.get("responders", []):
            wrong = wrong or not one.get("username" if one.get("type") == "user" else "name")
        if wrong:
            said = {"message": "Request body is not processable. Please check the errors."}
            return web.json_response(said, status=422)
        self.done.append(("create", alias))
        if self.alerts.get(alias, {}).get("status") != "open":
            self.alerts[alias] = {"status": "open", "acknowledged": False, "owner": "", **body}
        return _processed()

    def _on_calls(self, request: web.Request, name: str) -> web.Response:
        assert request.query["scheduleIdentifierType"] == "name"
        assert request.query["flat"] == "true"
        assert datetime.fromisoformat(request.query["date"]).tzinfo is not None
        if name not in self.schedules:
            return web.json_response({"message": "Schedule does not exist"}, status=404)
        return web.json_response({"data": {"onCallRecipients": self.schedules[name]}})


def _processed() -> web.Response:
    said = {"result": "Request will be processed", "took": 0.1, "requestId": "43a29c5c"}
    return web.json_response(said, status=202)


def _broken(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response(text=json.dumps({}))


@asynccontextmanager
async def pagerduty() -> AsyncIterator[PagerDuty]:
    made = PagerDuty()
    async with serving(made.answer) as made.url:
        yield made


@asynccontextmanager
async def opsgenie() -> AsyncIterator[Opsgenie]:
    made = Opsgenie()
    async with serving(made.answer) as made.url:
        yield made

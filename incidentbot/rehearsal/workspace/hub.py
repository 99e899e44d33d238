"""The workspace with everything around it: one object that the routes share."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

from aiohttp import web

from .budgets import Budgets
from .envelopes import Envelope, Log
from .fanout import events
from .gate import Gate
from .limits import Limiter
from .links import Links
from .mishaps import Mishaps
from .offers import Offers
from .options import Options
from .posting import Posting, address
from .state import Addresses, App, Change, Workspace
from .state.core import new_id
from .tickets import ResponseUrls, Triggers

TICK_SECONDS = 0.25


class Hub:
    def __init__(self, workspace: Workspace, options: Options | None = None) -> None:
        self.workspace = workspace
        self.options = options or Options()
        self.gate = Gate(self.options, workspace.now)
        self.limiter = Limiter(self.options, workspace.now)
        self.triggers = Triggers(self.options, workspace.now)
        self.response_urls = ResponseUrls(self.options, workspace.now)
        self.offers = Offers()
        self.budgets = Budgets(self.options, workspace.now)
        self.log = Log(workspace)
        self.links = Links(workspace, self.options, self.log)
        self.posting = Posting(workspace, self.options, self.log)
        self.mishaps = Mishaps(self.log, self._carry)
        workspace.watch(self._tell_apps)

    def _tell_apps(self, change: Change) -> None:
        if change.kind == "delivery":
            self._judge(change.data)
            return
        for app in self.workspace.apps.values():
            for event in events(self.workspace, app, change) if app.subscribed else ():
                self._tell(app, event)

    def _tell(self, app: App, event: dict[str, object]) -> None:
        if self.budgets.may_send(app.app_id):
            self.post("events_api", self.event_callback(app, event), app.app_id)
        elif (minute := self.budgets.minute_to_tell(app.app_id)) is not None:
            told = {
                "token": app.verification_token,
                "type": "app_rate_limited",
                "team_id": self.workspace.team.id,
                "minute_rate_limited": minute,
                "api_app_id": app.app_id,
            }
            self.post("events_api", told, app.app_id)

    def _judge(self, delivery: dict[str, Any]) -> None:
        """Switch the subscriptions of an app off whose request URL fails nearly always."""
        app = self.workspace.apps.get(delivery["app_id"])
        if app is None or not app.addresses.events or delivery["type"] != "events_api":
            return
        if delivery["state"] in ("acked", "lost"):
            well = delivery["state"] == "acked"
            app.subscribed &= not self.budgets.settled(app.app_id, well=well)

    def subscribe(self, app: App) -> None:
        """Switch event subscriptions on again, by hand as in the app's settings."""
        self.budgets.forget(app.app_id)
        app.subscribed = True

    def _carrier(self, envelope: Envelope) -> Links | Posting:
        """Whoever brings this: HTTP where the app has given an address, else its sockets."""
        app = self.workspace.apps[envelope.app_id]
        return self.posting if address(app, envelope) else self.links

    def post(self, kind: str, payload: dict[str, Any], app_id: str) -> Envelope:
        """Deliver in the background, events again until they are acked or given up."""
        envelope = self.log.new(kind, payload, app_id, accepts=False)
        self.mishaps.send(envelope)
        return envelope

    def _carry(self, envelope: Envelope) -> None:
        self._carrier(envelope).carry(envelope)

    async def ask(
        self, kind: str, payload: dict[str, Any], app_id: str, *, accepts: bool
    ) -> dict[str, Any]:
        """Deliver once and wait for the answer; {} when there is none or it is not wanted.

        Raises SlackError "dispatch_failed" or "operation_timeout".
        """
        envelope = self.log.new(kind, payload, app_id, accepts=accepts)
        return await self._carrier(envelope).ask(envelope)

    def redeliver(self, envelope_id: str, *, new_event_id: bool = False) -> Envelope:
        """Deliver something again ("last": the newest), the same or as a fresh event."""
        again = self.log.again(envelope_id, new_event_id=new_event_id)
        self._carry(again)
        return again

    async def set_addresses(self, app: App, addresses: Addresses) -> None:
        """Switch an app to HTTP (or with empty addresses back to Socket Mode).

        An events address must first answer the challenge. Raises url_verification_failed.
        """
        if addresses.events:
            await self.posting.verify(app, addresses.events)
        app.addresses = addresses
        if addresses.events:
            await self.links.disconnect("link_disabled")

    def event_callback(self, app: App, event: dict[str, object]) -> dict[str, object]:
        """The envelope of the Events API around one event."""
        ws = self.workspace
        enterprise = (ws.enterprise_shape() or {}).get("id")
        team = self._team_of(app, event)
        return {
            "token": app.verification_token,
            "team_id": team,
            "context_team_id": team,
            "context_enterprise_id": enterprise,
            "api_app_id": app.app_id,
            "event": copy.deepcopy(event),
            "type": "event_callback",
            "event_id": new_id("Ev"),
            "event_time": int(self.workspace.now()),
            "authorizations": [
                {
                    "enterprise_id": enterprise,
                    "team_id": None if app.is_org_install else team,
                    "user_id": app.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": app.is_org_install,
                }
            ],
            "is_ext_shared_channel": self._is_shared(event),
            "event_context": f"4-{new_id('', 40).lower()}",
        }

    def _team_of(self, app: App, event: dict[str, object]) -> str:
        """The workspace an event is from: its channel's, else the app's first."""
        ws = self.workspace
        channel = ws.channels.get(str(event.get("channel") or event.get("channel_id")))
        return ws.team_of(channel).id if channel else next(iter(app.team_ids), ws.team.id)

    def _is_shared(self, event: dict[str, object]) -> bool:
        channel = self.workspace.channels.get(str(event.get("channel") or event.get("channel_id")))
        return channel is not None and len(self.workspace.teams_of(channel)) > 1

    async def tick(self) -> None:
        """Post scheduled messages when their time has come, until cancelled."""
        while True:
            self.workspace.post_due()
            await asyncio.sleep(TICK_SECONDS)

    async def close(self) -> None:
        """End every delivery with the server."""
        await self.mishaps.close()
        await self.posting.close()
        await self.links.close()

    async def reset(self) -> None:
        """The workspace as it began, and everything that was ordered or noted since forgotten."""
        await self.set_down(False)
        self.workspace.restore()
        self.gate.forget()
        self.mishaps.plans.clear()
        self.log.kept.clear()
        now, options = self.workspace.now, self.options
        self.limiter, self.budgets = Limiter(options, now), Budgets(options, now)
        self.triggers, self.response_urls = Triggers(options, now), ResponseUrls(options, now)
        self.offers = Offers()

    async def set_down(self, down: bool, how: str = "503") -> None:
        """Switch the outage: every socket is dropped, and every call gets what `how` says."""
        self.gate.set_down(down, how)
        self.links.down = down
        self.posting.set_down(down)
        if down:
            await self.links.cut()


HUB = web.AppKey("hub", Hub)

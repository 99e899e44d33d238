"""The workspace with everything around it: one object that the routes share."""

from __future__ import annotations

import copy

from aiohttp import web

from .fanout import events
from .gate import Gate
from .limits import Limiter
from .links import Links
from .options import Options
from .state import App, Change, Workspace
from .state.core import new_id
from .tickets import ResponseUrls, Triggers


class Hub:
    def __init__(self, workspace: Workspace, options: Options | None = None) -> None:
        self.workspace = workspace
        self.options = options or Options()
        self.gate = Gate(self.options, workspace.clock)
        self.limiter = Limiter(self.options, workspace.clock)
        self.triggers = Triggers(self.options, workspace.clock)
        self.response_urls = ResponseUrls(self.options, workspace.clock)
        self.links = Links(workspace, self.options)
        workspace.watch(self._tell_apps)

    def _tell_apps(self, change: Change) -> None:
        for app in self.workspace.apps.values():
            for event in events(self.workspace, app, change):
                self.links.post("events_api", self.event_callback(app, event), app.app_id)

    def event_callback(self, app: App, event: dict[str, object]) -> dict[str, object]:
        """The envelope of the Events API around one event."""
        team = self.workspace.team.id
        return {
            "token": app.verification_token,
            "team_id": team,
            "context_team_id": team,
            "context_enterprise_id": None,
            "api_app_id": app.app_id,
            "event": copy.deepcopy(event),
            "type": "event_callback",
            "event_id": new_id("Ev"),
            "event_time": int(self.workspace.now()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team,
                    "user_id": app.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": f"4-{new_id('', 40).lower()}",
        }

    async def set_down(self, down: bool) -> None:
        """Switch the outage: the Web API answers 503 and every socket is dropped."""
        self.gate.down = self.links.down = down
        if down:
            await self.links.cut()


HUB = web.AppKey("hub", Hub)

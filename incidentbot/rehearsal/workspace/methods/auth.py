"""auth.test and api.test."""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from .registry import Call, Table

TABLE = Table()


@TABLE.method("auth.test", tier=0)
def test(call: Call) -> dict[str, Any]:
    ws, app = call.workspace, call.app
    found = {
        "url": ws.team.url,
        "team": call.team.name,
        "user": ws.users[app.bot_user_id].name,
        "team_id": call.team.id,
        "user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": app.is_org_install,
    }
    if ws.enterprise is not None:
        found["enterprise_id"] = ws.enterprise.id
        if app.is_org_install:
            # Slack's page shows no example: we name the organisation where a team is named.
            found |= {"team": ws.enterprise.name, "team_id": ws.enterprise.id}
    if app.tokens:
        found["expires_in"] = int(app.tokens[-1].expires - ws.now())
    return found


@TABLE.method("api.test", tier=4, token="any")
def api_test(call: Call) -> dict[str, Any]:
    return {"args": {k: v for k, v in call.args.items() if k != "token"}}


@TABLE.method("auth.revoke", tier=3, mutates=True)
def revoke(call: Call) -> dict[str, Any]:
    if not call.flag("test"):
        call.workspace.revoke(call.app)
    return {"revoked": not call.flag("test")}


@TABLE.method("auth.teams.list", tier=2)
def teams_list(call: Call) -> dict[str, Any]:
    limit = call.number("limit", 100)
    if not 1 <= limit <= 1000:
        raise SlackError("invalid_limit")
    page, cursor = call.page(list(call.app.team_ids), limit)
    teams = [{"id": one, "name": call.workspace.teams[one].name} for one in page]
    return {"teams": teams, "response_metadata": {"next_cursor": cursor}}

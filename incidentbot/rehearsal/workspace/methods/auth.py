"""auth.test and api.test."""

from __future__ import annotations

from typing import Any

from .registry import Call, Table

TABLE = Table()


@TABLE.method("auth.test", tier=0)
def test(call: Call) -> dict[str, Any]:
    ws, app = call.workspace, call.app
    return {
        "url": ws.team.url,
        "team": ws.team.name,
        "user": ws.users[app.bot_user_id].name,
        "team_id": ws.team.id,
        "user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


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
    team = {"id": call.workspace.team.id, "name": call.workspace.team.name}
    return {"teams": [team], "response_metadata": {"next_cursor": ""}}

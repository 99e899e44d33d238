"""apps.connections.open: the way into Socket Mode."""

from __future__ import annotations

from typing import Any

from .registry import Call, Table

TABLE = Table()


# The page says tier 3, the Java SDK tier 1; clients that reconnect at a deploy need the former.
@TABLE.method("apps.connections.open", tier=3, scopes=["connections:write"], token="app")
def connections_open(call: Call) -> dict[str, Any]:
    return {"url": call.links.new_url(call.app)}


@TABLE.method("apps.event.authorizations.list", tier=4, scopes=["authorizations:read"], token="app")
def event_authorizations_list(call: Call) -> dict[str, Any]:
    call.need("event_context")
    mine = {
        "enterprise_id": (call.workspace.enterprise_shape() or {}).get("id"),
        "team_id": None if call.app.is_org_install else call.team.id,
        "user_id": call.bot,
        "is_bot": True,
        "is_enterprise_install": call.app.is_org_install,
    }
    return {"authorizations": [mine], "response_metadata": {"next_cursor": ""}}

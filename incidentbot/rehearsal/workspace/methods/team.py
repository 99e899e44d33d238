"""team.info."""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from .registry import Call, Table

TABLE = Table()


@TABLE.method("team.info", tier=3, scopes=["team:read"])
def info(call: Call) -> dict[str, Any]:
    team = call.workspace.teams.get(call.text("team") or call.team.id)
    if team is None or team.id not in call.app.team_ids:
        raise SlackError("team_not_found")
    shape = {
        "id": team.id,
        "name": team.name,
        "url": team.url,
        "domain": team.domain,
        "email_domain": "",
        "icon": {"image_default": True},
        "avatar_base_url": "",
        "is_verified": False,
    }
    if (enterprise := call.workspace.enterprise) is not None:
        shape |= {"enterprise_id": enterprise.id, "enterprise_name": enterprise.name}
    return {"team": shape}

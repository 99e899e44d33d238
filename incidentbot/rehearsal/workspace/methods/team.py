"""team.info."""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from .registry import Call, Table

TABLE = Table()


@TABLE.method("team.info", tier=3, scopes=["team:read"])
def info(call: Call) -> dict[str, Any]:
    team = call.workspace.team
    if call.text("team", team.id) != team.id:
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
    return {"team": shape}

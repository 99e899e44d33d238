"""dnd.teamInfo: nobody in this workspace sleeps."""

from __future__ import annotations

from typing import Any

from .registry import Call, Table

TABLE = Table()


@TABLE.method("dnd.teamInfo", tier=2, scopes=["dnd:read"])
def team_info(call: Call) -> dict[str, Any]:
    awake = {"dnd_enabled": False, "next_dnd_start_ts": 1, "next_dnd_end_ts": 1}
    wanted = call.words("users") or [u.id for u in call.workspace.people()]
    return {"users": {u: dict(awake) for u in wanted if u in call.workspace.users}}

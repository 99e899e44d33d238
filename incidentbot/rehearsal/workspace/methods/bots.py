"""bots.info."""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from .registry import Call, Table

TABLE = Table()


@TABLE.method("bots.info", tier=3, scopes=["users:read"])
def info(call: Call) -> dict[str, Any]:
    wanted = call.need("bot")
    app = next((a for a in call.workspace.apps.values() if a.bot_id == wanted), None)
    if app is None:
        raise SlackError("bot_not_found")
    bot = {
        "id": app.bot_id,
        "deleted": False,
        "name": app.name,
        "updated": int(call.workspace.now()),
        "app_id": app.app_id,
        "user_id": app.bot_user_id,
        "icons": {},
    }
    return {"bot": bot}

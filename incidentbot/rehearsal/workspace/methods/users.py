"""users.*"""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from . import shapes
from .conversations_reading import CONVERSATIONS_READ, list_page
from .registry import Call, Table

TABLE = Table()


def _shape(call: Call, user_id: str) -> dict[str, Any]:
    with_email = "users:read.email" in call.app.scopes
    return shapes.user(call.workspace, call.workspace.user(user_id), with_email=with_email)


@TABLE.method("users.info", tier=4, scopes=["users:read"])
def info(call: Call) -> dict[str, Any]:
    return {"user": _shape(call, call.need("user"))}


@TABLE.method("users.list", tier=2, scopes=["users:read"])
def list_(call: Call) -> dict[str, Any]:
    ws = call.workspace
    everybody = [u for u in ws.users if call.team.id in ws.home_teams(u) or ws.is_external(u)]
    limit = call.number("limit", 0)
    if limit < 0 or limit > 1000:
        raise SlackError("invalid_limit")
    ids, cursor = call.page(everybody, limit or len(everybody))
    return {
        "members": [_shape(call, user_id) for user_id in ids],
        "cache_ts": int(call.workspace.now()),
        "response_metadata": {"next_cursor": cursor},
    }


@TABLE.method("users.lookupByEmail", tier=3, scopes=["users:read.email"])
def lookup_by_email(call: Call) -> dict[str, Any]:
    email = call.need("email").lower()
    for user in call.workspace.users.values():
        if user.email.lower() == email and not user.deleted:
            return {"user": _shape(call, user.id)}
    raise SlackError("users_not_found")


@TABLE.method("users.conversations", tier=3, scopes=CONVERSATIONS_READ)
def conversations(call: Call) -> dict[str, Any]:
    user = call.text("user") or call.bot
    call.workspace.user(user)
    return list_page(call, [c for c in call.workspace.channels.values() if user in c.members])


@TABLE.method("users.getPresence", tier=3, scopes=["users:read"])
def get_presence(call: Call) -> dict[str, Any]:
    call.workspace.user(call.text("user") or call.bot)
    return {"presence": "active", "online": True, "auto_away": False, "manual_away": False}


@TABLE.method("users.profile.get", tier=4, scopes=["users.profile:read"])
def profile_get(call: Call) -> dict[str, Any]:
    return {"profile": _shape(call, call.text("user") or call.bot)["profile"]}

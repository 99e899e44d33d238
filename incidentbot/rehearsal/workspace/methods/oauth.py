"""oauth.v2.*: a code, or a refresh token, for tokens."""

from __future__ import annotations

import math
from typing import Any

from ..errors import SlackError
from ..state import Token
from .registry import Call, Table

TABLE = Table()


def _shape(call: Call, token: Token | None, team: str, user: str = "") -> dict[str, Any]:
    """OAUTH: what an app is given for a code or a refresh token."""
    ws, app = call.workspace, call.app
    given: dict[str, Any] = {
        "app_id": app.app_id,
        "scope": ",".join(sorted(app.scopes)),
        "token_type": "bot",
        "access_token": token.access if token else app.bot_token,
        "bot_user_id": app.bot_user_id,
        "team": {"id": team, "name": ws.teams[team].name} if team else None,
        "enterprise": ws.enterprise_shape(),
        "is_enterprise_install": app.is_org_install,
    }
    if token:
        left = math.ceil(token.expires - ws.now())
        given |= {"refresh_token": token.refresh, "expires_in": left}
    return given | ({"authed_user": {"id": user}} if user else {})


def _team(call: Call) -> str:
    return "" if call.app.is_org_install else call.app.team_ids[0]


@TABLE.method("oauth.v2.access", tier=4, mutates=True, token="client")
def access(call: Call) -> dict[str, Any]:
    kind = call.text("grant_type") or "authorization_code"
    if kind == "refresh_token":
        token = call.workspace.refresh(call.app, call.text("refresh_token"))
        return _shape(call, token, _team(call))
    if kind != "authorization_code":
        raise SlackError("invalid_grant_type")
    code = call.workspace.redeem(call.app, call.text("code"), call.text("redirect_uri"))
    newest = call.app.tokens[-1] if call.app.rotates else None
    return _shape(call, newest, code.team, code.user)


@TABLE.method("oauth.v2.exchange", tier=3, mutates=True)
def exchange(call: Call) -> dict[str, Any]:
    """Its caller is the token that is exchanged, beside the client's id and secret."""
    app = call.app
    if call.text("client_id") != app.client_id:
        raise SlackError("invalid_client_id")
    if call.text("client_secret") != app.client_secret:
        raise SlackError("bad_client_secret")
    return _shape(call, call.workspace.exchange(app), _team(call))

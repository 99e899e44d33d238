"""conversations.inviteShared: Slack Connect."""

from __future__ import annotations

import secrets
from typing import Any

from ..errors import SlackError
from ..state.core import new_id
from .registry import Call, Table

TABLE = Table()


@TABLE.method(
    "conversations.inviteShared", tier=2, scopes=["conversations.connect:write"], mutates=True
)
def invite_shared(call: Call) -> dict[str, Any]:
    """An invitation; a person of another organisation accepts it by the deed "connect"."""
    channel = call.workspace.writable(call.channel().id, call.bot)
    if not call.words("emails") and not call.words("user_ids"):
        raise SlackError("no_users_provided")
    channel.is_pending_ext_shared = True
    invite = new_id("I")
    return {
        "invite_id": invite,
        "conf_code": secrets.token_hex(4),
        "url": f"{call.workspace.team.url}share/{invite}",
        "is_legacy_shared_channel": False,
    }

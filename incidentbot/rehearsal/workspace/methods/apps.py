"""apps.connections.open: the way into Socket Mode."""

from __future__ import annotations

from typing import Any

from .registry import Call, Table

TABLE = Table()


# The page says tier 3, the Java SDK tier 1; clients that reconnect at a deploy need the former.
@TABLE.method("apps.connections.open", tier=3, scopes=["connections:write"], token="app")
def connections_open(call: Call) -> dict[str, Any]:
    return {"url": call.links.new_url(call.app)}

"""Events about people, user groups, workspaces and the app itself. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .methods import shapes
from .state import App, Change, Channel, Workspace

Event = dict[str, Any]
Named = list[tuple[str, Event]]
Builder = Callable[[Workspace, App, Change, Channel | None], Named]


def _person(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    with_email = "users:read.email" in app.scopes
    shape = shapes.user(ws, ws.users[str(change.user)], with_email=with_email)
    event: Event = {"type": change.kind, "user": shape}
    if change.kind == "user_change":
        event["cache_ts"] = int(ws.now())  # the one event of people without an event_ts
    else:
        event["event_ts"] = ws.new_ts()
    return [(change.kind, event)]


def _group(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    group = ws.usergroups[change.data["group"]]
    event: Event = {"type": change.kind, "event_ts": ws.new_ts()}
    if change.kind != "subteam_members_changed":
        event["subteam"] = shapes.usergroup(ws, group, users=True, count=True)
        return [(change.kind, event)]
    added, removed = change.data["added"], change.data["removed"]
    event |= {
        "subteam_id": group.id,
        "team_id": group.team_id or ws.team.id,
        "date_previous_update": change.data["previous"],
        "date_update": group.updated,
        "added_users": added,
        "added_users_count": len(added),
        "removed_users": removed,
        "removed_users_count": len(removed),
    }
    return [(change.kind, event)]


def _removed(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    """The app's own end: its tokens, then the app."""
    if change.data["bot"] != app.bot_user_id:
        return []
    event: Event = {"type": change.kind}
    if change.kind == "tokens_revoked":
        event["tokens"] = {"oauth": [], "bot": [app.bot_user_id]}
    return [(change.kind, event)]


def _team_access(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    if change.data["bot"] != app.bot_user_id:
        return []
    event = {"type": change.kind, "team_ids": [change.data["team"]], "event_ts": ws.new_ts()}
    return [(change.kind, event)]


ORGANISATION: dict[str, Builder] = {
    "team_join": _person,
    "user_change": _person,
    "subteam_created": _group,
    "subteam_updated": _group,
    "subteam_members_changed": _group,
    "team_access_granted": _team_access,
    "team_access_revoked": _team_access,
    "tokens_revoked": _removed,
    "app_uninstalled": _removed,
}

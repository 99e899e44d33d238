"""usergroups.*: reading, and replacing the members."""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from ..state import UserGroup
from . import shapes
from .registry import Call, Table

TABLE = Table()


def _group(call: Call) -> UserGroup:
    group = call.workspace.usergroups.get(call.need("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return group


@TABLE.method("usergroups.list", tier=2, scopes=["usergroups:read"])
def list_(call: Call) -> dict[str, Any]:
    groups = [
        shapes.usergroup(
            call.workspace, g, users=call.flag("include_users"), count=call.flag("include_count")
        )
        for g in call.workspace.usergroups.values()
        if (g.team_id or call.workspace.team.id) == call.team.id
        and (not g.deleted or call.flag("include_disabled"))
    ]
    return {"usergroups": groups}


@TABLE.method("usergroups.users.list", tier=2, scopes=["usergroups:read"])
def users_list(call: Call) -> dict[str, Any]:
    return {"users": list(_group(call).users)}


@TABLE.method("usergroups.users.update", tier=2, scopes=["usergroups:write"], mutates=True)
def users_update(call: Call) -> dict[str, Any]:
    group, users = _group(call), call.words("users")
    if not users:
        raise SlackError("no_users_provided")
    if any(u not in call.workspace.users for u in users):
        raise SlackError("invalid_users")
    call.workspace.set_group_users(call.bot, group, users)
    return {"usergroup": shapes.usergroup(call.workspace, group, users=True, count=True)}


def _answer(call: Call, group: UserGroup) -> dict[str, Any]:
    count = call.flag("include_count")
    return {"usergroup": shapes.usergroup(call.workspace, group, users=True, count=count)}


@TABLE.method("usergroups.create", tier=2, scopes=["usergroups:write"], mutates=True)
def create(call: Call) -> dict[str, Any]:
    name, handle = call.need("name"), call.text("handle")
    made = call.workspace.create_group(call.bot, name, handle, call.text("description"))
    made.team_id = call.team.id
    return _answer(call, made)


@TABLE.method("usergroups.update", tier=2, scopes=["usergroups:write"], mutates=True)
def update(call: Call) -> dict[str, Any]:
    group, fields = _group(call), ("name", "handle", "description")
    changes = {field: call.text(field) for field in fields if field in call.args}
    call.workspace.update_group(call.bot, group, **changes)
    return _answer(call, group)


@TABLE.method("usergroups.disable", tier=2, scopes=["usergroups:write"], mutates=True)
def disable(call: Call) -> dict[str, Any]:
    group = _group(call)
    call.workspace.update_group(call.bot, group, deleted=True)
    return _answer(call, group)


@TABLE.method("usergroups.enable", tier=2, scopes=["usergroups:write"], mutates=True)
def enable(call: Call) -> dict[str, Any]:
    group = _group(call)
    call.workspace.update_group(call.bot, group, deleted=False)
    return _answer(call, group)

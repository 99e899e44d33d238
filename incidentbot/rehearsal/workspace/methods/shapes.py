"""Slack's JSON objects for conversations, users and user groups."""

from __future__ import annotations

from typing import Any

from ..state import Channel, User, UserGroup, Workspace


def conversation(ws: Workspace, channel: Channel, viewer: str, *, count: bool) -> dict[str, Any]:
    """CONV; `num_members` only when `count`."""
    if channel.is_im:
        other = next((m for m in channel.members if m != viewer), viewer)
        return {
            "id": channel.id,
            "created": channel.created,
            "updated": channel.updated,
            "is_archived": False,
            "is_im": True,
            "is_org_shared": False,
            "is_open": True,
            "context_team_id": ws.team_of(channel).id,
            "user": other,
            "is_user_deleted": False,
            "priority": 0,
        }
    teams, own = ws.teams_of(channel), ws.team_of(channel).id
    shared = len(teams) > 1
    shape: dict[str, Any] = {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private and not channel.is_mpim,
        "is_im": False,
        "is_mpim": channel.is_mpim,
        "is_private": channel.is_private,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_general": channel.is_general,
        "unlinked": 0,
        "name_normalized": channel.name,
        "is_shared": shared,
        "is_org_shared": False,
        "is_pending_ext_shared": channel.is_pending_ext_shared,
        "pending_shared": [],
        "context_team_id": own,
        "updated": channel.updated,
        "parent_conversation": None,
        "creator": channel.creator,
        "is_ext_shared": shared,
        "shared_team_ids": teams,
        "internal_team_ids": [own],
        "connected_team_ids": teams[1:],
        "conversation_host_id": own,
        "pending_connected_team_ids": [],
        "is_member": viewer in channel.members,
        "topic": channel.topic,
        "purpose": channel.purpose,
        "previous_names": channel.previous_names,
        "properties": {},
    }
    if ws.enterprise is not None:
        shape["enterprise_id"] = ws.enterprise.id
    if viewer in channel.members:
        shape["last_read"] = ws.last_read.get((viewer, channel.id), "0000000000.000000")
    if count:
        shape["num_members"] = 0 if channel.is_archived else len(channel.members)
    return shape


def user(ws: Workspace, person: User, *, with_email: bool) -> dict[str, Any]:
    """USER with its PROFILE; the address only with users:read.email."""
    stranger = ws.is_external(person.id)
    teams = ws.home_teams(person.id)
    home = next(iter(teams), ws.team.id)
    first, _, last = person.real_name.partition(" ")
    profile: dict[str, Any] = {
        "title": "" if stranger else person.title,
        "phone": "",
        "skype": "",
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": "" if person.is_bot else person.name,
        "display_name_normalized": "" if person.is_bot else person.name,
        "first_name": first,
        "last_name": last,
        "status_text": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": person.id.lower()[:12],
        "team": home,
    }
    if person.is_bot:
        profile |= {"api_app_id": person.app_id, "bot_id": person.bot_id, "always_active": True}
    if with_email and person.email and not stranger:
        profile["email"] = person.email
    shape = {
        "id": person.id,
        "team_id": home,
        "name": person.name,
        "deleted": person.deleted,
        "color": person.color,
        "real_name": person.real_name,
        "tz": person.tz,
        "tz_label": person.tz_label,
        "tz_offset": person.tz_offset,
        "profile": profile,
        "is_admin": person.is_admin,
        "is_owner": person.is_admin,
        "is_primary_owner": person.is_admin,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "is_stranger": stranger,
        "updated": int(ws.now()),
        "is_email_confirmed": not person.is_bot,
        "who_can_share_contact_card": "EVERYONE",
    }
    if ws.enterprise is not None and not stranger:
        shape["enterprise_user"] = {
            "id": person.id,
            "enterprise_id": ws.enterprise.id,
            "enterprise_name": ws.enterprise.name,
            "is_admin": person.is_admin,
            "is_owner": person.is_admin,
            "teams": list(teams),
        }
    return shape


def usergroup(ws: Workspace, group: UserGroup, *, users: bool, count: bool) -> dict[str, Any]:
    """GROUP."""
    shape: dict[str, Any] = {
        "id": group.id,
        "team_id": group.team_id or ws.team.id,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": group.description,
        "handle": group.handle,
        "is_external": False,
        "date_create": group.created,
        "date_update": group.updated or group.created,
        "date_delete": group.created if group.deleted else 0,
        "auto_type": None,
        "auto_provision": False,
        "enterprise_subteam_id": "",
        "created_by": group.created_by,
        "updated_by": group.created_by,
        "deleted_by": None,
        "prefs": {"channels": [], "groups": []},
    }
    if users:
        shape["users"] = list(group.users)
    if count:
        shape["user_count"] = len(group.users)
    return shape


def permalink(ws: Workspace, channel: Channel, ts: str, thread_ts: str | None = None) -> str:
    """The address of a message on the workspace's page."""
    link = f"{ws.team.url}archives/{channel.id}/p{ts.replace('.', '')}"
    return f"{link}?thread_ts={thread_ts}&cid={channel.id}" if thread_ts else link

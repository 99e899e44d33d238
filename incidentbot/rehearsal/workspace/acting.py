"""The workspace by names, for tests: act as somebody, look at everything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from . import actions, deeds, modals, suggesting
from .actions import Result
from .errors import SlackError
from .hub import Hub
from .state import Channel, Workspace

Deed = Callable[..., Awaitable[Result]]
DEEDS: dict[str, Deed] = {
    "say": actions.say,
    "click": actions.click,
    "select": actions.select,
    "dismiss": deeds.dismiss,
    "read": deeds.read,
    "react": actions.react,
    "unreact": deeds.unreact,
    "pin": actions.pin,
    "unpin": deeds.unpin,
    "join": actions.join,
    "edit": deeds.edit,
    "delete": deeds.delete,
    "leave": deeds.leave,
    "invite": deeds.invite,
    "kick": deeds.kick,
    "rename": deeds.rename,
    "archive": deeds.archive,
    "unarchive": deeds.unarchive,
    "create_channel": deeds.create_channel,
    "delete_channel": deeds.delete_channel,
    "change_id": deeds.change_id,
    "set_topic": deeds.set_topic,
    "upload": deeds.upload,
    "connect": deeds.connect,
    "uninstall": deeds.uninstall,
    "open_home": actions.open_home,
    "global_shortcut": actions.global_shortcut,
    "message_shortcut": actions.message_shortcut,
    "suggest": suggesting.suggest,
    "suggest_view": suggesting.suggest_view,
    "click_view": modals.click_view,
    "submit": modals.submit_view,
    "close": modals.close_view,
}
IN_MODAL = ("suggest_view", "click_view", "submit", "close")


async def act(hub: Hub, order: dict[str, Any]) -> Result:
    """Do one deed. `user` and `channel` may be names; `view_id` defaults to the open modal.

    Raises KeyError, TypeError or ValueError for an order that makes no sense.
    """
    given = dict(order)
    name = given.pop("do")
    if name not in DEEDS:
        raise ValueError(f"do {name!r}; allowed: {', '.join(DEEDS)}")
    try:
        given["user"] = user_id(hub.workspace, str(given["user"]))
        if "who" in given:
            given["who"] = user_id(hub.workspace, str(given["who"]))
        if "channel" in given:
            given["channel"] = _place(hub.workspace, given["user"], str(given["channel"]))
    except SlackError as error:
        return Result(ok=False, error=error.code)
    if name in IN_MODAL and "view_id" not in given:
        view = hub.workspace.modal_of(given["user"])
        if view is None:
            return Result(ok=False, error="view_not_found")
        given["view_id"] = view.id
    return await DEEDS[name](hub, **given)


def user_id(ws: Workspace, name: str) -> str:
    """By id or handle."""
    return name if name in ws.users else ws.person(name.removeprefix("@")).id


def _place(ws: Workspace, user: str, name: str) -> str:
    """A channel by id or name, or the direct message with @somebody."""
    if name.startswith("@"):
        return ws.open_im(user, user_id(ws, name))[0].id
    return channel_id(ws, name)


def channel_id(ws: Workspace, name: str) -> str:
    """By id or name, with or without #."""
    if name in ws.channels:
        return name
    channel = ws.channel_named(name.removeprefix("#"))
    if channel is None:
        raise SlackError("channel_not_found")
    return channel.id


def connection(ws: Workspace) -> dict[str, Any]:
    """What a bot needs to connect."""
    app = ws.app
    return {
        "url": ws.team.url,
        "api_url": f"{ws.team.url}api/",
        "team_id": ws.team.id,
        "app_id": app.app_id,
        "bot_id": app.bot_id,
        "bot_user_id": app.bot_user_id,
        "bot_token": ws.current_token(app),
        "app_token": app.app_token,
        "signing_secret": app.signing_secret,
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "enterprise_id": (ws.enterprise_shape() or {}).get("id"),
        "team_ids": list(app.team_ids),
        "users": {u.name: u.id for u in ws.people()},
        "channels": {c.name: c.id for c in ws.channels.values() if not c.is_im},
    }


def _channel(ws: Workspace, channel: Channel) -> dict[str, Any]:
    notes = {u: found for (u, c), found in ws.ephemerals.items() if c == channel.id and found}
    return {
        "id": channel.id,
        "name": channel.name,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_im": channel.is_im,
        "creator": channel.creator,
        "created": channel.created,
        "topic": channel.topic["value"],
        "purpose": channel.purpose["value"],
        "members": channel.members,
        "messages": channel.messages,
        "pins": channel.pins,
        "bookmarks": channel.bookmarks,
        "ephemerals": notes,
    }


def snapshot(ws: Workspace) -> dict[str, Any]:
    """Everything there is, as JSON values."""
    return {
        "team": {"id": ws.team.id, "name": ws.team.name, "url": ws.team.url},
        "users": {u.id: {"name": u.name, "real_name": u.real_name} for u in ws.users.values()},
        "channels": [_channel(ws, c) for c in ws.channels.values()],
        "modals": {u: [ws.views[v].body for v in stack] for u, stack in ws.modals.items()},
        "homes": {user: view.body for (user, _), view in ws.homes.items()},
        "files": [ws.file_shape(f) for f in ws.files.values() if f.completed],
    }

"""Which events an app hears of a change, as Slack's Events API words them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .fanout_people import ORGANISATION
from .methods import shapes
from .state import App, Change, Channel, Message, Workspace
from .unfurls import SOURCE, links_of, unfurl_id

Event = dict[str, Any]

SCOPES = {
    "app_mention": "app_mentions:read",
    "link_shared": "links:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "pin_added": "pins:read",
    "pin_removed": "pins:read",
    "file_shared": "files:read",
    "team_join": "users:read",
    "user_change": "users:read",
    "subteam_created": "usergroups:read",
    "subteam_updated": "usergroups:read",
    "subteam_members_changed": "usergroups:read",
}
PLAIN_SUBTYPES = (None, "thread_broadcast", "file_share")


def events(ws: Workspace, app: App, change: Change) -> list[Event]:
    """The `event` objects for one app; empty when it is not subscribed, allowed or present."""
    build = _BUILDERS.get(change.kind)
    if build is None:
        return []
    channel = ws.channels.get(change.channel or "")
    if channel is not None and ws.team_of(channel).id not in app.team_ids:
        return []
    return [event for name, event in build(ws, app, change, channel) if _hears(app, name, channel)]


def _hears(app: App, name: str, channel: Channel | None) -> bool:
    default = None
    if name.startswith(("channel_", "member_")):
        default = "groups:read" if channel is not None and channel.is_private else "channels:read"
    elif name.startswith("group_"):
        default = "groups:read"
    scope = SCOPES.get(name, default)
    return name in app.events and (scope is None or scope in app.scopes)


Named = list[tuple[str, Event]]
Builder = Callable[[Workspace, App, Change, Channel | None], Named]


def _kind(channel: Channel) -> tuple[str, str]:
    """channel_type of message events, and the last part of the subscription's name."""
    if channel.is_im:
        return "im", "im"
    if channel.is_mpim:
        return "mpim", "mpim"
    return ("group", "groups") if channel.is_private else ("channel", "channels")


def _in(app: App, channel: Channel | None) -> bool:
    return channel is not None and app.bot_user_id in channel.members


def _without(message: Message, app: App) -> Message:
    """A message as events carry it: metadata only of the app itself or with the scope for it."""
    if message.get("app_id") == app.app_id or "metadata.message:read" in app.scopes:
        return message
    return {k: v for k, v in message.items() if k != "metadata"}


def _message(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    if channel is None:
        return []
    links = _links(app, change.data["message"], channel)
    if not _in(app, channel):
        return links
    message = _without(change.data["message"], app)
    channel_type, family = _kind(channel)
    place = {"channel": channel.id, "event_ts": message["ts"]}
    found: Named = [(f"message.{family}", {**message, **place, "channel_type": channel_type})]
    mentioned = f"<@{app.bot_user_id}" in message.get("text", "")
    by_other = message.get("user") != app.bot_user_id
    if mentioned and by_other and not channel.is_im and message.get("subtype") in PLAIN_SUBTYPES:
        mention = {k: v for k, v in message.items() if k not in ("subtype", "root")}
        found.append(("app_mention", {**mention, **place, "type": "app_mention"}))
    return found + links


def _links(app: App, message: Message, channel: Channel) -> Named:
    """link_shared, also where the app is no member: but then only in public channels."""
    hidden = (channel.is_private or channel.is_im) and not _in(app, channel)
    own = message.get("user") == app.bot_user_id
    links = [] if hidden or own else links_of(app, message)
    if not links or message.get("subtype") not in PLAIN_SUBTYPES:
        return []
    event = {
        "type": "link_shared",
        "user": message["user"],
        "channel": channel.id,
        "message_ts": message["ts"],
        "links": links,
        "source": SOURCE,
        "unfurl_id": unfurl_id(channel.id, message["ts"]),
        "is_bot_user_member": _in(app, channel),
        "event_ts": message["ts"],
    }
    if message.get("thread_ts"):
        event["thread_ts"] = message["thread_ts"]
    return [("link_shared", event)]


def _message_changed(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    if channel is None or not _in(app, channel):
        return []
    channel_type, family = _kind(channel)
    ts = ws.new_ts()
    event: Event = {
        "type": "message",
        "subtype": change.kind,
        "previous_message": _without(change.data["previous"], app),
        "channel": channel.id,
        "hidden": True,
        "ts": ts,
        "event_ts": ts,
        "channel_type": channel_type,
    }
    if change.kind == "message_deleted":
        event["deleted_ts"] = change.ts
    else:
        event["message"] = _without(change.data["message"], app)
    return [(f"message.{family}", event)]


def _channel_created(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    if channel is None or channel.is_private or channel.is_im:
        return []
    shape = shapes.conversation(ws, channel, "", count=False)
    event = {"type": "channel_created", "channel": shape, "event_ts": ws.new_ts()}
    return [("channel_created", event)]


def _channel_event(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    if channel is None or (channel.is_private and not _in(app, channel)):
        return []
    what = {
        "channel_renamed": "rename",
        "channel_archived": "archive",
        "channel_unarchived": "unarchive",
    }[change.kind]
    name = f"group_{what}" if channel.is_private else f"channel_{what}"
    event: Event = {"type": name, "event_ts": ws.new_ts()}
    if what == "rename":
        event["channel"] = {
            "id": channel.id,
            "is_channel": not channel.is_private,
            "is_mpim": False,
            "name": channel.name,
            "name_normalized": channel.name,
            "created": channel.created,
        }
    else:
        event |= {"channel": channel.id, "user": change.user}
        event |= {"is_moved": 0} if what == "archive" else {}
    return [(name, event)]


def _member(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    if channel is None or not _in(app, channel):
        return []
    name = f"{change.kind}_channel"
    event: Event = {
        "type": name,
        "user": change.user,
        "channel": channel.id,
        "channel_type": "C",
        "team": next(iter(ws.home_teams(str(change.user))), ws.team.id),
        "event_ts": ws.new_ts(),
    }
    if change.kind == "member_joined" and ws.enterprise is not None:
        event["enterprise"] = ws.enterprise.id
    if change.data.get("inviter"):
        event["inviter"] = change.data["inviter"]
    return [(name, event)]


def _pin(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    if channel is None or not _in(app, channel) or change.ts is None:
        return []
    pin, message = change.data["pin"], _without(change.data["message"], app)
    link = shapes.permalink(ws, channel, change.ts)
    item = {
        "type": "message",
        "created": pin["created"],
        "created_by": pin["created_by"],
        "channel": channel.id,
        "message": {**message, "permalink": link},
    }
    event: Event = {
        "type": change.kind,
        "user": change.user,
        "channel_id": channel.id,
        "item": item,
        "item_user": message.get("user"),
        "pin_count": len(channel.pins),
        "event_ts": ws.new_ts(),
    }
    if change.kind == "pin_added":
        info = {"channel": channel.id, "pinned_by": change.user, "pinned_ts": pin["created"]}
        event["pinned_info"] = info
    else:
        event["has_pins"] = bool(channel.pins)
    return [(change.kind, event)]


def _reaction(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    if channel is None or not _in(app, channel):
        return []
    event = {
        "type": change.kind,
        "user": change.user,
        "reaction": change.data["reaction"],
        "item": {"type": "message", "channel": channel.id, "ts": change.ts},
        "item_user": change.data["item_user"],
        "event_ts": ws.new_ts(),
    }
    return [(change.kind, event)]


def _left(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    """Somebody left; the app that left itself is told channel_left (or group_left) instead."""
    if channel is None or change.user != app.bot_user_id:
        return _member(ws, app, change, channel)
    name = "group_left" if channel.is_private else "channel_left"
    event = {"type": name, "channel": channel.id, "actor_id": change.data["by"]}
    event["event_ts"] = ws.new_ts()
    return [(name, event)]


def _deleted(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    if channel is None or (channel.is_private and not _in(app, channel)):
        return []
    name = "group_deleted" if channel.is_private else "channel_deleted"
    event = {"type": name, "channel": channel.id, "actor_id": change.user}
    return [(name, event | {"event_ts": ws.new_ts()})]


def _id_changed(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    if channel is None or not _in(app, channel):
        return []
    event = {
        "type": "channel_id_changed",
        "old_channel_id": change.data["old"],
        "new_channel_id": channel.id,
        "event_ts": ws.new_ts(),
    }
    return [("channel_id_changed", event)]


def _shared(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    if channel is None or not _in(app, channel):
        return []
    event = {
        "type": "channel_shared",
        "connected_team_id": change.data["team"],
        "channel": channel.id,
        "event_ts": ws.new_ts(),
    }
    return [("channel_shared", event)]


def _home_opened(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    event: Event = {
        "type": "app_home_opened",
        "user": change.user,
        "channel": change.channel,
        "tab": change.data["tab"],
        "event_ts": ws.new_ts(),
    }
    view = ws.homes.get((change.user or "", app.app_id))
    if view is not None and change.data["tab"] == "home":
        event["view"] = view.body
    return [("app_home_opened", event)]


def _file_shared(ws: Workspace, app: App, change: Change, channel: Channel | None) -> Named:
    if channel is None or not _in(app, channel):
        return []
    file_id = change.data["id"]
    event = {
        "type": "file_shared",
        "file_id": file_id,
        "user_id": change.user,
        "file": {"id": file_id},
        "channel_id": channel.id,
        "event_ts": ws.new_ts(),
    }
    return [("file_shared", event)]


_BUILDERS: dict[str, Builder] = {
    **ORGANISATION,
    "message": _message,
    "message_changed": _message_changed,
    "message_deleted": _message_changed,
    "channel_created": _channel_created,
    "channel_renamed": _channel_event,
    "channel_archived": _channel_event,
    "channel_unarchived": _channel_event,
    "member_joined": _member,
    "member_left": _left,
    "channel_deleted": _deleted,
    "channel_id_changed": _id_changed,
    "channel_shared": _shared,
    "pin_added": _pin,
    "pin_removed": _pin,
    "reaction_added": _reaction,
    "reaction_removed": _reaction,
    "home_opened": _home_opened,
    "file_shared": _file_shared,
}

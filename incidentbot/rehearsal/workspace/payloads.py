"""The payloads of interactions, key for key as Slack sends them."""

from __future__ import annotations

from typing import Any

from .hub import Hub
from .state import App, Channel, Command, Message, Shortcut, View
from .typed import encode

Payload = dict[str, Any]


def _common(hub: Hub, app: App, user_id: str, kind: str) -> Payload:
    ws, user = hub.workspace, hub.workspace.users[user_id]
    home = next(iter(ws.home_teams(user_id)), ws.team.id)
    team = ws.teams.get(home, ws.team)
    return {
        "type": kind,
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": home,
        },
        "api_app_id": app.app_id,
        "token": app.verification_token,
        "trigger_id": hub.triggers.mint(app.app_id, user_id),
        "team": None if app.is_org_install else {"id": team.id, "domain": team.domain},
        "enterprise": ws.enterprise_shape(),
        "is_enterprise_install": app.is_org_install,
    }


def action_ts(hub: Hub) -> str:
    """The time of a click."""
    return f"{hub.workspace.now():.6f}"


def channel_label(channel: Channel) -> str:
    """How payloads name a channel: private ones do not tell."""
    if channel.is_im:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name


def slash(
    hub: Hub, app: App, user_id: str, channel: Channel, command: Command, text: str
) -> Payload:
    """A slash command."""
    ws = hub.workspace
    key = hub.response_urls.mint(app.app_id, channel.id, user_id)
    team, enterprise = ws.team_of(channel), ws.enterprise
    named = (
        {"enterprise_id": enterprise.id, "enterprise_name": enterprise.name} if enterprise else {}
    )
    return named | {
        "token": app.verification_token,
        "team_id": team.id,
        "team_domain": team.domain,
        "channel_id": channel.id,
        "channel_name": channel_label(channel),
        "user_id": user_id,
        "user_name": ws.users[user_id].name,
        "command": command.command,
        "text": encode(ws, text, with_names=True) if command.should_escape else text,
        "api_app_id": app.app_id,
        "is_enterprise_install": "true" if app.is_org_install else "false",
        "response_url": f"{ws.team.url}response/{key}",
        "trigger_id": hub.triggers.mint(app.app_id, user_id),
    }


def message_click(
    hub: Hub,
    app: App,
    user_id: str,
    channel: Channel,
    message: Message,
    action: Payload,
    values: Payload,
) -> Payload:
    """block_actions of a message, ephemeral ones too."""
    ephemeral = bool(message.get("is_ephemeral"))
    thread_ts = message.get("thread_ts")
    key = hub.response_urls.mint(
        app.app_id,
        channel.id,
        user_id,
        message_ts=message["ts"],
        is_ephemeral=ephemeral,
        thread_ts=thread_ts,
    )
    payload = _common(hub, app, user_id, "block_actions") | {
        "container": _container(channel, message),
        "channel": {"id": channel.id, "name": channel_label(channel)},
        "state": {"values": values},
        "response_url": f"{hub.workspace.team.url}response/{key}",
        "actions": [action],
    }
    if not ephemeral:
        payload["message"] = message
    return payload


def view_click(
    hub: Hub, app: App, user_id: str, view: View, action: Payload, values: Payload
) -> Payload:
    """block_actions of a modal or Home tab."""
    return _common(hub, app, user_id, "block_actions") | {
        "container": {"type": "view", "view_id": view.id},
        "view": view.body | {"state": {"values": values}},
        "actions": [action],
    }


def _suggestion(
    hub: Hub, app: App, user_id: str, block_id: str, element: Payload, query: str
) -> Payload:
    payload = _common(hub, app, user_id, "block_suggestion")
    del payload["trigger_id"]
    return payload | {"block_id": block_id, "action_id": element["action_id"], "value": query}


def message_suggestion(
    hub: Hub,
    app: App,
    user_id: str,
    channel: Channel,
    message: Message,
    block_id: str,
    element: Payload,
    query: str,
) -> Payload:
    """Somebody types into an external select of a message. No trigger_id, no response_url."""
    return _suggestion(hub, app, user_id, block_id, element, query) | {
        "container": _container(channel, message),
        "channel": {"id": channel.id, "name": channel_label(channel)},
        "message": message,
    }


def view_suggestion(
    hub: Hub, app: App, user_id: str, view: View, block_id: str, element: Payload, query: str
) -> Payload:
    """The same in a modal or Home tab."""
    return _suggestion(hub, app, user_id, block_id, element, query) | {
        "container": {"type": "view", "view_id": view.id},
        "view": view.body,
    }


def _container(channel: Channel, message: Message) -> Payload:
    container: Payload = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel.id,
        "is_ephemeral": bool(message.get("is_ephemeral")),
    }
    if message.get("thread_ts"):
        container["thread_ts"] = message["thread_ts"]
    return container


def view_submission(hub: Hub, app: App, user_id: str, view: View) -> Payload:
    """Submit was pressed; the state is already in the view."""
    return _common(hub, app, user_id, "view_submission") | {
        "view": view.body,
        "response_urls": _response_urls(hub, app, user_id, view),
    }


def _response_urls(hub: Hub, app: App, user_id: str, view: View) -> list[Payload]:
    found = []
    for block in view.blocks:
        element = block.get("element", {}) if block["type"] == "input" else {}
        if not element.get("response_url_enabled"):
            continue
        action_id, block_id = element["action_id"], block["block_id"]
        state = view.body["state"]["values"].get(block_id, {}).get(action_id, {})
        channel = state.get("selected_conversation") or state.get("selected_channel")
        if channel:
            key = hub.response_urls.mint(app.app_id, channel, user_id)
            found.append(
                {
                    "block_id": block_id,
                    "action_id": action_id,
                    "channel_id": channel,
                    "response_url": f"{hub.workspace.team.url}response/{key}",
                }
            )
    return found


def view_closed(hub: Hub, app: App, user_id: str, view: View, *, is_cleared: bool) -> Payload:
    """A modal went without being submitted. No trigger_id."""
    payload = _common(hub, app, user_id, "view_closed")
    del payload["trigger_id"]
    return payload | {"view": view.body, "is_cleared": is_cleared}


def global_shortcut(hub: Hub, app: App, user_id: str, shortcut: Shortcut) -> Payload:
    """From the lightning menu: no channel, no response_url."""
    payload = _common(hub, app, user_id, "shortcut")
    return payload | {"callback_id": shortcut.callback_id, "action_ts": action_ts(hub)}


def message_shortcut(
    hub: Hub, app: App, user_id: str, shortcut: Shortcut, channel: Channel, message: Message
) -> Payload:
    """From the menu of one message."""
    key = hub.response_urls.mint(app.app_id, channel.id, user_id, message_ts=message["ts"])
    return _common(hub, app, user_id, "message_action") | {
        "callback_id": shortcut.callback_id,
        "action_ts": action_ts(hub),
        "channel": {"id": channel.id, "name": channel_label(channel)},
        "message": message,
        "message_ts": message["ts"],
        "response_url": f"{hub.workspace.team.url}response/{key}",
    }

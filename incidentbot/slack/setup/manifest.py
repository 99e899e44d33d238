"""The manifest of the Slack app, as YAML with a reason beside each scope. Pure.

`incidentbot slack manifest` prints it; docs/slack-manifest.yaml and docs/slack-manifest-http.yaml
are what it prints without a configuration.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from urllib.parse import quote

from incidentbot.settings.slack import SlackSettings
from incidentbot.slack.gestures import table
from incidentbot.slack.setup.needs import Scope, needed

COMMAND = "/incident"
EVENTS_PATH = "/slack/events"  # the one door of ours that Slack calls
CREATE = "https://api.slack.com/apps?new_app=1&manifest_yaml="

# What Slack calls the same event in a private channel.
TWINS = {
    "message.channels": "message.groups",
    "channel_archive": "group_archive",
    "channel_unarchive": "group_unarchive",
    "channel_rename": "group_rename",
    "channel_left": "group_left",
    "channel_deleted": "group_deleted",
}

_SOCKET_HEAD = """\
# The Slack app, connected by Socket Mode: no public address needed. Paste it at
# https://api.slack.com/apps > Create New App > From a manifest. `make demo` runs with it too.
"""
_HTTP_HEAD = """\
# The Slack app over HTTP: Slack calls {host}, as in web.public_url.
# With your own host: `incidentbot slack manifest --http https://...`. All else is as for a socket.
"""
_ABOUT = """\
_metadata: {major_version: 2, minor_version: 1}
display_information:
  name: Incidentbot
  description: Opens an incident when storage you do not run fails, and helps to switch away from it
  background_color: "#1f4f4b"
features:
  app_home: {home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: false}
  bot_user: {display_name: incidentbot, always_online: true}
"""  # noqa: E501
_COLUMN = 38  # where the comments begin


def text(slack: SlackSettings | None, http: str = "", pagers: Collection[str] | None = None) -> str:
    """The whole manifest. `http`: the bot's public address without a slash; empty: Socket Mode."""
    door = f"{http}{EVENTS_PATH}" if http else ""
    head = _HTTP_HEAD.format(host=http) if http else _SOCKET_HEAD
    command = slack.command if slack else COMMAND
    lines = [
        *_commands(command, door),
        *_shortcuts(),
        "oauth_config:",
        "  scopes:",
        "    bot:",
        *(_scope(scope) for scope in needed(slack, pagers)),
        *_settings(door, _events(slack)),
    ]
    return head + _ABOUT + "\n".join(lines) + "\n"


def explained(slack: SlackSettings | None, pagers: Collection[str] | None = None) -> str:
    """Each scope: what it is for, and what the bot does without it."""
    return "\n\n".join(
        f"{scope.name}\n  for      {scope.what}\n  without  {scope.without}"
        for scope in needed(slack, pagers)
    )


def link(manifest: str) -> str:
    """The address that opens Slack's form with this manifest filled in."""
    lines = [line for line in manifest.splitlines() if not line.startswith("#")]
    return CREATE + quote("\n".join(lines))


def _commands(command: str, door: str) -> Iterator[str]:
    yield "  slash_commands:"
    yield _beside(f"    - command: {command}", "as slack.command in incidentbot.yaml")
    if door:
        yield f"      url: {door}"
    yield "      description: Declare or manage an incident"
    hint = " | ".join(verb.name for verb in table.verbs() if verb.group)
    yield f'      usage_hint: "[{hint}]"'
    yield _beside(
        "      should_escape: true", "people arrive as ids: `role commander @jonas` needs it"
    )


def _shortcuts() -> Iterator[str]:
    yield "  shortcuts:"
    for one in table.shortcuts():
        yield f"    - name: {one.title}"
        yield f"      type: {one.on}"
        yield f"      callback_id: {one.name}"
        yield f"      description: {one.what}"


def _events(slack: SlackSettings | None) -> list[str]:
    """What Slack is asked to send, by the manifest's names."""
    granted = {scope.name for scope in needed(slack)}
    heard = [one for one in table.events() if not one.scope or one.scope in granted]
    names = {name for one in heard for name in one.sent_as or (one.name,)}
    twins = {TWINS[name] for name in names & set(TWINS)} if "groups:read" in granted else set()
    return sorted(names | twins)


def _scope(scope: Scope) -> str:
    return _beside(f"      - {scope.name}", scope.what)


def _settings(door: str, events: list[str]) -> Iterator[str]:
    yield "settings:"
    if events:
        yield "  event_subscriptions:"
        if door:
            yield f"    request_url: {door}"
        yield "    bot_events:"
        for name in events:
            yield f"      - {name}"
    if door:
        yield _beside("  interactivity:", "buttons and forms")
        yield "    is_enabled: true"
        yield f"    request_url: {door}"
    else:
        yield _beside("  interactivity: {is_enabled: true}", "buttons and forms")
    yield "  org_deploy_enabled: false"
    yield f"  socket_mode_enabled: {'false' if door else 'true'}"
    yield "  token_rotation_enabled: false"


def _beside(line: str, comment: str) -> str:
    return f"{line:<{_COLUMN}}# {comment}"

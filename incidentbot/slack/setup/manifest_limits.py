"""What Slack refuses in a manifest, told before it is pasted. Pure.

Figures are those of Slack's published schema for manifests, version 2
(github.com/slackapi/manifest-schema): one too many, or one character too long, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

TOP = {
    "_metadata", "display_information", "features", "oauth_config", "settings", "functions",
    "outgoing_domains", "types", "workflows", "datastores", "events", "external_auth_providers",
}  # fmt: skip
LENGTHS = {
    "display_information.name": 35,
    "display_information.description": 140,
    "features.bot_user.display_name": 80,
    "settings.interactivity.request_url": 3500,
    "settings.event_subscriptions.request_url": 3500,
}
COUNTS = {
    "features.slash_commands": 50,
    "features.shortcuts": 10,
    "features.unfurl_domains": 5,
    "oauth_config.scopes.bot": 255,
    "oauth_config.scopes.bot_optional": 255,
    "settings.event_subscriptions.bot_events": 100,
}
COMMAND = {"description": 2000, "usage_hint": 1000, "url": 3000}
SHORTCUT = {"name": 24, "callback_id": 255, "description": 150}
SCOPE = 50


def faults(app: Mapping[str, Any]) -> list[str]:
    """Everything in a manifest, read from its YAML, that Slack would refuse; one line each."""
    return [*_shape(app), *_lists(app), *_modes(app)]


def _shape(app: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(set(app) - TOP):
        yield f"{key}: there is no such key"
    for path, most in LENGTHS.items():
        value = _at(app, path)
        if isinstance(value, str) and len(value) > most:
            yield f"{path}: has {len(value)} characters (allowed: {most})"
    for path, most in COUNTS.items():
        value = _at(app, path)
        if isinstance(value, list) and len(value) > most:
            yield f"{path}: has {len(value)} entries (allowed: {most})"
    if not _at(app, "display_information.name"):
        yield "display_information.name: is missing"
    colour = _at(app, "display_information.background_color")
    if colour is not None and not re.fullmatch(r"#([0-9a-fA-F]{3}){1,2}", str(colour)):
        yield "display_information.background_color: is not a colour (allowed: #1f4f4b)"
    long = _at(app, "display_information.long_description")
    if long is not None and not 175 <= len(str(long)) <= 4000:
        yield f"display_information.long_description: has {len(long)} characters (175 to 4,000)"


def _lists(app: Mapping[str, Any]) -> Iterator[str]:
    for number, command in enumerate(_at(app, "features.slash_commands") or ()):
        at = f"features.slash_commands[{number}]"
        if not re.fullmatch(r"/\S{1,31}", str(command.get("command", ""))):
            yield f"{at}.command: is no command (allowed: / and up to 31 characters)"
        yield from _too_long(at, command, COMMAND)
    for number, shortcut in enumerate(_at(app, "features.shortcuts") or ()):
        at = f"features.shortcuts[{number}]"
        if shortcut.get("type") not in ("global", "message"):
            yield f"{at}.type: cannot be {shortcut.get('type')!r} (allowed: global, message)"
        yield from _too_long(at, shortcut, SHORTCUT)
    scopes = _at(app, "oauth_config.scopes.bot") or []
    for scope in scopes:
        if len(scope) > SCOPE:
            yield f"oauth_config.scopes.bot: {scope[:20]}... is longer than {SCOPE} characters"
    for scope in sorted({scope for scope in scopes if scopes.count(scope) > 1}):
        yield f"oauth_config.scopes.bot: {scope} is there twice"


def _too_long(at: str, entry: Mapping[str, Any], most: Mapping[str, int]) -> Iterator[str]:
    for key, limit in most.items():
        if len(str(entry.get(key, ""))) > limit:
            yield f"{at}.{key}: is longer than {limit:,} characters"


def _modes(app: Mapping[str, Any]) -> Iterator[str]:
    """Over HTTP every door needs its address; in Socket Mode none may have one."""
    socket = bool(_at(app, "settings.socket_mode_enabled"))
    commands = _at(app, "features.slash_commands") or ()
    doors = {f"features.slash_commands[{n}].url": c.get("url") for n, c in enumerate(commands)}
    if _at(app, "settings.interactivity.is_enabled"):
        at = "settings.interactivity.request_url"
        doors[at] = _at(app, at)
    for path, url in doors.items():
        if socket and url:
            yield f"{path}: Socket Mode takes no address"
        elif not socket and not str(url or "").startswith("https://"):
            yield f"{path}: must be an https address"
    if _at(app, "settings.token_rotation_enabled"):
        yield "settings.token_rotation_enabled: can never be switched off again"


def _at(app: Mapping[str, Any], path: str) -> Any:
    found: Any = app
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found

"""The app manifests: the least scopes for what the bot calls, and within Slack's limits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from incidentbot.rehearsal.workspace.methods import METHODS

ROOT = Path(__file__).parents[2]
SOCKET = ROOT / "docs" / "slack-manifest.yaml"
HTTP = ROOT / "docs" / "slack-manifest-http.yaml"
BOTH = pytest.mark.parametrize("path", [SOCKET, HTTP], ids=["socket", "http"])

# Which scope lets the bot call what, in public channels. None: Slack asks for no scope.
NEEDED = {
    "auth.test": None,
    "views.open": None,
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.postEphemeral": "chat:write",
    "conversations.create": "channels:manage",
    "conversations.invite": "channels:manage",
    "conversations.setTopic": "channels:manage",
    "conversations.join": "channels:join",
    "conversations.list": "channels:read",
    "conversations.history": "channels:history",
    "pins.add": "pins:write",
    "users.list": "users:read",
}
FAMILIES = "auth|views|chat|conversations|pins|users|usergroups|reactions|bookmarks|files"
CALLED = re.compile(rf'(?:\.call|\.send|_pages|send|latest)\(\s*[^()]*?"((?:{FAMILIES})\.\w+)"')
NAMED = re.compile(rf'"((?:{FAMILIES})\.\w+)"')


def manifest(path: Path) -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return made


def called() -> set[str]:
    """Every Web API method named in a call in incidentbot/slack."""
    found: set[str] = set()
    for path in (ROOT / "incidentbot" / "slack").rglob("*.py"):
        found |= set(CALLED.findall(path.read_text(encoding="utf-8")))
    return found


def test_the_table_holds_exactly_the_methods_that_are_called() -> None:
    assert called() == set(NEEDED)


@pytest.mark.parametrize("method", [m for m, scope in NEEDED.items() if scope])
def test_the_table_agrees_with_the_local_workspace(method: str) -> None:
    assert NEEDED[method] in METHODS[method].scopes


def test_no_other_method_is_named_but_where_it_is_only_compared() -> None:
    for path in (ROOT / "incidentbot" / "slack").rglob("*.py"):
        if path.name != "budget.py":
            named = set(NAMED.findall(path.read_text(encoding="utf-8")))
            assert named - {"chat.delete", "chat.getPermalink"} <= set(NEEDED), path


@BOTH
def test_the_scopes_are_exactly_those_that_are_needed(path: Path) -> None:
    scopes = manifest(path)["oauth_config"]["scopes"]
    assert set(scopes) == {"bot"}
    assert set(scopes["bot"]) == {"commands", *(s for s in NEEDED.values() if s)}
    assert len(scopes["bot"]) == len(set(scopes["bot"]))


@BOTH
def test_the_command_gives_people_as_ids_and_lists_every_verb(path: Path) -> None:
    (command,) = manifest(path)["features"]["slash_commands"]
    assert command["command"] == "/incident"
    assert command["should_escape"] is True
    for verb in ("declare", "list", "status", "update", "severity", "role", "runbook",
                 "timeline", "resolve", "postmortem"):  # fmt: skip
        assert verb in command["usage_hint"]


@BOTH
def test_it_keeps_to_the_limits_of_a_manifest(path: Path) -> None:
    app = manifest(path)
    assert set(app) == {"_metadata", "display_information", "features", "oauth_config", "settings"}
    about = app["display_information"]
    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert re.fullmatch(r"#[0-9a-f]{6}", about["background_color"])
    assert len(app["features"]["bot_user"]["display_name"]) <= 80
    commands = app["features"]["slash_commands"]
    assert len(commands) <= 50
    for one in commands:
        assert re.fullmatch(r"/[a-z-]{1,31}", one["command"])
        assert len(one["description"]) <= 2000
        assert len(one["usage_hint"]) <= 1000
        assert len(one.get("url", "")) <= 3000
    scopes = app["oauth_config"]["scopes"]["bot"]
    assert len(scopes) <= 255
    assert all(len(scope) <= 50 for scope in scopes)
    settings = app["settings"]
    assert settings["token_rotation_enabled"] is False, "it can never be switched off again"


def test_only_the_manifest_for_http_has_addresses_all_of_one_door() -> None:
    assert "https://incidents" not in SOCKET.read_text(encoding="utf-8")
    assert manifest(SOCKET)["settings"]["socket_mode_enabled"] is True
    app = manifest(HTTP)
    assert app["settings"]["socket_mode_enabled"] is False
    door = app["features"]["slash_commands"][0]["url"]
    assert door.endswith("/slack/events")
    assert app["settings"]["interactivity"]["request_url"] == door


def test_the_two_manifests_differ_in_nothing_else() -> None:
    app, other = manifest(SOCKET), manifest(HTTP)
    del other["features"]["slash_commands"][0]["url"]
    del other["settings"]["interactivity"]["request_url"]
    other["settings"]["socket_mode_enabled"] = True
    assert app == other

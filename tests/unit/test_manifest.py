"""The app manifests: the least scopes for what the bot calls, and within Slack's limits."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from incidentbot.rehearsal.workspace.methods import METHODS
from incidentbot.settings import SlackSettings
from incidentbot.slack.gestures import table
from incidentbot.slack.setup.manifest import TWINS, explained, link, text
from incidentbot.slack.setup.manifest_limits import faults
from incidentbot.slack.setup.needs import needed

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
    "conversations.setPurpose": "channels:manage",
    "conversations.archive": "channels:manage",
    "bookmarks.add": "bookmarks:write",
    "conversations.join": "channels:join",
    "conversations.list": "channels:read",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "conversations.unarchive": "channels:manage",
    "conversations.open": "channels:manage",
    "pins.add": "pins:write",
    "chat.delete": "chat:write",
    "users.list": "users:read",
    "users.info": "users:read",
    "users.lookupByEmail": "users:read.email",
    "usergroups.list": "usergroups:read",
    "views.push": None,
    "views.update": None,
    "views.publish": None,
    "conversations.rename": "channels:manage",
    "reactions.add": "reactions:write",
}
HEARD = {"reactions:read", "app_mentions:read", "im:history"}  # for events, not for calls
FAMILIES = "auth|views|chat|conversations|pins|users|usergroups|reactions|bookmarks|files"
CALLS = r"\.call|\.paced|\.send|_ask|_asked|_page|_pages|send|latest"
CALLED = re.compile(rf'(?:{CALLS})\(\s*[^()]*?"((?:{FAMILIES})\.\w+)"')
NAMED = re.compile(rf'"((?:{FAMILIES})\.\w+)"')


def manifest(path: Path) -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return made


def called() -> set[str]:
    """Every Web API method named in a call in incidentbot/slack."""
    found = set(
        NAMED.findall((ROOT / "incidentbot/slack/channel/rooms.py").read_text(encoding="utf-8"))
    )
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
        if path.name not in ("budget.py", "outbox.py", "ledger.py", "classify.py"):  # tables
            named = set(NAMED.findall(path.read_text(encoding="utf-8")))
            assert named - {"chat.getPermalink"} <= set(NEEDED), path


@BOTH
def test_the_scopes_are_exactly_those_that_are_needed(path: Path) -> None:
    scopes = manifest(path)["oauth_config"]["scopes"]
    assert set(scopes) == {"bot"}
    assert set(scopes["bot"]) == {"commands", *HEARD, *filter(None, NEEDED.values())}
    assert len(scopes["bot"]) == len(set(scopes["bot"]))


@BOTH
def test_the_command_gives_people_as_ids_and_lists_every_verb(path: Path) -> None:
    (command,) = manifest(path)["features"]["slash_commands"]
    assert command["command"] == "/incident"
    assert command["should_escape"] is True
    named = command["usage_hint"].strip("[]").split(" | ")
    assert set(named) == {verb.name for verb in table.verbs() if verb.group}
    assert {"declare", "update", "resolve"} <= set(named)


@BOTH
def test_it_keeps_to_the_limits_of_a_manifest(path: Path) -> None:
    assert faults(manifest(path)) == []


def test_the_documents_are_what_the_command_prints() -> None:
    assert text(None) == SOCKET.read_text(encoding="utf-8")
    door = "https://incidents.acme-shop.com"
    assert text(None, door) == HTTP.read_text(encoding="utf-8")


def test_the_scopes_of_the_table_are_those_that_the_calls_need() -> None:
    assert {scope.name for scope in needed(None)} == {
        "commands",
        *HEARD,
        *filter(None, NEEDED.values()),
    }
    assert all(scope.without.endswith(".") for scope in needed(None))


def test_what_a_configuration_does_not_use_is_not_asked_for() -> None:
    slack = SlackSettings(
        announce="G0123ABCD", oncall=("maya",), approvers=("maya",), command="/fire"
    )
    app = yaml.safe_load(text(slack))
    assert "channels:join" not in app["oauth_config"]["scopes"]["bot"]
    assert app["features"]["slash_commands"][0]["command"] == "/fire"
    assert faults(app) == []


def test_every_scope_is_explained_and_the_link_holds_the_manifest() -> None:
    for scope in needed(None):
        assert f"{scope.name}\n  for      {scope.what}\n  without  " in explained(None)
    query = parse_qs(urlsplit(link(text(None))).query)
    assert yaml.safe_load(query["manifest_yaml"][0]) == manifest(SOCKET)


def spoiled(change: Callable[[Any], object]) -> list[str]:
    app = manifest(SOCKET)
    change(app)
    return faults(app)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda a: a.update(surprise=1), "surprise: there is no such key"),
        (lambda a: a["display_information"].update(name="x" * 36), "has 36 characters"),
        (lambda a: a["display_information"].update(background_color="blue"), "is not a colour"),
        (lambda a: a["display_information"].update(long_description="short"), "has 5 characters"),
        (lambda a: a["features"].update(shortcuts=[{"type": "odd", "name": "x"}]), "cannot be"),
        (lambda a: a["features"].update(shortcuts=[{"type": "global"}] * 11), "has 11 entries"),
        (lambda a: a["features"]["slash_commands"][0].update(command="incident"), "no command"),
        (lambda a: a["features"]["slash_commands"][0].update(usage_hint="x" * 1001), "1,000"),
        (lambda a: a["features"]["slash_commands"][0].update(url="https://x"), "takes no address"),
        (lambda a: a["oauth_config"]["scopes"]["bot"].append("commands"), "is there twice"),
        (lambda a: a["oauth_config"]["scopes"]["bot"].append("x" * 51), "longer than 50"),
        (lambda a: a["settings"].update(token_rotation_enabled=True), "never be switched off"),
    ],
)  # fmt: skip
def test_what_slack_would_refuse_is_told(change: Callable[[Any], object], told: str) -> None:
    (fault,) = spoiled(change)
    assert told in fault


def test_without_a_socket_every_door_needs_an_address() -> None:
    told = spoiled(lambda a: a["settings"].update(socket_mode_enabled=False))
    assert len(told) == 2
    assert all("must be an https address" in fault for fault in told)


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
    del other["settings"]["event_subscriptions"]["request_url"]
    other["settings"]["socket_mode_enabled"] = True
    assert app == other


def test_private_channels_take_scopes_and_events_only_where_they_are_switched_on() -> None:
    usual = SlackSettings(announce="#incidents", oncall=("maya",), approvers=("maya",))
    private = usual.model_copy(update={"private": True})
    more = {scope.name for scope in needed(private)} - {scope.name for scope in needed(usual)}
    assert more == {"groups:write", "groups:read", "groups:history"}
    assert "group" not in text(usual).partition("bot_events")[2]
    asked = yaml.safe_load(text(private))["settings"]["event_subscriptions"]["bot_events"]
    public = {name for name in asked if name in TWINS}
    assert {TWINS[name] for name in public} <= set(asked)

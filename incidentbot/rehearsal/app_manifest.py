"""The app in the workspace, as the manifest describes it: the demo has no scope that it lacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from .workspace.state import App, Command, Shortcut

MANIFEST = Path(__file__).resolve().parents[2] / "docs" / "slack-manifest.yaml"


def install(app: App, path: Path = MANIFEST) -> None:
    """Give the app the scopes, events, commands and shortcuts of the manifest, and no others."""
    manifest: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    features, settings = manifest["features"], manifest["settings"]
    app.name = manifest["display_information"]["name"]
    app.scopes = frozenset(manifest["oauth_config"]["scopes"]["bot"])
    app.events = frozenset(settings.get("event_subscriptions", {}).get("bot_events", ()))
    app.commands = tuple(
        Command(
            one["command"],
            one["description"],
            one.get("usage_hint", ""),
            bool(one.get("should_escape", False)),
        )
        for one in features.get("slash_commands", ())
    )
    app.shortcuts = tuple(
        Shortcut(one["name"], one["callback_id"], one["type"], one["description"])
        for one in features.get("shortcuts", ())
    )

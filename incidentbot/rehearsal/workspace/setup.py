"""Changing how an app is set up while the workspace runs, as an admin would in its settings."""

from __future__ import annotations

from typing import Any

from .state import App, Workspace

LISTS = {"scopes": frozenset, "events": frozenset, "redirect_urls": tuple, "unfurl_domains": tuple}
SWITCHES = ("rotates", "org_deploy", "unlisted")
TEAMS = ("grant_team", "revoke_team")


def change(ws: Workspace, app: App, wanted: dict[str, Any]) -> None:
    """Change all of it or nothing. Raises ValueError with the allowed names, or team_not_found."""
    allowed = (*LISTS, *SWITCHES, *TEAMS)
    if unknown := sorted(set(wanted) - set(allowed)):
        raise ValueError(f"{', '.join(unknown)}: not known; allowed: {', '.join(allowed)}")
    for name in LISTS:
        if not isinstance(wanted.get(name, []), list):
            raise ValueError(f"{name}: a list is needed")
    teams = {name: ws.team_named(str(wanted[name])).id for name in TEAMS if name in wanted}
    if app.rotates and wanted.get("rotates") is False:
        raise ValueError("rotates: token rotation cannot be switched off again")
    for name, kind in LISTS.items():
        if name in wanted:
            setattr(app, name, kind(str(part) for part in wanted[name]))
    for name in SWITCHES:
        if name in wanted:
            setattr(app, name, bool(wanted[name]))
    if "grant_team" in teams:
        ws.grant_team(app, teams["grant_team"])
    if "revoke_team" in teams:
        ws.revoke_team(app, teams["revoke_team"])

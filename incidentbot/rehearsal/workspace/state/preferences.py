"""What an admin allows in the workspace, and what its plan includes. The defaults allow all."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

ANYBODY, ADMINS = "everyone", "admins"
CHOICES: dict[str, tuple[str, ...]] = {
    "file_uploads": ("all", "images", "none"),
    "canvases": ("all", "channel", "none"),
}


@dataclass(slots=True)
class Preferences:
    """Who may ("everyone" or "admins"), and limits.

    `edit_minutes`: how long a message can be changed; None: for ever. `file_uploads`: "all",
    "images" or "none". `canvases`: "all", "channel" (a free plan: only a channel's own) or "none".
    `user_groups` and `connect` belong to paid plans.
    """

    create_channels: str = ANYBODY
    create_private_channels: str = ANYBODY
    archive_channels: str = ANYBODY
    invite: str = ANYBODY
    post_in_general: str = ANYBODY
    install_apps: str = ANYBODY
    edit_minutes: int | None = None
    file_uploads: str = "all"
    canvases: str = "all"
    user_groups: bool = True
    connect: bool = True

    def change(self, wanted: dict[str, Any]) -> None:
        """Change all of it or nothing. Raises ValueError with the allowed names and values."""
        known = {one.name: one.type for one in fields(self)}
        for name, value in wanted.items():
            if name not in known:
                raise ValueError(f"{name}: not known; allowed: {', '.join(known)}")
            if known[name] == "bool":
                good, allowed = isinstance(value, bool), "true, false"
            elif name == "edit_minutes":
                good, allowed = value is None or isinstance(value, int), "a whole number or null"
            else:
                choices = CHOICES.get(name, (ANYBODY, ADMINS))
                good, allowed = value in choices, ", ".join(choices)
            if not good:
                raise ValueError(f"{name}: {value!r}; allowed: {allowed}")
        for name, value in wanted.items():
            setattr(self, name, value)

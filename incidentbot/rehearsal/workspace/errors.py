"""The one error of the workspace: a Slack error code with what goes beside it."""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """Slack answers `{"ok": false, "error": code, **extra}`."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """The JSON answer of the Web API."""
        return {"ok": False, "error": self.code, **self.extra}

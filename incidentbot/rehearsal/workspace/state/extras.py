"""Canvases and calls: enough of them to be made, changed and looked at."""

from __future__ import annotations

from typing import Any

from ..errors import SlackError
from .core import Core, new_id
from .model import Canvas


class Extras(Core):
    def create_canvas(self, actor: str, title: str, text: str, channel: str = "") -> Canvas:
        """channel_canvas_already_exists for a channel that has one; what the plan leaves out."""
        if self.preferences.canvases == "none":
            raise SlackError("canvas_disabled_user_team")
        if self.preferences.canvases == "channel" and not channel:
            raise SlackError("free_teams_cannot_create_non_tabbed_canvases")
        if channel and any(c.channel == channel for c in self.canvases.values()):
            raise SlackError("channel_canvas_already_exists")
        canvas = Canvas(new_id("F"), title, actor, channel)
        if text:
            canvas.sections.append((_section_id(), text))
        self.canvases[canvas.id] = canvas
        return canvas

    def canvas(self, canvas_id: str) -> Canvas:
        found = self.canvases.get(canvas_id)
        if found is None:
            raise SlackError("canvas_not_found")
        return found

    def edit_canvas(self, canvas: Canvas, operation: str, section: str, text: str) -> None:
        """One change; canvas_editing_failed for a section or an operation that is not there."""
        if operation == "rename":
            canvas.title = text
            return
        ids = [known for known, _ in canvas.sections]
        if section and section not in ids:
            raise SlackError("canvas_editing_failed")
        at = ids.index(section) if section else 0
        fresh = (_section_id(), text)
        if operation == "replace" and not section:
            canvas.sections[:] = [fresh]
        elif operation == "insert_at_end":
            canvas.sections.append(fresh)
        elif operation == "insert_at_start":
            canvas.sections.insert(0, fresh)
        elif section and operation in ("insert_before", "insert_after"):
            canvas.sections.insert(at + (operation == "insert_after"), fresh)
        elif section and operation == "replace":
            canvas.sections[at] = (section, text)
        elif section and operation == "delete":
            del canvas.sections[at]
        else:
            raise SlackError("canvas_editing_failed")

    def add_call(self, actor: str, fields: dict[str, Any]) -> dict[str, Any]:
        """A call in Slack's shape."""
        call = {"id": new_id("R"), "date_start": int(self.now()), "created_by": actor, **fields}
        call.setdefault("users", [])
        self.calls[call["id"]] = call
        return call

    def call(self, call_id: str) -> dict[str, Any]:
        found = self.calls.get(call_id)
        if found is None:
            raise SlackError("invalid_call_id")
        return found


def _section_id() -> str:
    return new_id("temp:C:", 24).lower()

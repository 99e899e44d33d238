"""The forms: what is wrong with one (said before it closes), and what a good one does."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures import commands
from incidentbot.slack.gestures.gesture import Desk, Gesture, Handler


def faults(view: dict[str, Any]) -> dict[str, str]:
    """block_id -> what is wrong there; empty when the form may close. Pure and quick."""
    needed = {"incident.declare": ("title",), "incident.update": ("text",)}
    values = (view.get("state") or {}).get("values", {})
    wrong = {}
    for block in needed.get(str(view.get("callback_id")), ()):
        entered = [str(e.get("value") or "").strip() for e in values.get(block, {}).values()]
        if not any(entered):
            wrong[block] = "Please write a few words."
    return wrong


def declare(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    values = gesture.values
    severity = int(values.get("severity") or commands.DEFAULT_SEVERITY)
    title, summary = values["title"].strip(), values.get("summary", "").strip()
    return commands.declared(session, gesture, title, severity, summary)


def update(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    commands.updated(session, gesture.value, gesture.values["text"].strip(), gesture)
    return None


PLAIN: Mapping[str, Handler] = {"incident.declare": declare, "incident.update": update}

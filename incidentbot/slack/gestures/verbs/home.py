"""The Home tab: shown when it is opened, and kept up to date while it is likely to be looked at."""

from collections.abc import Mapping
from typing import Any

from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Heard
from incidentbot.slack.gestures.gesture import Desk, Gesture


async def opened(desk: Desk, gesture: Gesture) -> Message | None:
    view = gesture.event.get("view") or {}
    await desk.home.opened(gesture.person.id, str(view.get("hash") or ""))
    return None


def home_tab(event: Mapping[str, Any]) -> bool:
    return event.get("tab") == "home" and bool(event.get("user"))


ACTS: tuple[Act, ...] = (Heard("app_home_opened", opened, home_tab),)

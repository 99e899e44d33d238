"""A backup that serves is a state to leave: who manages the switch as code is told, and people are
reminded until the way back is made.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from incidentbot import clock, timeline, timers
from incidentbot.incidents.lifecycle import words
from incidentbot.runbooks import approve, inventory
from incidentbot.settings import Settings
from incidentbot.store.models import Plan, Timer

KIND = "failback"
FIRST, AGAIN = timedelta(hours=2), timedelta(hours=24)


def switched(session: Session, plan: Plan, body: dict[str, Any]) -> None:
    """A plan that turned a switch is done: note the drift; remind, or stop reminding."""
    if not body["to"]:
        return
    for row in body["diff"]:
        text = (
            f"Drift: {row['what']} no longer is what its code says, if code manages it. The next "
            f"apply would write {row['before']} again: hold it, or ignore this field there."
        )
        key = f"plan:{plan.id}:drift:{row['what']}"
        approve.tell(session, plan, "drift", text, key=key)
    key = f"{KIND}:{body['asset']}"
    if body["to_backup"]:
        due, since = clock.now() + FIRST, clock.iso(clock.now())
        data = {"asset": body["asset"], "since": since}
        timers.set_timer(session, key, KIND, due, incident_id=plan.incident_id, data=data)
    else:
        timers.cancel(session, key)


class Reminder:
    """What the timer of `switched` does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def due(self, session: Session, timer: Timer, now: datetime) -> None:
        asset = next((a for a in self._settings.assets if a.name == timer.data["asset"]), None)
        if asset is None or timer.incident_id is None:
            return
        serving = inventory.serving(session, asset)
        if serving == asset.primary:
            return
        since = words((now - clock.parse(timer.data["since"])).total_seconds())
        text = (
            f"{asset.title} has been served by {serving} for {since}. When {asset.primary} is well "
            "again, `runbook` has the way back."
        )
        key = f"{timer.key}:{clock.iso(timer.due_at)}"
        data = {"event": "reminder", "asset": asset.name, "serving": serving}
        timeline.append(session, timer.incident_id, "runbook", text, data=data, key=key)
        timers.set_timer(
            session, timer.key, KIND, now + AGAIN, incident_id=timer.incident_id, data=timer.data
        )

"""A gesture that has to wait for Slack is done again later, and holds nobody up meanwhile.

What Slack sent is in the inbox still; when the time has come it is put there once more, under a
key of its own. A process may die in between: the timer is a row, and so is the item.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incidentbot import clock, ids, timers
from incidentbot.slack.inbound import inbox
from incidentbot.store import changed, insert_once
from incidentbot.store.models import InboxItem, Timer

KIND = "again"
MOST = 12  # times; with the waits that Slack names, several minutes
MARK = "~again~"
SPREAD = 8  # seconds; those that were told to wait together do not come back together


def later(session: Session, key: str, seconds: float) -> bool:
    """Do the item of that key again in so many seconds. False when it was tried often enough."""
    first, _, before = key.partition(MARK)
    number = int(before or 0) + 1
    if number > MOST:
        return False
    apart = (number - 1) * (int(ids.short(first), 16) % SPREAD)
    due = clock.now() + timedelta(seconds=max(1.0, seconds) + apart)
    data = {"key": first, "number": number}
    timers.set_timer(session, f"{KIND}:{ids.short(first)}", KIND, due, data=data)
    return True


def due(session: Session, timer: Timer, now: datetime) -> None:
    """What the timer does: the item is new again."""
    row = session.get(InboxItem, timer.data["key"])
    if row is None:
        return  # cleared away; nobody waits for it any more
    insert_once(
        session,
        InboxItem,
        key=f"{row.key}{MARK}{timer.data['number']}",
        second_key=None,
        kind=row.kind,
        payload=row.payload,
        received_at=now,
        lane=row.lane,
        happened_at=row.happened_at,
        due_at=None,
        state="new",
        attempts=0,
        error="",
    )
    changed(session, inbox.TOPIC)

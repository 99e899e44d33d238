"""Action items: what somebody will do, during an incident or after it.

ACT-n is a row; each change of it is an entry of its incident's timeline, in one transaction.
"""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.errors import NotFound, Refused
from incidentbot.incidents import lifecycle, privacy
from incidentbot.incidents.people import Person
from incidentbot.store import insert_once
from incidentbot.store.models import ActionItem, Counter, Incident

EVENT = "action"  # in the data of an entry
ENDS = {"done": "done", "dropped": "dropped", "open": "open again"}
DUE_DAYS = {1: 15, 2: 30, 3: 60}  # after the end, by severity; smaller ones have no usual day
MOST = 3000


def add(
    session: Session,
    incident_id: str,
    text: str,
    by: Person,
    *,
    key: str,
    owner: Person | None = None,
    due: datetime | None = None,
    link: str = "",
) -> str:
    """The number of the new item, ACT-3. The same key is the same item, and no news."""
    if not text.strip():
        raise Refused("An action item needs a few words.")
    lifecycle.get(session, incident_id)
    insert_once(session, Counter, name="action", value=0)
    numbers = session.get_one(Counter, "action", with_for_update=True, populate_existing=True)
    known = session.scalar(select(ActionItem).filter_by(key=key))
    if known is not None:
        return known.id
    numbers.value += 1
    item = ActionItem(
        id=f"ACT-{numbers.value}",
        key=key,
        incident_id=incident_id,
        text=text.strip()[:MOST],
        owner=owner.id if owner else None,
        state="open",
        due_at=due,
        link=link,
        created_by=by.id,
        created_at=clock.now(),
    )
    session.add(item)
    session.flush()
    if owner is not None:
        privacy.let_in(session, incident_id, owner.id)
    whose = f", for {owner.name}" if owner else ""
    until = f", due {due:%Y-%m-%d}" if due else ""
    _tell(session, item, by, f"{item.id}{whose}{until}: {item.text}", owner)
    return item.id


def end(session: Session, item_id: str, state: str, by: Person) -> bool:
    """Done, dropped, or open again. False when it is so already."""
    if state not in ENDS:
        raise Refused(f"An action item cannot be {state!r} (allowed: {', '.join(ENDS)}).")
    item = get(session, item_id, by)
    if item.state == state:
        return False
    item.state = state
    item.closed_at = None if state == "open" else clock.now()
    _tell(session, item, by, f"{item.id} is {ENDS[state]} ({by.name}): {item.text}")
    return True


def assign(session: Session, item_id: str, to: Person, by: Person) -> bool:
    """Somebody else will do it. False when it is theirs already."""
    item = get(session, item_id, by)
    if item.owner == to.id:
        return False
    item.owner = to.id
    privacy.let_in(session, item.incident_id, to.id)
    said = f"{by.name} took" if to.id == by.id else f"{by.name} gave {to.name}"
    _tell(session, item, by, f"{said} {item.id}: {item.text}", to)
    return True


def get(session: Session, item_id: str, person: Person | None) -> ActionItem:
    """The item, locked. Raises NotFound also where its incident is not for this person."""
    item = session.get(ActionItem, item_id.upper(), with_for_update=True, populate_existing=True)
    incident = session.get(Incident, item.incident_id) if item else None
    if item is None or incident is None or not privacy.may_see(session, incident, person):
        raise NotFound(f"There is no action item {item_id.upper()}.")
    return item


def listed(session: Session, incident_id: str) -> list[ActionItem]:
    """Those of one incident: what is open first, then by number."""
    rows = session.scalars(select(ActionItem).filter_by(incident_id=incident_id))
    return sorted(rows, key=lambda row: (row.state != "open", int(row.id.removeprefix("ACT-"))))


def mine(session: Session, person: Person, limit: int = 20) -> list[ActionItem]:
    """What this person has still to do, wherever; what is due first, then the oldest."""
    seen = select(ActionItem).join(Incident, Incident.id == ActionItem.incident_id)
    rows = seen.where(
        ActionItem.owner == person.id, ActionItem.state == "open", privacy.seen_by(person)
    )
    due = (ActionItem.due_at.is_(None), ActionItem.due_at, ActionItem.created_at)
    return list(session.scalars(rows.order_by(*due).limit(limit)))


def how_many_open(session: Session, incident_id: str) -> int:
    rows = select(func.count()).where(
        ActionItem.incident_id == incident_id, ActionItem.state == "open"
    )
    return session.scalar(rows) or 0


def usual_due(incident: Incident) -> date | None:
    """The day by which a follow-up is usually due: some time after the end, by severity."""
    days = DUE_DAYS.get(incident.severity)
    if days is None or incident.resolved_at is None:
        return None
    return (incident.resolved_at + timedelta(days=days)).date()


def _tell(
    session: Session, item: ActionItem, by: Person, text: str, to: Person | None = None
) -> None:
    data: dict[str, Any] = {"event": EVENT, "action": item.id, "state": item.state}
    data |= {"name": by.name, "owner": item.owner}
    data |= {"owner_name": to.name} if to else {}
    timeline.append(session, item.incident_id, "note", text, actor=by.id, data=data)

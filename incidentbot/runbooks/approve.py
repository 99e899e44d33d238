"""Approval: of these exact bytes, by a second person, before they expire, once."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import audit, ids, timeline
from incidentbot.errors import NotFound
from incidentbot.incidents.people import Person
from incidentbot.store import insert_once
from incidentbot.store.models import Approval, Plan, TimelineEntry

WAITING = "planned"


def approve(
    session: Session, plan_id: str, plan_hash: str, person: Person, now: datetime
) -> tuple[bool, str]:
    """(accepted, words). A refusal changes nothing but the timeline, which tells of it."""
    plan = load(session, plan_id)
    again = _again(session, plan, plan_hash, person)
    if again is not None:
        return True, again
    why = why_not(plan, plan_hash, person, now)
    if why is not None:
        _refused(session, plan, person, why)
        return False, why
    insert_once(session, Approval, plan_id=plan.id, plan_hash=plan.hash, person=person.id, at=now)
    plan.state = "approved"
    tell(
        session,
        plan,
        "approved",
        f"{person.name} approved the plan {plan.id} ({plan.hash[:8]}).",
        actor=person.id,
        approver=person.name,
    )
    return True, ""


def why_not(plan: Plan, plan_hash: str, person: Person, now: datetime) -> str | None:
    """Why this person may not approve this plan now; None when they may. Pure."""
    if plan.hash != plan_hash or not sealed(plan):
        return "This is not the plan that was shown; nothing was done. Make a new plan."
    if plan.state != WAITING:
        return f"Plan {plan.id} is {plan.state}; it cannot be approved."
    if now >= plan.expires_at:
        return f"Plan {plan.id} expired at {plan.expires_at:%H:%M:%S} UTC. Make a new plan."
    if person.id == plan.created_by:
        return "Somebody else must approve: you asked for this plan yourself."
    if not person.approver:
        return f"{person.name} is not among the approvers; one of them can do it."
    return None


def cancel(session: Session, plan_id: str, person: Person, now: datetime) -> str:
    """Words for the person; empty when it was cancelled. Anybody may: nothing is running yet."""
    plan = load(session, plan_id)
    if plan.state != WAITING:
        return f"Plan {plan.id} is {plan.state}; there is nothing to cancel."
    plan.state, plan.ended_at = "cancelled", now
    text = f"{person.name} cancelled the plan {plan.id}; nothing was done."
    tell(session, plan, "cancelled", text, actor=person.id)
    return ""


def expire(session: Session, now: datetime, plans: list[Plan]) -> None:
    """Close plans that nobody may approve any more."""
    for plan in plans:
        plan.state, plan.ended_at = "expired", now
        why = "expired" if now >= plan.expires_at else "went stale and was replaced"
        text = f"The plan {plan.id} {why} without an approval; nothing was done."
        tell(session, plan, "expired", text)


def sealed(plan: Plan) -> bool:
    """Whether the stored bytes are the ones that were frozen."""
    return hashlib.sha256(plan.body.encode()).hexdigest() == plan.hash


def broken_seal(session: Session, plan: Plan) -> str | None:
    """Why these bytes are not the approved ones; None when they are. Asked before every write."""
    approval = session.get(Approval, plan.id, populate_existing=True)
    if approval is None:
        return "Nobody approved this plan; nothing was changed."
    if not sealed(plan) or approval.plan_hash != plan.hash:
        return "The stored plan is not the one that was approved; nothing was changed."
    return None


def shown(plan: Plan) -> dict[str, Any]:
    """The body as it was shown; empty when the stored bytes are no longer those."""
    return ids.read_canonical(plan.body) if sealed(plan) else {}


def load(session: Session, plan_id: str) -> Plan:
    plan = session.get(Plan, plan_id, with_for_update=True, populate_existing=True)
    if plan is None:
        raise NotFound(f"There is no plan {plan_id}.")
    return plan


def tell(
    session: Session,
    plan: Plan,
    event: str,
    text: str,
    *,
    actor: str = "incidentbot",
    key: str | None = None,
    **more: object,
) -> None:
    """One runbook entry; by default one per plan and event, so a repeat adds none."""
    body = shown(plan)
    data = {
        "event": event,
        "plan_id": plan.id,
        "runbook": plan.runbook,
        "title": body["runbook"]["title"] if body else plan.runbook,
        "asset": body["asset"] if body else "",
        **more,
    }
    entry = timeline.append(
        session,
        plan.incident_id,
        "runbook",
        text,
        actor=actor,
        data=data,
        key=key or f"plan:{plan.id}:{event}",
    )
    audit.told(session, entry, plan.hash)


def _again(session: Session, plan: Plan, plan_hash: str, person: Person) -> str | None:
    """A second click on a plan that is approved is no error, and no second run."""
    approval = session.get(Approval, plan.id)
    if approval is None or approval.plan_hash != plan_hash:
        return None
    key = f"plan:{plan.id}:approved"
    told = session.scalar(select(TimelineEntry.data).filter_by(key=key)) or {}
    by = "you" if approval.person == person.id else told.get("approver", "somebody else")
    return f"Plan {plan.id} was already approved by {by}; it runs once."


def _refused(session: Session, plan: Plan, person: Person, why: str) -> None:
    # One line per person and reason: a nervous finger must not flood the story.
    key = f"refused:{plan.id}:{ids.short(person.id, why)}"
    text = f"Refused {person.name}'s approval of plan {plan.id}: {why}"
    tell(session, plan, "refused", text, actor=person.id, key=key, why=why)

"""Approval: of these exact bytes, by other people, before they expire, once each."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from incidentbot import audit, clock, ids, timeline
from incidentbot.errors import NotFound
from incidentbot.incidents.people import Person
from incidentbot.runbooks import humans
from incidentbot.settings import Settings
from incidentbot.store import insert_once
from incidentbot.store.models import Approval, Incident, Plan, TimelineEntry

WAITING = "planned"
BY_PERSON, BY_GLASS, BY_POLICY = "person", "break_glass", "policy"  # kinds of an approval
ALONE = (BY_GLASS, BY_POLICY)  # one of these is enough


@dataclass(frozen=True, slots=True)
class Click:
    """One person's wish to approve. `typed`: the target's name, as they typed it. `behind`:
    whoever used sudo to act as this person."""

    person: Person
    plan_hash: str
    typed: str = ""
    behind: str = ""


def approve(
    session: Session,
    plan_id: str,
    plan_hash: str,
    person: Person,
    now: datetime,
    *,
    settings: Settings,
    typed: str = "",
    behind: str = "",
) -> tuple[bool, str]:
    """(accepted, words). A refusal changes nothing but the timeline, which tells of it; a plan
    whose incident is over is closed by it."""
    plan, click = load(session, plan_id), Click(person, plan_hash, typed, behind)
    again = _again(session, plan, click)
    if again is not None:
        return True, again
    why = why_not(plan, click, now) or _why_not_here(session, settings, plan, click)
    if why is not None:
        refused(session, plan, person, why)
        close_if_over(session, plan, now)
        return False, why
    record(session, plan, click, BY_PERSON, now)
    have, need = len(_given(session, plan)), needed(plan)
    if have < need:
        return True, _one_more(session, plan, person, have, need)
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


def why_not(plan: Plan, click: Click, now: datetime) -> str | None:
    """Why this person may not approve this plan now, by the plan alone; None when they may."""
    why = unusable(plan, click.plan_hash, now)
    if why is not None:
        return why
    body = shown(plan)
    broken = next((one for one in body.get("guards", []) if one["verdict"] == "refuse"), None)
    if broken is not None:
        return f"Only break-glass lets this plan run: {broken['words']}"
    if click.person.id == plan.created_by:
        return "Somebody else must approve: you asked for this plan yourself."
    if not click.person.approver:
        return f"{click.person.name} is not among the approvers; one of them can do it."
    return mistyped(plan, click)


def unusable(plan: Plan, plan_hash: str, now: datetime) -> str | None:
    """Why nobody may let it run any more."""
    if plan.hash != plan_hash or not sealed(plan):
        return "This is not the plan that was shown; nothing was done. Make a new plan."
    if plan.state != WAITING:
        return f"Plan {plan.id} is {plan.state}; it cannot be approved."
    if now >= plan.expires_at:
        return f"Plan {plan.id} expired at {plan.expires_at:%H:%M:%S} UTC. Make a new plan."
    return None


def mistyped(plan: Plan, click: Click) -> str | None:
    """Why what was typed is not the target's name, where the plan asks for that."""
    wanted, typed = str(shown(plan).get("confirm") or ""), click.typed.strip()
    if not wanted or typed == wanted:
        return None
    if not typed:
        return f"Type the name of the target to approve this plan: {wanted}"
    return f"The target's name is {wanted}, and you typed {typed[:80]!r}; nothing was done."


def by_policy(
    session: Session, plan_id: str, plan_hash: str, reason: str, now: datetime
) -> str | None:
    """Let a plan run that needs nobody: its time for a veto is over, or it asks for no approval.
    Why not; None when it runs. The caller has asked the policy and the guards."""
    plan = load(session, plan_id)
    why = unusable(plan, plan_hash, now) or incident_over(session, plan.incident_id)
    broken = [one for one in shown(plan).get("guards", []) if one["verdict"] == "refuse"]
    if why is None and broken:
        why = str(broken[0]["words"])
    if why is not None:
        close_if_over(session, plan, now)
        return why
    bot = Person("incidentbot", "incidentbot")
    record(session, plan, Click(bot, plan_hash), BY_POLICY, now, reason)
    plan.state = "approved"
    text = f"The policy lets the plan {plan.id} run ({plan.hash[:8]}): {reason}"
    tell(session, plan, "approved", text, approver="the policy")
    return None


def record(
    session: Session, plan: Plan, click: Click, kind: str, now: datetime, reason: str = ""
) -> None:
    """Write an approval down. One who said yes before and now breaks the glass does the latter."""
    written = insert_once(
        session,
        Approval,
        plan_id=plan.id,
        person=click.person.id,
        plan_hash=plan.hash,
        kind=kind,
        reason=reason,
        typed=bool(click.typed.strip()),
        behind=click.behind,
        at=now,
    )
    if not written and kind in ALONE:
        row = session.get_one(Approval, (plan.id, click.person.id), populate_existing=True)
        row.kind, row.reason, row.plan_hash, row.at = kind, reason, plan.hash, now


def needed(plan: Plan) -> int:
    """How many people must approve it."""
    found = shown(plan).get("approvals", 1)
    return found if isinstance(found, int) else 1


def incident_over(session: Session, incident_id: str) -> str | None:
    """Why an incident takes no plan any more; None while it is open."""
    incident = session.get(Incident, incident_id, populate_existing=True)
    if incident is None:
        return f"There is no incident {incident_id}."
    if incident.merged_into is not None:
        return f"{incident.id} was merged into {incident.merged_into}: make the plan there."
    if incident.status == "resolved":
        return f"{incident.id} is resolved; nothing is changed for it any more."
    return None


def close_if_over(session: Session, plan: Plan, now: datetime) -> bool:
    """Close a plan that waits in an incident that is over."""
    why = incident_over(session, plan.incident_id)
    if why is None or plan.state != WAITING:
        return False
    plan.state, plan.ended_at = "cancelled", now
    tell(session, plan, "cancelled", f"The plan {plan.id} is closed; nothing was done. {why}")
    return True


def close_those_over(session: Session, now: datetime) -> None:
    """The same for every plan that waits."""
    over = (
        select(Plan)
        .join(Incident, Incident.id == Plan.incident_id)
        .where(Plan.state == WAITING, Incident.status == "resolved")
        .with_for_update(of=Plan, skip_locked=True)
    )
    for plan in list(session.scalars(over)):
        close_if_over(session, plan, now)


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
    given = list(session.scalars(_of(plan).execution_options(populate_existing=True)))
    mine = [one for one in given if one.plan_hash == plan.hash]
    if not given:
        return "Nobody approved this plan; nothing was changed."
    if not sealed(plan) or not mine:
        return "The stored plan is not the one that was approved; nothing was changed."
    if any(one.kind in ALONE for one in mine) or len(mine) >= needed(plan):
        return None
    return f"{len(mine)} of {needed(plan)} people approved this plan; nothing was changed."


def by_break_glass(session: Session, plan: Plan) -> bool:
    """Whether it runs by break-glass: then some guards are passed by."""
    return any(one.kind == BY_GLASS and one.plan_hash == plan.hash for one in _given(session, plan))


def shown(plan: Plan) -> dict[str, Any]:
    """The body as it was shown; empty when the stored bytes are no longer those."""
    return ids.read_canonical(plan.body) if sealed(plan) else {}


def announced_for(session: Session, plan: Plan) -> datetime | None:
    """When a plan that needs nobody's approval runs; None for one that was not announced."""
    key = f"plan:{plan.id}:announced"
    told = session.scalar(select(TimelineEntry.data).filter_by(key=key))
    return clock.parse(told["runs_at"]) if told else None


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


def refused(session: Session, plan: Plan, person: Person, why: str) -> None:
    """One line per person and reason: a nervous finger must not flood the story."""
    key = f"refused:{plan.id}:{ids.short(person.id, why)}"
    text = f"Refused {person.name}'s approval of plan {plan.id}: {why}"
    tell(session, plan, "refused", text, actor=person.id, key=key, why=why)


def _why_not_here(session: Session, settings: Settings, plan: Plan, click: Click) -> str | None:
    """Why not, by what else is written down: who is who, and how the incident stands."""
    over = incident_over(session, plan.incident_id)
    if over is not None:
        return over
    if humans.is_bot(session, click.person.id):
        return "A person must approve; a bot is none."
    hands = (click.person.id, click.behind)
    askers = [plan.created_by, str(shown(plan).get("created_behind") or "")]
    if humans.overlap(session, settings, hands, askers):
        return "Somebody else must approve: you asked for this plan yourself, by another account."
    before = [name for one in _given(session, plan) for name in (one.person, one.behind)]
    if humans.overlap(session, settings, hands, before):
        return "Somebody else must approve too: you did already, by another account."
    return None


def _again(session: Session, plan: Plan, click: Click) -> str | None:
    """A second click is no error, and no second approval or run."""
    given = [one for one in _given(session, plan) if one.plan_hash == click.plan_hash]
    if not given or not sealed(plan):
        return None
    mine = any(one.person == click.person.id for one in given)
    if plan.state == WAITING:
        left = needed(plan) - len(given)
        return f"You approved plan {plan.id} already; {left} more must." if mine else None
    key = f"plan:{plan.id}:approved"
    told = session.scalar(select(TimelineEntry.data).filter_by(key=key)) or {}
    by = "you" if mine else told.get("approver", "somebody else")
    return f"Plan {plan.id} was already approved by {by}; it runs once."


def _one_more(session: Session, plan: Plan, person: Person, have: int, need: int) -> str:
    left = need - have
    text = f"{person.name} approved the plan {plan.id} ({plan.hash[:8]}): {have} of {need}."
    key = f"plan:{plan.id}:approval:{person.id}"
    tell(session, plan, "approval", text, actor=person.id, key=key, have=have, need=need)
    more = "one more person" if left == 1 else f"{left} more people"
    return f"You approved plan {plan.id}; {more} must before it runs."


def _of(plan: Plan) -> Select[Approval]:
    return select(Approval).filter_by(plan_id=plan.id).order_by(Approval.at, Approval.person)


def _given(session: Session, plan: Plan) -> Sequence[Approval]:
    return session.scalars(_of(plan)).all()

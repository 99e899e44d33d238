"""Break-glass: one named person, in need, goes ahead alone. Everybody hears of it, and it is
looked at afterwards.

It goes past approval, cooldown and freeze. It goes past nothing else: not the diff, the caps, the
floor, the lock, the kill switch or the audit.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from incidentbot.incidents import actions
from incidentbot.incidents.people import Person
from incidentbot.runbooks import approve, guard, humans
from incidentbot.runbooks.approve import BY_GLASS, Click
from incidentbot.runbooks.guard import Facts, Guarded
from incidentbot.settings import Settings
from incidentbot.store.models import Plan

LEAST, MOST = 10, 500  # letters of a reason
EVENT = "break_glass"


def may(session: Session, settings: Settings, person: Person) -> bool:
    """Whether this person is named for it. Then plans are made also where only guards refuse
    that break-glass goes past."""
    return humans.listed(
        session, settings, person.id, settings.policy.break_glass.people
    ) and not humans.is_bot(session, person.id)


def break_glass(
    session: Session,
    settings: Settings,
    plan_id: str,
    click: Click,
    reason: str,
    facts: Facts,
    now: datetime,
) -> tuple[bool, str]:
    """(accepted, words). `facts` are those of this moment, gathered for this very plan."""
    plan = approve.load(session, plan_id)
    if approve.by_break_glass(session, plan) and plan.state != approve.WAITING:
        return True, f"Plan {plan.id} runs by break-glass already; it runs once."
    said = " ".join(reason.split())[:MOST]
    guarded = guard.evaluate(facts)
    why = _why_not(session, settings, plan, click, said, now) or guard.refusal(
        guarded, broken_glass=True
    )
    if why is not None:
        approve.refused(session, plan, click.person, why)
        approve.close_if_over(session, plan, now)
        return False, why
    approve.record(session, plan, click, BY_GLASS, now, said)
    plan.state = "approved"
    _tell(session, plan, click.person, said, guard.skipped(guarded))
    return True, ""


def _why_not(
    session: Session, settings: Settings, plan: Plan, click: Click, reason: str, now: datetime
) -> str | None:
    why = approve.unusable(plan, click.plan_hash, now)
    if why is not None:
        return why
    over = approve.incident_over(session, plan.incident_id)
    if over is not None:
        return over
    if not may(session, settings, click.person):
        return f"{click.person.name} may not break the glass (policy.break_glass.people)."
    if len(reason) < LEAST:
        return f"Break-glass needs a reason of {LEAST} letters or more: everybody reads it."
    return approve.mistyped(plan, click)


def _tell(
    session: Session, plan: Plan, person: Person, reason: str, skipped: list[Guarded]
) -> None:
    past = ["the approval of a second person", *(one.words for one in skipped)]
    text = (
        f"BREAK-GLASS: {person.name} lets the plan {plan.id} ({plan.hash[:8]}) run alone: {reason}."
        f" Passed by: {'; '.join(past)}"
    )
    approve.tell(
        session, plan, EVENT, text, actor=person.id, reason=reason, name=person.name,
        skipped=[one.name for one in skipped],
    )  # fmt: skip
    approve.tell(
        session,
        plan,
        "approved",
        f"{person.name} approved the plan {plan.id} ({plan.hash[:8]}) by break-glass.",
        actor=person.id,
        approver=person.name,
    )
    review = f"Look at the break-glass of {person.name}, plan {plan.id}: {reason}"
    actions.add(session, plan.incident_id, review, person, key=f"break_glass:{plan.id}")

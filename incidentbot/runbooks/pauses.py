"""A run that waits for a person: a manual step, or a proof that is neither good nor bad.

A pause ends the workflow; the answer is a line of the timeline, and that line starts it again.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.errors import Refused
from incidentbot.incidents.people import Person
from incidentbot.runbooks import approve, attempt
from incidentbot.store.models import Attempt, Pause, Plan

DONE, GO_ON, LOOK_AGAIN, STOP = "done", "go_on", "look_again", "stop"
MANUAL, UNKNOWN = "manual", "unknown"
CHOICES = {MANUAL: (DONE, STOP), UNKNOWN: (LOOK_AGAIN, GO_ON, STOP)}
# In words, for buttons and for what is told.
WORDS = {DONE: "Done", GO_ON: "Go on", LOOK_AGAIN: "Look again", STOP: "Stop here"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a paused run asks. `number` names the question; `choices` may be answered."""

    plan_id: str
    number: int
    step: int
    kind: str
    question: str
    choices: tuple[str, ...]


def ask(session: Session, plan: Plan, step: int, kind: str, question: str) -> None:
    """Stop here and ask; asked twice it is one question."""
    if waiting(session, plan.id) is not None:
        return
    number = asked(session, plan.id) + 1
    row = Pause(plan_id=plan.id, number=number, step=step, kind=kind, question=question,
                at=clock.now(), answered_at=None)  # fmt: skip
    session.add(row)
    session.flush()
    plan.state = "paused"
    key = f"plan:{plan.id}:paused:{number}"
    text = f"Waiting for a person (step {step}): {question}"
    approve.tell(session, plan, "paused", text, key=key, step=step, question=number, why=kind)


def waiting(session: Session, plan_id: str) -> Waiting | None:
    """The question that is open; None when there is none."""
    row = session.scalar(
        select(Pause).filter_by(plan_id=plan_id, answered_at=None).order_by(Pause.number)
    )
    if row is None:
        return None
    return Waiting(plan_id, row.number, row.step, row.kind, row.question, CHOICES[row.kind])


def is_done(session: Session, plan_id: str, step: int) -> bool:
    """Whether a manual step was answered with done."""
    row = session.scalar(select(Pause).filter_by(plan_id=plan_id, step=step, answer=DONE))
    return row is not None


def answer(session: Session, plan_id: str, number: int, choice: str, person: Person) -> str:
    """Words for the person, "" when their answer counts. Refused says why not.

    What is unknown takes an approver's eye; a manual step anybody's hand.
    """
    plan = approve.load(session, plan_id)
    row = session.get(Pause, (plan_id, number), populate_existing=True)
    if row is None or (plan.state != "paused" and row.answered_at is None):
        raise Refused(f"Plan {plan_id} asks nothing now (it is {plan.state}).")
    if row.answered_at is not None:
        return f"That was answered already: {WORDS[row.answer].lower()}."
    if choice not in CHOICES[row.kind]:
        raise Refused(f"The answer must be one of: {', '.join(CHOICES[row.kind])}.")
    if row.kind == UNKNOWN and choice == GO_ON and not person.approver:
        raise Refused(f"{person.name} is not among the approvers; one of them can go on.")
    row.answer, row.person, row.answered_at = choice, person.id, clock.now()
    text = f"{person.name} answered: {WORDS[choice].lower()} (step {row.step}: {row.question})"
    body = approve.shown(plan)
    if choice == STOP:
        attempt.close(session, plan, body, "stopped", f"Stopped by {person.name}.")
    else:
        plan.state = "running"
    if choice == GO_ON:
        session.get_one(Attempt, (plan_id, str(row.step))).state = "accepted"
    approve.tell(
        session, plan, "stopped" if choice == STOP else "answered", text, actor=person.id,
        key=f"plan:{plan_id}:answered:{number}", step=row.step, answer=choice, question=number,
    )  # fmt: skip
    return ""


def question_of(step: dict[str, Any]) -> str:
    """A manual step in one line."""
    items = "; ".join(step["items"])
    return f"{step['ask']} {items}".strip()


def asked(session: Session, plan_id: str) -> int:
    """How many questions a run has asked so far."""
    made = select(func.count()).select_from(Pause).filter_by(plan_id=plan_id)
    return session.scalar(made) or 0

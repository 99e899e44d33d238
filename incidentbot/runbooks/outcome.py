"""What comes next in a run, and how it ends: with the proof from outside, or with its absence."""

from typing import Any

from sqlalchemy.orm import Session

from incidentbot import clock, ids
from incidentbot.incidents import lifecycle
from incidentbot.runbooks import approve, attempt, failback, pauses
from incidentbot.runbooks import plan as plans
from incidentbot.store.models import Attempt, Plan

PROVEN = ("verified", "accepted")


def due(session: Session, plan_id: str) -> dict[str, Any] | None:
    """The first step that is not done, {"number", "kind"}. With none left the plan is done; None
    too when it waits for a person or is over."""
    plan = approve.load(session, plan_id)
    if plan.state not in attempt.UNDER_WAY or plan.state == "paused":
        return None
    body = ids.read_canonical(plan.body)
    for step in body["steps"]:
        if not _is_done(session, plan_id, step):
            return {"number": step["number"], "kind": step["kind"]}
    steps = len(body["steps"])
    text = f"{body['runbook']['title']}: done, {steps} {'step' if steps == 1 else 'steps'}."
    _done(session, plan, body, text)
    return None


def ask(session: Session, plan_id: str, number: int) -> None:
    """A manual step: the run waits for a person."""
    plan = approve.load(session, plan_id)
    if plan.state not in attempt.UNDER_WAY:
        return
    step = plans.step_of(ids.read_canonical(plan.body), number)
    pauses.ask(session, plan, number, pauses.MANUAL, pauses.question_of(step))


def soaking(session: Session, plan_id: str, number: int) -> None:
    """A share is there and good; it is watched for a while before the next."""
    plan = approve.load(session, plan_id)
    body = ids.read_canonical(plan.body)
    step = plans.step_of(body, number)
    text = (
        f"{step['goal']['share']} % go to {body['to']} and load well; watching for "
        f"{lifecycle.words(step['soak'])} before the next step."
    )
    key = f"plan:{plan_id}:{number}:soaking"
    approve.tell(session, plan, "soaking", text, key=key, step=number)


def judge(session: Session, plan_id: str, number: int, seen: dict[str, Any]) -> bool:
    """Good: on to the next step. Bad: stop and say so; nothing is undone by itself. Unknown: ask.

    True when the run goes on.
    """
    plan = approve.load(session, plan_id)
    if plan.state not in attempt.UNDER_WAY:
        return False
    body = ids.read_canonical(plan.body)
    row = session.get_one(Attempt, (plan_id, str(number)))
    if row.state in PROVEN:
        return True  # judged before the process ended
    more: dict[str, Any] = {
        "proof": seen["lines"],
        "verdict": seen["verdict"],
        "seconds": seen["seconds"],
    }
    if seen["verdict"] == "good":
        row.state, row.updated_at = "verified", clock.now()
        plan.state = "running"
        text = _good(body, number, seen)
        if number == len(body["steps"]):
            _done(session, plan, body, text, **more)
            return True
        key = f"plan:{plan_id}:{number}:proven"
        approve.tell(session, plan, "proven", text, key=key, step=number, **more)
        return True
    text = _not_good(body, number, seen)
    if seen["verdict"] == "bad":
        attempt.close(session, plan, body, "failed", text)
        approve.tell(session, plan, "failed", text, to=body["to"], step=number, **more)
        return False
    nth = pauses.asked(session, plan_id) + 1
    key = f"plan:{plan_id}:{number}:unknown:{nth}"
    approve.tell(session, plan, "unknown", text, key=key, to=body["to"], step=number, **more)
    question = "Nobody can tell whether it took effect. Look again, go on, or stop here?"
    pauses.ask(session, plan, number, pauses.UNKNOWN, question)
    return False


def _is_done(session: Session, plan_id: str, step: dict[str, Any]) -> bool:
    if step["kind"] == "manual":
        return pauses.is_done(session, plan_id, step["number"])
    row = session.get(Attempt, (plan_id, str(step["number"])))
    return row is not None and row.state in PROVEN


def _done(session: Session, plan: Plan, body: dict[str, Any], text: str, **more: Any) -> None:
    """All steps are done. A switch to the backup mitigates the incident."""
    attempt.close(session, plan, body, "done", text)
    approve.tell(session, plan, "done", text, to=body["to"], **more)
    failback.switched(session, plan, body)
    incident = lifecycle.get(session, plan.incident_id)
    if body["to_backup"] and incident.status != "resolved":
        because = f"Users are served again: {text}"
        lifecycle.mitigate(session, plan.incident_id, because=because)


def _good(body: dict[str, Any], number: int, seen: dict[str, Any]) -> str:
    step = plans.step_of(body, number)
    if not step["switch"]:
        return f"{step['what']}: done. {' '.join(seen['lines'])}"
    objects, share = seen["objects"], step["goal"]["share"]
    what = f"{body['to']} serves now" if share == 100 else f"{share} % go to {body['to']}"
    return (
        f"{what}, verified from outside after {seen['seconds']} s: "
        f"{objects} of {objects} objects load twice in a row."
    )


def _not_good(body: dict[str, Any], number: int, seen: dict[str, Any]) -> str:
    step = plans.step_of(body, number)
    fails = step["words"].get("if_this_fails") or body["if_this_fails"]
    if not step["switch"]:
        said = "is not as planned" if seen["verdict"] == "bad" else "cannot be read back"
        return f"{step['what']} {said}: {' '.join(seen['lines'])} {fails}"
    what = "nobody can tell whether users get it" if seen["verdict"] == "unknown" else (
        "users do not get it as promised"
    )  # fmt: skip
    return f"The switch to {body['to']} was written, but {what} after {seen['seconds']} s. {fails}"

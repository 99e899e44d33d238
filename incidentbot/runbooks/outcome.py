"""How a run ends once its write is settled: with the proof from outside, or with its absence."""

from typing import Any

from sqlalchemy.orm import Session

from incidentbot import clock, ids
from incidentbot.incidents import lifecycle
from incidentbot.runbooks import approve, attempt, lock
from incidentbot.store.models import Attempt


def finish(session: Session, plan_id: str, seen: dict[str, Any]) -> None:
    """Good: done, with the proof. Bad or unknown: say so; nothing is undone by itself."""
    plan = approve.load(session, plan_id)
    if plan.state not in attempt.UNDER_WAY:
        return
    body = ids.read_canonical(plan.body)
    good = seen["verdict"] == "good"
    row = session.get_one(Attempt, (plan_id, attempt.STEP))
    row.state, row.updated_at = ("verified" if good else row.state), clock.now()
    plan.state, plan.ended_at = ("done" if good else "failed"), clock.now()
    text = _good(body, seen) if good else _not_good(body, seen)
    plan.outcome = text
    lock.release(session, plan.target, plan.id, clock.now())
    more = {"proof": seen["lines"], "verdict": seen["verdict"], "seconds": seen["seconds"]}
    approve.tell(session, plan, plan.state, text, to=body["to"], **more)
    incident = lifecycle.get(session, plan.incident_id)
    if good and seen["to_backup"] and incident.status != "resolved":
        because = f"Users are served again: {text}"
        lifecycle.mitigate(session, plan.incident_id, because=because)


def _good(body: dict[str, Any], seen: dict[str, Any]) -> str:
    number = seen["objects"]
    return (
        f"{body['to']} serves now, verified from outside after {seen['seconds']} s: "
        f"{number} of {number} objects load twice in a row."
    )


def _not_good(body: dict[str, Any], seen: dict[str, Any]) -> str:
    what = "nobody can tell whether users get it" if seen["verdict"] == "unknown" else (
        "users do not get it as promised"
    )  # fmt: skip
    return (
        f"The switch to {body['to']} was written, but {what} after {seen['seconds']} s. "
        f"{body['if_this_fails']}"
    )

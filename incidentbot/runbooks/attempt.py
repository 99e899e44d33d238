"""The one write of a plan, by the crash rules: intent first, then act, then reconcile by reading.

planned -> intent -> sent -> acked -> verified, or -> in_doubt -> adopted | retried | halted.
Each move is one transaction with its timeline entry; each is looked at before anything is done.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from incidentbot import clock, ids
from incidentbot.runbooks import approve, lock
from incidentbot.runbooks.contract import Done, Live
from incidentbot.store.models import Attempt, Plan

STEP = "switch"
MOST_WRITES = 2  # the first, and one retry when reading proved that nothing had changed

# What to do next.
WRITE, READ, SETTLED, OVER = "write", "read", "settled", "over"


@dataclass(frozen=True, slots=True)
class Next:
    """The move that is due: `what` is one of the words above; `text` says why it is over."""

    what: str
    text: str = ""


def desired(body: dict[str, Any]) -> str:
    return str(body["diff"][0]["after"])


def before(body: dict[str, Any]) -> Live:
    return Live(str(body["diff"][0]["before"]), str(body["before_token"]))


def standing(session: Session, plan_id: str) -> Next:
    """Where the attempt stands, from its row alone: what a restart begins with."""
    row = session.get(Attempt, (plan_id, STEP))
    if row is None:
        return Next(WRITE)
    if row.state in ("acked", "adopted", "verified"):
        return Next(SETTLED)
    if row.state in ("halted", "failed"):
        return Next(OVER, row.detail)
    return Next(READ)  # intent, sent or in_doubt: the write may have happened


def intend(session: Session, plan_id: str, fence: int, live: Live) -> Next:
    """Compare what is live with what was shown, and write down the intent; then only, call."""
    plan = approve.load(session, plan_id)
    body = ids.read_canonical(plan.body)
    if plan.state not in ("approved", "running", "in_doubt"):
        return Next(OVER, f"Plan {plan.id} is {plan.state}.")
    if not lock.holds(session, plan.target, plan_id, fence):
        return _end(session, plan, "halted", "The lock was lost before the write.", live)
    if live != before(body):
        return _end(session, plan, "halted", _stale(body, live), live)
    row = session.get(Attempt, (plan_id, STEP))
    if row is None:
        row = Attempt(plan_id=plan_id, step=STEP, writes=0, state="intent", fence=fence,
                      request_digest=ids.digest(body["requests"]), before_token=live.token,
                      updated_at=clock.now())  # fmt: skip
        session.add(row)
    row.state, row.fence, row.writes = "sent", fence, row.writes + 1
    row.updated_at = clock.now()
    text = f"Writing {desired(body)} to {body['diff'][0]['what']}."
    key = f"plan:{plan_id}:intent:{row.writes}"
    approve.tell(session, plan, "intent", text, key=key, write=row.writes)
    return Next(WRITE)


def acked(session: Session, plan_id: str, done: Done) -> None:
    """The answer came."""
    plan, row = _rows(session, plan_id)
    row.state, row.after_token, row.request_id = "acked", done.token, done.request_id
    row.updated_at = clock.now()
    text = f"Written: version {done.token} (request {done.request_id[:8] or 'without an id'})."
    approve.tell(session, plan, "acked", text, token=done.token, request_id=done.request_id)


def not_sent(session: Session, plan_id: str, why: str) -> None:
    """The call surely did not happen; it may be tried again."""
    plan, row = _rows(session, plan_id)
    row.writes -= 1
    row.state, row.detail, row.updated_at = "intent", why, clock.now()
    key = f"plan:{plan_id}:not_sent:{clock.iso(clock.now())}"
    approve.tell(session, plan, "failed_try", f"The write could not be sent: {why}.", key=key)


def doubt(session: Session, plan_id: str, why: str) -> None:
    """No answer: it may have happened. People see this while we look."""
    plan, row = _rows(session, plan_id)
    plan.state = row.state = "in_doubt"
    row.detail, row.updated_at = why, clock.now()
    text = f"In doubt: the write was sent and no answer came ({why}). Reading what is there."
    approve.tell(session, plan, "in_doubt", text, key=f"plan:{plan_id}:in_doubt:{row.writes}")


def refused(session: Session, plan_id: str, why: str) -> Next:
    """The other side said no: nothing was written."""
    plan, _ = _rows(session, plan_id)
    return _end(session, plan, "failed", f"The write was refused; nothing changed: {why}", None)


def reconcile(session: Session, plan_id: str, live: Live, settled: bool) -> Next:
    """What the live value says about a write in doubt. `settled`: enough time has passed."""
    plan, row = _rows(session, plan_id)
    body = ids.read_canonical(plan.body)
    if live.value == desired(body) and live != before(body):
        row.state, row.after_token, row.updated_at = "adopted", live.token, clock.now()
        plan.state = "running"
        text = f"The write took effect: {live.value} is there (version {live.token})."
        approve.tell(session, plan, "adopted", text, token=live.token)
        return Next(SETTLED)
    if live != before(body):
        return _end(session, plan, "halted", _stale(body, live), live)
    if not settled:
        return Next(READ)
    if row.writes >= MOST_WRITES:
        text = "Two writes were sent and neither took effect; a person has to look."
        return _end(session, plan, "halted", text, live)
    return Next(WRITE)


def _end(session: Session, plan: Plan, state: str, text: str, live: Live | None) -> Next:
    row = session.get(Attempt, (plan.id, STEP))
    if row is not None:
        row.state, row.detail, row.updated_at = state, text, clock.now()
    plan.state, plan.ended_at, plan.outcome = state, clock.now(), text
    lock.release(session, plan.target, plan.id, clock.now())
    body = ids.read_canonical(plan.body)
    columns = {"before": before(body).value, "desired": desired(body),
               "live": live.value if live else "unread"}  # fmt: skip
    approve.tell(session, plan, state, f"{text} {body['if_this_fails']}", columns=columns)
    return Next(OVER, text)


def _stale(body: dict[str, Any], live: Live) -> str:
    shown = before(body)
    return (
        f"Somebody changed it since the plan was shown: {shown.value} (version {shown.token}) "
        f"then, {live.value} (version {live.token}) now, {desired(body)} wanted. Nothing is "
        "overwritten."
    )


def _rows(session: Session, plan_id: str) -> tuple[Plan, Attempt]:
    return approve.load(session, plan_id), session.get_one(Attempt, (plan_id, STEP))

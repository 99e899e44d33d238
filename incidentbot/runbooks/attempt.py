"""The one write of a plan, by the crash rules: intent first, then act, then reconcile by reading.

planned -> intent -> sent -> acked -> verified, or -> in_doubt -> adopted | retried | halted.
Each move is one transaction with its timeline entry; each is looked at before anything is done.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from incidentbot import clock, ids
from incidentbot.runbooks import approve, inventory, lock
from incidentbot.runbooks.contract import Done, Live
from incidentbot.store.models import Attempt, Plan

STEP = "switch"
MOST_WRITES = 2  # the first, and one retry when reading proved that nothing had changed
UNDER_WAY = ("approved", "running", "in_doubt")

# What to do next.
WRITE, READ, SETTLED, OVER = "write", "read", "settled", "over"


@dataclass(frozen=True, slots=True)
class Next:
    """The move that is due: `what` is one of the words above; `text` says why it is over."""

    what: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What was read, under which lock, and the command a person would read it with."""

    live: Live
    fence: int
    by_hand: str


def desired(body: dict[str, Any]) -> str:
    return str(body["diff"][0]["after"])


def before(body: dict[str, Any]) -> Live:
    return Live(str(body["diff"][0]["before"]), str(body["before_token"]))


def standing(session: Session, plan_id: str) -> Next:
    """Where the attempt stands, by what is written down: what a restart begins with."""
    plan, row = session.get_one(Plan, plan_id), session.get(Attempt, (plan_id, STEP))
    if row is not None and row.state in inventory.WRITTEN:
        return Next(SETTLED)
    if plan.state not in UNDER_WAY:
        return Next(OVER, plan.outcome)
    if row is None:
        return Next(WRITE)
    return Next(READ)  # intent, sent or in_doubt: the write may have happened


def intend(session: Session, plan_id: str, look: Look) -> Next:
    """Check everything that a write needs, and write down the intent; then only, call."""
    plan, row = _rows(session, plan_id)
    if plan.state not in UNDER_WAY:
        return Next(OVER, plan.outcome)
    body = ids.read_canonical(plan.body)
    now = clock.now()
    why = approve.broken_seal(session, plan)
    if why is None and now >= plan.expires_at:
        why = "The plan expired before it could be written; nothing was changed."
    if why is not None:
        return _end(session, plan, "failed", why, look)
    lapsed = row is not None and row.fence != look.fence
    if lapsed or not lock.holds(session, plan.target, plan_id, look.fence, now):
        text = "The lock ran out before the write; nothing was changed."
        return _end(session, plan, "halted", text, look)
    if look.live != before(body):
        return _end(session, plan, "halted", _stale(body, look.live), look)
    if row is None:
        row = Attempt(plan_id=plan_id, step=STEP, writes=0, state="intent", fence=look.fence,
                      request_digest=ids.digest(body["requests"]), before_token=look.live.token,
                      updated_at=now)  # fmt: skip
        session.add(row)
    row.state, row.writes, row.updated_at = "sent", row.writes + 1, now
    plan.state = "running"
    text = f"Writing {desired(body)} to {body['diff'][0]['what']}."
    key = f"plan:{plan_id}:intent:{row.writes}"
    approve.tell(session, plan, "intent", text, key=key, write=row.writes)
    return Next(WRITE)


def acked(session: Session, plan_id: str, done: Done) -> None:
    """The answer came."""
    plan, row = _sent(session, plan_id)
    row.state, row.after_token, row.request_id = "acked", done.token, done.request_id
    row.updated_at = clock.now()
    text = f"Written: version {done.token} (request {done.request_id[:8] or 'without an id'})."
    approve.tell(session, plan, "acked", text, token=done.token, request_id=done.request_id)


def overtaken(session: Session, plan_id: str, done: Done) -> None:
    """The answer came, and says that somebody else wrote between our read and our write."""
    plan, row = _sent(session, plan_id)
    plan.state = row.state = "in_doubt"
    row.after_token, row.request_id, row.updated_at = done.token, done.request_id, clock.now()
    text = (
        f"Written as version {done.token}, which does not follow version {row.before_token}: "
        "somebody else wrote in between. Reading what is there."
    )
    key = f"plan:{plan_id}:overtaken"
    approve.tell(session, plan, "in_doubt", text, key=key, token=done.token)


def not_sent(session: Session, plan_id: str, why: str) -> None:
    """The call surely did not happen; it may be tried again while the plan lives."""
    plan, row = _sent(session, plan_id)
    if row.state == "sent":
        row.writes -= 1
    row.state, row.detail, row.updated_at = "intent", why, clock.now()
    text = f"The write could not be sent; trying again: {why}."
    approve.tell(session, plan, "delayed", text, key=f"plan:{plan_id}:not_sent")


def doubt(session: Session, plan_id: str, why: str) -> None:
    """No answer: it may have happened. People see this while we look."""
    plan, row = _sent(session, plan_id)
    plan.state = row.state = "in_doubt"
    row.detail, row.updated_at = why, clock.now()
    text = f"In doubt: the write was sent and no answer came ({why}). Reading what is there."
    approve.tell(session, plan, "in_doubt", text, key=f"plan:{plan_id}:in_doubt:{row.writes}")


def refused(session: Session, plan_id: str, why: str) -> Next:
    """The other side said no: nothing was written."""
    plan, _ = _sent(session, plan_id)
    return _end(session, plan, "failed", f"The write was refused; nothing changed: {why}", None)


def stopped(session: Session, plan_id: str, why: str) -> Next:
    """It may not go on. What may have been written stays as it is, for a person to look at."""
    plan, row = _rows(session, plan_id)
    if _maybe_written(row):
        return _end(session, plan, "halted", f"{why} A write was sent: look what is there.", None)
    return _end(session, plan, "failed", f"{why} Nothing was changed.", None)


def unread(session: Session, plan_id: str, why: str, by_hand: str, for_good: bool) -> Next:
    """The live value cannot be read. After a write that keeps the lock, for as long as it takes;
    before one, nothing has happened and the plan ends with its time."""
    plan, row = _rows(session, plan_id)
    if _maybe_written(row):
        plan.state = "in_doubt"
        text = (
            f"Cannot read whether the write took effect ({why}). The lock is kept; looking "
            f"again. By hand: {by_hand}"
        )
        approve.tell(session, plan, "in_doubt", text, key=f"plan:{plan_id}:unreadable")
        return Next(READ)
    if for_good or clock.now() >= plan.expires_at:
        text = f"The live value cannot be read; nothing was changed: {why}"
        return _end(session, plan, "failed", text, None)
    text = f"The live value cannot be read yet; nothing is written before it is: {why}"
    approve.tell(session, plan, "delayed", text, key=f"plan:{plan_id}:unread")
    return Next(READ)


def reconcile(session: Session, plan_id: str, look: Look, settled: bool) -> Next:
    """What the live value says about a write in doubt. `settled`: enough time has passed."""
    plan, row = _sent(session, plan_id)
    body = ids.read_canonical(plan.body)
    live = look.live
    if live.value == desired(body) and live != before(body):
        row.state, row.after_token, row.updated_at = "adopted", live.token, clock.now()
        plan.state = "running"
        text = f"The write took effect: {live.value} is there (version {live.token})."
        approve.tell(session, plan, "adopted", text, token=live.token)
        return Next(SETTLED)
    if live != before(body):
        return _end(session, plan, "halted", _stale(body, live), look)
    if not settled:
        return Next(READ)
    if row.writes >= MOST_WRITES:
        text = "Two writes were sent and neither took effect; a person has to look."
        return _end(session, plan, "halted", text, look)
    return Next(WRITE)


def _end(session: Session, plan: Plan, state: str, text: str, look: Look | None) -> Next:
    row = session.get(Attempt, (plan.id, STEP))
    if row is not None:
        row.state, row.detail, row.updated_at = state, text, clock.now()
    plan.state, plan.ended_at, plan.outcome = state, clock.now(), text
    lock.release(session, plan.target, plan.id, clock.now())
    body = approve.shown(plan)
    if body:
        live = look.live.value if look else "unread"
        columns = {"before": before(body).value, "desired": desired(body), "live": live}
        said = f"{text} {body['if_this_fails']}"
    else:
        columns, said = {}, text
    if state == "halted" and look is not None:
        said += f" To look by hand: {look.by_hand}"
    approve.tell(session, plan, state, said, columns=columns)
    return Next(OVER, text)


def _stale(body: dict[str, Any], live: Live) -> str:
    shown = before(body)
    return (
        f"Somebody changed it since the plan was shown: {shown.value} (version {shown.token}) "
        f"then, {live.value} (version {live.token}) now, {desired(body)} wanted. Nothing is "
        "overwritten."
    )


def _maybe_written(row: Attempt | None) -> bool:
    return row is not None and row.state != "intent"


def _rows(session: Session, plan_id: str) -> tuple[Plan, Attempt | None]:
    return approve.load(session, plan_id), session.get(Attempt, (plan_id, STEP))


def _sent(session: Session, plan_id: str) -> tuple[Plan, Attempt]:
    return approve.load(session, plan_id), session.get_one(Attempt, (plan_id, STEP))

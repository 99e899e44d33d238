"""The write of one step, by the crash rules: intent first, then act, then reconcile by reading.

planned -> intent -> sent -> acked -> verified, or -> in_doubt -> adopted | retried | halted.
Each move is one transaction with its timeline entry; each is looked at before anything is done.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, ids
from incidentbot.runbooks import approve, inventory, lock
from incidentbot.runbooks import plan as plans
from incidentbot.runbooks.contract import Done, Live
from incidentbot.store.models import Attempt, Plan

MOST_WRITES = 2  # the first, and one retry when reading proved that nothing had changed
MOST_REPEATS = 5  # of what only adds
UNDER_WAY = ("approved", "running", "in_doubt", "paused")

# What to do next.
WRITE, READ, SETTLED, OVER = "write", "read", "settled", "over"


@dataclass(frozen=True, slots=True)
class Next:
    """The move that is due: `what` is one of the words above; `text` says why it is over."""

    what: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What was read, under which lock, and the command a person would read it with.

    `repeatable`: the requests only add, so that a half-done write may simply go on. `coming`: it
    is not there yet and on its way.
    """

    live: Live
    fence: int
    by_hand: str
    repeatable: bool = False
    coming: bool = False


@dataclass(frozen=True, slots=True)
class At:
    """One step of one plan, with its rows; `row` is None before the first intent."""

    plan: Plan
    body: dict[str, Any]
    step: dict[str, Any]
    row: Attempt | None

    @property
    def number(self) -> int:
        return int(self.step["number"])

    @property
    def before(self) -> Live:
        return plans.live_of(self.step["before"])

    @property
    def desired(self) -> str:
        return str(self.step["after"]["value"])

    @property
    def what(self) -> str:
        return str(self.step["what"])


def at(session: Session, plan_id: str, number: int) -> At:
    """The step, its plan locked for this transaction."""
    plan = approve.load(session, plan_id)
    body = ids.read_canonical(plan.body)
    row = session.get(Attempt, (plan_id, str(number)), populate_existing=True)
    return At(plan, body, plans.step_of(body, number), row)


def standing(session: Session, plan_id: str, number: int) -> Next:
    """Where the attempt stands, by what is written down: what a restart begins with."""
    plan, row = session.get_one(Plan, plan_id), session.get(Attempt, (plan_id, str(number)))
    if row is not None and row.state in inventory.WRITTEN:
        return Next(SETTLED)
    if plan.state not in UNDER_WAY or plan.state == "paused":
        return Next(OVER, plan.outcome)
    if row is None:
        return Next(WRITE)
    return Next(READ)  # intent, sent or in_doubt: the write may have happened


def intend(session: Session, plan_id: str, number: int, look: Look, stopped: str | None) -> Next:
    """Check everything that a write needs, and write down the intent; then only, call.

    `stopped`: why nothing may be written anywhere now, read in this same transaction.
    """
    here = at(session, plan_id, number)
    plan, row = here.plan, here.row
    if plan.state not in UNDER_WAY:
        return Next(OVER, plan.outcome)
    now = clock.now()
    why = stopped or approve.broken_seal(session, plan) or _too_late(here, now)
    if why is not None:
        state = "halted" if _written_before(session, here) else "failed"
        return _end(session, here, state, why, look)
    lapsed = row is not None and row.fence != look.fence
    if lapsed or not lock.holds(session, here.step["target"], plan_id, look.fence, now):
        text = "The lock ran out before the write; nothing was changed."
        return _end(session, here, "halted", text, look)
    goes_on = look.repeatable and row is not None and row.writes > 0
    if not goes_on and not _is_as_shown(session, here, look.live):
        return _end(session, here, "halted", _stale(here, look.live), look)
    if row is None:
        row = Attempt(plan_id=plan_id, step=str(number), writes=0, state="intent",
                      fence=look.fence, request_digest=ids.digest(here.step["requests"]),
                      before_token=look.live.token, updated_at=now)  # fmt: skip
        session.add(row)
    row.state, row.writes, row.updated_at = "sent", row.writes + 1, now
    row.before_token = look.live.token
    plan.state = "running"
    text = f"Writing {here.desired} to {here.what}."
    key = f"plan:{plan_id}:{number}:intent:{row.writes}"
    approve.tell(session, plan, "intent", text, key=key, write=row.writes, step=number)
    return Next(WRITE)


def acked(session: Session, plan_id: str, number: int, done: Done) -> None:
    """The answer came."""
    here = _sent(session, plan_id, number)
    row = here.row
    assert row is not None
    row.state, row.after_token, row.request_id = "acked", done.token, done.request_id
    row.updated_at = clock.now()
    version = f" version {done.token}" if done.token else ""
    text = f"Written:{version} (request {done.request_id[:8] or 'without an id'})."
    key = f"plan:{plan_id}:{number}:acked"
    approve.tell(session, here.plan, "acked", text, key=key, token=done.token,
                 request_id=done.request_id, step=number)  # fmt: skip


def overtaken(session: Session, plan_id: str, number: int, done: Done) -> None:
    """The answer came, and says that somebody else wrote between our read and our write."""
    here = _sent(session, plan_id, number)
    row = here.row
    assert row is not None
    here.plan.state = row.state = "in_doubt"
    row.after_token, row.request_id, row.updated_at = done.token, done.request_id, clock.now()
    text = (
        f"Written as version {done.token}, which does not follow version {row.before_token}: "
        "somebody else wrote in between. Reading what is there."
    )
    key = f"plan:{plan_id}:{number}:overtaken"
    approve.tell(session, here.plan, "in_doubt", text, key=key, token=done.token, step=number)


def not_sent(session: Session, plan_id: str, number: int, why: str) -> None:
    """The call surely did not happen; it may be tried again while the plan lives."""
    here = _sent(session, plan_id, number)
    row = here.row
    assert row is not None
    if row.state == "sent":
        row.writes -= 1
    row.state, row.detail, row.updated_at = "intent", why, clock.now()
    text = f"The write could not be sent; trying again: {why}."
    key = f"plan:{plan_id}:{number}:not_sent"
    approve.tell(session, here.plan, "delayed", text, key=key, step=number)


def doubt(session: Session, plan_id: str, number: int, why: str) -> None:
    """No answer: it may have happened. People see this while we look."""
    here = _sent(session, plan_id, number)
    row = here.row
    assert row is not None
    here.plan.state = row.state = "in_doubt"
    row.detail, row.updated_at = why, clock.now()
    text = f"In doubt: the write was sent and no answer came ({why}). Reading what is there."
    key = f"plan:{plan_id}:{number}:in_doubt:{row.writes}"
    approve.tell(session, here.plan, "in_doubt", text, key=key, step=number)


def refused(session: Session, plan_id: str, number: int, why: str) -> Next:
    """The other side said no: nothing was written."""
    here = _sent(session, plan_id, number)
    return _end(session, here, "failed", f"The write was refused; nothing changed: {why}", None)


def stopped(session: Session, plan_id: str, number: int, why: str) -> Next:
    """It may not go on. What may have been written stays as it is, for a person to look at."""
    here = at(session, plan_id, number)
    if _maybe_written(here.row) or _written_before(session, here):
        text = f"{why} A write was sent: look what is there."
        return _end(session, here, "halted", text, None)
    return _end(session, here, "failed", f"{why} Nothing was changed.", None)


def unread(
    session: Session, plan_id: str, number: int, why: str, by_hand: str, for_good: bool
) -> Next:
    """The live value cannot be read. After a write that keeps the lock, for as long as it takes;
    before one, nothing has happened and the plan ends with its time."""
    here = at(session, plan_id, number)
    if _maybe_written(here.row):
        here.plan.state = "in_doubt"
        text = (
            f"Cannot read whether the write took effect ({why}). The lock is kept; looking "
            f"again. By hand: {by_hand}"
        )
        key = f"plan:{plan_id}:{number}:unreadable"
        approve.tell(session, here.plan, "in_doubt", text, key=key, step=number)
        return Next(READ)
    if for_good or _too_late(here, clock.now()):
        text = f"The live value cannot be read; nothing was changed: {why}"
        return _end(session, here, "failed", text, None)
    text = f"The live value cannot be read yet; nothing is written before it is: {why}"
    key = f"plan:{plan_id}:{number}:unread"
    approve.tell(session, here.plan, "delayed", text, key=key, step=number)
    return Next(READ)


def reconcile(session: Session, plan_id: str, number: int, look: Look, settled: bool) -> Next:
    """What the live value says about a write in doubt. `settled`: enough time has passed."""
    here = _sent(session, plan_id, number)
    plan, row, live = here.plan, here.row, look.live
    assert row is not None
    same = _is_as_shown(session, here, live)
    if live.value == here.desired and not same:
        row.state, row.after_token, row.updated_at = "adopted", live.token, clock.now()
        plan.state = "running"
        text = f"The write took effect: {live.value} is there (version {live.token})."
        key = f"plan:{plan_id}:{number}:adopted"
        approve.tell(session, plan, "adopted", text, key=key, token=live.token, step=number)
        return Next(SETTLED)
    if look.coming:
        return Next(READ)
    if not same and not look.repeatable:
        return _end(session, here, "halted", _stale(here, live), look)
    if not settled:
        return Next(READ)
    if row.writes >= (MOST_REPEATS if look.repeatable else MOST_WRITES):
        many = "Two writes were sent and neither" if not look.repeatable else "None of the writes"
        return _end(session, here, "halted", f"{many} took effect; a person has to look.", look)
    return Next(WRITE)


def close(session: Session, plan: Plan, body: dict[str, Any], state: str, outcome: str) -> None:
    """The plan's end: its locks are let go."""
    plan.state, plan.ended_at, plan.outcome = state, clock.now(), outcome
    for target in body["targets"] or [plan.target]:
        lock.release(session, target, plan.id, clock.now())


def _end(session: Session, here: At, state: str, text: str, look: Look | None) -> Next:
    plan, row = here.plan, here.row
    if row is not None:
        row.state, row.detail, row.updated_at = state, text, clock.now()
    close(session, plan, here.body, state, text)
    body = approve.shown(plan)
    if body:
        live = look.live.value if look else "unread"
        columns = {"before": here.before.value, "desired": here.desired, "live": live}
        said = f"{text} {here.step['words'].get('if_this_fails') or body['if_this_fails']}"
    else:
        columns, said = {}, text
    if state == "halted" and look is not None:
        said += f" To look by hand: {look.by_hand}"
    approve.tell(session, plan, state, said, columns=columns, step=here.number)
    return Next(OVER, text)


def _too_late(here: At, now: datetime) -> str | None:
    """The first step must be written before the plan expires, a later one while the run may
    last."""
    first = here.number == _first_write(here.body)
    until = here.plan.expires_at if first else clock.parse(here.body["run_until"])
    if now < until:
        return None
    return "The plan expired before it could be written; nothing was changed."


def _first_write(body: dict[str, Any]) -> int:
    return next((int(s["number"]) for s in body["steps"] if s["kind"] == "write"), 1)


def _is_as_shown(session: Session, here: At, live: Live) -> bool:
    """Whether what is live is what this step was planned upon: what was read then, or what the
    step before it left."""
    shown = here.before
    token = shown.token or _left_by_the_step_before(session, here)
    return live.value == shown.value and token in ("", live.token)


def _left_by_the_step_before(session: Session, here: At) -> str:
    for step in reversed(here.body["steps"][: here.number - 1]):
        if step["kind"] == "write" and step["target"] == here.step["target"]:
            row = session.get(Attempt, (here.plan.id, str(step["number"])))
            return row.after_token if row is not None else ""
    return ""


def _stale(here: At, live: Live) -> str:
    shown = here.before
    return (
        f"Somebody changed it since the plan was shown: {shown.value} (version {shown.token}) "
        f"then, {live.value} (version {live.token}) now, {here.desired} wanted. Nothing is "
        "overwritten."
    )


def _maybe_written(row: Attempt | None) -> bool:
    return row is not None and row.state != "intent"


def _written_before(session: Session, here: At) -> bool:
    """Whether an earlier step of this plan may have written something."""
    numbers = [str(number) for number in range(1, here.number)]
    rows = session.scalars(select(Attempt).filter_by(plan_id=here.plan.id))
    return any(_maybe_written(row) for row in rows if row.step in numbers)


def _sent(session: Session, plan_id: str, number: int) -> At:
    here = at(session, plan_id, number)
    if here.row is None:
        raise LookupError(f"{plan_id} has no attempt {number}")
    return here

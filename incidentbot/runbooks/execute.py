"""The workflow `run`: take the locks, then for each step: write once, find out, verify, tell.

Every step can run again after a crash; each one looks at what is written down, and then at what is
live, before it does anything.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from incidentbot import clock, durable, ids
from incidentbot.errors import InDoubt, Permanent, Refused, Temporary
from incidentbot.http import Http
from incidentbot.runbooks import (
    approve,
    attempt,
    guard,
    inventory,
    lock,
    outcome,
    rates,
    stopping,
    tags,
)
from incidentbot.runbooks import plan as plans
from incidentbot.runbooks.attempt import Look, Next
from incidentbot.runbooks.contract import WHOLE, careful
from incidentbot.runbooks.facts import gather
from incidentbot.runbooks.frozen import AsFrozen
from incidentbot.runbooks.job import Job, Pace
from incidentbot.runbooks.load import Catalog
from incidentbot.runbooks.steps import Step
from incidentbot.runbooks.verify import verify
from incidentbot.runbooks.wires.wires import Wires
from incidentbot.settings import Settings
from incidentbot.store import Store
from incidentbot.store.models import Attempt, Plan

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0  # seconds between two looks at a write in doubt
DATABASE_PAUSE = 1.0
TOO_FAST = "too fast"  # a move that is tried again after a while
HEARTBEAT = 60.0  # seconds between two lengthenings of the locks


class Executor:
    def __init__(
        self,
        store: Store,
        settings: Settings,
        catalog: Catalog,
        wires: Wires,
        http: Http,
        pace: Pace | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._catalog = catalog
        self._as_frozen = AsFrozen(settings)
        self._wires = wires
        self._http = http
        self._pace = pace or Pace()

    async def run(self, plan_id: str) -> None:
        """The workflow: from an approval, or an answer, to the plan's end or the next question.
        Started once per approval or answer, whoever clicked how often."""
        due = await durable.step(self.begin, plan_id)
        while due is not None:
            number = due["number"]
            if due["kind"] == "manual":
                await durable.step(self.ask, plan_id, number)
                return
            due = await self._write(plan_id, number)

    async def _write(self, plan_id: str, number: int) -> dict[str, Any] | None:
        """One writing step to its verdict; what is due then, as `begin` says it."""
        pause = 0.0
        while (what := await durable.step(self.write, plan_id, number)) != attempt.SETTLED:
            if what == attempt.OVER:
                return None
            pause = min(max(pause * 1.5, self._pace.look), LONGEST_PAUSE)
            await durable.sleep(pause)
        proven = await durable.step(self.prove, plan_id, number, False)
        if proven["soak"]:
            await self._soak(plan_id, number, proven["soak"])
            proven = await durable.step(self.prove, plan_id, number, True)
        due: dict[str, Any] | None = proven["due"]
        return due

    async def _soak(self, plan_id: str, number: int, seconds: float) -> None:
        """Watch a share for a while; the locks are kept meanwhile."""
        await durable.step(self.soaking, plan_id, number)
        left = seconds
        while left > 0:
            await durable.sleep(min(left, HEARTBEAT))
            left -= HEARTBEAT
            await durable.step(self.hold, plan_id)

    async def begin(self, plan_id: str) -> dict[str, Any] | None:
        """Lock the targets, check once more that the plan may run, and say which step is due:
        {"number", "kind"}; None when it may not run. One step: the click is still being waited
        for."""
        steps = await self._tx(self._steps, plan_id) if self._settings.policy.tag else ()
        read = await tags.read(self._settings, self._wires.reader, steps)
        return await self._tx(self._begin, plan_id, read)

    async def ask(self, plan_id: str, number: int) -> None:
        await self._tx(outcome.ask, plan_id, number)

    async def soaking(self, plan_id: str, number: int) -> None:
        await self._tx(outcome.soaking, plan_id, number)

    async def hold(self, plan_id: str) -> None:
        await self._tx(self._lock, plan_id)

    async def prove(self, plan_id: str, number: int, soaked: bool) -> dict[str, Any]:
        """Look, and judge what was seen, unless it is to be watched first: {"soak": seconds,
        "due": the next step or None}. Looking twice harms nobody, and it is judged once."""
        seen = await self.look(plan_id, number)
        if seen["verdict"] == "good" and seen["soak"] and not soaked:
            return {"soak": seen["soak"], "due": None}
        return {"soak": 0, "due": await self._tx(_judged, plan_id, number, seen)}

    async def write(self, plan_id: str, number: int) -> str:
        """One move towards a settled write: write, or read and decide. Re-entrant."""
        try:
            move, job = await self._tx(self._standing, plan_id, number)
        except Refused as error:
            return (await self._tx(attempt.stopped, plan_id, number, error.message)).what
        if job is None:
            return move.what
        try:
            live = await careful(job.action.observe(job.options, self._wires.reader))
        except (Temporary, InDoubt, Permanent) as error:
            gone = isinstance(error, Permanent)
            move = await self._tx(attempt.unread, plan_id, number, error.message, job.by_hand, gone)
            return move.what
        look = Look(live, job.fence, job.by_hand, job.repeatable, job.coming(live))
        if move.what == attempt.READ:
            wait = max(self._pace.settled, job.settles * self._pace.spread)
            move = await self._tx(self._reconcile, plan_id, number, look, wait)
        if move.what == attempt.WRITE:
            move = await self._send(job, look)
        return move.what

    async def look(self, plan_id: str, number: int) -> dict[str, Any]:
        """Verify from outside; reading only."""
        try:
            job = await self._tx(self._job, plan_id, number)
        except Refused as error:
            return {"verdict": "unknown", "lines": [error.message], "objects": 0,
                    "seconds": 0, "soak": 0}  # fmt: skip
        soak = {"soak": job.step["soak"]}
        if job.asset is None or not job.step["switch"]:
            return await self._read_alone(job) | soak
        origins = served_by(job.body, job.number)
        seen = await verify(self._http, job.asset, origins, self._pace.proof)
        if seen["verdict"] != "good":
            seen["lines"].append((await self._read_back(job))[1])
        return seen | soak

    async def _send(self, job: Job, look: Look) -> Next:
        plan_id, number = job.plan_id, job.number
        move = await self._tx(self._intend, plan_id, number, look)
        if move.what != attempt.WRITE:
            return move
        requests = tuple(one.filled(look.live.token) for one in plans.requests_of(job.step))
        writer = self._wires.writer(plan_id)
        try:
            done = await careful(job.action.apply(job.options, requests, look.live, writer))
        except Temporary as error:
            await self._tx(attempt.not_sent, plan_id, number, error.message)
            return Next(attempt.READ)
        except InDoubt as error:
            await self._tx(attempt.doubt, plan_id, number, error.message)
            return Next(attempt.READ)
        except Permanent as error:
            return await self._tx(attempt.refused, plan_id, number, error.message)
        if done.token and not job.action.follows(look.live.token, done.token):
            await self._tx(attempt.overtaken, plan_id, number, done)
            return Next(attempt.READ)
        await self._tx(attempt.acked, plan_id, number, done)
        return Next(attempt.SETTLED)

    async def _read_alone(self, job: Job) -> dict[str, Any]:
        """The proof of what no user can see: reading it back where it was written."""
        fine, said = await self._read_back(job)
        verdict = {True: "good", False: "bad", None: "unknown"}[fine]
        return {"verdict": verdict, "lines": [said], "objects": 0, "seconds": 0}

    async def _read_back(self, job: Job) -> tuple[bool | None, str]:
        """What the thing itself says, beside what users see; None when it says nothing."""
        after = plans.live_of(job.step["after"])
        try:
            fine, said = await careful(job.action.verify(job.options, after, self._wires.reader))
            if fine and hasattr(job.action, "settled"):
                known = await self._tx(_request_id, job.plan_id, job.number)
                fine, more = await careful(
                    job.action.settled(job.options, known, self._wires.reader)
                )
                said = f"{said}; {more}"
        except (Temporary, InDoubt, Permanent) as error:
            return None, f"The switch itself cannot be read: {error.message}"
        return fine, f"The switch itself says: {said}{', as planned' if fine else ''}."

    def _standing(self, session: Session, plan_id: str, number: int) -> tuple[Next, Job | None]:
        """The move that is due, and what it takes; no job when nothing is left to do. Refused as
        `_job`."""
        move = attempt.standing(session, plan_id, number)
        over = move.what in (attempt.SETTLED, attempt.OVER)
        return move, None if over else self._job(session, plan_id, number)

    def _intend(self, session: Session, plan_id: str, number: int, look: Look) -> Next:
        if rates.too_many_writes(session, self._settings) is not None:
            return Next(TOO_FAST)  # it waits, which is no failure
        stopped = stopping.stopped(session, self._settings, hold=True)
        return attempt.intend(session, plan_id, number, look, stopped)

    def _reconcile(
        self, session: Session, plan_id: str, number: int, look: Look, wait: float
    ) -> Next:
        row = session.get_one(Attempt, (plan_id, str(number)))
        settled = row.state == "intent" or clock.now() - row.updated_at > timedelta(seconds=wait)
        if row.state == "sent":
            attempt.doubt(session, plan_id, number, "the process ended while it was being sent")
        return attempt.reconcile(session, plan_id, number, look, settled)

    def _steps(self, session: Session, plan_id: str) -> Sequence[Step]:
        """As far as they would still be planned so; what changed is refused a moment later."""
        try:
            return self._as_frozen.steps(ids.read_canonical(session.get_one(Plan, plan_id).body))
        except Refused:
            return ()

    def _begin(
        self, session: Session, plan_id: str, read: Mapping[str, str] | None
    ) -> dict[str, Any] | None:
        lock.in_turn(session)  # before the plan's row: whoever makes plans takes them so
        row = approve.load(session, plan_id)
        if row.state in ("running", "in_doubt"):
            return outcome.due(session, plan_id)
        if row.state != "approved":
            return None
        why = self._why_not(session, row, read)
        if why is None and self._lock(session, plan_id) is None:
            why = "Another plan holds the lock on this target."
        if why is not None:
            row.state, row.ended_at, row.outcome = "failed", clock.now(), why
            approve.tell(session, row, "failed", f"Not run; nothing was changed. {why}")
            return None
        row.state = "running"
        approve.tell(session, row, "started", f"Running plan {row.id} ({row.hash[:8]}).")
        return outcome.due(session, plan_id)

    def _lock(self, session: Session, plan_id: str) -> int | None:
        """Every target of the plan, or none: they are asked for in one order by everybody."""
        row = session.get_one(Plan, plan_id)
        now, fence = clock.now(), 0
        taken: list[str] = []
        for target in ids.read_canonical(row.body)["targets"]:
            found = lock.take(session, target, plan_id, now)
            if found is None:
                for one in taken:
                    lock.release(session, one, plan_id, now)
                return None
            taken.append(target)
            fence = found
        return fence

    def _why_not(self, session: Session, row: Plan, read: Mapping[str, str] | None) -> str | None:
        """The guards once more, with the facts of now: a plan is only as good as its moment."""
        broken = approve.broken_seal(session, row)
        if broken is not None:
            return broken
        now = clock.now()
        if now >= row.expires_at:
            return "It expired before it could start."
        body = ids.read_canonical(row.body)
        try:
            book = self._catalog.get(row.runbook)
            steps = self._as_frozen.steps(body)
        except Refused as error:
            return error.message
        if book.digest != body["runbook"]["digest"]:
            return "The runbook's file changed since the plan was made."
        target = inventory.target(self._settings, book, as_named(body))
        facts = gather(
            session, self._settings, book, target, now, steps=steps, besides=row.id, tags=read
        )
        glass = approve.by_break_glass(session, row)
        return guard.refusal(guard.evaluate(facts), broken_glass=glass)

    def _job(self, session: Session, plan_id: str, number: int) -> Job:
        """Refused when the configuration no longer means what the plan showed."""
        row = session.get_one(Plan, plan_id)
        body = ids.read_canonical(row.body)
        asset, action, options, _ = self._as_frozen.step(body, plans.step_of(body, number))
        target = plans.step_of(body, number)["target"]
        fence = lock.take(session, target, row.id, clock.now())
        return Job(plan_id, number, asset, action, options, body, fence or 0)

    async def _tx(
        self, fn: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """A transaction that waits for a database that is away: a step that fails for it would
        end the workflow, and with it the only one who knows what is under way."""
        while True:
            try:
                return await self._store.first(fn, *args, **kwargs)
            except (OperationalError, InterfaceError) as error:
                log.warning("the database does not answer; trying again: %s", error)
                await asyncio.sleep(DATABASE_PAUSE)


def _judged(
    session: Session, plan_id: str, number: int, seen: dict[str, Any]
) -> dict[str, Any] | None:
    """Judge, and say what is due then."""
    goes_on = outcome.judge(session, plan_id, number, seen)
    return outcome.due(session, plan_id) if goes_on else None


def _request_id(session: Session, plan_id: str, number: int) -> str:
    return session.get_one(Attempt, (plan_id, str(number))).request_id


def served_by(body: dict[str, Any], number: int) -> tuple[str, ...]:
    """The origins that users may see after this step: both, until the last switch is whole."""
    last = max(step["number"] for step in body["steps"] if step.get("switch"))
    whole = plans.step_of(body, number)["goal"]["share"] == WHOLE
    return (body["to"],) if number == last and whole else (body["to"], body["from"])


def as_named(body: dict[str, Any]) -> str:
    """The target as a button names it; empty for a plan about the incident."""
    return str(body["target_name"]) if body["asset"] else ""

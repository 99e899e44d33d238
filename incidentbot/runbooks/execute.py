"""The workflow `run`: take the lock, write once, find out, verify from outside, tell.

Every step can run again after a crash; each one looks at what is written down, and then at what is
live, before it does anything.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from incidentbot import clock, durable, ids, plugins
from incidentbot.errors import InDoubt, Permanent, Refused, Temporary
from incidentbot.http import Http
from incidentbot.runbooks import approve, attempt, guard, inventory, lock, outcome, plan
from incidentbot.runbooks.attempt import Look, Next
from incidentbot.runbooks.contract import Calls, Live, Request, careful
from incidentbot.runbooks.facts import gather
from incidentbot.runbooks.load import Catalog
from incidentbot.runbooks.steps import Target
from incidentbot.runbooks.verify import verify
from incidentbot.settings import AssetSettings, Settings
from incidentbot.store import Store
from incidentbot.store.models import Attempt, Plan

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

ACTIONS = "incidentbot.runbooks.actions"
LONGEST_PAUSE = 30.0  # seconds between two looks at a write in doubt
DATABASE_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds: between two looks at a write in doubt (grows), after which a write that
    shows no effect had none, and between two rounds of the proof from outside.

    `settled` must be longer than a write can take to give up, and to spread.
    """

    look: float = 2.0
    settled: float = 15.0
    proof: float = 0.5


@dataclass(frozen=True, slots=True)
class Job:
    """What the workflow needs of one plan."""

    plan_id: str
    asset: AssetSettings
    action: ModuleType
    body: dict[str, Any]
    fence: int

    @property
    def by_hand(self) -> str:
        return str(self.action.by_hand(self.asset.switch.options))


class Executor:
    def __init__(
        self,
        store: Store,
        settings: Settings,
        catalog: Catalog,
        calls: Calls,
        http: Http,
        pace: Pace | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._catalog = catalog
        self._calls = calls
        self._http = http
        self._pace = pace or Pace()

    async def run(self, plan_id: str) -> None:
        """The workflow. Started once per plan, whoever clicked how often."""
        if not await durable.step(self.begin, plan_id):
            return
        pause = 0.0
        while (what := await durable.step(self.write, plan_id)) not in (
            attempt.SETTLED,
            attempt.OVER,
        ):
            pause = min(max(pause * 1.5, self._pace.look), LONGEST_PAUSE)
            await durable.sleep(pause)
        if what == attempt.SETTLED:
            seen = await durable.step(self.look, plan_id)
            await durable.step(self.finish, plan_id, seen)

    async def begin(self, plan_id: str) -> bool:
        """Lock the target and check once more that the plan may run; False when it may not."""
        return await self._tx(self._begin, plan_id)

    async def write(self, plan_id: str) -> str:
        """One move towards a settled write: write, or read and decide. Re-entrant."""
        move = await self._tx(attempt.standing, plan_id)
        if move.what in (attempt.SETTLED, attempt.OVER):
            return move.what
        try:
            job = await self._tx(self._job, plan_id)
        except Refused as error:
            return (await self._tx(attempt.stopped, plan_id, error.message)).what
        try:
            live = await careful(job.action.observe(job.asset.switch.options, self._calls))
        except (Temporary, InDoubt, Permanent) as error:
            gone = isinstance(error, Permanent)
            move = await self._tx(attempt.unread, plan_id, error.message, job.by_hand, gone)
            return move.what
        look = Look(live, job.fence, job.by_hand)
        if move.what == attempt.READ:
            move = await self._tx(self._reconcile, plan_id, look)
        if move.what == attempt.WRITE:
            move = await self._send(job, look)
        return move.what

    async def look(self, plan_id: str) -> dict[str, Any]:
        """Verify from outside; reading only, so it may run twice."""
        try:
            job = await self._tx(self._job, plan_id)
        except Refused as error:
            return {"verdict": "unknown", "lines": [error.message], "objects": 0,
                    "seconds": 0, "to_backup": False}  # fmt: skip
        seen = await verify(self._http, job.asset, str(job.body["to"]), self._pace.proof)
        if seen["verdict"] != "good":
            seen["lines"].append(await self._read_back(job))
        return seen | {"to_backup": job.body["to"] == job.asset.backup}

    async def finish(self, plan_id: str, seen: dict[str, Any]) -> None:
        await self._tx(outcome.finish, plan_id, seen)

    async def _send(self, job: Job, look: Look) -> Next:
        move = await self._tx(attempt.intend, job.plan_id, look)
        if move.what != attempt.WRITE:
            return move
        request = Request(**job.body["requests"][0])
        try:
            done = await careful(job.action.apply(job.asset.switch.options, request, self._calls))
        except Temporary as error:
            await self._tx(attempt.not_sent, job.plan_id, error.message)
            return Next(attempt.READ)
        except InDoubt as error:
            await self._tx(attempt.doubt, job.plan_id, error.message)
            return Next(attempt.READ)
        except Permanent as error:
            return await self._tx(attempt.refused, job.plan_id, error.message)
        if not job.action.follows(look.live.token, done.token):
            await self._tx(attempt.overtaken, job.plan_id, done)
            return Next(attempt.READ)
        await self._tx(attempt.acked, job.plan_id, done)
        return Next(attempt.SETTLED)

    async def _read_back(self, job: Job) -> str:
        """What the switch itself says, beside what users see."""
        wanted, options = attempt.desired(job.body), job.asset.switch.options
        try:
            fine, said = await careful(job.action.verify(options, wanted, self._calls))
        except (Temporary, InDoubt, Permanent) as error:
            return f"The switch itself cannot be read: {error.message}"
        return f"The switch itself says: {said}{', as planned' if fine else ''}."

    def _reconcile(self, session: Session, plan_id: str, look: Look) -> Next:
        row = session.get_one(Attempt, (plan_id, attempt.STEP))
        wait = timedelta(seconds=self._pace.settled)
        settled = row.state == "intent" or clock.now() - row.updated_at > wait
        if row.state == "sent":
            attempt.doubt(session, plan_id, "the process ended while it was being sent")
        return attempt.reconcile(session, plan_id, look, settled)

    def _begin(self, session: Session, plan_id: str) -> bool:
        lock.in_turn(session)  # before the plan's row: whoever makes plans takes them so
        row = approve.load(session, plan_id)
        if row.state in ("running", "in_doubt"):
            return True
        if row.state != "approved":
            return False
        why = self._why_not(session, row)
        if why is None and lock.take(session, row.target, row.id, clock.now()) is None:
            why = "Another plan holds the lock on this target."
        if why is not None:
            row.state, row.ended_at, row.outcome = "failed", clock.now(), why
            approve.tell(session, row, "failed", f"Not run; nothing was changed. {why}")
            return False
        row.state = "running"
        approve.tell(session, row, "started", f"Running plan {row.id} ({row.hash[:8]}).")
        return True

    def _why_not(self, session: Session, row: Plan) -> str | None:
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
            asset = self._as_shown(body)[0]
        except Refused as error:
            return error.message
        if book.digest != body["runbook"]["digest"]:
            return "The runbook's file changed since the plan was made."
        target = Target(asset, asset.switch)
        facts = gather(session, self._settings, book, target, now, besides=row.id)
        glass = approve.by_break_glass(session, row)
        return guard.refusal(guard.evaluate(facts), broken_glass=glass)

    def _job(self, session: Session, plan_id: str) -> Job:
        """Refused when the configuration no longer means what the plan showed."""
        row = session.get_one(Plan, plan_id)
        body = ids.read_canonical(row.body)
        asset, action = self._as_shown(body)
        fence = lock.take(session, row.target, row.id, clock.now())
        return Job(plan_id, asset, action, body, fence or 0)

    def _as_shown(self, body: dict[str, Any]) -> tuple[AssetSettings, ModuleType]:
        """The asset and action of a plan, if they would still plan the same calls."""
        asset = inventory.asset(self._settings, body["asset"])
        action = plugins.get(ACTIONS, body["action"])
        changed = Refused("The configuration of the switch changed since the plan was made.")
        if asset.switch.kind != body["action"] or body["to"] not in asset.switch.values:
            raise changed
        live: Live = attempt.before(body)
        again = action.plan(asset.switch.options, live, plan.after(asset, body["to"]))
        requests = [request.as_dict() for request in again.requests]
        if (again.target, requests) != (body["target"], body["requests"]):
            raise changed
        return asset, action

    async def _tx(
        self, fn: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """A transaction that waits for a database that is away: a step that fails for it would
        end the workflow, and with it the only one who knows what is under way."""
        while True:
            try:
                return await self._store.tx(fn, *args, **kwargs)
            except (OperationalError, InterfaceError) as error:
                log.warning("the database does not answer; trying again: %s", error)
                await asyncio.sleep(DATABASE_PAUSE)

"""The workflow `run`: take the lock, write once, find out, verify from outside, tell.

Every step can run again after a crash; each one looks at what is written down, and then at what is
live, before it does anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import Any

from sqlalchemy.orm import Session

from incidentbot import clock, durable, ids, plugins
from incidentbot.errors import InDoubt, Permanent, Temporary
from incidentbot.http import Http
from incidentbot.incidents import lifecycle
from incidentbot.runbooks import approve, attempt, guard, inventory, lock
from incidentbot.runbooks.attempt import Next
from incidentbot.runbooks.contract import Calls, Live, Request
from incidentbot.runbooks.facts import gather
from incidentbot.runbooks.load import Catalog
from incidentbot.runbooks.verify import verify
from incidentbot.settings import AssetSettings, Settings
from incidentbot.store import Store
from incidentbot.store.models import Attempt, Plan

ACTIONS = "incidentbot.runbooks.actions"
SETTLE = 2.0  # seconds between two looks at a write in doubt
SETTLED_AFTER = timedelta(seconds=12)  # longer than the time-out of the write
LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Job:
    """What the workflow needs of one plan."""

    plan_id: str
    asset: AssetSettings
    action: ModuleType
    body: dict[str, Any]
    fence: int


class Executor:
    def __init__(
        self, store: Store, settings: Settings, catalog: Catalog, calls: Calls, http: Http
    ) -> None:
        self._store = store
        self._settings = settings
        self._catalog = catalog
        self._calls = calls
        self._http = http

    async def run(self, plan_id: str) -> None:
        """The workflow. Started once per plan, whoever clicked how often."""
        if not await durable.step(self.begin, plan_id):
            return
        pause = 0.0
        while (what := await durable.step(self.write, plan_id)) not in (
            attempt.SETTLED,
            attempt.OVER,
        ):
            pause = min(max(pause * 1.5, SETTLE), LONGEST_PAUSE)
            await durable.sleep(pause)
        if what == attempt.SETTLED:
            seen = await durable.step(self.look, plan_id)
            await durable.step(self.finish, plan_id, seen)

    async def begin(self, plan_id: str) -> bool:
        """Lock the target and check once more that the plan may run; False when it may not."""
        return await self._store.tx(self._begin, plan_id)

    async def write(self, plan_id: str) -> str:
        """One move towards a settled write: write, or read and decide. Re-entrant."""
        job = await self._store.tx(self._job, plan_id)
        move = await self._store.tx(attempt.standing, plan_id)
        if move.what in (attempt.SETTLED, attempt.OVER):
            return move.what
        try:
            live = await job.action.observe(job.asset.switch.options, self._calls)
        except (Temporary, InDoubt) as error:
            await self._store.tx(_cannot_read, plan_id, error.message)
            return attempt.READ
        except Permanent as error:
            return (await self._store.tx(_no_permission, plan_id, error.message)).what
        if move.what == attempt.READ:
            move = await self._store.tx(self._reconcile, plan_id, live)
        if move.what == attempt.WRITE:
            move = await self._send(job, live)
        return move.what

    async def look(self, plan_id: str) -> dict[str, Any]:
        """Verify from outside; reading only, so it may run twice."""
        job = await self._store.tx(self._job, plan_id)
        return await verify(self._http, job.asset, str(job.body["to"]))

    async def finish(self, plan_id: str, seen: dict[str, Any]) -> None:
        await self._store.tx(_finish, plan_id, seen)

    async def _send(self, job: Job, live: Live) -> Next:
        move = await self._store.tx(attempt.intend, job.plan_id, job.fence, live)
        if move.what != attempt.WRITE:
            return move
        request = Request(**job.body["requests"][0])
        try:
            done = await job.action.apply(job.asset.switch.options, request, self._calls)
        except Temporary as error:
            await self._store.tx(attempt.not_sent, job.plan_id, error.message)
            return Next(attempt.READ)
        except InDoubt as error:
            await self._store.tx(attempt.doubt, job.plan_id, error.message)
            return Next(attempt.READ)
        except Permanent as error:
            return await self._store.tx(attempt.refused, job.plan_id, error.message)
        await self._store.tx(attempt.acked, job.plan_id, done)
        return Next(attempt.SETTLED)

    def _reconcile(self, session: Session, plan_id: str, live: Live) -> Next:
        row = session.get_one(Attempt, (plan_id, attempt.STEP))
        settled = row.state == "intent" or clock.now() - row.updated_at > SETTLED_AFTER
        if row.state == "sent":
            attempt.doubt(session, plan_id, "the process ended while it was being sent")
        return attempt.reconcile(session, plan_id, live, settled)

    def _begin(self, session: Session, plan_id: str) -> bool:
        plan = approve.load(session, plan_id)
        if plan.state in ("running", "in_doubt"):
            return True
        if plan.state != "approved":
            return False
        why = self._why_not(session, plan)
        if why is None and lock.take(session, plan.target, plan.id, clock.now()) is None:
            why = "Another plan holds the lock on this target."
        if why is not None:
            plan.state, plan.ended_at, plan.outcome = "failed", clock.now(), why
            approve.tell(session, plan, "failed", f"Not run; nothing was changed. {why}")
            return False
        plan.state = "running"
        approve.tell(session, plan, "started", f"Running plan {plan.id}.")
        return True

    def _why_not(self, session: Session, plan: Plan) -> str | None:
        """The guards once more, with the facts of now: a plan is only as good as its moment."""
        body = ids.read_canonical(plan.body)
        now = clock.now()
        if now >= plan.expires_at:
            return "It expired before it could start."
        book = self._catalog.get(plan.runbook)
        if book.digest != body["runbook"]["digest"]:
            return "The runbook's file changed since the plan was made."
        asset = inventory.asset(self._settings, body["asset"])
        facts = gather(session, self._settings, book, asset, now, besides=plan.id)
        return guard.refusal(guard.evaluate(facts))

    def _job(self, session: Session, plan_id: str) -> Job:
        plan = session.get_one(Plan, plan_id)
        body = ids.read_canonical(plan.body)
        asset = inventory.asset(self._settings, body["asset"])
        fence = lock.take(session, plan.target, plan.id, clock.now())
        action = plugins.get(ACTIONS, body["action"])
        return Job(plan_id, asset, action, body, fence or 0)


Step = Callable[[Session, str], None]


def _cannot_read(session: Session, plan_id: str, why: str) -> None:
    plan = approve.load(session, plan_id)
    text = f"Cannot read what is there now ({why}). The lock is kept; looking again."
    approve.tell(session, plan, "in_doubt", text, key=f"plan:{plan_id}:unreadable")


def _no_permission(session: Session, plan_id: str, why: str) -> Next:
    plan = approve.load(session, plan_id)
    text = f"Stopped: the live value may not be read: {why}"
    plan.state, plan.ended_at, plan.outcome = "halted", clock.now(), text
    lock.release(session, plan.target, plan.id, clock.now())
    approve.tell(session, plan, "halted", text)
    return Next(attempt.OVER, text)


def _finish(session: Session, plan_id: str, seen: dict[str, Any]) -> None:
    """Good: done, with the proof. Bad or unknown: say so; nothing is undone by itself."""
    plan = approve.load(session, plan_id)
    if plan.state not in ("running", "in_doubt"):
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
    approve.tell(session, plan, "done" if good else "failed", text, to=body["to"], **more)
    incident = lifecycle.get(session, plan.incident_id)
    if good and incident.status != "resolved":
        because = f"Users are served again, from {body['to']}."
        lifecycle.mitigate(session, plan.incident_id, because=because)


def _good(body: dict[str, Any], seen: dict[str, Any]) -> str:
    number = len(seen["lines"])
    return (
        f"{body['to']} serves now, verified from outside after {seen['seconds']} s: "
        f"{number} of {number} objects load twice in a row."
    )


def _not_good(body: dict[str, Any], seen: dict[str, Any]) -> str:
    seen_word = "nothing answered" if seen["verdict"] == "unknown" else "the proof is missing"
    return (
        f"The switch to {body['to']} was written, but {seen_word} after {seen['seconds']} s. "
        f"{body['if_this_fails']}"
    )

"""The runbooks as one thing: what Slack, the command line and the application call."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidentbot import audit, clock, ids, plugins, timeline
from incidentbot.errors import Refused
from incidentbot.http import Http
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.runbooks import (
    approve,
    automatic,
    glass,
    guard,
    inventory,
    load,
    lock,
    normal,
    offers,
    pauses,
    plan,
    tags,
)
from incidentbot.runbooks.approve import Click
from incidentbot.runbooks.draw import Drawer
from incidentbot.runbooks.execute import Executor
from incidentbot.runbooks.facts import gather
from incidentbot.runbooks.frozen import AsFrozen
from incidentbot.runbooks.load import ACTIONS, Runbook
from incidentbot.runbooks.offers import Offer
from incidentbot.runbooks.readiness.prover import Prover
from incidentbot.runbooks.rules.facts import MANUAL
from incidentbot.runbooks.steps import Step, Target, WriteStep
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.runbooks.wires.copying import Copying
from incidentbot.runbooks.wires.wires import House, Wires
from incidentbot.settings import Settings
from incidentbot.store import Store
from incidentbot.store.models import Plan

log = logging.getLogger(__name__)

TICK = 1.0  # seconds between two looks for expired plans and a possible way back


class Runbooks:
    def __init__(
        self,
        store: Store,
        settings: Settings,
        http: Http,
        aws: Aws | None = None,
        house: House | None = None,
    ) -> None:
        """`house`: what the bot itself does for an action, by name."""
        self._store = store
        self._settings = settings
        actions = plugins.found(ACTIONS)
        self._catalog = load.load(settings.runbooks, actions, settings.policy)
        aws = aws or Aws(settings=settings.aws)
        doors = {**(house or {}), **Copying(settings, http, aws).doors}
        self._wires = Wires(http, aws, doors)
        self._drawer = Drawer(settings, actions, self._wires.reader)
        self._automatic = any(book.file.automatic for book in self._catalog)
        self._prover = Prover(store, settings, http, self._wires.aws)
        self.run = Executor(store, settings, self._catalog, self._wires, http).run

    def offers(self, session: Session, incident_id: str) -> Sequence[Offer]:
        """What fits this incident now, the possible ones first."""
        return offers.offers(session, self._settings, self._catalog, incident_id, clock.now())

    def not_normal(self, session: Session, incident_id: str) -> list[str]:
        """Why this incident is not over yet, a sentence each."""
        return normal.not_normal(session, self._settings, incident_id)

    def under_way(self, session: Session, incident_id: str) -> list[str]:
        """The plans of this incident whose write may be happening at this moment."""
        return normal.under_way(session, incident_id)

    async def plan(
        self, incident_id: str, runbook: str, asset: str, person: Person, behind: str = ""
    ) -> str:
        """Freeze a plan, or find the one that waits already; its id. Refused says why not.

        `behind`: whoever used sudo to act as this person.
        """
        book = self._catalog.get(runbook)
        target = inventory.target(self._settings, book, asset)
        steps = await self._drawer.draw(book, target, incident_id)
        read = await tags.read(self._settings, self._wires.reader, steps)
        made, why = await self._store.tx(
            self._freeze, incident_id, book, target, steps, read, person, behind
        )
        if why is not None:
            raise Refused(why)
        return made

    async def approve(
        self, plan_id: str, plan_hash: str, person: Person, typed: str = "", behind: str = ""
    ) -> str:
        """Empty, or words for the person; Refused says why not. What runs is started elsewhere."""
        fine, said = await self._store.tx(
            approve.approve, plan_id, plan_hash, person, clock.now(),
            settings=self._settings, typed=typed, behind=behind,
        )  # fmt: skip
        if not fine:
            raise Refused(said)
        return said

    async def break_glass(
        self, plan_id: str, plan_hash: str, person: Person, reason: str, typed: str = "",
        behind: str = "",
    ) -> str:  # fmt: skip
        """As `approve`, alone: for who is named for it, with a reason that everybody reads."""
        click = Click(person, plan_hash, typed, behind)
        steps = await self._store.tx(self._steps, plan_id)
        read = await tags.read(self._settings, self._wires.reader, steps)
        fine, said = await self._store.tx(self._break_glass, plan_id, click, reason, read)
        if not fine:
            raise Refused(said)
        return said

    async def cancel(self, plan_id: str, person: Person) -> str:
        return await self._store.tx(approve.cancel, plan_id, person, clock.now())

    async def answer(self, plan_id: str, number: int, choice: str, person: Person) -> str:
        """What a person answers to a run that waits; as `approve`."""
        return await self._store.tx(pauses.answer, plan_id, number, choice, person)

    async def undo(self, plan_id: str, person: Person) -> str:
        """The plan that takes another back, like any other: its id. Refused says why not."""
        incident_id, runbook, target = await self._store.tx(_way_back, plan_id)
        return await self.plan(incident_id, runbook, target, person)

    async def veto(self, plan_id: str, person: Person) -> str:
        return await self._store.tx(automatic.veto, plan_id, person, clock.now())

    async def watch(self) -> None:
        """Prove readiness, close expired plans, offer the way back; for ever."""
        try:
            async with asyncio.TaskGroup() as group:
                for asset in self._settings.assets:
                    group.create_task(self._prover.keep_proving(asset))
                while True:
                    await self._store.tx(self._tick)
                    await self.by_policy()
                    await asyncio.sleep(TICK)
        finally:
            self._wires.close()

    def _steps(self, session: Session, plan_id: str) -> Sequence[Step]:
        body = approve.shown(approve.load(session, plan_id))
        return AsFrozen(self._settings).steps(body) if body else ()

    def _break_glass(
        self,
        session: Session,
        plan_id: str,
        click: Click,
        reason: str,
        read: Mapping[str, str] | None,
    ) -> tuple[bool, str]:
        row = approve.load(session, plan_id)
        body, now = approve.shown(row), clock.now()
        if not body:
            return False, "This is not the plan that was shown; nothing was done. Make a new plan."
        book = self._catalog.get(row.runbook)
        name = body["target_name"] if body["asset"] else ""
        target = inventory.target(self._settings, book, name)
        facts = gather(
            session, self._settings, book, target, now,
            steps=AsFrozen(self._settings).steps(body), besides=row.id, tags=read,
        )  # fmt: skip
        return glass.break_glass(session, self._settings, plan_id, click, reason, facts, now)

    async def by_policy(self) -> None:
        """Make the plans that need nobody's approval, and announce them."""
        if not self._automatic:
            return
        due = await self._store.tx(automatic.due, self._settings, self._catalog, clock.now())
        for incident_id, runbook, target in due:
            try:
                made = await self.plan(incident_id, runbook, target, automatic.BOT)
            except Refused as error:
                log.warning("no automatic plan for %s: %s", target, error.message)
                continue
            book = self._catalog.get(runbook)
            await self._store.tx(automatic.announce, self._settings, made, book)

    def _tick(self, session: Session) -> None:
        now = clock.now()
        if self._automatic:
            automatic.let_run(session, now)
        approve.close_those_over(session, now)
        old = select(Plan).where(Plan.state == approve.WAITING, Plan.expires_at <= now)
        approve.expire(session, now, list(session.scalars(old.with_for_update(skip_locked=True))))
        offers.offer_way_back(session, self._settings, self._catalog, now)

    def _freeze(
        self,
        session: Session,
        incident_id: str,
        book: Runbook,
        target: Target,
        steps: Sequence[Step],
        read: Mapping[str, str] | None,
        person: Person,
        behind: str,
    ) -> tuple[str, str | None]:
        now = clock.now()
        lock.in_turn(session)
        incident = lifecycle.get(session, incident_id)
        waiting = _waiting(session, incident_id, book, target, steps, now)
        if waiting is not None:
            return waiting, None
        if incident.status == "resolved":
            return "", f"{incident_id} is resolved; nothing was done."
        facts = gather(
            session, self._settings, book, target, now,
            steps=steps, person=person.id, tags=read,
        )  # fmt: skip
        guarded = guard.evaluate(facts)
        alone = glass.may(session, self._settings, person)
        why = guard.refusal(guarded, broken_glass=alone)
        if why is not None:
            _tell_refusal(session, incident_id, book, target, person, why)
            return "", f"No plan: {why}"
        number = _made_before(session, incident_id, book.name)
        undo = self._catalog.get(book.file.undo) if book.file.undo else None
        body = plan.compose(
            plan_id=plan.new_id(incident_id, book.name, target.name, number),
            incident_id=incident_id,
            book=book,
            target=target,
            facts=facts,
            guarded=guarded,
            steps=steps,
            terms=terms(facts),
            undo_title=undo.title(target.asset) if undo else "Nothing takes it back",
            person=person,
        ) | {"created_behind": behind}
        made = _store_plan(session, body, book, now, person)
        if not body["approvals"]:
            approve.by_policy(session, made, ids.digest(body), "it asks for no approval.", now)
        return made, None


def terms(facts: guard.Facts) -> plan.Terms:
    """What an approval of this plan takes."""
    limits = facts.limits
    if facts.kind == MANUAL:
        return plan.Terms(0, False, limits.expires)  # nothing is written
    return plan.Terms(limits.approvals + facts.extra_approvers, limits.confirm, limits.expires)


def _way_back(session: Session, plan_id: str) -> tuple[str, str, str]:
    """(incident, runbook, target) of what takes this plan back."""
    row = approve.load(session, plan_id)
    body = approve.shown(row)
    if not body:
        raise Refused(f"Plan {plan_id} is no longer the one that was frozen.")
    if not body["undo"]["runbook"]:
        raise Refused(f"Nothing takes {body['runbook']['title']} back.")
    return row.incident_id, body["undo"]["runbook"], body["target_name"]


def _waiting(
    session: Session,
    incident_id: str,
    book: Runbook,
    target: Target,
    steps: Sequence[Step],
    now: datetime,
) -> str | None:
    """A plan for the same thing that can still be approved: two clicks make one plan. One whose
    time is over, or that shows a world that is gone, is closed."""
    rows = session.scalars(
        select(Plan)
        .filter_by(incident_id=incident_id, runbook=book.name, state=approve.WAITING)
        .with_for_update()
    )
    found = None
    for row in rows:
        body = approve.shown(row)
        if body and body["target_name"] != (target.name or incident_id):
            continue
        shown = (plan.tokens(body), body["runbook"]["digest"]) if body else None
        read = tuple((s.before.value, s.before.token) for s in steps if isinstance(s, WriteStep))
        if row.expires_at > now and shown == (read, book.digest):
            found = row.id
        else:
            approve.expire(session, now, [row])
    return found


def _store_plan(
    session: Session, body: dict[str, object], book: Runbook, now: datetime, person: Person
) -> str:
    plan_id = str(body["plan_id"])
    row = Plan(
        id=plan_id,
        incident_id=str(body["incident_id"]),
        runbook=book.name,
        target=next(iter(body["targets"]), ""),  # type: ignore[call-overload]
        body=ids.canonical(body).decode(),
        hash=ids.digest(body),
        state=approve.WAITING,
        created_by=person.id,
        created_at=now,
        expires_at=clock.parse(str(body["expires_at"])),
    )
    session.add(row)
    session.flush()
    title = body["runbook"]["title"]  # type: ignore[index]
    text = f"{person.name} asked for a plan: {title} ({plan_id}, {row.hash[:8]})."
    approve.tell(session, row, "planned", text, actor=person.id)
    return plan_id


def _made_before(session: Session, incident_id: str, runbook: str) -> int:
    made = select(func.count()).select_from(Plan).filter_by(
        incident_id=incident_id, runbook=runbook
    )  # fmt: skip
    return session.scalar(made) or 0


def _tell_refusal(
    session: Session,
    incident_id: str,
    book: Runbook,
    target: Target,
    person: Person,
    why: str,
) -> None:
    entry = timeline.append(
        session,
        incident_id,
        "runbook",
        f"No plan for {person.name} ({book.title(target.asset)}): {why}",
        actor=person.id,
        data={"event": "refused", "runbook": book.name, "asset": target.name, "why": why},
        key=f"no-plan:{incident_id}:{ids.short(book.name, target.name, person.id, why)}",
    )
    audit.told(session, entry, "")

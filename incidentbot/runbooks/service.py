"""The runbooks as one thing: what Slack, the command line and the application call."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidentbot import clock, ids, plugins, timeline
from incidentbot.errors import InDoubt, Permanent, Refused, Temporary
from incidentbot.http import Http
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.runbooks import approve, guard, inventory, load, normal, offers, plan
from incidentbot.runbooks.contract import Live, careful
from incidentbot.runbooks.execute import ACTIONS, Executor
from incidentbot.runbooks.facts import gather
from incidentbot.runbooks.load import Runbook
from incidentbot.runbooks.offers import Offer
from incidentbot.runbooks.readiness.prover import Prover
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.settings import AssetSettings, Settings
from incidentbot.store import Store, insert_once
from incidentbot.store.models import Counter, Plan

TICK = 1.0  # seconds between two looks for expired plans and a possible way back


class Runbooks:
    def __init__(
        self, store: Store, settings: Settings, http: Http, aws: Aws | None = None
    ) -> None:
        self._store = store
        self._settings = settings
        self._catalog = load.load(settings.runbooks, list(plugins.found(ACTIONS)))
        self._aws = aws or Aws()
        self._prover = Prover(store, settings, http, self._aws)
        self.run = Executor(store, settings, self._catalog, self._aws, http).run

    def offers(self, session: Session, incident_id: str) -> Sequence[Offer]:
        """What fits this incident now, the possible ones first."""
        return offers.offers(session, self._settings, self._catalog, incident_id, clock.now())

    def not_normal(self, session: Session, incident_id: str) -> list[str]:
        """Why this incident is not over yet, a sentence each."""
        return normal.not_normal(session, self._settings, incident_id)

    def under_way(self, session: Session, incident_id: str) -> list[str]:
        """The plans of this incident whose write may be happening at this moment."""
        return normal.under_way(session, incident_id)

    async def plan(self, incident_id: str, runbook: str, asset: str, person: Person) -> str:
        """Freeze a plan, or find the one that waits already; its id. Refused says why not."""
        book = self._catalog.get(runbook)
        target = inventory.asset(self._settings, asset)
        if not book.fits(target):
            raise Refused(
                f"{book.name} does not fit {target.title}: it has another kind of switch."
            )
        action = plugins.get(ACTIONS, book.file.action)
        try:
            live = await careful(action.observe(target.switch.options, self._aws))
        except (Temporary, InDoubt, Permanent) as error:
            raise Refused(f"No plan: the live value cannot be read. {error.message}") from error
        made, why = await self._store.tx(self._freeze, incident_id, book, target, live, person)
        if why is not None:
            raise Refused(why)
        return made

    async def approve(self, plan_id: str, plan_hash: str, person: Person) -> str:
        """Empty, or words for the person; Refused says why not. What runs is started elsewhere."""
        fine, said = await self._store.tx(approve.approve, plan_id, plan_hash, person, clock.now())
        if not fine:
            raise Refused(said)
        return said

    async def cancel(self, plan_id: str, person: Person) -> str:
        return await self._store.tx(approve.cancel, plan_id, person, clock.now())

    async def watch(self) -> None:
        """Prove readiness, close expired plans, offer the way back; for ever."""
        try:
            async with asyncio.TaskGroup() as group:
                for asset in self._settings.assets:
                    group.create_task(self._prover.keep_proving(asset))
                while True:
                    await self._store.tx(self._tick)
                    await asyncio.sleep(TICK)
        finally:
            self._aws.close()

    def _tick(self, session: Session) -> None:
        now = clock.now()
        old = select(Plan).where(Plan.state == approve.WAITING, Plan.expires_at <= now)
        approve.expire(session, now, list(session.scalars(old.with_for_update(skip_locked=True))))
        offers.offer_way_back(session, self._settings, self._catalog, now)

    def _freeze(
        self,
        session: Session,
        incident_id: str,
        book: Runbook,
        asset: AssetSettings,
        live: Live,
        person: Person,
    ) -> tuple[str, str | None]:
        now = clock.now()
        _one_by_one(session)
        incident = lifecycle.get(session, incident_id)
        waiting = _waiting(session, incident_id, book, asset, live, now)
        if waiting is not None:
            return waiting, None
        if incident.status == "resolved":
            return "", f"{incident_id} is resolved; nothing was done."
        facts = gather(session, self._settings, book, asset, now, live)
        guarded = guard.evaluate(facts)
        why = guard.refusal(guarded)
        if why is not None:
            _tell_refusal(session, incident_id, book, asset, person, why)
            return "", f"No plan: {why}"
        action = plugins.get(ACTIONS, book.file.action)
        planned = action.plan(asset.switch.options, live, plan.after(asset, facts.to))
        number = _made_before(session, incident_id, book.name)
        body = plan.compose(
            plan_id=plan.new_id(incident_id, book.name, asset.name, number),
            incident_id=incident_id,
            book=book,
            asset=asset,
            facts=facts,
            guarded=guarded,
            live=live,
            planned=planned,
            undo_title=self._catalog.get(book.file.undo).title(asset),
            undo=action.undo(asset.switch.options, live),
            person=person,
        )
        return _store_plan(session, body, book, now, person), None


def _one_by_one(session: Session) -> None:
    """Plans are made one after the other, so that two clicks at once see each other."""
    insert_once(session, Counter, name="plan", value=0)
    session.get_one(Counter, "plan", with_for_update=True, populate_existing=True)


def _waiting(
    session: Session,
    incident_id: str,
    book: Runbook,
    asset: AssetSettings,
    live: Live,
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
        if body and body["asset"] != asset.name:
            continue
        shown = (body["before_token"], body["runbook"]["digest"]) if body else None
        if row.expires_at > now and shown == (live.token, book.digest):
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
        target=str(body["target"]),
        body=ids.canonical(body).decode(),
        hash=ids.digest(body),
        state=approve.WAITING,
        created_by=person.id,
        created_at=now,
        expires_at=plan.expires_at(book, now),
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
    asset: AssetSettings,
    person: Person,
    why: str,
) -> None:
    timeline.append(
        session,
        incident_id,
        "runbook",
        f"No plan for {person.name} ({book.title(asset)}): {why}",
        actor=person.id,
        data={"event": "refused", "runbook": book.name, "asset": asset.name, "why": why},
        key=f"no-plan:{incident_id}:{ids.short(book.name, asset.name, person.id, why)}",
    )

"""The swap that nobody has to approve: off unless a runbook and the policy both ask for it.

After so many minutes of proven outage with a proven backup the bot makes the same plan a person
would, announces it, and lets it run when nobody vetoed it in time. Every guard holds, before and
again at the start; only the human approval is missing. Once vetoed it is not tried again.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.runbooks import approve, guard, inventory, offers, policy
from incidentbot.runbooks.facts import gather
from incidentbot.runbooks.load import Catalog, Runbook
from incidentbot.runbooks.steps import Target
from incidentbot.settings import Settings
from incidentbot.store.models import Incident, Plan

BOT = Person("incidentbot", "Incidentbot")


def due(
    session: Session, settings: Settings, catalog: Catalog, now: datetime
) -> list[tuple[str, str, str]]:
    """(incident, runbook, target) of each plan that the policy asks for now; the one that
    survives most for an asset, and one only."""
    found = []
    for incident in session.scalars(select(Incident).where(Incident.status != "resolved")):
        taken: set[str] = set()
        for offer in offers.offers(session, settings, catalog, incident.id, now):
            book = catalog.get(offer.runbook)
            asset = offer.asset.partition("/")[0]
            terms = policy.effective(settings.policy, book.file.risk, book.file).automatic
            if terms is None or not offer.available or asset in taken:
                continue
            if incident.test or not _long_enough(
                session, settings, book, offer.asset, terms[0], now
            ):
                continue
            if not _tried(session, incident.id, asset):
                found.append((incident.id, book.name, offer.asset))
                taken.add(asset)
    return found


def announce(session: Session, settings: Settings, plan_id: str, book: Runbook) -> None:
    """Say what will happen, when, and that anybody may stop it."""
    terms, now = policy.effective(settings.policy, book.file.risk, book.file), clock.now()
    assert terms.automatic is not None
    plan = approve.load(session, plan_id)
    if plan.created_by != BOT.id or plan.state != approve.WAITING:
        return  # a person asked for the same before, and decides
    at = now + min(terms.automatic[1], plan.expires_at - now - timedelta(seconds=5))
    text = (
        f"{approve.shown(plan)['runbook']['title']}: this runs by itself at {at:%H:%M:%S} UTC, in "
        f"{lifecycle.words((at - now).total_seconds())}, unless somebody vetoes it. The outage is "
        f"proven, and so is the backup. Plan {plan.id}."
    )
    approve.tell(session, plan, "announced", text, runs_at=clock.iso(at))


def veto(session: Session, plan_id: str, person: Person, now: datetime) -> str:
    """Words for the person; empty when it was stopped. Anybody may."""
    plan = approve.load(session, plan_id)
    if plan.state != approve.WAITING:
        return f"Plan {plan.id} is {plan.state}; there is nothing to veto."
    plan.state, plan.ended_at = "cancelled", now
    text = f"{person.name} vetoed the plan {plan.id}; nothing was done, and it is not tried again."
    approve.tell(session, plan, "vetoed", text, actor=person.id)
    return ""


def let_run(session: Session, now: datetime) -> None:
    """Approve, by policy, what was announced and nobody vetoed. The guards are asked again when
    it starts."""
    waiting = select(Plan).filter_by(created_by=BOT.id, state=approve.WAITING).with_for_update(
        skip_locked=True
    )  # fmt: skip
    for plan in session.scalars(waiting):
        at = approve.announced_for(session, plan)
        if at is None or now < at or now >= plan.expires_at:
            continue
        approve.by_policy(session, plan.id, plan.hash, "nobody vetoed it.", now)


def _long_enough(
    session: Session,
    settings: Settings,
    book: Runbook,
    name: str,
    after: timedelta,
    now: datetime,
) -> bool:
    """Whether the outage has been proven for as long as the policy asks."""
    for target in _named(settings, book, name):
        facts = gather(session, settings, book, target, now)
        since = facts.source_since
        fine = guard.refusal(guard.evaluate(facts)) is None and facts.source_state == "down"
        return fine and since is not None and now - since >= after
    return False


def _named(settings: Settings, book: Runbook, name: str) -> Iterator[Target]:
    for asset in settings.assets:
        if asset.name == name.partition("/")[0]:
            yield from (t for t in inventory.targets(book, asset) if t.name == name)


def _tried(session: Session, incident_id: str, asset: str) -> bool:
    """Whether somebody made a plan for the asset in this incident: then people are at it."""
    rows = session.scalars(select(Plan).filter_by(incident_id=incident_id))
    return any(approve.shown(row).get("asset") == asset for row in rows)

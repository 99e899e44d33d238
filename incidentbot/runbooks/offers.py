"""Which runbooks fit an incident now, and why the others do not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.incidents import finding, lifecycle
from incidentbot.runbooks import guard, inventory
from incidentbot.runbooks.facts import gather
from incidentbot.runbooks.load import Catalog, Runbook
from incidentbot.runbooks.steps import Target
from incidentbot.settings import AssetSettings, Settings
from incidentbot.store.models import Incident


@dataclass(frozen=True, slots=True)
class Offer:
    """`reason` says why it is not available; empty when it is."""

    runbook: str
    asset: str
    title: str
    available: bool
    reason: str = ""


def offers(
    session: Session, settings: Settings, catalog: Catalog, incident_id: str, now: datetime
) -> list[Offer]:
    """The possible ones first. By what is written down: the live value is read for the plan."""
    incident = lifecycle.get(session, incident_id)
    found = [
        _offer(session, settings, book, asset, now)
        for asset in assets_of_incident(session, settings, incident)
        for book in _that_change_something(session, catalog, asset)
    ]
    return sorted(found, key=lambda offer: not offer.available)


def offer_way_back(session: Session, settings: Settings, catalog: Catalog, now: datetime) -> None:
    """Tell each open incident, once per recovery, that its way back is possible now."""
    live = session.scalars(select(Incident).where(Incident.status != "resolved"))
    for incident in live:
        for asset in assets_of_incident(session, settings, incident):
            for book in _that_change_something(session, catalog, asset):
                facts = gather(session, settings, book, Target(asset, asset.switch), now)
                if book.file.to == "primary" and not guard.refusal(guard.evaluate(facts)):
                    _tell(session, incident.id, book, asset, facts)


def _tell(
    session: Session, incident_id: str, book: Runbook, asset: AssetSettings, facts: guard.Facts
) -> None:
    assert facts.to_since is not None
    healthy = lifecycle.words((facts.now - facts.to_since).total_seconds())
    timeline.append(
        session,
        incident_id,
        "runbook",
        f"{facts.to} has been healthy for {healthy}: the way back is possible now "
        f"({book.title(asset)}).",
        data={
            "event": "offered",
            "runbook": book.name,
            "asset": asset.name,
            "title": book.title(asset),
        },
        key=f"offered:{incident_id}:{asset.name}:{clock.iso(facts.to_since)}",
    )


def assets_of_incident(
    session: Session, settings: Settings, incident: Incident
) -> list[AssetSettings]:
    """Those at risk by its own dependency, and by those of the incidents merged into it."""
    about: list[str | None] = [*finding.dependencies_in(session, incident.id)]
    found = [
        a for one in about or [incident.dependency] for a in inventory.assets_of(settings, one)
    ]
    return list({asset.name: asset for asset in found}.values())


def _that_change_something(
    session: Session, catalog: Catalog, asset: AssetSettings
) -> Iterator[Runbook]:
    serving = inventory.serving(session, asset)
    for book in catalog:
        if book.fits(asset) and book.destination(asset) != serving:
            yield book


def _offer(
    session: Session, settings: Settings, book: Runbook, asset: AssetSettings, now: datetime
) -> Offer:
    facts = gather(session, settings, book, Target(asset, asset.switch), now)
    why = guard.refusal(guard.evaluate(facts))
    return Offer(book.name, asset.name, book.title(asset), why is None, why or "")

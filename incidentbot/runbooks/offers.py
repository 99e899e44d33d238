"""Which runbooks fit an incident now, and why the others do not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, plugins, timeline
from incidentbot.errors import ConfigError, Refused
from incidentbot.incidents import finding, lifecycle
from incidentbot.runbooks import guard, inventory
from incidentbot.runbooks.facts import gather
from incidentbot.runbooks.load import ACTIONS, Catalog, Runbook
from incidentbot.runbooks.steps import Target
from incidentbot.settings import AssetSettings, Settings
from incidentbot.store.models import Incident


@dataclass(frozen=True, slots=True)
class Offer:
    """`asset` is the target's name: "asset", or "asset/switch" where it has several. `reason` says
    why it is not available; empty when it is. `where`: what its call goes through."""

    runbook: str
    asset: str
    title: str
    available: bool
    reason: str = ""
    where: str = ""


def offers(
    session: Session, settings: Settings, catalog: Catalog, incident_id: str, now: datetime
) -> list[Offer]:
    """Those that can work first, and of them what survives the most: data planes before control
    planes, and what lies outside the failing region before what lies in it. By what is written
    down: the live value is read for the plan."""
    incident = lifecycle.get(session, incident_id)
    found: list[tuple[int, Offer]] = []
    for book, target in _that_fit(session, settings, catalog, incident):
        facts = gather(session, settings, book, target, now)
        why = guard.refusal(guard.evaluate(facts))
        rank, where = survival(settings, book, target, facts.failing_region)
        title = titled(book, target)
        offer = Offer(book.name, target.name, title, why is None, why or "", where)
        found.append((rank, offer))
    return [offer for _, offer in sorted(found, key=lambda one: (not one[1].available, one[0]))]


def survival(
    settings: Settings, book: Runbook, target: Target, failing: str | None
) -> tuple[int, str]:
    """(rank, where it goes through in words): 0 a data plane elsewhere, 1 a control plane
    elsewhere, 2 a data plane in the failing region, 3 a control plane there, 4 no switch."""
    if target.asset is None or not book.kinds:
        return 4, ""
    planes = [
        plugins.get(ACTIONS, way.kind).plane(way.options)
        for way in ([target.switch] if target.switch else target.asset.ways)
        if way.kind in book.kinds
    ]
    ranks = [
        2 * (failing is not None and one.region == failing) + (one.kind == "control")
        for one in planes
    ]
    worst = max(range(len(ranks)), key=lambda n: ranks[n])
    said = planes[worst].words
    if ranks[worst] >= 2:
        said += ", the region that fails: it may not work now"
    return ranks[worst], said


def titled(book: Runbook, target: Target) -> str:
    """The title, with the switch's name where the asset has several of this kind."""
    title = book.title(target.asset)
    asset, switch = target.asset, target.switch
    several = asset is not None and switch is not None and len(book.switches(asset)) > 1
    return f"{title} ({switch.called})" if several and switch else title


def _that_fit(
    session: Session, settings: Settings, catalog: Catalog, incident: Incident
) -> Iterator[tuple[Runbook, Target]]:
    """Every runbook with each target of this incident that it would change. What is there to
    practise on is offered in drills, and nothing else is."""
    assets = assets_of_incident(session, settings, incident)
    for asset in assets:
        if asset.drill != incident.test and any(one.drill for one in settings.assets):
            continue
        serving = inventory.serving(session, asset)
        for book in catalog:
            if book.kinds and book.destination(asset) == serving:
                continue
            for target in inventory.targets(book, asset):
                if is_set_up(settings, book, asset, incident.id):
                    yield book, target
    for book in catalog:
        if book.file.about == "incident" and is_set_up(settings, book, None, incident.id):
            yield book, Target(None, None)


def is_set_up(
    settings: Settings, book: Runbook, asset: AssetSettings | None, incident_id: str
) -> bool:
    """Whether the configuration has what it does beside turning switches; what is not set up is
    no offer at all: nobody can do anything about it in an outage."""
    for step in book.file.every_step:
        if step.action is None or step.action in book.kinds:
            continue
        action = plugins.get(ACTIONS, step.action)
        try:
            action.bind(settings, asset, incident_id, action.Arguments(**step.arguments))
        except (ConfigError, Refused):
            return False
    return True


def offer_way_back(session: Session, settings: Settings, catalog: Catalog, now: datetime) -> None:
    """Tell each open incident, once per recovery, that its way back is possible now."""
    live = session.scalars(select(Incident).where(Incident.status != "resolved"))
    for incident in live:
        for asset in assets_of_incident(session, settings, incident):
            for book, target in ways_back(session, catalog, asset):
                facts = gather(session, settings, book, target, now)
                if not guard.refusal(guard.evaluate(facts)):
                    _tell(session, incident.id, book, target, facts)


def ways_back(
    session: Session, catalog: Catalog, asset: AssetSettings
) -> Iterator[tuple[Runbook, Target]]:
    """The runbooks that lead back to the primary, while the backup serves; what takes back the
    last switch first, since that is the switch that was turned."""
    if inventory.serving(session, asset) == asset.primary:
        return
    used = inventory.last_switch(session, asset)
    for book in catalog:
        if book.file.to == "primary":
            for target in inventory.targets(book, asset):
                if used is None or target.switch is None or target.switch.called == used:
                    yield book, target


def _tell(
    session: Session, incident_id: str, book: Runbook, target: Target, facts: guard.Facts
) -> None:
    assert facts.to_since is not None and target.asset is not None
    healthy = lifecycle.words((facts.now - facts.to_since).total_seconds())
    title = titled(book, target)
    timeline.append(
        session,
        incident_id,
        "runbook",
        f"{facts.to} has been healthy for {healthy}: the way back is possible now ({title}).",
        data={
            "event": "offered",
            "runbook": book.name,
            "asset": target.name,
            "title": title,
        },
        key=f"offered:{incident_id}:{target.asset.name}:{clock.iso(facts.to_since)}",
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

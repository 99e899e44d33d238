"""Gather what the guards must know, from our own tables and from the one live read of a plan."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import ids
from incidentbot.incidents.health import health_of_origin
from incidentbot.runbooks import inventory
from incidentbot.runbooks.guard import Facts
from incidentbot.runbooks.load import Runbook
from incidentbot.runbooks.steps import Step, Target, WriteStep
from incidentbot.settings import AssetSettings, Settings
from incidentbot.store.models import Plan, Readiness

BUSY = ("approved", "running", "in_doubt")
STARTED = ("running", "in_doubt")


def gather(
    session: Session,
    settings: Settings,
    book: Runbook,
    target: Target,
    now: datetime,
    *,
    steps: Sequence[Step] = (),
    besides: str | None = None,
) -> Facts:
    """Without `steps` these are the facts of an offer: what is written down. `besides` names the
    plan that is asking, which must not stand in its own way; of two approved plans it is then the
    lock that lets one through."""
    asset = target.asset
    to = book.destination(asset) if asset and book.kinds else ""
    source = book.source(asset) if asset and book.kinds else ""
    source_state, source_since = health_of_origin(session, settings, source, now)
    to_state, to_since = health_of_origin(session, settings, to, now)
    row = session.get(Readiness, (asset.name, to)) if asset and to else None
    about = asset.dependency if asset else None
    dependency = next((d for d in settings.dependencies if d.name == about), None)
    first = next((s for s in steps if isinstance(s, WriteStep) and s.switch), None)
    ways = asset.ways if asset else ()
    way = next((one for one in ways if first and one.called == first.switch), None)
    return Facts(
        now=now,
        to=to,
        source=source,
        to_backup=bool(to) and book.file.to == "backup",
        serving=inventory.serving(session, asset) if asset else "",
        live_value=first.before.value if first else None,
        live_origin=inventory.origin_of(way, first.before) if first and way else None,
        source_state=source_state,
        source_since=source_since,
        to_state=to_state,
        to_since=to_since,
        healthy_for=asset.healthy_for if asset else timedelta(),
        readiness_state=row.state if row else "unknown",
        readiness_words=row.reason if row else "it was never looked at",
        proven_at=row.proven_at if row else None,
        checked_at=row.checked_at if row else None,
        max_age=asset.readiness.max_age if asset else timedelta(),
        plane_region=plane_region(steps),
        failing_region=dependency.region if dependency else None,
        running=_running(session, asset, besides) if asset else None,
        same_before=next((at for done, at in inventory.written(session, asset) if done == to), None)
        if asset
        else None,
    )


def plane_region(steps: Sequence[Step]) -> str:
    return next((step.plane.region for step in steps if isinstance(step, WriteStep)), "")


def _running(session: Session, asset: AssetSettings, besides: str | None) -> str | None:
    states = BUSY if besides is None else STARTED
    busy = select(Plan).where(Plan.state.in_(states)).order_by(Plan.created_at)
    for row in session.scalars(busy):
        if row.id != besides and ids.read_canonical(row.body)["asset"] == asset.name:
            return row.id
    return None

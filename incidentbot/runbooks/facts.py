"""Gather what the guards must know, from our own tables and from the one live read of a plan."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import ids
from incidentbot.incidents.health import health_of_origin
from incidentbot.runbooks import inventory
from incidentbot.runbooks.contract import Live
from incidentbot.runbooks.guard import Facts
from incidentbot.runbooks.load import Runbook
from incidentbot.settings import AssetSettings, Settings
from incidentbot.store.models import Plan, Readiness

BUSY = ("approved", "running", "in_doubt")
STARTED = ("running", "in_doubt")


def gather(
    session: Session,
    settings: Settings,
    book: Runbook,
    asset: AssetSettings,
    now: datetime,
    live: Live | None = None,
    *,
    besides: str | None = None,
) -> Facts:
    """Without `live` these are the facts of an offer: what is written down. `besides` names the
    plan that is asking, which must not stand in its own way; of two approved plans it is then the
    lock that lets one through."""
    to, source = book.destination(asset), book.source(asset)
    source_state, source_since = health_of_origin(session, settings, source, now)
    to_state, to_since = health_of_origin(session, settings, to, now)
    row = session.get(Readiness, (asset.name, to))
    dependency = next((d for d in settings.dependencies if d.name == asset.dependency), None)
    return Facts(
        now=now,
        to=to,
        source=source,
        to_backup=book.file.to == "backup",
        serving=inventory.serving(session, asset),
        live_value=live.value if live else None,
        live_origin=inventory.origin_of(asset, live.value) if live else None,
        source_state=source_state,
        source_since=source_since,
        to_state=to_state,
        to_since=to_since,
        healthy_for=asset.healthy_for,
        readiness_state=row.state if row else "unknown",
        readiness_words=row.reason if row else "it was never looked at",
        proven_at=row.proven_at if row else None,
        checked_at=row.checked_at if row else None,
        max_age=asset.readiness.max_age,
        plane_region=getattr(asset.switch.options, "region", ""),
        failing_region=dependency.region if dependency else None,
        running=_running(session, asset, besides),
        same_before=next(
            (at for done, at in inventory.written(session, asset) if done == to), None
        ),
    )


def _running(session: Session, asset: AssetSettings, besides: str | None) -> str | None:
    states = BUSY if besides is None else STARTED
    busy = select(Plan).where(Plan.state.in_(states)).order_by(Plan.created_at)
    for row in session.scalars(busy):
        if row.id != besides and ids.read_canonical(row.body)["asset"] == asset.name:
            return row.id
    return None

"""What can be switched: the assets of the configuration. Chosen from here, never typed."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import ids
from incidentbot.errors import NotFound
from incidentbot.settings import AssetSettings, OriginSettings, Settings
from incidentbot.store.models import Attempt, Plan

WRITTEN = ("acked", "adopted", "verified")  # states of an attempt whose write took effect


def asset(settings: Settings, name: str) -> AssetSettings:
    for one in settings.assets:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in settings.assets) or "none"
    raise NotFound(f"There is no asset {name!r} (allowed: {known}).")


def origin(settings: Settings, name: str) -> OriginSettings:
    for one in settings.origins:
        if one.name == name:
            return one
    raise NotFound(f"There is no origin {name!r}.")


def assets_of(settings: Settings, dependency: str | None) -> list[AssetSettings]:
    """The assets at risk when this dependency fails; all of them when nobody knows which does."""
    return [one for one in settings.assets if dependency in (None, one.dependency)]


def origin_of(asset: AssetSettings, value: str) -> str | None:
    """The origin that a live value of the asset's switch means; None for a stranger's value."""
    return next((name for name, known in asset.switch.values.items() if known == value), None)


def serving(session: Session, asset: AssetSettings) -> str:
    """The origin of our last write that took effect; the primary before any.

    What is written down, not what is live: a plan reads the live value before it shows anything.
    """
    switches = written(session, asset)
    return switches[0][0] if switches else asset.primary


def written(session: Session, asset: AssetSettings) -> list[tuple[str, datetime]]:
    """(origin, when) of the last switches of this asset that took effect, the newest first;
    also those whose proof from outside failed: they are live all the same."""
    rows = session.execute(
        select(Plan.body, Attempt.updated_at)
        .join(Attempt, Attempt.plan_id == Plan.id)
        .where(Attempt.state.in_(WRITTEN))
        .order_by(Attempt.updated_at.desc())
        .limit(50)
    )
    bodies = [(ids.read_canonical(body), at) for body, at in rows]
    return [(str(body["to"]), at) for body, at in bodies if body["asset"] == asset.name]

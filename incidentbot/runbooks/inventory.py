"""What can be switched: the assets of the configuration. Chosen from here, never typed."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import ids
from incidentbot.errors import NotFound
from incidentbot.settings import AssetSettings, OriginSettings, Settings
from incidentbot.store.models import Plan


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
    """The origin we last switched to and verified; the primary before any switch.

    What is written down, not what is live: a plan reads the live value before it shows anything.
    """
    rows = session.scalars(
        select(Plan).where(Plan.state == "done").order_by(Plan.ended_at.desc()).limit(50)
    )
    for row in rows:
        body = ids.read_canonical(row.body)
        if body["asset"] == asset.name:
            return str(body["to"])
    return asset.primary

"""What can be switched: the assets of the configuration. Chosen from here, never typed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import ids
from incidentbot.errors import NotFound, Refused
from incidentbot.runbooks.contract import WHOLE, Live
from incidentbot.runbooks.load import Runbook
from incidentbot.runbooks.steps import Target
from incidentbot.settings import AssetSettings, OriginSettings, Settings, SwitchSettings
from incidentbot.store.models import Attempt, Plan

# States of an attempt whose write took effect.
WRITTEN = (
    "acked",
    "adopted",
    "verified",
    "accepted",
)


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


def targets(book: Runbook, asset: AssetSettings) -> list[Target]:
    """What this runbook can be about: each switch it fits, or the asset as a whole."""
    if not book.fits(asset):
        return []
    ways = book.switches(asset)
    return [Target(asset, way) for way in ways] or [Target(asset, None)]


def target(settings: Settings, book: Runbook, name: str) -> Target:
    """The target that a button or a command names; Refused lists what may be named."""
    if book.file.about == "incident":
        if name:
            raise Refused(f"{book.name} is about the whole incident; it takes no asset.")
        return Target(None, None)
    if not name:
        fit = [found.name for each in settings.assets for found in targets(book, each)]
        raise Refused(f"{book.name} is about an asset; say which: {', '.join(fit) or 'none fits'}.")
    one = asset(settings, name.partition("/")[0])
    known = targets(book, one)
    if not known:
        raise Refused(f"{book.name} does not fit {one.title}: it has another kind of switch.")
    for found in known:
        if name in (found.name, one.name) and (name == found.name or len(known) == 1):
            return found
    allowed = ", ".join(found.name for found in known)
    raise NotFound(f"{one.title} has no {name!r} for {book.name} (allowed: {allowed}).")


def value_of(switch: SwitchSettings, origin: str) -> str:
    """The value that means this origin."""
    return switch.values[origin]


def origin_of(switch: SwitchSettings, live: Live) -> str | None:
    """The origin that serves alone by this switch; None for a stranger's value or a share."""
    shares = {value: share for value, share in live.serving.items() if share > 0}
    if len(shares) != 1:
        return None
    (value,) = shares
    return next((name for name, known in switch.values.items() if known == value), None)


def shares(switch: SwitchSettings, live: Live) -> dict[str, int] | None:
    """Percent by origin; None when somebody serves who is no origin of ours."""
    names = {value: name for name, value in switch.values.items()}
    found = {value: share for value, share in live.serving.items() if share > 0}
    if not found or set(found) - set(names):
        return None
    return {names[value]: share for value, share in found.items()}


def serving(session: Session, asset: AssetSettings) -> str:
    """The origin of our last switch that took effect in full; the primary before any.

    What is written down, not what is live: a plan reads the live value before it shows anything.
    """
    switches = written(session, asset)
    return switches[0][0] if switches else asset.primary


def written(session: Session, asset: AssetSettings) -> list[tuple[str, datetime]]:
    """(origin, when) of the last switches of this asset that took effect, the newest first; also
    those whose proof from outside failed: they are live all the same. A first share is none."""
    return [(str(body["to"]), at) for body, _, at in _switches(session, asset)]


def last_switch(session: Session, asset: AssetSettings) -> str | None:
    """Which of its switches was turned last; None when none was."""
    return next((str(step["switch"]) for _, step, _ in _switches(session, asset)), None) or None


def _switches(
    session: Session, asset: AssetSettings
) -> Iterator[tuple[dict[str, Any], dict[str, Any], datetime]]:
    """(plan, step, when), the newest first."""
    rows = session.execute(
        select(Plan.body, Attempt.step, Attempt.updated_at)
        .join(Attempt, Attempt.plan_id == Plan.id)
        .where(Attempt.state.in_(WRITTEN))
        .order_by(Attempt.updated_at.desc())
        .limit(100)
    )
    for text, number, at in rows:
        body = ids.read_canonical(text)
        if "steps" not in body:  # frozen before plans had steps: it turned its one switch
            if body.get("asset") == asset.name:
                yield body, {"switch": ""}, at
            continue
        steps: list[dict[str, Any]] = body["steps"]
        step = next((one for one in steps if str(one["number"]) == number), {})
        whole = bool(step.get("switch")) and step["goal"]["share"] == WHOLE
        if whole and body["asset"] == asset.name:
            yield body, step, at

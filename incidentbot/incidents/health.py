"""How an origin is, by the checks that look at it."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.detection.verdict import State
from incidentbot.incidents.watch import SEEN_EVERY
from incidentbot.settings.model import DependencySettings, Settings
from incidentbot.store.models import CheckState

MISSED = 3  # looks left out that make a state worthless


def health_of_origin(
    session: Session, settings: Settings, origin: str, now: datetime | None = None
) -> tuple[State, datetime | None]:
    """(state, since): the worst of the checks that name the origin; up since the last of them.

    Unknown without a check, or when one of them has not looked for three intervals.
    """
    at = now or clock.now()
    found: list[tuple[State, datetime]] = []
    for dependency in settings.dependencies:
        for check in dependency.checks:
            if getattr(check.options, "origin", None) == origin:
                row = session.scalar(
                    select(CheckState).filter_by(check=check.name, dependency=dependency.name)
                )
                if row is None:
                    return "unknown", None
                found.append((_state(row, dependency, at), row.since))
    states: tuple[State, ...] = ("down", "unknown", "degraded")
    for state in states:
        times = [since for known, since in found if known == state]
        if times:
            return state, min(times)
    return ("up", max(since for _, since in found)) if found else ("unknown", None)


def _state(row: CheckState, dependency: DependencySettings, now: datetime) -> State:
    if now - row.seen_at > MISSED * dependency.every + SEEN_EVERY + _longest(dependency):
        return "unknown"
    states: tuple[State, ...] = ("up", "degraded", "down")
    return next((state for state in states if state == row.state), "unknown")


def _longest(dependency: DependencySettings) -> timedelta:
    """A look that runs into its time-out is not a look left out."""
    times = [getattr(check.options, "timeout", timedelta(0)) for check in dependency.checks]
    return max(times, default=timedelta(0))

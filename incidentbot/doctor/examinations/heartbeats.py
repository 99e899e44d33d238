"""Jobs that report to us: when the last beat came."""

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from incidentbot import clock
from incidentbot.doctor.contract import Finding, NotYet, ok, warning
from incidentbot.doctor.reading import connected
from incidentbot.doctor.ward import Ward, blocking
from incidentbot.incidents.lifecycle import words
from incidentbot.signals.probes.contract import BeatOptions
from incidentbot.store.models import Heartbeat

TITLE = "Heartbeats"
PLACE = 82
WHY = "A job that is silent for so long opens an incident."

Beat = tuple[datetime, datetime | None, bool, str]  # since, at, failing, message


async def examine(ward: Ward) -> list[Finding]:
    settings = ward.usable()
    jobs = [
        (dependency.name, check.name, check.options)
        for dependency in settings.dependencies
        for check in dependency.checks
        if isinstance(check.options, BeatOptions)
    ]
    if not jobs:
        return []
    url = make_url(settings.storage.database.get_secret_value())
    beats = await blocking(lambda: _beats(url))
    door = f"{settings.web.public_url}/heartbeats"
    return [
        _one(f"{one}/{check}", options, beats.get((one, check)), f"{door}/{one}/{check}")
        for one, check, options in jobs
    ]


def _beats(url: URL) -> dict[tuple[str, str], Beat]:
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise NotYet("the bot has not run yet")
    row = Heartbeat
    try:
        with connected(url) as connection:
            found = connection.execute(
                select(row.dependency, row.check, row.since, row.at, row.failing, row.message)
            ).all()
    except SQLAlchemyError as error:
        raise NotYet("the database cannot be read") from error
    return {(one[0], one[1]): (one[2], one[3], one[4], one[5]) for one in found}


def _one(about: str, options: Any, beat: Beat | None, door: str) -> Finding:
    step = f"Let the job call {door} with its secret at its end (docs/checks.md)."
    at = beat[1] if beat is not None else None
    if beat is None or at is None:
        return warning(about, "no beat has ever come", WHY, step)
    _, _, failing, message = beat
    age = clock.now() - at
    ago = f"the last beat came {words(age.total_seconds())} ago"
    if failing:
        return warning(about, f"{ago} and said that the job failed: {message}".rstrip(": "),
                       "The job itself says so.", "Look at the job.")  # fmt: skip
    if age > options.within:
        most = words(options.within.total_seconds())
        return warning(about, f"{ago}; one is due within {most}", WHY, f"Look at the job. {step}")
    return ok(about, ago)

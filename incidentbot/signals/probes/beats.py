"""The beats of other people's jobs: written down before they are acknowledged, kept in memory."""

import hmac
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.settings.model import Settings
from incidentbot.signals.probes.contract import Beat, BeatOptions, CheckOptions
from incidentbot.store import Store, insert_once
from incidentbot.store.models import Heartbeat

LONGEST = 200  # characters of a job's message that are kept

Key = tuple[str, str]  # dependency and check


class Beats:
    """`await load()` once at the start; then `take` beats, and ask for the `last`."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._awaited: dict[Key, BeatOptions] = {
            (dependency.name, check.name): check.options
            for dependency in settings.dependencies
            for check in dependency.checks
            if isinstance(check.options, BeatOptions)
        }
        # A check is given its options and nothing else: they are the same object as here.
        self._keys = {id(options): key for key, options in self._awaited.items()}
        self._beats: dict[Key, Beat] = {}

    async def load(self) -> None:
        """Read what came before, and note since when the others have been waited for."""
        now = clock.now()
        rows = await self._store.tx(_load, list(self._awaited), now)
        self._beats = {key: replace(beat, listening=now) for key, beat in rows.items()}

    def last(self, options: CheckOptions) -> Beat | None:
        key = self._keys.get(id(options))
        return self._beats.get(key) if key is not None else None

    def unheard(self) -> None:
        """This process stood still until now; beats that came meanwhile may have been lost."""
        now = clock.now()
        self._beats = {key: replace(beat, listening=now) for key, beat in self._beats.items()}

    def known(self, dependency: str, check: str, secret: str) -> bool:
        """Whether this beat is waited for and the secret is right; takes equally long for both."""
        options = self._awaited.get((dependency, check))
        right = options.secret.reveal() if options is not None else ""
        same = hmac.compare_digest(secret.encode(), right.encode())
        return same and bool(right)

    async def take(self, dependency: str, check: str, failing: bool, message: str) -> None:
        """Keep a beat. It is in the database when this returns."""
        key, now = (dependency, check), clock.now()
        message = " ".join(message.split())[:LONGEST]
        # A beat that cannot be written down came all the same: its silence proves nothing.
        self._beats[key] = replace(self._beats[key], listening=now)
        await self._store.tx(_write, key, now, failing, message)
        self._beats[key] = replace(self._beats[key], at=now, failing=failing, message=message)


def _load(session: Session, keys: list[Key], now: datetime) -> dict[Key, Beat]:
    for dependency, check in keys:
        insert_once(
            session,
            Heartbeat,
            dependency=dependency,
            check=check,
            since=now,
            failing=False,
            message="",
        )
    rows = session.scalars(select(Heartbeat))
    return {
        (row.dependency, row.check): Beat(row.since, now, row.at, row.failing, row.message)
        for row in rows
    }


def _write(session: Session, key: Key, now: datetime, failing: bool, message: str) -> None:
    row = session.get_one(Heartbeat, key)
    row.at, row.failing, row.message = now, failing, message

"""Take heads outside, for ever, each place by itself: one that is away keeps no other waiting."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incidentbot import clock, plugins
from incidentbot.audit import heads
from incidentbot.audit.chain import TOPIC
from incidentbot.audit.heads import Anchor
from incidentbot.errors import IncidentbotError
from incidentbot.settings.audit import AuditSettings
from incidentbot.store import Store
from incidentbot.timeline import Wake

log = logging.getLogger(__name__)

ANCHORS = "incidentbot.audit.anchors"
TICK, LONGEST = 5.0, 300.0  # seconds between two looks; after failures up to the longest


@dataclass(slots=True)
class Place:
    """One place as it stands. `error` is empty while all is well."""

    name: str
    module: Any
    options: Any
    anchored: int = 0
    waiting: int = 0
    failures: int = 0
    error: str = ""

    def health(self) -> dict[str, object]:
        told: dict[str, object] = {"anchored": self.anchored, "rows_waiting": self.waiting}
        return told | ({"error": self.error} if self.error else {})


def places(settings: AuditSettings) -> list[Place]:
    """Those that the configuration names, and that we write to ourselves (Slack does its own)."""
    found = plugins.found(ANCHORS)
    return [
        Place(name, found[name], options)
        for name in found
        if (options := getattr(settings, name, None)) is not None
    ]


class Anchorer:
    """`await run()` until cancelled; ends at once where nothing is to be anchored."""

    def __init__(self, store: Store, settings: AuditSettings, tick: float = TICK) -> None:
        self._store = store
        self._settings = settings
        self._tick = tick
        self._places = places(settings)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for place in self._places:
                group.create_task(self._keep(place), name=f"anchor {place.name}")

    def health(self) -> Mapping[str, object]:
        """For /healthz: how far each place has come, and why it has come no further."""
        return {place.name: place.health() for place in self._places}

    async def _keep(self, place: Place) -> None:
        wake = Wake()
        self._store.on_commit(TOPIC, wake.ring)
        while True:
            await self.look(place)
            if place.failures:
                await asyncio.sleep(min(LONGEST, self._tick * 2 ** min(place.failures, 10)))
            else:
                await wake.wait(self._tick)

    async def look(self, place: Place) -> None:
        """Anchor the head there if it is time to."""
        try:
            anchor = await self._store.tx(self._due, place)
            if anchor is not None:
                await place.module.write(place.options, anchor)
                await self._store.tx(heads.done, place.name, anchor)
                place.anchored, place.waiting = anchor.n, 0
        except IncidentbotError as error:
            _failed(place, error.message)
        except Exception as error:
            # A place is a plug-in: what it did not foresee must not end the watching.
            log.exception("the audit log's anchor %s broke", place.name)
            _failed(place, f"{type(error).__name__}: {error}")
        else:
            if place.failures:
                log.info("the audit log is anchored again: %s", place.name)
            place.failures, place.error = 0, ""

    def _due(self, session: Any, place: Place) -> Anchor | None:
        _, last = heads.behind(session, place.name)
        place.anchored = last.seq if last else 0
        anchor, place.waiting = heads.due(
            session, place.name, self._settings.rows, self._settings.every, clock.now()
        )
        return anchor


def _failed(place: Place, why: str) -> None:
    if place.error != why:
        log.error("the audit log cannot be anchored (%s), and will be tried again: %s",
                  place.name, why)  # fmt: skip
    place.failures += 1
    place.error = why

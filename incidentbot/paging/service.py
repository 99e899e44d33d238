"""Paging as one thing: a reader of the timelines, a timer, and the calls, for ever.

Each part is a row first, so whatever dies here goes on at the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from incidentbot import clock, timeline
from incidentbot.http import Http
from incidentbot.incidents.people import Person
from incidentbot.paging import pages, rounds
from incidentbot.paging.calls import Caller
from incidentbot.paging.contract import Chat, Desk, Roster
from incidentbot.paging.pages import Work
from incidentbot.paging.policy import Policies
from incidentbot.settings import Settings
from incidentbot.store import Store
from incidentbot.timeline import Wake

log = logging.getLogger(__name__)


class Paging:
    """`await run()` until cancelled."""

    def __init__(self, store: Store, settings: Settings, http: Http, chat: Chat) -> None:
        self._store = store
        self.policies = Policies(settings)
        desk = Desk(http, Roster(settings.people), chat)
        self._caller = Caller(store, settings, self.policies, desk)
        self._wake = Wake()
        self._busy: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        self._store.on_commit(timeline.TOPIC, self._wake.ring)
        try:
            while True:
                try:
                    await self._begin()
                except Exception:
                    # A database that is away must not end this; the rows are looked at again.
                    log.exception("paging could not go on")
                await self._wake.wait()
        finally:
            calls = list(self._busy.values())
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

    async def turn(self) -> None:
        """Do all that is due by now, and wait for it; `run` does the same without an end."""
        await self._begin()
        while self._busy:
            await asyncio.gather(*self._busy.values())
            await self._begin()

    async def ask(self, incident_id: str, refs: Sequence[str], by: Person) -> None:
        """A person wants these people to come, by the names that rotas and lists use."""
        await self._store.tx(pages.ask_people, incident_id, refs, by)
        self._wake.ring()

    async def _begin(self) -> None:
        """Read, move the timers, and start the calls that are due."""
        while await self._store.tx(rounds.read, self.policies):
            pass
        for incident_id in await self._store.tx(rounds.due, clock.now()):
            await self._store.tx(rounds.ask_next, self.policies, incident_id)
        for work in await self._store.tx(pages.due, clock.now()):
            if work.id not in self._busy:
                self._busy[work.id] = asyncio.create_task(self._do(work), name=f"page {work.id}")

    async def _do(self, work: Work) -> None:
        try:
            await self._caller.work(work)
        except Exception as error:
            # A provider that breaks must not end the others; the row is tried again.
            log.exception("paging: %s broke", work.id)
            words = f"{work.kind} broke: {type(error).__name__}"
            await self._store.tx(pages.broke, work, words)
        finally:
            del self._busy[work.id]
            self._wake.ring()

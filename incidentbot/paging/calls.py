"""The calls behind the rows: one row, one call, and what came of it in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from incidentbot import clock, ids
from incidentbot.errors import Permanent, Temporary
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.paging import pages, policy, rounds, words
from incidentbot.paging.contract import Alert, Desk, Someone
from incidentbot.paging.pages import Work
from incidentbot.paging.policy import Ask, Policies
from incidentbot.settings import Settings
from incidentbot.store import Store

log = logging.getLogger(__name__)

NEVER = -1.0


class Caller:
    """`await work(row)`: make the call that it stands for."""

    def __init__(self, store: Store, settings: Settings, policies: Policies, desk: Desk) -> None:
        self._store = store
        self._settings = settings
        self._policies = policies
        self._desk = desk

    async def work(self, work: Work) -> None:
        ask = self._ask(work)
        if ask is None:
            await self._failed(work, words.gone(work.kind), [], final=True)
        elif await self._store.tx(pages.sending, work):
            if work.part == "who":
                await self._who(work, ask)
            elif work.state in pages.TOLD:
                await self._tell(work, ask)
            elif work.state == "asked":
                await self._look(work, ask)
            else:
                await self._page(work, ask)

    def _ask(self, work: Work) -> Ask | None:
        if work.level < 0:
            return policy.people(work.targets[1:])
        return self._policies.ask(work.policy, work.level, work.place, work.kind)

    async def _who(self, work: Work, ask: Ask) -> None:
        title = ask.provider.TITLE
        try:
            people = await ask.provider.on_call(ask.options, clock.now(), self._desk)
        except (Temporary, Permanent) as error:
            await self._error(work, words.unreached(title, error.message), error, [])
            return
        try:
            known = [await self.identified(one) for one in people]
        except (Temporary, Permanent) as error:
            text = words.slack_silent(title, error.message)
            await self._error(work, text, error, [one.name for one in people])
            return
        await self._store.tx(_then_hasten, work, pages.found, title, known)

    async def identified(self, one: Someone) -> Someone:
        """With the id that Slack knows them by; without one where it knows nobody."""
        found = await self._desk.chat.identify(one.slack, one.email)
        if found is None:
            return replace(one, id="")
        id, name = found
        return replace(one, id=id, name=name if one.name == one.slack else one.name)

    async def _page(self, work: Work, ask: Ask) -> None:
        title = ask.provider.TITLE
        alert = await self._alert(work)
        try:
            id = await ask.provider.page(ask.options, alert, self._desk)
        except (Temporary, Permanent) as error:
            await self._error(work, words.unreached(title, error.message), error, [])
            return
        await self._store.tx(pages.paged, work, title, id)

    async def _tell(self, work: Work, ask: Ask) -> None:
        title, what = ask.provider.TITLE, pages.TOLD[work.state][0]
        try:
            await ask.provider.tell(ask.options, await self._alert(work), what, self._desk)
        except (Temporary, Permanent) as error:
            log.warning("paging: %s does not take %s: %s", title, what, error.message)
            wait = error.retry_after if isinstance(error, Temporary) else NEVER
            await self._store.tx(pages.untold, work, title, error.message, wait)
            return
        await self._store.tx(pages.told, work)

    async def _look(self, work: Work, ask: Ask) -> None:
        title = ask.provider.TITLE
        try:
            answer = await ask.provider.answer(ask.options, await self._alert(work), self._desk)
            by = await self._person(answer.by, ask) if answer.state == "acknowledged" else None
        except (Temporary, Permanent) as error:
            log.warning("paging: %s does not say who took it: %s", title, error.message)
            await self._store.tx(pages.unanswered, work)
            return
        if by is not None:
            await self._store.tx(pages.answered, work, title, by)
        else:
            over = answer.state == "resolved"
            await self._store.tx(pages.unanswered, work, over=over, title=title)

    async def _person(self, by: Someone | None, ask: Ask) -> Person:
        """Whoever took it, as we call them; that nobody knows them here keeps nothing waiting."""
        if by is None:
            return Person(ask.kind, f"Somebody in {ask.provider.TITLE}")
        try:
            known = await self.identified(by)
        except (Temporary, Permanent) as error:
            log.warning("paging: Slack does not say who %s is: %s", by.name, error.message)
            known = by
        return Person(known.id or by.id or f"{ask.kind}:{by.name}", known.name)

    async def _alert(self, work: Work) -> Alert:
        return await self._store.tx(alert, self._settings, work)

    async def _error(
        self, work: Work, text: str, error: Temporary | Permanent, call: Sequence[str]
    ) -> None:
        final = isinstance(error, Permanent)
        wait = error.retry_after if isinstance(error, Temporary) else None
        await self._failed(work, text, call, final=final, wait=wait)

    async def _failed(
        self,
        work: Work,
        text: str,
        call: Sequence[str],
        *,
        final: bool,
        wait: float | None = None,
    ) -> None:
        log.warning("paging: %s: %s", work.incident_id, text)
        numbers = call or [one.name for one in self._desk.roster.with_phones()]
        if final:
            await self._store.tx(_then_hasten, work, pages.never, text, numbers)
        else:
            await self._store.tx(_then_hasten, work, pages.not_now, text, numbers, wait)


def alert(session: Session, settings: Settings, work: Work) -> Alert:
    """What a service is told. The key is the same however often, and another for another site."""
    row = lifecycle.get(session, work.incident_id)
    base = settings.web.public_url
    return Alert(
        key=f"{ids.slug(settings.name) or 'incidentbot'}:{row.id}{work.suffix}",
        title=f"{row.id}, severity {row.severity}: {row.title}",
        text=row.summary or f"{row.title}. Nobody has taken {row.id} yet.",
        severity=row.severity,
        source=settings.name,
        link=f"{base}/dependencies/{row.dependency}" if row.dependency else f"{base}/",
        at=row.detected_at,
        dependency=row.dependency or "",
    )


def _then_hasten(session: Session, work: Work, fn: Callable[..., None], *args: Any) -> None:
    fn(session, work, *args)
    rounds.hasten(session, work.incident_id)

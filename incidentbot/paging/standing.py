"""Who is on call at a given time, and who is next: every policy, level by level."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from incidentbot.errors import Permanent, Temporary
from incidentbot.paging.contract import Desk, Someone
from incidentbot.paging.policy import Ask, Policy


@dataclass(frozen=True, slots=True)
class Answer:
    """What one provider says. `until`: when that changes, to `then`; `error`: why it says nothing.

    `pages`: it reaches people by itself.
    """

    kind: str
    title: str
    pages: bool
    now: tuple[Someone, ...] = ()
    until: datetime | None = None
    then: tuple[Someone, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    after: timedelta
    answers: tuple[Answer, ...]


async def standing(policy: Policy, at: datetime, desk: Desk) -> tuple[Level, ...]:
    """Ask everybody whom the policy names, side by side."""
    levels = []
    for level in policy.levels:
        answers = await asyncio.gather(*(_ask(ask, at, desk) for ask in level.asks))
        levels.append(Level(level.after, tuple(answers)))
    return tuple(levels)


async def _ask(ask: Ask, at: datetime, desk: Desk) -> Answer:
    provider, options = ask.provider, ask.options
    blank = Answer(ask.kind, provider.TITLE, provider.pages(options))
    if not provider.knows(options):
        return blank
    try:
        now = await _named(await provider.on_call(options, at, desk), desk)
        until = await provider.changes(options, at, desk)
        then = await _named(await provider.on_call(options, until, desk), desk) if until else ()
    except (Temporary, Permanent) as error:
        return replace(blank, error=error.message)
    return replace(blank, now=now, until=until, then=then)


async def _named(people: Sequence[Someone], desk: Desk) -> tuple[Someone, ...]:
    """With a name for reading where only an id in Slack is known."""
    found = []
    for one in people:
        if one.name == one.slack and one.slack.isupper():
            known = await desk.chat.identify(one.slack, "")
            one = replace(one, name=known[1]) if known else one
        found.append(one)
    return tuple(found)

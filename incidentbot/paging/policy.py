"""Who is asked at which level, as the configuration says it, or as it always was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from incidentbot import plugins
from incidentbot.settings.model import Settings
from incidentbot.settings.paging import AskSettings, PolicySettings

PROVIDERS = "incidentbot.paging.providers"
DEFAULT = ""  # the name of the section `paging` itself, among the policies
DEPUTIES = timedelta(minutes=5)
GROUP_ID = re.compile(r"S[A-Z0-9]{6,}")
NOBODY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Ask:
    """One provider with its options. `provider` is the module; see contract."""

    kind: str
    provider: Any
    options: Any


@dataclass(frozen=True, slots=True)
class Level:
    """`after` is counted from when the first level was asked."""

    after: timedelta
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """`levels[0]` is asked at once; behind the last one, nobody owns the incident."""

    name: str
    levels: tuple[Level, ...]
    severities: tuple[int, ...]

    @property
    def last(self) -> int:
        return len(self.levels) - 1


class Policies:
    """Every policy by its name; `of` a dependency."""

    def __init__(self, settings: Settings) -> None:
        slack = settings.slack
        oncall, approvers = (slack.oncall, slack.approvers) if slack else ((), ())
        self._dependencies = {d.name: d.paging or DEFAULT for d in settings.dependencies}
        self.all: Mapping[str, Policy] = {
            DEFAULT: _policy(DEFAULT, settings.paging, oncall, approvers),
            **{p.name: _policy(p.name, p, oncall, approvers) for p in settings.paging.policies},
        }

    def of(self, dependency: str | None) -> Policy:
        return self.all[self._dependencies.get(dependency or "", DEFAULT)]

    def ask(self, policy: str, level: int, place: int, kind: str) -> Ask | None:
        """What a row was about; None when the configuration has changed since."""
        known = self.all.get(policy)
        if known is None or level >= len(known.levels):
            return None
        asks = known.levels[level].asks
        return asks[place] if place < len(asks) and asks[place].kind == kind else None


def people(names: tuple[str, ...]) -> Ask:
    """A plain list as an ask."""
    provider = plugins.get(PROVIDERS, "people")
    return Ask("people", provider, provider.Options(people=names))


def _policy(
    name: str, given: PolicySettings, oncall: tuple[str, ...], approvers: tuple[str, ...]
) -> Policy:
    first = _asks(given.first) or ((people(oncall),) if oncall else ())
    if given.then is None:
        later: tuple[Level, ...] = (Level(DEPUTIES, _deputies(approvers)), Level(NOBODY, ()))
    else:
        later = tuple(Level(level.after, _asks(level.to)) for level in given.then)
    return Policy(name, (Level(timedelta(0), first), *later), given.severities)


def _deputies(approvers: tuple[str, ...]) -> tuple[Ask, ...]:
    """The approvers: those who are named, and whoever is in their groups. A whole team, or
    everyone, is nobody whom a page could reach."""
    groups = [name for name in approvers if name.startswith("@") or GROUP_ID.fullmatch(name)]
    wide = [name for name in approvers if ":" in name or name in ("everyone", "guests")]
    named = tuple(name for name in approvers if name not in (*groups, *wide))
    provider = plugins.get(PROVIDERS, "slack_group")
    asks = [Ask("slack_group", provider, provider.Options(group=name)) for name in groups]
    return (*([people(named)] if named else ()), *asks)


def _asks(given: tuple[AskSettings, ...]) -> tuple[Ask, ...]:
    return tuple(Ask(one.kind, plugins.get(PROVIDERS, one.kind), one.options) for one in given)

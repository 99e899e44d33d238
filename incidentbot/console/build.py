"""Builds the pages' values from the settings, one reading of the database, and the time. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from incidentbot.console import fresh, rule
from incidentbot.console.facts import Change, Known, Look, Notice, Word
from incidentbot.console.fresh import Now
from incidentbot.console.strip import strip
from incidentbot.console.view import GROUPS, CheckLine, FeedLine, Glance, Line, Page
from incidentbot.settings.model import CheckSettings, DependencySettings, FeedSettings, Settings

DAY, WEEK = timedelta(days=1), timedelta(days=7)
LATE = timedelta(seconds=30)  # what jitter may add to three intervals of a feed
NOT_READ = "not read"
_NUMBER = re.compile(r"([0-9]{1,18})")


def glance(settings: Settings, known: Known, health: Mapping[str, object], now: datetime) -> Glance:
    """Every dependency that the settings name, failing ones first."""
    lines = [_line(dependency, known, now)[0] for dependency in settings.dependencies]
    order = list(GROUPS)
    lines.sort(key=lambda line: (order.index(line.group), _natural(line.title), line.name))
    counts = Counter(line.group for line in lines)
    return Glance(
        site=settings.name,
        at=now,
        counts={group: counts[group] for group in GROUPS},
        blind=_blind(known),
        incidents=known.incidents,
        dependencies=tuple(lines),
        notices=known.notices,
        bot=health,
    )


def page(settings: Settings, dependency: DependencySettings, known: Known, now: datetime) -> Page:
    """One dependency with everything that is said of it."""
    line, seen = _line(dependency, known, now)
    feeds = {feed.name: feed for feed in settings.feeds}
    return Page(
        site=settings.name,
        at=now,
        blind=_blind(known),
        dependency=line,
        week=strip(_history(known, dependency.name), now, WEEK, seen),
        checks=tuple(_check(dependency, check, known, now) for check in dependency.checks),
        feeds=tuple(
            _feed(name, feeds.get(name), known.feeds.get((dependency.name, name)), now)
            for name in _feed_names(dependency, known)
        ),
        alerts=known.alerts,
        rule=rule.words(dependency),
        incidents=known.incidents,
        notices=known.notices,
    )


def _natural(text: str) -> list[tuple[str, int]]:
    """As people sort: Store 2 before Store 10."""
    parts = _NUMBER.split(text.casefold())  # words at even places, numbers at odd ones
    return [(part, 0) if n % 2 == 0 else ("", int(part)) for n, part in enumerate(parts)]


def _line(
    dependency: DependencySettings, known: Known, now: datetime
) -> tuple[Line, datetime | None]:
    """The line, and since when nothing is known."""
    checks = {check.name: _now(dependency, check, known, now) for check in dependency.checks}
    stand = known.dependencies.get(dependency.name)
    said = fresh.of_dependency(stand, checks, now, dependency.name in known.alarmed)
    line = Line(
        name=dependency.name,
        title=dependency.title,
        vendor=dependency.vendor,
        service=dependency.service,
        region=dependency.region or "",
        state=said.state,
        word=said.word,
        since=said.since,
        reason=said.reason,
        held=stand.held if stand else "",
        incidents=tuple(
            incident.id
            for incident in known.incidents
            if incident.dependency == dependency.name and incident.status != "resolved"
        ),
        strip=strip(_history(known, dependency.name), now, DAY, said.seen),
    )
    return line, said.seen


def _now(dependency: DependencySettings, check: CheckSettings, known: Known, now: datetime) -> Now:
    look = known.checks.get((dependency.name, check.name))
    return fresh.of_check(look, fresh.allowed(dependency, check), now)


def _history(known: Known, dependency: str) -> tuple[Change, ...]:
    stand = known.dependencies.get(dependency)
    changes = known.changes.get(dependency, ())
    present = Change(stand.since, stand.state, stand.reason) if stand else None
    return _with_present(changes, present)


def _with_present(changes: Sequence[Change], present: Change | None) -> tuple[Change, ...]:
    """The present state belongs to the strip, also where its change was never written down."""
    if present is None or (changes and changes[-1].at >= present.at):
        return tuple(changes)
    return *changes, present


def _check(
    dependency: DependencySettings, check: CheckSettings, known: Known, now: datetime
) -> CheckLine:
    said = _now(dependency, check, known, now)
    look = known.checks.get((dependency.name, check.name))
    present = Change(look.since, look.state, look.reason) if look else None
    changes = _with_present(known.check_changes.get(check.name, ()), present)
    return CheckLine(
        name=check.name,
        kind=check.kind,
        users_path=check.users_path,
        state=said.state,
        word=said.word,
        since=said.since,
        reason=said.reason,
        detail=look.detail if look else "",
        latency_ms=look.latency_ms if look else None,
        seen_at=look.seen_at if look else None,
        well_at=_well_at(changes, look),
        strip=strip(changes, now, DAY, said.seen),
    )


def _well_at(changes: Sequence[Change], look: Look | None) -> datetime | None:
    """Now, or when it left the state up for the last time."""
    if look is not None and look.state == "up" and look.reason == "ok":
        return look.seen_at
    left: datetime | None = None
    for change in reversed(changes):
        if change.state == "up":
            return left or change.at
        left = change.at
    return None


def _feed_names(dependency: DependencySettings, known: Known) -> tuple[str, ...]:
    """Those of the settings first; what else has spoken of it comes after."""
    spoken = (feed for name, feed in known.feeds if name == dependency.name)
    return tuple(dict.fromkeys((*dependency.feeds, *sorted(spoken))))


def _feed(name: str, settings: FeedSettings | None, word: Word | None, now: datetime) -> FeedLine:
    vendor, url = (settings.vendor, settings.url or "") if settings else ("", "")
    if word is None:
        return FeedLine(name, vendor, "unknown", NOT_READ, "", None, None, url)
    every = settings.every if settings else timedelta(minutes=1)
    old = now - word.seen_at > 3 * every + LATE
    state = "unknown" if old else word.state
    said = NOT_READ if old else word.state.replace("_", " ")
    return FeedLine(name, vendor, state, said, word.title, word.since, word.seen_at, url)


def _blind(known: Known) -> Notice | None:
    return known.sight if known.sight and known.sight.kind == "blind" else None

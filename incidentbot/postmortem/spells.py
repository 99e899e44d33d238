"""Check changes as spells of one state, the windows of harm in them, and the share that failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from incidentbot.postmortem.blocks import Harm, Shade, Window
from incidentbot.postmortem.model import CheckFact, Facts

SHADES: dict[str, Shade] = {"up": "up", "degraded": "degraded", "down": "down"}


@dataclass(frozen=True, slots=True)
class Spell:
    start: datetime
    end: datetime
    state: Shade
    reason: str


def until(facts: Facts) -> datetime:
    """Where the incident's own time ends: resolved, or the last known moment."""
    return facts.incident.resolved_at or facts.now


def checks(facts: Facts) -> tuple[CheckFact, ...]:
    """Users' path first; then also checks that the configuration no longer knows."""
    known = {check.name for check in facts.checks}
    gone = dict.fromkeys(change.check for change in facts.changes if change.check not in known)
    every = (*facts.checks, *(CheckFact(name) for name in gone))
    return tuple(sorted(every, key=lambda check: not check.users_path))


def spells(facts: Facts, check: str) -> list[Spell]:
    """The states of one check from `facts.since` to the end, without gaps; unknown before news."""
    start, end = facts.since, until(facts)
    state: Shade = "unknown"
    reason = ""
    found: list[Spell] = []
    for change in facts.changes:
        if change.check != check or change.at > end:
            continue
        shade = SHADES.get(change.state, "unknown")
        if shade == state:
            continue
        if change.at > start:
            found.append(Spell(start, change.at, state, reason))
            start = change.at
        state, reason = shade, change.reason
    return [*found, Spell(start, end, state, reason)] if end > start else found


def windows(facts: Facts) -> tuple[Window, ...]:
    """Every spell in which a check was not up, by time. Unknown before the first news is none."""
    found: list[Window] = []
    for check in checks(facts):
        for spell in spells(facts, check.name):
            first = spell.start == facts.since and spell.state == "unknown"
            if spell.state == "up" or first:
                continue
            lasts = spell.end == until(facts) and _last_state(facts, check.name) == spell.state
            end = None if lasts else spell.end
            seconds = (spell.end - spell.start).total_seconds()
            found.append(
                Window(
                    check.name,
                    check.users_path,
                    spell.state,
                    spell.start,
                    end,
                    seconds,
                    spell.reason,
                )
            )
    return tuple(sorted(found, key=lambda w: (not w.users_path, w.start, w.what)))


def harm(facts: Facts) -> tuple[Harm, ...]:
    """Pieces of time with the share of users' path checks that were down; only shares above 0."""
    names = [check.name for check in checks(facts) if check.users_path]
    return tuple(piece for piece in shares(facts, names) if piece.share > 0)


def harm_seconds(facts: Facts) -> float | None:
    """How long at least one check on the users' path was down; None without such a check."""
    if not any(check.users_path for check in facts.checks):
        return None
    return sum((piece.end - piece.start).total_seconds() for piece in harm(facts))


def worst(facts: Facts) -> tuple[int, int]:
    """(most checks that were down at the same time, checks that reported anything)."""
    seen = {change.check for change in facts.changes}
    names = [check.name for check in checks(facts) if check.name in seen]
    top = max((piece.share for piece in shares(facts, names)), default=0.0)
    return round(top * len(names)), len(names)


def shares(facts: Facts, names: list[str]) -> list[Harm]:
    """The share of these checks that were down, piece by piece; neighbours differ."""
    if not names:
        return []
    moves: dict[datetime, int] = {facts.since: 0, until(facts): 0}
    for name in names:
        for spell in spells(facts, name):
            if spell.state == "down":
                moves[spell.start] = moves.get(spell.start, 0) + 1
                moves[spell.end] = moves.get(spell.end, 0) - 1
    pieces: list[Harm] = []
    down, before = 0, facts.since
    for at in sorted(moves):
        if at > before:
            share = down / len(names)
            if pieces and pieces[-1].share == share:
                pieces[-1] = Harm(pieces[-1].start, at, share)
            else:
                pieces.append(Harm(before, at, share))
        down, before = down + moves[at], at
    return pieces


def _last_state(facts: Facts, check: str) -> Shade:
    end = until(facts)
    states = [c.state for c in facts.changes if c.check == check and c.at <= end]
    return SHADES.get(states[-1], "unknown") if states else "unknown"

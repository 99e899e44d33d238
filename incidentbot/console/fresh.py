"""What may still be believed: a state that nobody looked at for three intervals is none. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from incidentbot.console.facts import Look, Stand
from incidentbot.console.strip import State, state
from incidentbot.incidents.health import MISSED
from incidentbot.incidents.watch import SEEN_EVERY
from incidentbot.postmortem import words
from incidentbot.settings.model import CheckSettings, DependencySettings

NOT_SEEN = "not seen"
# An age is told in so many seconds, below that age.
STEPS = ((1, 60), (60, 36_000), (3600, 86_400), (86_400, float("inf")))


@dataclass(frozen=True, slots=True)
class Now:
    """What can be said now. `word` is the state for people; `seen`: nothing is known since then."""

    state: State
    word: str
    reason: str
    since: datetime | None
    seen: datetime | None = None


def allowed(dependency: DependencySettings, check: CheckSettings) -> timedelta:
    """How old a look may be. Looks are written down now and then, and may run into a time-out."""
    timeout: timedelta = getattr(check.options, "timeout", timedelta(0))
    return MISSED * dependency.every + SEEN_EVERY + timeout


def of_check(look: Look | None, most: timedelta, now: datetime) -> Now:
    """One check; `most` is how old its last look may be."""
    if look is None:
        return Now("unknown", NOT_SEEN, "it has not looked yet", None)
    if now - look.seen_at > most:
        reason = f"it has not looked for {ago(now, look.seen_at)}; before that it was {look.state}"
        return Now("unknown", NOT_SEEN, reason, look.seen_at, look.seen_at)
    known = state(look.state)
    return Now(known, known, look.reason.replace("_", " "), look.since)


def of_dependency(
    stand: Stand | None, checks: Mapping[str, Now], now: datetime, alarmed: bool = False
) -> Now:
    """A dependency, with what may be believed of its checks.

    Up needs every check; any other state stands as long as one of them still looks, or another
    monitor has `alarmed` us and has not taken it back.
    """
    if stand is None:
        return Now("unknown", NOT_SEEN, "nothing has looked yet", None)
    dark = [name for name, check in checks.items() if check.word == NOT_SEEN]
    known = state(stand.state)
    if not dark or known == "unknown":
        return Now(known, known, stand.reason, stand.since)
    if known != "up" and (alarmed or len(dark) < len(checks)):
        return Now(known, known, f"{stand.reason}; not seen: {', '.join(dark)}", stand.since)
    times = [seen for name in dark if (seen := checks[name].seen)]
    seen = (min(times) if known == "up" else max(times)) if times else None
    if len(dark) == len(checks):
        gone = "none of its checks has looked"
    else:
        gone = f"{words.listed(dark)} {'has' if len(dark) == 1 else 'have'} not looked"
    gone += f" for {ago(now, seen)}" if seen else " yet"
    return Now("unknown", NOT_SEEN, f"{gone}; before that it was {known}", seen, seen)


def ago(now: datetime, at: datetime) -> str:
    """8 s, 12 min, 1 h 20 min, 16 h, 3 d; never less than nothing, whatever clocks say."""
    seconds = max(0, int((now - at).total_seconds()))
    step = next(step for step, below in STEPS if seconds < below)
    return words.duration(seconds // step * step)

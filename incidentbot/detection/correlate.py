"""What the checks of a dependency and the vendor's feeds mean together.

Our own checks decide. A feed alone never makes a dependency fail; it gives a heads-up. Where one
of our checks is confirmed down, though, the vendor's word that there is an outage is the voice that
others were still needed for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from incidentbot.detection.verdict import CheckVerdict, State
from incidentbot.signals import TROUBLE

OUTAGE = ("partial_outage", "major_outage")

KINDS: tuple[tuple[State, str], ...] = (
    ("down", "failing"),
    ("degraded", "degraded"),
    ("unknown", "without sight"),
)


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check as the correlation sees it."""

    name: str
    kind: str
    users_path: bool
    verdict: CheckVerdict


@dataclass(frozen=True, slots=True)
class FeedView:
    """What one feed says of this dependency, in the states of a Signal."""

    feed: str
    state: str = "unknown"
    title: str = ""
    vendor_id: str = ""
    since: datetime | None = None

    @property
    def trouble(self) -> bool:
        return self.state in TROUBLE


@dataclass(frozen=True, slots=True)
class DependencyVerdict:
    """`since` is None while nothing was seen. `last_known` is the last state but unknown."""

    state: State = "unknown"
    since: datetime | None = None
    reason: str = "not looked yet"
    last_known: State = "unknown"


def correlate(
    before: DependencyVerdict,
    checks: Sequence[CheckView],
    feeds: Sequence[FeedView],
    quorum: int,
) -> DependencyVerdict:
    """The verdict on a dependency: down when `quorum` of its checks are confirmed down."""
    confirmed = [feed.feed for feed in feeds if feed.state in OUTAGE]
    state = _state(before, checks, 1 if confirmed else quorum)
    reason = _reason(state, checks)
    if state == "down" and len(_in("down", checks)) < quorum and confirmed:
        reason = f"{reason}, and {confirmed[0]} confirms it"
    warning = heads_up(feeds)
    if warning and state != "down":
        reason = f"{reason}; {warning}"
    since = before.since if state == before.state else _since(state, checks)
    last_known = before.last_known if state == "unknown" else state
    return DependencyVerdict(state, since, reason, last_known)


def heads_up(feeds: Sequence[FeedView]) -> str:
    """What vendors report, for a person to know; empty when they report nothing."""
    said = [f"{feed.feed} reports: {feed.title}" for feed in feeds if feed.trouble]
    return "heads-up: " + "; ".join(said) if said else ""


def vendor_words(feeds: Sequence[FeedView]) -> str:
    """What the vendor says, in one sentence."""
    if not feeds:
        return "No vendor feed is set up."
    said = [f"{feed.feed}: {feed.title} ({words(feed.state)})" for feed in feeds if feed.trouble]
    if said:
        return f"The vendor reports trouble ({'; '.join(said)})."
    planned = [f"{feed.feed}: {feed.title}" for feed in feeds if feed.state == "maintenance"]
    if planned:
        return f"The vendor announces maintenance ({'; '.join(planned)})."
    if any(feed.state == "unknown" for feed in feeds):
        return "The vendor's status page could not be read."
    return "The vendor's status page is all green."


def words(state: str) -> str:
    """A state as people say it: major_outage -> major outage."""
    return state.replace("_", " ")


def _in(state: State, checks: Sequence[CheckView]) -> list[CheckView]:
    return [check for check in checks if check.verdict.state == state]


def _state(before: DependencyVerdict, checks: Sequence[CheckView], quorum: int) -> State:
    down = _in("down", checks)
    if down and (len(down) >= quorum or _still_down(before, checks)):
        return "down"
    if down or _in("degraded", checks):
        return "degraded"
    return "up" if checks and not _in("unknown", checks) else "unknown"


def _still_down(before: DependencyVerdict, checks: Sequence[CheckView]) -> bool:
    """Users who are served from elsewhere are well again; that does not make the vendor well."""
    direct = [check for check in checks if not check.users_path]
    return before.last_known == "down" and len(_in("down", direct)) * 2 >= len(direct) > 0


def _since(state: State, checks: Sequence[CheckView]) -> datetime | None:
    """Bad since the first of its checks, well since the last."""
    concerned = [c for c in checks if state in ("up", c.verdict.state)]
    times = [check.verdict.since for check in concerned if check.verdict.since is not None]
    if not times:
        return None
    return max(times) if state == "up" else min(times)


def _reason(state: State, checks: Sequence[CheckView]) -> str:
    if not checks:
        return "nothing is checked"
    if state == "up":
        return f"{_of(len(checks), checks)} well"
    parts = [
        f"{_of(len(found), checks)} {what} ({', '.join(_cause(check) for check in found)})"
        for which, what in KINDS
        if (found := _in(which, checks))
    ]
    return ", ".join(parts)


def _of(count: int, checks: Sequence[CheckView]) -> str:
    if len(checks) == 1:
        return "its only check is"
    are = "is" if count == 1 else "are"
    return f"{count} of {len(checks)} checks {are}"


def _cause(check: CheckView) -> str:
    verdict = check.verdict
    return f"{check.name}: {verdict.detail or words(verdict.reason)}"

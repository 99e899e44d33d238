"""When one check is believed: several looks in a row, and never the lack of one."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from incidentbot.signals import Observation

State = Literal["up", "degraded", "down", "unknown"]


@dataclass(frozen=True, slots=True)
class Rule:
    """Looks in a row that make a failure or a recovery believed."""

    failures: int = 3
    successes: int = 3


@dataclass(frozen=True, slots=True)
class Streak:
    """So many looks in a row, and the time of the first of them."""

    count: int = 0
    since: datetime | None = None

    def step(self, more: bool, at: datetime) -> "Streak":
        return Streak(self.count + 1, self.since or at) if more else Streak()


@dataclass(frozen=True, slots=True)
class Streaks:
    """What the last looks have in common. A look that could not see ends no other streak."""

    down: Streak = Streak()
    poor: Streak = Streak()  # down or slow
    answering: Streak = Streak()  # well or slow
    well: Streak = Streak()
    blind: Streak = Streak()

    def after(self, seen: State, at: datetime) -> "Streaks":
        if seen == "unknown":
            return replace(self, blind=self.blind.step(True, at))
        return Streaks(
            down=self.down.step(seen == "down", at),
            poor=self.poor.step(seen != "up", at),
            answering=self.answering.step(seen != "down", at),
            well=self.well.step(seen == "up", at),
        )


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """What we believe of one check, and all that the next decision needs.

    `since` is the first look of those that made us believe it. `last_known` is the last state
    other than unknown. `recheck` asks for another look soon, because a failure is unconfirmed.
    """

    state: State = "unknown"
    since: datetime | None = None
    reason: str = "not looked yet"
    detail: str = ""
    latency_ms: float | None = None
    last_known: State = "unknown"
    recheck: bool = False
    streaks: Streaks = field(default_factory=Streaks)


def decide(before: CheckVerdict, observation: Observation, rule: Rule) -> CheckVerdict:
    """The verdict after one more look."""
    seen = seen_as(observation)
    streaks = before.streaks.after(seen, observation.at)
    state, since = _settle(before, streaks, rule)
    if state == "unknown" != before.state:
        streaks = Streaks(blind=streaks.blind)  # what was seen before the dark proves nothing now
    reason, detail = before.reason, before.detail
    if state != before.state or seen == state or before.since is None:
        reason, detail = observation.reason, observation.detail
    return CheckVerdict(
        state=state,
        since=since or observation.at,
        reason=reason,
        detail=detail,
        latency_ms=observation.latency_ms,
        last_known=before.last_known if state == "unknown" else state,
        recheck=_unconfirmed(state, streaks),
        streaks=streaks,
    )


def seen_as(observation: Observation) -> State:
    """One look taken by itself."""
    if observation.ok is None:
        return "unknown"
    if not observation.ok:
        return "down"
    return "degraded" if observation.reason == "slow" else "up"


def _settle(before: CheckVerdict, streaks: Streaks, rule: Rule) -> tuple[State, datetime | None]:
    state = before.state
    if streaks.blind.count >= rule.failures and state != "unknown":
        return "unknown", streaks.blind.since
    if streaks.down.count >= rule.failures and state != "down":
        return "down", streaks.down.since
    if streaks.poor.count >= rule.failures and state in ("up", "unknown"):
        return "degraded", streaks.poor.since
    if state != "up" and streaks.well.count >= _successes(before, rule):
        return "up", streaks.well.since
    if state == "down" and streaks.answering.count >= rule.successes:
        return "degraded", streaks.answering.since
    return state, before.since


def _successes(before: CheckVerdict, rule: Rule) -> int:
    """One good look is enough where nothing bad was known, e.g. after the start."""
    return 1 if before.last_known in ("up", "unknown") else rule.successes


def _unconfirmed(state: State, streaks: Streaks) -> bool:
    if state == "down":
        return False
    worse = streaks.down.count > 0 or (streaks.poor.count > 0 and state != "degraded")
    return worse or (streaks.blind.count > 0 and state != "unknown")

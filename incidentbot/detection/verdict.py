"""When one check is believed: several looks in a row, and never the lack of one."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from incidentbot.signals import Observation

State = Literal["up", "degraded", "down", "unknown"]

WINDOW = 20  # looks that are remembered one by one
_MASK = (1 << WINDOW) - 1


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes a failure or a recovery believed.

    `failures`, `successes`: looks in a row. `fitful`: so many failed looks of the last 20 are
    degraded although never enough came in a row; at `fitful_over` it is over. A check that
    failed `flaps` times `within` a time is flapping: it must be well for `settle` to count as well.
    """

    failures: int = 3
    successes: int = 3
    fitful: int = 6
    fitful_over: int = 2
    flaps: int = 3
    within: timedelta = timedelta(minutes=30)
    settle: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Streak:
    """So many looks in a row, and the time of the first of them."""

    count: int = 0
    since: datetime | None = None

    def step(self, more: bool, at: datetime) -> "Streak":
        return Streak(self.count + 1, self.since or at) if more else NONE


NONE = Streak()


@dataclass(frozen=True, slots=True)
class Streaks:
    """What the last looks have in common. A look that could not see ends no other streak."""

    down: Streak = NONE
    poor: Streak = NONE  # down or slow
    answering: Streak = NONE  # well or slow
    well: Streak = NONE
    blind: Streak = NONE

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
    `recent` holds the last looks as bits, newest lowest, 1 for failed; `outages` are the times at
    which it was last believed to be down; `flapping` says that they were too many. `fitful`: it
    is degraded because looks fail now and then.
    """

    state: State = "unknown"
    since: datetime | None = None
    reason: str = "not looked yet"
    detail: str = ""
    latency_ms: float | None = None
    last_known: State = "unknown"
    recheck: bool = False
    streaks: Streaks = field(default_factory=Streaks)
    recent: int = 0
    outages: tuple[datetime, ...] = ()
    flapping: bool = False
    fitful: bool = False


def decide(before: CheckVerdict, observation: Observation, rule: Rule) -> CheckVerdict:
    """The verdict after one more look."""
    seen = seen_as(observation)
    if seen == "up" and before.state == "up" and _calm(before, rule):
        return before  # the usual case, thousands of times a second: nothing to remember
    streaks = before.streaks.after(seen, observation.at)
    recent = before.recent
    if seen != "unknown":
        recent = (recent << 1 | (seen == "down")) & _MASK
    outages = tuple(at for at in before.outages if observation.at - at < rule.within)
    state, since = _settle(before, streaks, recent, outages, rule, observation.at)
    if state == "down" != before.state and before.last_known != "down":
        outages = (*outages, observation.at)[-rule.flaps :]
    if state == "unknown" != before.state:
        streaks = Streaks(blind=streaks.blind)  # what was seen before the dark proves nothing now
        recent = 0
    if before.state == "down" != state:
        recent = 0  # an outage that was believed has been told; its looks make nothing fitful
    failed = recent.bit_count()
    began = before.state == "up" and failed >= rule.fitful and streaks.poor.count < rule.failures
    fitful = state == "degraded" and (before.fitful or began)
    reason, detail = before.reason, before.detail
    if state != before.state or seen == state or before.since is None:
        reason, detail = observation.reason, observation.detail
    flapping = len(outages) >= rule.flaps
    return CheckVerdict(
        state=state,
        since=since or observation.at,
        reason=reason,
        detail=_told(detail, state, failed if fitful else 0, outages if flapping else (), rule),
        latency_ms=observation.latency_ms,
        last_known=before.last_known if state == "unknown" else state,
        recheck=_unconfirmed(state, streaks),
        streaks=streaks,
        recent=recent,
        outages=outages,
        flapping=flapping,
        fitful=fitful,
    )


def unseen(before: CheckVerdict, last_look: datetime, now: datetime) -> CheckVerdict:
    """The verdict when no look was made for too long: what was known then says nothing now."""
    if before.state == "unknown":
        return before
    ago = round((now - last_look).total_seconds())
    return replace(
        before,
        state="unknown",
        since=last_look,
        reason="internal",
        detail=f"no look for {ago} s",
        recheck=True,
        streaks=Streaks(),
        recent=0,
    )


def dark(before: CheckVerdict) -> CheckVerdict:
    """The verdict on a check that failed while nothing outside answered.

    What it saw says nothing, and will say nothing when the line is back: it is confirmed anew.
    """
    return replace(
        before,
        state="unknown",
        last_known="unknown",
        recheck=True,
        streaks=Streaks(),
        recent=0,
        outages=before.outages[:-1],
        flapping=False,
    )


def seen_as(observation: Observation) -> State:
    """One look taken by itself."""
    if observation.ok is None:
        return "unknown"
    if not observation.ok:
        return "down"
    return "up" if observation.reason == "ok" else "degraded"  # right, and yet something is wrong


def _calm(before: CheckVerdict, rule: Rule) -> bool:
    streaks = before.streaks
    return (
        before.recent == 0
        and not before.outages
        and streaks.well.count >= rule.successes
        and streaks.blind is NONE
    )


def _settle(
    before: CheckVerdict,
    streaks: Streaks,
    recent: int,
    outages: tuple[datetime, ...],
    rule: Rule,
    now: datetime,
) -> tuple[State, datetime | None]:
    state = before.state
    if streaks.blind.count >= rule.failures and state != "unknown":
        return "unknown", streaks.blind.since
    if streaks.down.count >= rule.failures and state != "down":
        return "down", streaks.down.since
    if streaks.poor.count >= rule.failures and state in ("up", "unknown"):
        return "degraded", streaks.poor.since
    failed = recent.bit_count()
    if failed >= rule.fitful and state == "up" and not streaks.blind.count:
        return "degraded", now
    if len(outages) >= rule.flaps and state in ("down", "degraded"):
        well = streaks.well.since
        if well is None or now - well < rule.settle:
            return state, before.since
    if (
        state != "up"
        and streaks.well.count >= _successes(before, rule)
        and (not before.fitful or failed <= rule.fitful_over)
    ):
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


def _told(detail: str, state: State, failed: int, outages: tuple[datetime, ...], rule: Rule) -> str:
    """The detail with what a person could not see from the last look alone."""
    plain = detail.partition("; flapping")[0].partition("; failed ")[0]
    if outages and state in ("down", "degraded"):
        minutes = round(rule.within.total_seconds() / 60)
        settle = round(rule.settle.total_seconds() / 60)
        said = f"flapping: failed {len(outages)} times within {minutes} min"
        return f"{plain}; {said}, so it must be well for {settle} min".removeprefix("; ")
    if failed:
        return f"{plain}; failed {failed} of the last {WINDOW} looks".removeprefix("; ")
    return plain

"""The guards of a switch. Pure: facts in, verdicts out; a guard that breaks refuses."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from incidentbot.incidents.lifecycle import words

Verdict = Literal["pass", "warn", "refuse"]

COOLDOWN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a guard may know. `live_origin` is None while nobody has looked, or when the
    live value belongs to no origin (`live_value` then says what it is)."""

    now: datetime
    to: str
    source: str
    to_backup: bool
    serving: str
    live_value: str | None
    live_origin: str | None
    source_state: str
    source_since: datetime | None
    to_state: str
    to_since: datetime | None
    healthy_for: timedelta
    readiness_state: str
    readiness_words: str
    proven_at: datetime | None
    checked_at: datetime | None
    max_age: timedelta
    plane_region: str
    failing_region: str | None
    running: str | None  # id of another plan that is approved or running on the same target
    same_before: datetime | None  # when the last switch to the same origin took effect


@dataclass(frozen=True, slots=True)
class Guarded:
    name: str
    verdict: Verdict
    words: str

    def as_dict(self) -> dict[str, str]:
        return {"name": self.name, "verdict": self.verdict, "words": self.words}


Guard = Callable[[Facts], tuple[Verdict, str]]


def evaluate(facts: Facts) -> list[Guarded]:
    """Every guard's word, in order; of what turns no switch only what concerns it."""
    asked = GUARDS if facts.to else {"one_at_a_time": one_at_a_time}
    return [_ask(name, guard, facts) for name, guard in asked.items()]


def refusal(guarded: list[Guarded]) -> str | None:
    """Why it may not be done, in one sentence; None when it may."""
    return next((one.words for one in guarded if one.verdict == "refuse"), None)


def from_inventory(facts: Facts) -> tuple[Verdict, str]:
    if facts.live_value is None or facts.live_origin is not None:
        return "pass", "Every value comes from the inventory"
    return "refuse", f"The live value is {facts.live_value!r}, which is neither origin: look first."


def changes_something(facts: Facts) -> tuple[Verdict, str]:
    if (facts.live_origin or facts.serving) == facts.to:
        return "refuse", f"{facts.to} serves already."
    return "pass", f"Changes from {facts.source} to {facts.to}"


def fits_the_moment(facts: Facts) -> tuple[Verdict, str]:
    if facts.to_backup:
        if facts.source_state != "down":
            return "refuse", f"{facts.source} is not proven down (it is {facts.source_state})."
        return "pass", f"{facts.source} fails by our own probes"
    if facts.to_state != "up" or facts.to_since is None:
        return "refuse", f"{facts.to} is not proven healthy (it is {facts.to_state})."
    healthy, needed = facts.now - facts.to_since, facts.healthy_for
    if healthy < needed:
        need = words(needed.total_seconds())
        has = words(healthy.total_seconds())
        return "refuse", f"{facts.to} has been healthy for {has}; {need} are needed."
    return "pass", f"{facts.to} has been healthy for {words(healthy.total_seconds())}"


def destination_ready(facts: Facts) -> tuple[Verdict, str]:
    if facts.readiness_state != "ready" or facts.proven_at is None or facts.checked_at is None:
        return "refuse", f"{facts.to} is not proven ready: {facts.readiness_words}."
    checked = facts.now - facts.checked_at
    if checked > facts.max_age:
        return "refuse", f"{facts.to} was last looked at {words(checked.total_seconds())} ago."
    # While the source is down nothing new is written to it, so the comparison does not age.
    until = facts.now
    if facts.to_backup and facts.source_state == "down" and facts.source_since is not None:
        until = facts.source_since
    age = until - facts.proven_at
    if age > facts.max_age:
        most = words(facts.max_age.total_seconds())
        ago = words(age.total_seconds())
        return "refuse", f"{facts.to} was compared {ago} before; {most} is the limit."
    return "pass", f"{facts.to} is proven ready"


def leaves_a_healthy_origin(facts: Facts) -> tuple[Verdict, str]:
    if facts.to_state == "down":
        return "refuse", f"{facts.to} fails too; nothing healthy would be left."
    return "pass", "A healthy origin serves afterwards"


def survives_the_outage(facts: Facts) -> tuple[Verdict, str]:
    if facts.failing_region is not None and facts.plane_region == facts.failing_region:
        return "warn", f"The call goes through {facts.plane_region}, the region that fails"
    return "pass", f"The call goes through {facts.plane_region}"


def one_at_a_time(facts: Facts) -> tuple[Verdict, str]:
    if facts.running is not None:
        return "refuse", f"Plan {facts.running} is running on the same target; wait for its end."
    return "pass", "No other plan runs on this target"


def not_going_round(facts: Facts) -> tuple[Verdict, str]:
    """The same switch again so soon: a flapping cause, or a nervous hand. The opposite direction
    is damped by `healthy_for`; so is this one, and for longer it is only pointed out."""
    if facts.same_before is None:
        return "pass", "The first switch in this direction"
    ago = facts.now - facts.same_before
    said = f"The same switch was made {words(ago.total_seconds())} ago"
    if ago < min(COOLDOWN, facts.healthy_for):
        return "refuse", f"{said}; something goes back and forth. Look before the next one."
    return ("warn" if ago < COOLDOWN else "pass"), said


GUARDS: dict[str, Guard] = {
    "from_inventory": from_inventory,
    "changes_something": changes_something,
    "fits_the_moment": fits_the_moment,
    "destination_ready": destination_ready,
    "leaves_a_healthy_origin": leaves_a_healthy_origin,
    "survives_the_outage": survives_the_outage,
    "one_at_a_time": one_at_a_time,
    "not_going_round": not_going_round,
}


def _ask(name: str, guard: Guard, facts: Facts) -> Guarded:
    try:
        verdict, said = guard(facts)
    except Exception as error:  # noqa: BLE001  a guard that cannot decide must not let pass
        return Guarded(name, "refuse", f"The guard {name} broke ({type(error).__name__}).")
    return Guarded(name, verdict, said)

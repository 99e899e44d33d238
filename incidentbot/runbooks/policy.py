"""What holds for one runbook: the organisation's policy, and what its file makes stricter. Pure.

A file may only tighten: `faults` names what would loosen, `effective` takes the stricter of both
even so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from incidentbot.settings import format_duration
from incidentbot.settings.policy import RISKS, GuardPolicy, Risk

MOST_APPROVALS = 3

T = TypeVar("T", int, timedelta)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one plan keeps to. The defaults are those of the policy. `automatic`: (how long the
    outage must have been proven, how long people can veto); None: a person approves."""

    approvals: int = 1
    confirm: bool = True
    expires: timedelta = timedelta(minutes=10)
    targets: int = 1
    percent: int = 25
    points: int = 50
    window: timedelta = timedelta(minutes=10)
    in_window: int = 1
    origins: int = 1
    proven_within: timedelta = timedelta(minutes=5)
    same: timedelta = timedelta(minutes=15)
    opposite: timedelta = timedelta(minutes=30)
    per_person: int = 2
    per_runbook: int = 3
    writes: int = 6
    running: int = 1
    drill_warn_after: timedelta = timedelta(days=90)
    automatic: tuple[timedelta, timedelta] | None = None


@dataclass(frozen=True, slots=True)
class Loose:
    """A key of a runbook's file that would loosen the policy. `path` as in the file."""

    path: tuple[str, ...]
    message: str
    allowed: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a file says; None where it says nothing. Read from whatever has these names."""

    approvals: int | None = None
    confirm: bool = False
    expires: timedelta | None = None
    percent: int | None = None
    points: int | None = None
    cooldown: timedelta | None = None
    per_hour: int | None = None
    automatic: tuple[timedelta, timedelta] | None = None


def effective(policy: GuardPolicy, risk: Risk, file: Any = None) -> Limits:
    """The stricter of both, key by key. `file`: the runbook's file, or None."""
    asked, caps, rates = _asked(file), policy.caps, policy.rates
    return Limits(
        approvals=max(policy.approvals.of(risk), asked.approvals or 0),
        confirm=RISKS.index(risk) >= RISKS.index(policy.confirm_from) or asked.confirm,
        expires=_least(policy.plan_ttl.of(risk), asked.expires),
        targets=caps.targets,
        percent=_least(caps.percent, asked.percent),
        points=_least(caps.points, asked.points),
        window=caps.window,
        in_window=caps.in_window,
        origins=policy.floor.origins,
        proven_within=policy.floor.proven_within,
        same=max(policy.cooldown.same, asked.cooldown or timedelta(0)),
        opposite=max(policy.cooldown.opposite, asked.cooldown or timedelta(0)),
        per_person=rates.person,
        per_runbook=_least(rates.runbook, asked.per_hour),
        writes=rates.writes,
        running=rates.running,
        drill_warn_after=policy.drill_warn_after,
        automatic=_automatic(policy, asked),
    )


def faults(policy: GuardPolicy, risk: Risk, file: Any) -> Iterator[Loose]:
    """Each key with which the file would allow more than the policy does."""
    asked = _asked(file)
    yield from _too_few(asked.approvals, policy.approvals.of(risk), risk)
    yield from _too_long(("expires",), asked.expires, policy.plan_ttl.of(risk))
    yield from _too_many(("limits", "percent"), asked.percent, policy.caps.percent)
    yield from _too_many(("limits", "points"), asked.points, policy.caps.points)
    yield from _too_many(("limits", "per_hour"), asked.per_hour, policy.rates.runbook)
    yield from _too_short(("limits", "cooldown"), asked.cooldown, policy.cooldown.same)
    if asked.automatic is None:
        return
    if not policy.automatic.allowed:
        yield Loose(("automatic",), "is not allowed by `policy.automatic.allowed`", "leave it out")
        return
    after, veto = asked.automatic
    yield from _too_short(("automatic", "after"), after, policy.automatic.after)
    yield from _too_short(("automatic", "veto"), veto, policy.automatic.veto)


def _asked(file: Any) -> _Asked:
    limits = getattr(file, "limits", None)
    automatic = getattr(file, "automatic", None)
    return _Asked(
        approvals=getattr(file, "approvals", None),
        confirm=bool(getattr(file, "confirm", False)),
        expires=getattr(file, "expires", None),
        percent=getattr(limits, "percent", None),
        points=getattr(limits, "points", None),
        cooldown=getattr(limits, "cooldown", None),
        per_hour=getattr(limits, "per_hour", None),
        automatic=(automatic.after, automatic.veto) if automatic is not None else None,
    )


def _automatic(policy: GuardPolicy, asked: _Asked) -> tuple[timedelta, timedelta] | None:
    if asked.automatic is None or not policy.automatic.allowed:
        return None
    after, veto = asked.automatic
    return max(after, policy.automatic.after), max(veto, policy.automatic.veto)


def _least(most: T, asked: T | None) -> T:
    return most if asked is None else min(most, asked)


def _too_few(asked: int | None, least: int, risk: str) -> Iterator[Loose]:
    if asked is not None and asked < least:
        message = f"is fewer than the policy asks for at a {risk} risk"
        yield Loose(("approvals",), message, f"{least} to {MOST_APPROVALS}")


def _too_many(path: tuple[str, ...], asked: int | None, most: int) -> Iterator[Loose]:
    if asked is not None and asked > most:
        yield Loose(path, "is more than the policy allows", f"1 to {most}")


def _too_long(path: tuple[str, ...], asked: timedelta | None, most: timedelta) -> Iterator[Loose]:
    if asked is not None and asked > most:
        yield Loose(path, "is longer than the policy allows", f"at most {format_duration(most)}")


def _too_short(path: tuple[str, ...], asked: timedelta | None, least: timedelta) -> Iterator[Loose]:
    if asked is not None and asked < least:
        yield Loose(path, "is shorter than the policy allows", f"{format_duration(least)} or more")

"""What a check is given and what it gives back.

A check is a module with `Options(CheckOptions)` and `async check(options, context) -> Result`.
It keeps to its own time-out and tells every failure by a reason; it raises nothing on purpose.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, Self, TypeVar, cast

from pydantic import Field, model_validator

from incidentbot import clock
from incidentbot.errors import ConfigError
from incidentbot.http import Certificate, Failed, Http
from incidentbot.settings.base import SettingsModel, WebTarget
from incidentbot.settings.origins import OriginSettings
from incidentbot.settings.secrets import Secret
from incidentbot.settings.values import Duration, HeaderName, Name, Text, format_duration, refuse
from incidentbot.signals import Reason

__all__ = [
    "Beat",
    "BeatOptions",
    "Certificate",
    "Check",
    "CheckOptions",
    "Context",
    "Duration",
    "Failed",
    "HeaderName",
    "Name",
    "OriginSettings",
    "Reason",
    "Result",
    "Secret",
    "Text",
    "WebTarget",
    "failed",
    "in_time",
    "milliseconds",
]

T = TypeVar("T")
THREADS = 8


class CheckOptions(SettingsModel):
    """What every check takes."""

    timeout: Duration = Field(timedelta(seconds=5), description="Longest wait for an answer.")
    slow: Duration | None = Field(
        None, description="A right answer that takes longer than this counts as degraded."
    )

    @model_validator(mode="after")
    def _slow_comes_before_the_end(self) -> Self:
        if self.slow is not None and self.slow > self.timeout:
            longest = format_duration(self.timeout)
            refuse("is never reached: the check ends before", f"at most timeout, {longest}", "slow")
        return self

    def looking(self) -> Self | None:
        """What remains of the check when it may change nothing; None when that is nothing."""
        return self


@dataclass(frozen=True, slots=True)
class Result:
    """`ok` is None when the check could not see, e.g. because its own credentials are refused."""

    ok: bool | None
    reason: Reason
    detail: str = ""
    latency_ms: float | None = None
    phases: Mapping[str, float] = field(default_factory=dict)


def in_time(
    options: CheckOptions, latency_ms: float, phases: Mapping[str, float], note: str = ""
) -> Result:
    """A right answer: ok, or slow when it took longer than the bound. `note` is told with it."""
    bound = options.slow
    if bound is not None and latency_ms > bound.total_seconds() * 1000:
        words = f"took {latency_ms / 1000:.2f} s, more than {bound.total_seconds():g} s"
        return Result(True, "slow", f"{words}; {note}" if note else words, latency_ms, phases)
    return Result(True, "ok", note, latency_ms, phases)


def failed(error: Failed, latency_ms: float) -> Result:
    """There was no answer. What our own rules or machine forbade says nothing about the others."""
    ok = None if error.reason == "internal" else False
    return Result(ok, error.reason, error.message, latency_ms, error.phases)


def milliseconds(start: float) -> float:
    """Since `clock.monotonic()` said `start`."""
    return round((clock.monotonic() - start) * 1000, 2)


class BeatOptions(CheckOptions):
    """Options of a check that waits for beats from outside."""

    within: Duration = Field(description="Longest time between two beats.")
    secret: Secret = Field(description="Variable with the secret that the job sends.")

    def looking(self) -> None:
        """It is told, and asks nobody."""


@dataclass(frozen=True, slots=True)
class Beat:
    """What is known of one heartbeat. `since`: when it was first waited for.

    `listening`: since when this process could have heard one. `at` is None before the first.
    """

    since: datetime
    listening: datetime
    at: datetime | None = None
    failing: bool = False
    message: str = ""


class Beats(Protocol):
    """Where heartbeats are kept. A check is known by its options, the very object."""

    def last(self, options: CheckOptions) -> Beat | None: ...


class Context:
    """The outside as a check may use it; one for all checks. `close()` it at the end."""

    def __init__(
        self,
        http: Http,
        origins: Iterable[OriginSettings] = (),
        beats: Beats | None = None,
    ) -> None:
        self.http = http
        self.beats = beats
        self._origins = {origin.name: origin for origin in origins}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="check")
        self._kept: dict[tuple[object, ...], Any] = {}

    def origin(self, name: str) -> OriginSettings:
        """The origin of that name. ConfigError names the known ones."""
        if name not in self._origins:
            known = ", ".join(sorted(self._origins)) or "none is defined"
            raise ConfigError(f"there is no origin {name!r} (allowed: {known})")
        return self._origins[name]

    async def blocking(self, call: Callable[[], T]) -> T:
        """Run a blocking call in the checks' own threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def kept(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """The thing made for this key before, or `make()`: for clients that are dear to build."""
        if key not in self._kept:
            self._kept[key] = make()
        return cast(T, self._kept[key])

    def close(self) -> None:
        """Close what was kept; a call that still hangs ends by its own time-out."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for thing in self._kept.values():
            thing.close()
        self._kept.clear()


class Check(Protocol):
    """The module of a check."""

    Options: type[CheckOptions]

    async def check(self, options: Any, context: Context) -> Result: ...

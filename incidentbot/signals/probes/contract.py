"""What a check is given and what it gives back.

A check is a module with `Options(CheckOptions)` and `async check(options, context) -> Result`.
It keeps to its own time-out and tells every failure by a reason; it raises nothing on purpose.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, TypeVar, cast

from pydantic import Field

from incidentbot.errors import ConfigError
from incidentbot.http import Failed, Http
from incidentbot.settings.base import SettingsModel, WebTarget
from incidentbot.settings.model import OriginSettings
from incidentbot.settings.values import Duration, HeaderName, Name, Text
from incidentbot.signals import Reason

__all__ = [
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
    "Text",
    "WebTarget",
    "in_time",
]

T = TypeVar("T")
THREADS = 8


class CheckOptions(SettingsModel):
    """What every check takes."""

    timeout: Duration = Field(timedelta(seconds=5), description="Longest wait for an answer.")
    slow: Duration | None = Field(
        None, description="A right answer that takes longer than this counts as degraded."
    )


@dataclass(frozen=True, slots=True)
class Result:
    """`ok` is None when the check could not see, e.g. because its own credentials are refused."""

    ok: bool | None
    reason: Reason
    detail: str = ""
    latency_ms: float | None = None
    phases: Mapping[str, float] = field(default_factory=dict)


def in_time(options: CheckOptions, latency_ms: float, phases: Mapping[str, float]) -> Result:
    """A right answer: ok, or slow when it took longer than the bound."""
    bound = options.slow
    if bound is not None and latency_ms > bound.total_seconds() * 1000:
        words = f"took {latency_ms / 1000:.2f} s, more than {bound.total_seconds():g} s"
        return Result(True, "slow", words, latency_ms, phases)
    return Result(True, "ok", "", latency_ms, phases)


class Context:
    """The outside as a check may use it; one for all checks. `close()` it at the end."""

    def __init__(self, http: Http, origins: Iterable[OriginSettings] = ()) -> None:
        self.http = http
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

"""Keeps the schedule of the checks: each in its own rhythm, none in the way of another."""

import asyncio
import contextlib
import heapq
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from incidentbot import clock, ids, plugins
from incidentbot.settings.model import Settings
from incidentbot.signals import Observation
from incidentbot.signals.probes.contract import CheckOptions, Context, Result

CHECKS = "incidentbot.signals.probes.checks"
GRACE = 3.0  # seconds beyond twice its time-out (connect, then read) that a check may take

log = logging.getLogger(__name__)

# Gets each observation; True asks for a quick re-check.
Told = Callable[[Observation], Awaitable[bool]]
Look = Callable[[Any, Context], Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class Scheduled:
    """One check and its rhythm in seconds. `look` is the `check` of its plug-in."""

    name: str
    dependency: str
    look: Look
    options: CheckOptions
    every: float
    apart: float

    def first(self) -> float:
        """Seconds until the first look: the same at every start, and spread over the interval."""
        return int(ids.short(self.dependency, self.name), 16) / 16**12 * self.every


def schedule(settings: Settings) -> list[Scheduled]:
    """Every check in the configuration."""
    return [
        Scheduled(
            name=check.name,
            dependency=dependency.name,
            look=plugins.get(CHECKS, check.kind).check,
            options=_options(check.options),
            every=dependency.every.total_seconds(),
            apart=dependency.confirm.apart.total_seconds(),
        )
        for dependency in settings.dependencies
        for check in dependency.checks
    ]


def _options(options: object) -> CheckOptions:
    if not isinstance(options, CheckOptions):
        raise TypeError(f"{type(options).__module__}.Options must be made from CheckOptions")
    return options


@dataclass(slots=True)
class _Slot:
    """Where one check stands. `due` is its only valid date; older ones in the heap are void."""

    check: Scheduled
    grid: float
    due: float
    running: bool = False


class Engine:
    """`await run()` looks until it is cancelled; then no look of its own is left behind."""

    def __init__(self, checks: Sequence[Scheduled], context: Context, told: Told) -> None:
        self._checks = checks
        self._context = context
        self._told = told
        self._heap: list[tuple[float, int]] = []
        self._slots: list[_Slot] = []
        self._looks: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._lags: deque[float] = deque(maxlen=256)
        self.overruns = 0  # looks left out because the one before was still under way

    @property
    def lag(self) -> float:
        """The longest delay, in seconds, with which one of the last 256 looks began."""
        return max(self._lags, default=0.0)

    async def run(self) -> None:
        start = clock.monotonic()
        self._slots = [_Slot(c, start + c.first(), start + c.first()) for c in self._checks]
        self._heap = [(slot.due, number) for number, slot in enumerate(self._slots)]
        heapq.heapify(self._heap)
        try:
            while True:
                await self._rest()
                self._start_due()
        finally:
            for task in self._looks:
                task.cancel()
            await asyncio.gather(*self._looks, return_exceptions=True)

    async def _rest(self) -> None:
        """Until the next date, or until an earlier one is set."""
        self._woken.clear()
        delay = self._heap[0][0] - clock.monotonic() if self._heap else None
        if delay is None or delay > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._woken.wait()

    def _start_due(self) -> None:
        now = clock.monotonic()
        while self._heap and self._heap[0][0] <= now:
            due, number = heapq.heappop(self._heap)
            slot = self._slots[number]
            if due != slot.due:
                continue
            while slot.grid <= now:
                slot.grid += slot.check.every
            self._set(number, slot.grid)
            if slot.running:
                self.overruns += 1
                continue
            self._lags.append(now - due)
            slot.running = True
            task = asyncio.create_task(self._look(number, now))
            self._looks.add(task)
            task.add_done_callback(self._looks.discard)

    def _set(self, number: int, due: float) -> None:
        self._slots[number].due = due
        heapq.heappush(self._heap, (due, number))

    async def _look(self, number: int, started: float) -> None:
        slot = self._slots[number]
        try:
            again = await self._tell(await self._observe(slot.check))
        finally:
            slot.running = False
        soon = max(started + slot.check.apart, clock.monotonic())
        if again and soon < slot.due:
            self._set(number, soon)
            self._woken.set()

    async def _observe(self, check: Scheduled) -> Observation:
        most = 2 * check.options.timeout.total_seconds() + GRACE
        try:
            async with asyncio.timeout(most):
                result = await check.look(check.options, self._context)
        except TimeoutError:
            result = Result(None, "internal", f"the check did not end within {most:g} s")
        except Exception as error:
            # A check is a plug-in: its fault is a look that saw nothing, not the end of the engine.
            log.exception("check %s of %s broke", check.name, check.dependency)
            result = Result(None, "internal", f"the check broke: {type(error).__name__}")
        return Observation(
            check.name,
            check.dependency,
            clock.now(),
            result.ok,
            result.reason,
            result.detail,
            result.latency_ms,
            result.phases,
        )

    async def _tell(self, observation: Observation) -> bool:
        try:
            return await self._told(observation)
        except Exception:
            # The schedule must outlive a database that is away; the next look tells again.
            log.exception("what %s saw was not taken", observation.check)
            return True

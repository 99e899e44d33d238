"""Keeps the schedule of the checks: each in its own rhythm, none in the way of another.

Made for ten thousand checks on one core: no timer of its own for each look, looks that are due
together share a wake-up, and nothing is kept of a look but what it told.
"""

import asyncio
import heapq
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from incidentbot import clock, ids, plugins
from incidentbot.settings.model import Settings
from incidentbot.signals import Observation
from incidentbot.signals.probes.contract import CheckOptions, Context, Result
from incidentbot.signals.probes.pulse import Pulse

CHECKS = "incidentbot.signals.probes.checks"
GRACE = 3.0  # seconds beyond twice its time-out (connect, then read) that a check may take
TICK = 0.02  # seconds: looks that are due within it begin together
SWEEP = 1.0  # seconds between two searches for looks that do not end
SHARE = 0.25  # of its time-out: a look that lost more of it to our own stall proves nothing
CATCH_UP = 4.0  # times the usual rate, after a pause: ten thousand at once would be the next stall
MOST = 20_000  # looks under way at once

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


@dataclass(slots=True, eq=False)
class _Slot:
    """Where one check stands. `due` is its only valid date; older ones in the heap are void."""

    check: Scheduled
    timeout: float
    grid: float
    due: float
    task: asyncio.Task[None] | None = None  # the look that is under way
    ends: float = 0.0  # when it must have ended
    overdue: bool = False


class Engine:
    """`await run()` looks until it is cancelled; then no look of its own is left behind."""

    def __init__(
        self, checks: Sequence[Scheduled], context: Context, told: Told, most: int = MOST
    ) -> None:
        self._checks = checks
        self._context = context
        self._told = told
        self._most = most
        rate = sum(1 / check.every for check in checks)
        self._burst = max(16, math.ceil(CATCH_UP * rate * TICK))
        self._heap: list[tuple[float, int]] = []
        self._slots: list[_Slot] = []
        self._looks: set[_Slot] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._wakes = math.inf
        self._lags: deque[float] = deque(maxlen=256)
        self.pulse = Pulse()
        self.overruns = 0  # looks left out because the one before was still under way
        self.held_back = 0  # looks left out because too many others were under way
        self.unproven = 0  # looks that prove nothing because we ourselves stood still

    @property
    def lag(self) -> float:
        """The longest delay, in seconds, with which one of the last 256 looks began."""
        return max(self._lags, default=0.0)

    @property
    def under_way(self) -> int:
        return len(self._looks)

    async def run(self) -> None:
        start = clock.monotonic()
        for check in self._checks:
            first = start + check.first()
            self._slots.append(_Slot(check, check.options.timeout.total_seconds(), first, first))
        self._heap = [(slot.due, number) for number, slot in enumerate(self._slots)]
        heapq.heapify(self._heap)
        self.pulse.start()
        try:
            self._wake_for_next(start)
            while True:
                await asyncio.sleep(SWEEP)
                self._end_overdue()
        finally:
            self.pulse.stop()
            self._wake_at(math.inf)
            tasks = [slot.task for slot in self._looks if slot.task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _wake_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wakes = when
        if when != math.inf:
            delay = max(0.0, when - clock.monotonic())
            self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def _wake_for_next(self, earliest: float) -> None:
        self._wake_at(max(self._heap[0][0], earliest) if self._heap else math.inf)

    def _tick(self) -> None:
        now = clock.monotonic()
        left = self._burst
        while left and self._heap and self._heap[0][0] <= now:
            due, number = heapq.heappop(self._heap)
            slot = self._slots[number]
            if due != slot.due:
                continue
            left -= 1
            missed = max(0, math.floor((now - slot.grid) / slot.check.every) + 1)
            slot.grid += missed * slot.check.every
            self._set(number, slot.grid)
            if slot.task is not None:
                self.overruns += 1
                continue
            self._lags.append(now - due)
            slot.ends = now + 2 * slot.timeout + GRACE
            slot.overdue = False
            self._looks.add(slot)
            slot.task = asyncio.create_task(self._look(number, slot, now))
        self._wake_for_next(now + TICK)

    def _set(self, number: int, due: float) -> None:
        self._slots[number].due = due
        heapq.heappush(self._heap, (due, number))

    def _end_overdue(self) -> None:
        now = clock.monotonic()
        for slot in self._looks:
            if slot.ends < now and slot.task is not None and not slot.overdue:
                slot.overdue = True
                slot.task.cancel()

    async def _look(self, number: int, slot: _Slot, started: float) -> None:
        check = slot.check
        try:
            result, proven = await self._observe(slot)
            slot.ends = math.inf  # what was seen is told, however long that takes
            again = await self._tell(
                Observation(
                    check.name,
                    check.dependency,
                    clock.now(),
                    result.ok,
                    result.reason,
                    result.detail,
                    result.latency_ms,
                    result.phases,
                )
            )
        finally:
            slot.task = None
            self._looks.discard(slot)
        # Looking more often would be the wrong answer to having too much to do.
        if again and proven:
            soon = max(started + check.apart, clock.monotonic())
            if soon < slot.due:
                self._set(number, soon)
                if soon < self._wakes:
                    self._wake_at(soon)

    async def _observe(self, slot: _Slot) -> tuple[Result, bool]:
        """What was seen, and whether it says anything about the other side at all."""
        if len(self._looks) > self._most:
            self.held_back += 1
            words = f"we were too busy ourselves: {self._most:,} looks are under way"
            return Result(None, "internal", words), False
        before = self.pulse.lost
        result = await self._seen(slot)
        lost = self.pulse.lost - before
        if result.ok is not None and lost > SHARE * slot.timeout:
            self.unproven += 1
            words = f"we were too busy ourselves: we stood still for {lost:.1f} s during this look"
            return Result(None, "internal", words), False
        return result, True

    async def _seen(self, slot: _Slot) -> Result:
        check = slot.check
        try:
            return await check.look(check.options, self._context)
        except asyncio.CancelledError:
            if not slot.overdue:
                raise
            task = asyncio.current_task()
            assert task is not None
            task.uncancel()
            most = 2 * slot.timeout + GRACE
            return Result(None, "internal", f"the check did not end within {most:g} s")
        except Exception as error:
            # A check is a plug-in: its fault is a look that saw nothing, not the end of the engine.
            log.exception("check %s of %s broke", check.name, check.dependency)
            return Result(None, "internal", f"the check broke: {type(error).__name__}")

    async def _tell(self, observation: Observation) -> bool:
        try:
            return await self._told(observation)
        except Exception:
            # The schedule must outlive a database that is away; the next look tells again.
            log.exception("what %s saw was not taken", observation.check)
            return True

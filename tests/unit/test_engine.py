"""The schedule of the checks, in short real time."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from incidentbot.http import Http
from incidentbot.signals import Observation
from incidentbot.signals.probes.contract import CheckOptions, Context, Result
from incidentbot.signals.probes.engine import Engine, Look, Scheduled

WELL = Result(True, "ok")
BAD = Result(False, "http_5xx", "answered 503")


class Ward:
    """Runs an engine until a condition holds, and keeps what it told and when."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, Observation]] = []
        self.again: Callable[[Observation], bool] = lambda _: False

    async def told(self, observation: Observation) -> bool:
        self.seen.append((time.perf_counter(), observation))
        return self.again(observation)

    def of(self, name: str) -> list[Observation]:
        return [observation for _, observation in self.seen if observation.check == name]

    async def run(
        self, checks: list[Scheduled], until: Callable[[], bool], most: int = 100
    ) -> Engine:
        context = Context(Http())
        engine = Engine(checks, context, self.told, most)
        task = asyncio.create_task(engine.run())
        async with asyncio.timeout(10):
            while True:
                if until() or task.done():
                    break
                await asyncio.sleep(0.005)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        context.close()
        return engine


def always(result: Result) -> Look:
    async def look(_options: object, _context: Context) -> Result:
        return result

    return look


def check(
    name: str, look: Look, every: float = 0.05, apart: float = 0.02, timeout: float = 5
) -> Scheduled:
    options = CheckOptions(timeout=timedelta(seconds=timeout))
    return Scheduled(name, "s3", look, options, every, apart)


async def test_every_check_is_made_again_and_again() -> None:
    ward = Ward()
    checks = [check("a", always(WELL)), check("b", always(BAD))]
    engine = await ward.run(checks, lambda: len(ward.of("a")) > 3 and len(ward.of("b")) > 3)
    (first, *_) = ward.of("b")
    assert (first.dependency, first.ok, first.reason) == ("s3", False, "http_5xx")
    assert first.at.tzinfo is not None
    assert 0 <= engine.lag < 1


async def test_a_check_that_overruns_delays_no_other_and_never_overlaps_itself() -> None:
    ward = Ward()
    under_way = most = 0

    async def slow(_options: object, _context: Context) -> Result:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.3)
        under_way -= 1
        return WELL

    engine = await ward.run(
        [check("slow", slow), check("quick", always(WELL))], lambda: len(ward.of("slow")) == 2
    )
    assert most == 1
    assert engine.overruns > 2
    assert len(ward.of("quick")) >= 4
    assert len(ward.of("quick")) > len(ward.of("slow"))


async def test_an_unconfirmed_failure_is_looked_at_soon_and_then_in_the_usual_rhythm() -> None:
    ward = Ward()
    ward.again = lambda _: len(ward.of("a")) < 3
    await ward.run([check("a", always(BAD), every=0.8)], lambda: len(ward.of("a")) == 4)
    times = [at for at, _ in ward.seen]
    assert times[2] - times[0] < 0.4
    assert times[3] - times[2] > 0.4


async def test_a_check_that_breaks_saw_nothing_and_goes_on() -> None:
    ward = Ward()

    async def broken(_options: object, _context: Context) -> Result:
        raise ZeroDivisionError

    await ward.run([check("a", broken)], lambda: len(ward.of("a")) > 1)
    (first, *_) = ward.of("a")
    assert (first.ok, first.reason) == (None, "internal")
    assert "ZeroDivisionError" in first.detail


async def test_what_cannot_be_taken_is_told_again() -> None:
    ward = Ward()

    def away(_observation: Observation) -> bool:
        raise RuntimeError("the database is away")

    ward.again = away
    await ward.run([check("a", always(WELL))], lambda: len(ward.of("a")) == 3)


async def test_an_end_leaves_no_look_behind() -> None:
    ward, ended = Ward(), asyncio.Event()

    async def endless(_options: object, _context: Context) -> Result:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return WELL

    checks = [check("endless", endless), check("a", always(WELL))]
    await ward.run(checks, lambda: len(ward.of("a")) > 2)
    assert ended.is_set()


def test_the_first_looks_are_spread_and_the_same_at_every_start() -> None:
    firsts = [check(f"c{number}", always(WELL), every=10).first() for number in range(200)]
    again = [check(f"c{number}", always(WELL), every=10).first() for number in range(200)]
    assert firsts == again
    assert all(0 <= first < 10 for first in firsts)
    assert all(any(low <= first < low + 1 for first in firsts) for low in range(10))


async def test_an_engine_without_checks_waits_quietly() -> None:
    ward = Ward()
    began = time.perf_counter()
    await ward.run([], lambda: time.perf_counter() - began > 0.05)
    assert ward.seen == []


async def test_a_look_during_which_we_stood_still_proves_nothing() -> None:
    ward = Ward()
    ward.again = lambda _: True

    async def starved(_options: object, _context: Context) -> Result:
        time.sleep(0.4)  # noqa: ASYNC251  the stall is meant
        return WELL

    checks = [check("a", starved, every=0.6, timeout=1)]
    engine = await ward.run(checks, lambda: len(ward.of("a")) > 1)
    (first, second, *_) = ward.of("a")
    assert (first.ok, first.reason) == (None, "internal")
    assert first.detail.startswith("we were too busy ourselves: we stood still for 0.")
    assert engine.unproven == len(ward.seen)
    assert engine.pulse.longest > 0.1
    # No quick re-check: to look more often is the wrong answer to having too much to do.
    assert second.at - first.at > timedelta(seconds=0.5)


async def test_a_stall_that_is_short_beside_the_time_out_changes_nothing() -> None:
    ward = Ward()

    async def busy(_options: object, _context: Context) -> Result:
        time.sleep(0.05)  # noqa: ASYNC251  the stall is meant
        return BAD

    engine = await ward.run([check("a", busy, timeout=60)], lambda: len(ward.of("a")) > 1)
    assert {seen.ok for seen in ward.of("a")} == {False}
    assert engine.unproven == 0


async def test_after_a_pause_the_looks_left_out_do_not_all_begin_at_once() -> None:
    ward, sizes = Ward(), []

    async def look(_options: object, _context: Context) -> Result:
        sizes.append(sum(1 for task in asyncio.all_tasks() if "_look" in repr(task)))
        return WELL

    checks = [check(f"c{n}", look, every=1) for n in range(300)]

    async def pause() -> None:
        await asyncio.sleep(0.01)
        time.sleep(1.1)  # noqa: ASYNC251  as if the machine had been held still

    pausing = asyncio.create_task(pause())
    engine = await ward.run(checks, lambda: len({o.check for _, o in ward.seen}) == 300)
    await pausing
    assert max(sizes) <= 30
    assert engine.lag > 0


async def test_too_many_looks_under_way_are_held_back_and_told() -> None:
    ward = Ward()

    async def endless(_options: object, _context: Context) -> Result:
        await asyncio.sleep(60)
        return WELL

    checks = [check(name, endless) for name in ("a", "b", "c")]
    engine = await ward.run(checks, lambda: len(ward.seen) > 1, most=2)
    (_, told), *_ = ward.seen
    assert (told.ok, told.reason) == (None, "internal")
    assert told.detail == "we were too busy ourselves: 2 looks are under way"
    assert engine.held_back > 0


async def test_a_look_that_does_not_end_is_ended() -> None:
    ward = Ward()

    async def endless(_options: object, _context: Context) -> Result:
        await asyncio.sleep(60)
        return WELL

    await ward.run([check("a", endless, timeout=0.01)], lambda: bool(ward.seen))
    ((_, told), *_) = ward.seen
    assert (told.ok, told.detail) == (None, "the check did not end within 3.02 s")


FROZEN = """
import asyncio
from datetime import timedelta
from incidentbot.http import Http
from incidentbot.signals.probes.contract import CheckOptions, Context, Result
from incidentbot.signals.probes.engine import Engine, Scheduled

async def look(options, context):
    print("looking", flush=True)
    await asyncio.sleep(0.3)
    return Result(True, "ok")

async def told(observation):
    print(observation.ok, observation.detail, flush=True)
    return False

checks = [Scheduled("a", "s3", look, CheckOptions(timeout=timedelta(seconds=1)), 0.5, 0.1)]
asyncio.run(Engine(checks, Context(Http()), told).run())
"""


def test_looks_begun_before_the_process_was_frozen_do_not_count() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FROZEN], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "looking\n"
        child.send_signal(signal.SIGSTOP)
        time.sleep(1)
        child.send_signal(signal.SIGCONT)
        frozen = child.stdout.readline()
        assert child.stdout.readline() == "looking\n"
        after = child.stdout.readline()
        child.kill()
    assert frozen.startswith("None we were too busy ourselves: we stood still for")
    assert after == "True \n"

"""One webhook and its receiver: keeps it informed, however slow or absent it is."""

import asyncio
import contextlib
import heapq
import itertools
import logging
from collections.abc import Mapping
from datetime import timedelta

from incidentbot import clock
from incidentbot.http import Http
from incidentbot.outgoing import pending
from incidentbot.outgoing.payload import Key, Subjects
from incidentbot.outgoing.pending import Delivery, Done
from incidentbot.outgoing.sender import Outcome, send
from incidentbot.settings.model import WebhookSettings
from incidentbot.store import Store

PARALLEL = 16  # calls at once; one only while the receiver fails
GATHER = 0.01  # seconds: what comes together is one transaction
LOOK = 5.0  # seconds after which the rows are read though nothing rang
FIRST_PAUSE = 0.25  # seconds before the second try; then twice as long each time
LONGEST_PAUSE = 60.0
FAILING = 3  # deliveries failing at once, none taken: the receiver itself is taken to be away
GIVE_UP = timedelta(hours=24)

log = logging.getLogger(__name__)


class Follower:
    """`await run()` delivers until it is cancelled; what was not through is done again later."""

    def __init__(
        self, store: Store, http: Http, webhook: WebhookSettings, subjects: Subjects
    ) -> None:
        self._store = store
        self._http = http
        self._webhook = webhook
        self._subjects = subjects
        self._busy: dict[Key, Delivery] = {}  # taken up and not settled
        self._ready: list[tuple[float, int, Delivery]] = []  # a heap, by the time of the next try
        self._numbers = itertools.count()
        self._attempts: dict[Key, int] = {}
        self._done: list[Done] = []
        self._calls: set[asyncio.Task[None]] = set()
        self._rung = asyncio.Event()
        self._quiet_until = 0.0
        self._failing: set[Key] = set()  # since the last that was taken
        self._failures = 0  # the same, counting each try
        self._taken = self._refused = 0
        self._last_error = ""

    def ring(self) -> None:
        self._rung.set()

    def health(self) -> Mapping[str, object]:
        """For /healthz. `refused` counts what will not be tried again."""
        return {
            "waiting": len(self._busy) - len(self._done),
            "taken": self._taken,
            "refused": self._refused,
            "failing": self._away,
            "last_error": self._last_error,
        }

    @property
    def _away(self) -> bool:
        return len(self._failing) >= FAILING

    async def run(self) -> None:
        try:
            while True:
                try:
                    await self._turn()
                except Exception:
                    # A database that is away must not end what others want to hear.
                    log.exception("the webhook %s could not go on", self._webhook.name)
                    await asyncio.sleep(1.0)
                await self._rest()
        finally:
            self._ready.clear()
            for call in self._calls:
                call.cancel()
            await asyncio.gather(*self._calls, return_exceptions=True)
            # What was taken meanwhile need not be said again by the next process.
            await self._store.tx(pending.settle, self._webhook.name, self._done)

    async def _turn(self) -> None:
        """Settle what is through, take up what is new, and call as often as is allowed."""
        self._rung.clear()
        done = list(self._done)
        over = {one.delivery.key for one in done}
        busy = [key for key in self._busy if key not in over]
        fresh = await self._store.tx(pending.advance, self._webhook, self._subjects, done, busy)
        del self._done[: len(done)]
        for key in over:
            del self._busy[key]
            self._attempts.pop(key, None)
        for delivery in fresh:
            self._busy[delivery.key] = delivery
            self._line_up(delivery, 0.0)
        self._call()

    def _line_up(self, delivery: Delivery, when: float) -> None:
        heapq.heappush(self._ready, (when, next(self._numbers), delivery))

    def _call(self) -> None:
        now = clock.monotonic()
        most = 1 if self._away else PARALLEL
        while self._ready and len(self._calls) < most and self._next() <= now:
            call = asyncio.create_task(self._deliver(heapq.heappop(self._ready)[2]))
            self._calls.add(call)
            call.add_done_callback(self._ended)

    def _ended(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._call()  # the next without waiting for a transaction
        if self._done:
            self.ring()

    def _next(self) -> float:
        """When something may be sent next, by clock.monotonic()."""
        return max(self._ready[0][0], self._quiet_until)

    async def _rest(self) -> None:
        await asyncio.sleep(GATHER)
        left = LOOK
        if self._ready and len(self._calls) < PARALLEL:
            left = min(left, max(0.0, self._next() - clock.monotonic()) + GATHER)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left):
                await self._rung.wait()

    async def _deliver(self, delivery: Delivery) -> None:
        name = self._webhook.name
        try:
            outcome = await send(self._http, self._webhook, delivery.id, delivery.body)
        except Exception as error:
            # One delivery that breaks must not be lost, nor end the others.
            log.exception("a delivery to the webhook %s broke", name)
            outcome = Outcome(False, again=True, why=f"it broke: {type(error).__name__}")
        if outcome.taken:
            if self._away:
                log.info("the webhook %s takes deliveries again", name)
            self._failing.clear()
            self._taken, self._failures = self._taken + 1, 0
            self._done.append(Done(delivery, taken=True))
            return
        self._last_error = outcome.why
        late = clock.now() - delivery.made_at > GIVE_UP
        if not outcome.again or late:
            self._refused += 1
            log.error(
                "the webhook %s did not take %s and is not asked again%s: %s",
                name, delivery.body, " (a day has passed)" if late else "", outcome.why,
            )  # fmt: skip
            self._done.append(Done(delivery, taken=False))
            return
        self._put_off(delivery, outcome.wait)

    def _put_off(self, delivery: Delivery, asked: float | None) -> None:
        now, known = clock.monotonic(), self._away
        self._failures += 1
        self._failing.add(delivery.key)
        if self._away and not known:
            log.warning("the webhook %s fails: %s", self._webhook.name, self._last_error)
        tries = self._attempts[delivery.key] = self._attempts.get(delivery.key, 0) + 1
        wait = pause(tries) if asked is None else max(asked, FIRST_PAUSE)
        self._line_up(delivery, now + wait)
        if asked is not None:
            self._quiet_until = now + wait
        elif self._away:
            self._quiet_until = now + pause(self._failures - FAILING + 1)


def pause(tries: int) -> float:
    """Seconds before the next try, after so many that failed."""
    return min(FIRST_PAUSE * 2.0 ** min(tries - 1, 20), LONGEST_PAUSE)

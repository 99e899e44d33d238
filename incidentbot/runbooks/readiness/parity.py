"""Compare two origins by their listings, in many places at once and with flat memory.

A listing comes 1000 keys a page, and each page names the beginning of the next: read as it is, time
is pages times round trips. So the range of keys is cut, and every stretch is read on both sides at
once and merged as it comes. Nobody knows the keys, so this is how cuts are found:

1. One page from the beginning. If there is more, *tighten*: for the last key seen, ask what comes
   after everything that begins with its first n characters (one key each, for many n at once). The
   longest n behind which nothing comes is where all the rest begins: the range ends there.
2. Cut what is left evenly in the guessed alphabet of the next characters (see keyspace), one
   stretch for each request that may be under way, and list each from its beginning. A first page is
   only wasted where the stretch is empty.
3. Whenever a stretch is done, the one with most left, by how densely its last page lay, is cut in
   two. If the farther half was empty the guess was bad: that stretch is tightened first.

Both sides are cut at the same places, so that a stretch can be compared on its own. Where one side
cannot begin anywhere (Azure, a manifest), there is one stretch.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass, field

from incidentbot.errors import IncidentbotError
from incidentbot.runbooks.listing import PAGE, Opened, Row
from incidentbot.runbooks.readiness import keyspace
from incidentbot.runbooks.readiness.tally import Tally

WORTH = 1.5  # pages that must be left for a cut to be worth a request
LONGEST = 1000  # bytes of a key that are probed: a longer one with END would be refused
PROBES = 16  # beginnings that are asked about at once


@dataclass(slots=True)
class _Side:
    """One origin in one stretch: what was read of it and not yet compared."""

    origin: Opened
    budget: asyncio.Semaphore
    at: bytes
    mark: str = ""
    rows: list[Row] = field(default_factory=list)
    done: bool = False

    async def fill(self, most: int) -> None:
        if self.done or len(self.rows) >= most:
            return
        async with self.budget:
            page = await self.origin.page(self.at, self.mark, most)
        if page.rows:
            self.at = page.rows[-1][0]
            self.rows = self.rows + page.rows if self.rows else page.rows
        self.mark, self.done = page.mark, not page.more

    def until(self, end: bytes) -> None:
        """Nothing behind `end` belongs to this stretch."""
        if self.at > end or (self.rows and self.rows[-1][0] > end):
            del self.rows[_place(self.rows, end) :]
            self.done = True

    def take(self, end: bytes) -> list[Row]:
        if not self.rows or self.rows[-1][0] <= end:
            taken, self.rows = self.rows, []
            return taken
        place = _place(self.rows, end)
        taken, self.rows = self.rows[:place], self.rows[place:]
        return taken


@dataclass(slots=True, eq=False)
class _Stretch:
    """The keys after `at`, up to and with `end`. `recent` is what was read last, for guessing."""

    sides: tuple[_Side, _Side]
    at: bytes
    end: bytes
    recent: list[Row] = field(default_factory=list)
    found: int = 0
    left: float = 0.0
    before: "_Stretch | None" = None
    loose: bool = True  # whether there may be nothing long before its end
    tightening: bool = False


class Comparison:
    """Compare once. `at_once`: pages under way on either side; `page`: rows asked for in each."""

    def __init__(
        self,
        source: Opened,
        copy: Opened,
        tally: Tally,
        at_once: tuple[int, int] = (32, 32),
        page: int = PAGE,
    ) -> None:
        self._page = page
        self._origins = (source, copy)
        self._budgets = (asyncio.Semaphore(at_once[0]), asyncio.Semaphore(at_once[1]))
        self._most = min(at_once) if source.splits and copy.splits else 1
        self._tally = tally
        self._active: list[_Stretch] = []

    async def run(self) -> None:
        """Raises Temporary or Permanent when either side cannot be listed to its end."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                self._start(b"", keyspace.OPEN, None)
        except BaseExceptionGroup as broken:
            ours = broken.subgroup(IncidentbotError)
            if ours is None:
                raise
            raise _first(ours) from broken
        self._tally.end()

    def _start(self, at: bytes, end: bytes, before: _Stretch | None) -> _Stretch:
        left, right = (
            _Side(origin, budget, at)
            for origin, budget in zip(self._origins, self._budgets, strict=True)
        )
        stretch = _Stretch((left, right), at, end, before=before, loose=before is None)
        self._active.append(stretch)
        self._group.create_task(self._read(stretch))
        return stretch

    async def _read(self, stretch: _Stretch) -> None:
        one, two = stretch.sides
        while not (one.done and two.done and not one.rows and not two.rows):
            await asyncio.gather(one.fill(self._page), two.fill(self._page))
            for side in stretch.sides:
                side.until(stretch.end)
            self._merge(stretch)
            if len(self._active) < self._most:
                self._group.create_task(self._spread())
        self._active.remove(stretch)
        if not stretch.found and stretch.before is not None:
            stretch.before.loose = True  # nothing lay behind the cut: it was a bad guess
        await self._spread()

    def _merge(self, stretch: _Stretch) -> None:
        """Compare as far as both sides have been read."""
        known = [side.at for side in stretch.sides if not side.done]
        until = min([*known, stretch.end])
        one, two = (side.take(until) for side in stretch.sides)
        if one or two:
            self._tally.note(one, two)
            fresh = max(one, two, key=len)
            if len(fresh) >= len(stretch.recent) // 2:
                stretch.recent = fresh
            stretch.found += len(one) + len(two)
        stretch.at = until
        going = any(not side.done for side in stretch.sides)
        stretch.left = keyspace.remaining(until, stretch.end, stretch.recent) if going else 0.0

    async def _spread(self) -> None:
        """Cut what is widest, while more requests may be under way than are."""
        while len(self._active) < self._most:
            widest = max(self._active, key=_width, default=None)
            if widest is None or _width(widest) < WORTH * self._page:
                return
            if widest.loose and not await self._tighten(widest):
                return
            if _width(widest) < WORTH * self._page:
                continue
            free = self._most - len(self._active)
            parts = min(free, int(min(widest.left, 1e6) / self._page), self._most) + 1
            cuts = keyspace.cuts(_ahead(widest), widest.end, max(2, parts), widest.recent)
            if not cuts:
                widest.left = 0.0  # until its next page
                continue
            ends = [*cuts[1:], widest.end]
            widest.end = cuts[0]
            widest.left = keyspace.remaining(widest.at, widest.end, widest.recent)
            last = widest
            for at, end in zip(cuts, ends, strict=True):
                last = self._start(at, end, last)

    async def _tighten(self, stretch: _Stretch) -> bool:
        """Bring the end as near as it can be known; False when its reader finished meanwhile.

        Monotone: if nothing comes after all that begins with n characters of a key, nothing comes
        after all that begins with fewer.
        """
        stretch.tightening = True
        try:
            key = _ahead(stretch)[:LONGEST]
            low, high = 0, len(key)
            while high - low > 1:  # `low`: nothing follows it; `high`: something may
                step = max(1, (high - low) // PROBES)
                places = [n for n in range(low + step, high, step) if _whole(key, n)]
                if not places:
                    break
                nothing = await asyncio.gather(
                    *(self._nothing(key[:n] + keyspace.END, stretch.end) for n in places)
                )
                low = max([low, *(n for n, empty in zip(places, nothing, strict=True) if empty)])
                high = min([high, *(n for n, e in zip(places, nothing, strict=True) if not e)])
        finally:
            stretch.tightening = False
        stretch.loose = False
        if low:
            stretch.end = min(stretch.end, key[:low] + keyspace.END)
        stretch.left = keyspace.remaining(stretch.at, stretch.end, stretch.recent)
        return stretch in self._active

    async def _nothing(self, after: bytes, end: bytes) -> bool:
        """Whether neither side has a key after `after`, up to `end`."""
        pages = await asyncio.gather(*(self._probe(side, after) for side in (0, 1)))
        return all(not page or page[0][0] > end for page in pages)

    async def _probe(self, side: int, after: bytes) -> list[Row]:
        async with self._budgets[side]:
            return (await self._origins[side].page(after, "", 1)).rows


async def compare(
    source: Opened,
    copy: Opened,
    critical: Collection[str] = (),
    *,
    sample: int = 200,
    etags: bool = True,
    at_once: tuple[int, int] = (32, 32),
) -> Tally:
    """Everything both have, compared: see `Tally.parity`."""
    tally = Tally(critical, sample, etags)
    await Comparison(source, copy, tally, at_once).run()
    return tally


def _ahead(stretch: _Stretch) -> bytes:
    """The farthest key that a side has read: cutting before it would read twice."""
    return max([stretch.at, *(side.at for side in stretch.sides if side.at <= stretch.end)])


def _width(stretch: _Stretch) -> float:
    return 0.0 if stretch.tightening else stretch.left


def _whole(key: bytes, place: int) -> bool:
    """Whether a key may be cut there without breaking a character."""
    return place < len(key) and key[place] & 0xC0 != 0x80


def _place(rows: list[Row], end: bytes) -> int:
    return bisect_right(rows, end, key=lambda row: row[0])


def _first(group: BaseExceptionGroup[IncidentbotError]) -> IncidentbotError:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner

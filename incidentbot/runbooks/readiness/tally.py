"""What comparing two origins found, counted batch by batch; memory stays flat. Pure."""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from math import exp, floor, log

from incidentbot.runbooks.listing import Row

SHOWN = 20  # how many names of each kind are kept for people
KEPT = 1000  # how many that are missing are kept with their size


@dataclass(frozen=True, slots=True)
class Item:
    """One object: its key, its size in bytes and its ETag ("" where nobody knows)."""

    key: str
    size: int
    etag: str


def item(row: Row) -> Item:
    key, etag, size = row
    return Item(key.decode("utf-8", "replace"), int(size), etag.decode())


@dataclass(slots=True)
class Parity:
    """`missing` are in the source and not in the copy, `extra` the other way round; `critical`
    are the keys that may not differ and do, `absent` what is missing, up to KEPT of it."""

    total: int = 0
    same: int = 0
    missing: int = 0
    different: int = 0
    extra: int = 0
    names: dict[str, list[str]] = field(default_factory=dict)
    critical: list[str] = field(default_factory=list)
    absent: list[Item] = field(default_factory=list)

    def turned(self, critical: Sequence[str]) -> "Parity":
        """The same comparison seen from the other side."""
        renamed = {"missing": "extra", "extra": "missing", "different": "different"}
        return replace(
            self,
            total=self.same + self.different + self.extra,
            missing=self.extra,
            extra=self.missing,
            names={renamed[kind]: keys for kind, keys in self.names.items()},
            critical=list(critical),
            absent=[],
        )


class Draw:
    """An even sample of a stream in one pass (Li's algorithm L), in whatever order it comes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen, self._next, self._weight = 0, 0, 1.0
        self._kept: list[Row] = []

    @property
    def seen(self) -> int:
        return self._seen

    def feed(self, rows: Sequence[Row]) -> None:
        end = self._seen + len(rows)
        while self._next < end:
            row = rows[self._next - self._seen]
            if len(self._kept) < self._most:
                self._kept.append(row)
            else:
                self._kept[random.randrange(self._most)] = row
            self._advance()
        self._seen = end

    def _advance(self) -> None:
        self._next += 1
        if len(self._kept) < self._most:
            return
        self._weight *= exp(log(1 - random.random()) / self._most)
        skip = log(1 - random.random()) / log(1 - self._weight) if self._weight < 1 else 0.0
        self._next += floor(skip)

    def items(self) -> list[Item]:
        return [item(row) for row in self._kept]


class Tally:
    """Takes both sides' rows of one stretch of keys at a time."""

    def __init__(self, critical: Collection[str], sample: int, etags: bool = True) -> None:
        self.parity = Parity()
        self.source, self.copy = Draw(sample), Draw(sample)
        self._etags = etags
        self._critical = sorted(key.encode() for key in critical)
        self._found: tuple[dict[bytes, Row], dict[bytes, Row]] = ({}, {})

    def note(self, source: list[Row], copy: list[Row]) -> None:
        """Both sorted by key, and everything either side has in that stretch."""
        self.source.feed(source)
        self.copy.feed(copy)
        if self._critical:
            for rows, found in ((source, self._found[0]), (copy, self._found[1])):
                self._look_for(rows, found)
        self.parity.total += len(source)
        if source == copy:
            self.parity.same += len(source)
        else:
            self._apart(source, copy)

    def end(self) -> None:
        """All was noted: what is critical and differs is known, and names are in order."""
        self.parity.critical = self._lost(0)
        for names in self.parity.names.values():
            names.sort()
        self.parity.absent.sort(key=lambda one: one.key.encode())

    def lost_in_source(self) -> list[str]:
        """The critical keys that differ, seen from the copy."""
        return self._lost(1)

    def critical(self, side: int) -> dict[str, Item]:
        """Those of the critical keys that the source (0) or the copy (1) has."""
        return {one.key: one for one in map(item, self._found[side].values())}

    def _lost(self, side: int) -> list[str]:
        """Critical keys that this side has and the other has not, or has otherwise."""
        mine, theirs = self._found[side], self._found[1 - side]
        lost = [key for key, row in mine.items() if not self._alike(row, theirs.get(key))]
        return [key.decode() for key in sorted(lost)]

    def _look_for(self, rows: list[Row], found: dict[bytes, Row]) -> None:
        if not rows:
            return
        first = bisect_left(self._critical, rows[0][0])
        for key in self._critical[first : bisect_right(self._critical, rows[-1][0])]:
            place = bisect_left(rows, (key,))
            if place < len(rows) and rows[place][0] == key:
                found[key] = rows[place]

    def _apart(self, source: list[Row], copy: list[Row]) -> None:
        """Only the rows that are not on both sides word for word are looked at one by one."""
        rest = set(copy)
        odd = [row for row in source if row not in rest]
        self.parity.same += len(source) - len(odd)
        if len(copy) == len(source) - len(odd):
            theirs: dict[bytes, Row] = {}  # all the copy has is in the source
        else:
            ours = set(source)
            theirs = {row[0]: row for row in copy if row not in ours}
        for row in odd:
            other = theirs.pop(row[0], None)
            if self._alike(row, other):
                self.parity.same += 1
            elif other is None:
                self._name("missing", row)
                if len(self.parity.absent) < KEPT:
                    self.parity.absent.append(item(row))
            else:
                self._name("different", row)
        for row in theirs.values():
            self._name("extra", row)

    def _alike(self, one: Row, two: Row | None) -> bool:
        # An ETag with a dash is of an upload in parts: it says how it was sent, not what was.
        if two is None or one[2] != two[2]:
            return False
        known = self._etags and one[1] and two[1] and b"-" not in one[1] + two[1]
        return not known or one[1] == two[1]

    def _name(self, kind: str, row: Row) -> None:
        parity = self.parity
        setattr(parity, kind, getattr(parity, kind) + 1)
        kept = parity.names.setdefault(kind, [])
        if len(kept) < SHOWN:
            kept.append(row[0].decode("utf-8", "replace"))

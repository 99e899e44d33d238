"""Are two listings the same? A streaming merge of two sorted streams; memory stays flat."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

SHOWN = 20  # how many names of each kind are kept for people


@dataclass(frozen=True, slots=True)
class Item:
    """One object: its key, its size in bytes and its ETag."""

    key: str
    size: int
    etag: str


@dataclass(slots=True)
class Parity:
    """`missing` are in the first and not in the second, `extra` the other way round; `critical`
    are the keys that may not differ and do."""

    total: int = 0
    same: int = 0
    missing: int = 0
    different: int = 0
    extra: int = 0
    names: dict[str, list[str]] = field(default_factory=dict)
    critical: list[str] = field(default_factory=list)

    def note(self, kind: str, key: str) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        kept = self.names.setdefault(kind, [])
        if len(kept) < SHOWN:
            kept.append(key)


def compare(source: Iterable[Item], copy: Iterable[Item], critical: Collection[str] = ()) -> Parity:
    """Both sorted by key, as S3 lists them (UTF-8 order)."""
    result = Parity()
    left, right = iter(source), iter(copy)
    one, two = next(left, None), next(right, None)
    while one is not None or two is not None:
        if one is None or (two is not None and _before(two, one)):
            assert two is not None
            result.note("extra", two.key)
            two = next(right, None)
            continue
        result.total += 1
        if two is None or _before(one, two):
            result.note("missing", one.key)
            same = False
        else:
            same = _same(one, two)
            if same:
                result.same += 1
            else:
                result.note("different", one.key)
            two = next(right, None)
        if not same and one.key in critical:
            result.critical.append(one.key)
        one = next(left, None)
    return result


def _before(one: Item, two: Item) -> bool:
    return one.key.encode() < two.key.encode()


def _same(one: Item, two: Item) -> bool:
    # An ETag with a dash is of an upload in parts: it says how it was sent, not what was.
    in_parts = "-" in one.etag + two.etag
    return one.size == two.size and (in_parts or one.etag == two.etag)

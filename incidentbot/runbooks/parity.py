"""Are two listings the same? A streaming merge of two sorted streams; memory stays flat."""

from collections.abc import Iterable, Iterator
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
    """`missing` are in the first and not in the second, `extra` the other way round."""

    total: int = 0
    same: int = 0
    missing: int = 0
    different: int = 0
    extra: int = 0
    names: dict[str, list[str]] = field(default_factory=dict)

    def note(self, kind: str, key: str) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        kept = self.names.setdefault(kind, [])
        if len(kept) < SHOWN:
            kept.append(key)


def compare(source: Iterable[Item], copy: Iterable[Item]) -> Parity:
    """Both sorted by key, as S3 lists them (UTF-8 order)."""
    result = Parity()
    left, right = iter(source), iter(copy)
    one, two = next(left, None), next(right, None)
    while one is not None or two is not None:
        if two is None or (one is not None and _before(one, two)):
            assert one is not None
            result.total += 1
            result.note("missing", one.key)
            one = next(left, None)
        elif one is None or _before(two, one):
            result.note("extra", two.key)
            two = next(right, None)
        else:
            result.total += 1
            _same(result, one, two)
            one, two = _advance(left, right)
    return result


def _before(one: Item, two: Item) -> bool:
    return one.key.encode() < two.key.encode()


def _same(result: Parity, one: Item, two: Item) -> None:
    # An ETag with a dash is of an upload in parts: it says how it was sent, not what was.
    etags = "-" not in one.etag + two.etag and one.etag != two.etag
    if one.size != two.size or etags:
        result.note("different", one.key)
    else:
        result.same += 1


def _advance(left: Iterator[Item], right: Iterator[Item]) -> tuple[Item | None, Item | None]:
    return next(left, None), next(right, None)

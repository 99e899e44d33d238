"""Two listings compared in many places at once: the same as two dictionaries, whatever the keys."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from incidentbot.errors import Permanent, Temporary
from incidentbot.runbooks.listing import Object, Page, Row, in_order
from incidentbot.runbooks.readiness import keyspace
from incidentbot.runbooks.readiness.parity import Comparison, compare
from incidentbot.runbooks.readiness.tally import Draw, Tally

A, B, PARTS = b"a" * 32, b"b" * 32, b"c" * 32 + b"-2"


class Listing:
    """A store in memory, strict: a page begins after a real text, and costs a turn of the loop."""

    lists = True

    def __init__(self, rows: list[Row], most: int, splits: bool = True, broken: int = 0) -> None:
        self.rows = sorted(rows)
        self.keys = [row[0] for row in self.rows]
        self.most, self.splits, self.broken = most, splits, broken
        self.pages = self.under_way = self.busiest = 0

    async def page(self, after: bytes, mark: str, most: int) -> Page:
        after.decode()  # it must be text
        self.pages += 1
        number = self.pages
        self.under_way += 1
        self.busiest = max(self.busiest, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        if number == self.broken:
            raise Temporary("answered 503 SlowDown")
        if self.splits:
            start = bisect_right(self.keys, after)
        else:
            start = int(mark or 0)
        end = min(start + min(most, self.most), len(self.rows))
        return Page(self.rows[start:end], end < len(self.rows), str(end))

    async def fetch(self, key: str) -> Object:
        raise NotImplementedError


def run(
    source: list[Row],
    copy: list[Row],
    critical: set[str] | frozenset[str] = frozenset(),
    *,
    page: int = 5,
    splits: bool = True,
    etags: bool = True,
) -> tuple[Tally, Listing, Listing]:
    one, two = Listing(source, page, splits), Listing(copy, page)
    tally = Tally(critical, 10, etags)
    asyncio.run(Comparison(one, two, tally, (8, 8), page).run())
    return tally, one, two


numbered = st.integers(0, 400).map(lambda n: f"assets/{n:06d}.png")
named = st.text(st.sampled_from("ab/.-é日\U0001f600\U0010ffff 0Z~"), min_size=1, max_size=6)
nested = st.tuples(st.sampled_from(["css/", "img/2024/", "img/2025/x/", "z"]), numbered).map(
    "".join
)
rows = st.dictionaries(
    st.one_of(numbered, named, nested),
    st.tuples(st.sampled_from([A, B, PARTS, b""]), st.sampled_from([b"0", b"1"])),
    max_size=80,
)


@settings(max_examples=150, deadline=None)
@given(rows, rows, st.sets(named, max_size=3), st.booleans(), st.booleans(), st.integers(2, 9))
@example({"\U0010ffff": (A, b"1")}, {}, {"\U0010ffff"}, True, True, 2)
def test_it_finds_what_two_dictionaries_find(
    one: dict[str, tuple[bytes, bytes]],
    changes: dict[str, tuple[bytes, bytes]],
    critical: set[str],
    splits: bool,
    etags: bool,
    page: int,
) -> None:
    two = {key: value for key, value in one.items() if key not in list(changes)[::2]} | changes
    left = [(key.encode(), *value) for key, value in one.items()]
    right = [(key.encode(), *value) for key, value in two.items()]
    tally, *_ = run(left, right, critical, page=page, splits=splits, etags=etags)

    def same(key: str) -> bool:
        (tag, size), (other, length) = one[key], two[key]
        known = etags and tag and other and b"-" not in tag + other
        return size == length and (not known or tag == other)

    parity, both = tally.parity, one.keys() & two.keys()
    assert (parity.total, parity.extra) == (len(one), len(two.keys() - one.keys()))
    assert parity.missing == len(one.keys() - two.keys())
    assert parity.same == sum(same(key) for key in both)
    assert parity.total == parity.same + parity.missing + parity.different
    bad = {key for key in one if key not in both or not same(key)}
    assert set(parity.critical) == bad & critical
    assert {item.key for item in parity.absent} == one.keys() - two.keys()
    turned = parity.turned(tally.lost_in_source())
    assert (turned.total, turned.missing, turned.extra) == (len(two), parity.extra, parity.missing)
    assert set(turned.critical) == {k for k in two if k not in both or not same(k)} & critical
    assert (tally.source.seen, tally.copy.seen) == (len(one), len(two))


SHAPES = {
    "numbers": [f"assets/{n:09d}.png" for n in range(4000)],
    "hashes": [f"{n * 2654435761 % 2**32:08x}/{n}.jpg" for n in range(4000)],
    "one deep folder among few": [f"z/very/deep/folder/{n:05d}" for n in range(3900)]
    + [f"{chr(97 + n % 26)}/{n}" for n in range(100)],
    "words": [f"{a}{b}{c}/{n}" for n in range(4) for a in "abcdefghij" for b in "aeiou"
              for c in ("st", "nd", "rk", "m", "ll", "tt", "x", "y", "z", "é", "日", "q", "w", "v",
                        "u", "t", "s", "r", "p", "o")],
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_the_range_is_cut_wherever_the_keys_are(shape: str) -> None:
    """Few pages are wasted, and they are asked for at once, within the budget."""
    found = [(key.encode(), A, b"1") for key in SHAPES[shape]]
    tally, one, two = run(found, found[:-1], page=50)
    assert (tally.parity.total, tally.parity.missing) == (4000, 1)
    assert 4 <= one.busiest <= 8 and two.busiest <= 8
    assert one.pages < 80 * 2.5, one.pages


@pytest.mark.parametrize("splits", [True, False])
def test_a_side_that_breaks_ends_it_with_its_own_words(splits: bool) -> None:
    found = [(f"{n:04d}".encode(), A, b"1") for n in range(100)]

    async def both() -> None:
        broken = Listing(found, 5, splits, broken=3)
        await Comparison(broken, Listing(found, 5), Tally((), 1), (4, 4), 5).run()

    with pytest.raises(Temporary, match="503 SlowDown"):
        asyncio.run(both())


async def test_compare_is_the_whole_of_it() -> None:
    one = [(b"a", A, b"1"), (b"b", A, b"1")]
    tally = await compare(Listing(one, 1000), Listing(one[:1], 1000), {"b"}, sample=5)
    assert tally.parity.critical == ["b"]
    assert tally.parity.names == {"missing": ["b"]}
    assert sorted(item.key for item in tally.source.items()) == ["a", "b"]


@pytest.mark.parametrize("found", [[b"b", b"a"], [b"a", b"a"], [b"\xf0\x9f", b"\xef\xbf"]])
def test_a_listing_out_of_order_is_refused(found: list[bytes]) -> None:
    with pytest.raises(Permanent, match="order of its keys"):
        in_order([(key, A, b"1") for key in found], b"", "b")
    with pytest.raises(Permanent):
        in_order([(b"a", A, b"1")], b"a", "b")


def test_a_sample_is_even_in_whatever_pieces_it_comes() -> None:
    drawn: Counter[str] = Counter()
    for turn in range(600):
        draw, stream = Draw(2), [(str(n).encode(), A, b"1") for n in range(10)]
        for start in range(0, 10, turn % 4 + 1):
            draw.feed(stream[start : start + turn % 4 + 1])
        assert draw.seen == 10 and len(draw.items()) == 2
        drawn.update(item.key for item in draw.items())
    assert len(drawn) == 10 and min(drawn.values()) > 60  # 120 each on average


@given(
    st.text(min_size=1, max_size=8), st.text(max_size=8), st.integers(2, 40), st.lists(st.text())
)
def test_cuts_lie_in_between_in_order_and_are_text(
    low: str, more: str, parts: int, seen: list[str]
) -> None:
    at = low.encode("utf-8", "ignore")
    end = max(at, more.encode("utf-8", "ignore")) + keyspace.END
    sample = [(key.encode("utf-8", "ignore"), A, b"1") for key in [low, *sorted(seen)]]
    cuts = keyspace.cuts(at, end, parts, sample)
    assert cuts == sorted(set(cuts)) and len(cuts) < parts
    assert all(at < cut < end and cut.decode() for cut in cuts)
    assert keyspace.remaining(at, end, sample) >= 0

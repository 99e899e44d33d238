"""The audit log: whatever is changed in it, the first bad row is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from freezegun import freeze_time
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import audit, clock
from incidentbot.audit import heads, reading
from incidentbot.audit.chain import HEAD
from incidentbot.audit.heads import Anchor, Rewritten
from incidentbot.audit.verify import TEXTS, verify
from incidentbot.errors import IncidentbotError
from incidentbot.store import Store
from incidentbot.store.models import AuditHead, AuditRow
from tests.unit.audit_cases import ROWS, fill, head, rewrite, sql, sqlite


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Path]]:
    """Eight rows in SQLite; whoever changes them puts them back."""
    folder = tmp_path_factory.mktemp("audit")
    with sqlite(folder) as store:
        store.run(fill)
        yield store, folder / "incidentbot.db"


def test_a_chain_holds_and_goes_on_across_incidents_and_without_any(store: Store) -> None:
    assert verify(store).fault is None
    store.run(fill)
    store.run(lambda s: audit.append(s, "kill_switch", "U0MAYA", data={"on": True}))
    store.run(lambda s: audit.append(s, "role", "U0JONAS", "INC-2"))
    walked = verify(store)
    assert walked.fault is None
    assert walked.seq == ROWS + 2
    rows = store.run(lambda s: s.scalars(select(AuditRow).order_by(AuditRow.seq)).all())
    assert [row.prev_hash for row in rows] == ["", *(row.hash for row in rows[:-1])]
    assert (rows[-1].incident_id, rows[-2].incident_id) == ("INC-2", "")


def test_nothing_is_written_by_a_transaction_that_does_not_commit(store: Store) -> None:
    def undone(session: Session) -> None:
        fill(session)
        raise IncidentbotError("after all not")

    with pytest.raises(IncidentbotError):
        store.run(undone)
    store.run(fill, 1)
    walked = verify(store)
    assert (walked.seq, walked.fault) == (1, None)


def test_many_at_once_make_one_chain_without_a_gap(store: Store) -> None:
    def some(number: int) -> None:
        store.run(fill, 1 + number % 3)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(some, range(30)))
    walked = verify(store)
    assert (walked.seq, walked.fault) == (60, None)


def test_without_its_head_nothing_goes_on(store: Store) -> None:
    store.run(fill)
    sql(store, "DELETE FROM audit_head")
    with pytest.raises(IncidentbotError, match="head of the audit log is gone"):
        store.run(fill)
    fault = verify(store).fault
    assert fault is not None
    assert fault.what == "head"


@settings(max_examples=150)
@given(
    row=st.integers(1, ROWS),
    column=st.sampled_from(TEXTS),
    place=st.integers(0, 10_000),
    bits=st.integers(1, 255),
)
def test_one_byte_in_any_column_of_any_row_names_the_row(
    chain: tuple[Store, Path], row: int, column: str, place: int, bits: int
) -> None:
    store, file = chain
    with closing(sqlite3.connect(file, timeout=15)) as hand:
        ask = f"SELECT CAST({column} AS BLOB) FROM audit WHERE seq = ?"
        (was,) = hand.execute(ask, (row,)).fetchone()
        if not was:  # an empty column: something is put there
            changed = bytes([bits])
        else:
            at = place % len(was)
            changed = was[:at] + bytes([was[at] ^ bits]) + was[at + 1 :]
        put = f"UPDATE audit SET {column} = CAST(? AS TEXT) WHERE seq = ?"
        hand.execute(put, (changed, row))
        hand.commit()
        try:
            fault = verify(store).fault
        finally:
            hand.execute(put, (was, row))
            hand.commit()
    assert fault is not None
    assert fault.row == row
    assert fault.what in ("content", "link")


@settings(max_examples=40)
@given(row=st.integers(1, ROWS), to=st.integers(-5, 400).filter(lambda n: not 1 <= n <= ROWS))
def test_a_number_that_was_changed_is_named(chain: tuple[Store, Path], row: int, to: int) -> None:
    store, _ = chain
    sql(store, "UPDATE audit SET seq = :to WHERE seq = :row", row=row, to=to)
    fault = verify(store).fault
    sql(store, "UPDATE audit SET seq = :row WHERE seq = :to", row=row, to=to)
    assert fault is not None
    assert fault.row == (row if to > 0 else to)
    assert verify(store).fault is None


def swapped(store: Store) -> None:
    for old, new in ((3, 99), (5, 3), (99, 5)):
        sql(store, "UPDATE audit SET seq = :new WHERE seq = :old", old=old, new=new)


def cut_whole(store: Store) -> None:
    """The tail and the head with it: inside, nothing is wrong any more."""
    sql(store, "DELETE FROM audit WHERE seq > 6")
    sql(store, "UPDATE audit_head SET seq = 6, hash = (SELECT hash FROM audit WHERE seq = 6)")


@pytest.mark.parametrize(
    ("hand", "row", "what", "inside"),
    [
        (lambda s: sql(s, "DELETE FROM audit WHERE seq = 1"), 1, "missing", True),
        (lambda s: sql(s, "DELETE FROM audit WHERE seq IN (4, 5)"), 4, "missing", True),
        (swapped, 3, "link", True),
        (lambda s: sql(s, "DELETE FROM audit WHERE seq > 6"), 7, "cut", True),
        (cut_whole, 7, "cut", False),
        (lambda s: s.run(rewrite), 8, "anchor", False),
        (lambda s: sql(s, "UPDATE audit_head SET seq = 5"), 5, "head", True),
        (lambda s: sql(s, "DELETE FROM audit"), 1, "cut", True),
    ],
)
def test_what_is_taken_away_swapped_cut_off_or_rewritten(
    tmp_path: Path, hand: Callable[[Store], None], row: int, what: str, inside: bool
) -> None:
    with sqlite(tmp_path) as store:
        store.run(fill)
        outside = store.run(head)
        hand(store)
        alone, anchored = verify(store).fault, verify(store, [outside]).fault
    assert (alone is not None) is inside, alone
    assert anchored is not None
    assert (anchored.row, anchored.what) == (row, what)


def test_the_newest_anchor_that_agrees_tells_how_far_it_is_the_old_chain(store: Store) -> None:
    store.run(fill, 1)
    first = store.run(head)
    store.run(fill)
    last = store.run(head)
    assert verify(store, [last, first]).compared == 2
    store.run(rewrite)
    fault = verify(store, [first, last]).fault
    assert fault is not None
    assert "rewritten somewhere after row 1" in fault.words
    assert "outside" in fault.words


def test_an_anchor_is_due_by_rows_by_age_and_only_for_a_head_that_changed(store: Store) -> None:
    every = timedelta(minutes=10)
    with freeze_time("2026-03-02T17:40:00Z") as frozen:

        def due() -> tuple[Anchor | None, int]:
            return store.run(heads.due, "file", 5, every, clock.now())

        assert due() == (None, 0)
        store.run(fill, 1)
        first, _ = due()
        assert first is not None
        assert first.n == 1
        store.run(heads.done, "file", first)
        store.run(fill, 4)
        assert due() == (None, 4)
        store.run(fill, 1)
        again, waiting = due()
        assert again is not None
        assert (again.n, waiting) == (6, 5)
        store.run(heads.done, "file", again)
        frozen.tick(timedelta(hours=1))
        assert due() == (None, 0)
        store.run(fill, 1)
        assert due()[0] is not None


def test_a_rewritten_log_is_never_anchored_over_what_was(store: Store) -> None:
    store.run(fill)
    store.run(heads.done, "file", replace(store.run(head), at=clock.iso(clock.now())))
    store.run(rewrite)
    store.run(fill)
    with pytest.raises(Rewritten, match="row 8"):
        store.run(heads.due, "file", 1, timedelta(minutes=1), clock.now())


HASHES = st.text("0123456789abcdef", min_size=64, max_size=64)


@settings(max_examples=40)
@given(
    n=st.integers(1, 10**12), hash=HASHES, before=st.text(max_size=40), after=st.text(max_size=9)
)
def test_an_anchor_is_read_back_as_a_line_of_slack_whatever_is_around_it(
    n: int, hash: str, before: str, after: str
) -> None:
    anchor = Anchor(n, hash, "2026-03-02T17:40:00.000000Z")
    text = f"{before} `{reading.line(anchor)}` {after}"
    assert [replace(one, source="") for one in reading.anchors(text, "pasted")] == [anchor]


@given(st.text(max_size=300))
def test_any_text_can_be_looked_through_for_anchors(text: str) -> None:
    assert all(len(one.hash) == 64 or one.hash in text for one in reading.anchors(text, "any"))


def test_the_head_stands_alone(store: Store) -> None:
    store.run(fill)
    assert [row.id for row in store.run(lambda s: s.scalars(select(AuditHead)).all())] == [HEAD]

"""Walk the chain and name the first bad row. A stream of pages: a million rows in flat memory.

Each page is a transaction of its own, so that a bot at work is not held up meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import LargeBinary, Row, cast, func, select
from sqlalchemy.orm import Session

from incidentbot.audit.chain import GENESIS, HEAD, hash_of
from incidentbot.audit.heads import Anchor
from incidentbot.store import Store
from incidentbot.store.models import AuditHead, AuditRow

PAGE = 5_000
LOWEST = -(2**63)
TEXTS = ("at", "kind", "actor", "incident_id", "plan_id", "data", "prev_hash", "hash")


@dataclass(frozen=True, slots=True)
class Fault:
    """`what`: content, link, missing, extra, cut, head or anchor. `row` is the first bad one."""

    row: int
    what: str
    words: str


@dataclass(slots=True)
class Walk:
    """How far the chain was walked. Feed it rows in their order, then `end` it."""

    anchors: dict[int, list[Anchor]]
    seq: int = 0
    hash: str = GENESIS
    compared: int = 0
    agreed: Anchor | None = None
    fault: Fault | None = field(default=None)

    def step(self, seq: int, texts: Sequence[bytes]) -> Fault | None:
        """What is wrong with the next row. Columns are bytes: text that is none is a fault too."""
        if seq != self.seq + 1:
            return self._out_of_order(seq)
        try:
            at, kind, actor, incident_id, plan_id, data, prev, own = (t.decode() for t in texts)
        except UnicodeDecodeError:
            return _changed(seq, "holds bytes that are no text")
        if prev != self.hash:
            words = f"row {seq} does not continue row {self.seq}: its link is another hash"
            return Fault(seq, "link", words)
        if own != hash_of(prev, seq, at, kind, actor, incident_id, plan_id, data):
            return _changed(seq, "does not give its hash")
        self.seq, self.hash = seq, own
        return self._against_anchors()

    def end(self, head: tuple[int, str] | None) -> Fault | None:
        """What is wrong behind the last row."""
        if head is None:
            return Fault(self.seq, "head", "the head of the chain is gone")
        if head[0] > self.seq:
            words = f"rows {self.seq + 1} to {head[0]} are cut off: the head says {head[0]}"
            return Fault(self.seq + 1, "cut", words)
        if head != (self.seq, self.hash):
            words = f"the head says row {head[0]}, and the chain ends with row {self.seq}"
            return Fault(min(head[0], self.seq), "head", words)
        beyond = min((n for n in self.anchors if n > self.seq), default=None)
        if beyond is not None:
            anchor = self.anchors[beyond][0]
            words = (
                f"the end is cut off: the chain ends with row {self.seq}, and {anchor.source} knows"
                f" row {anchor.n}{_when(anchor)}"
            )
            return Fault(self.seq + 1, "cut", words)
        return None

    def _out_of_order(self, seq: int) -> Fault:
        if seq <= self.seq:
            return Fault(seq, "extra", f"row {seq} does not belong to the chain")
        last = (
            f"row {self.seq + 1} is" if seq == self.seq + 2 else f"{self.seq + 1} to {seq - 1} are"
        )
        return Fault(self.seq + 1, "missing", f"{last} missing")

    def _against_anchors(self) -> Fault | None:
        for anchor in self.anchors.get(self.seq, ()):
            self.compared += 1
            if anchor.hash != self.hash:
                since = f"after row {self.agreed.n}" if self.agreed else "up to this row"
                words = (
                    f"row {self.seq} is not the one that was anchored{_when(anchor)}"
                    f" ({anchor.source}): the chain was rewritten somewhere {since}"
                )
                return Fault(self.seq, "anchor", words)
            self.agreed = anchor
        return None


def verify(store: Store, anchors: Iterable[Anchor] = ()) -> Walk:
    """The whole chain, and every anchor against it; `fault` of the answer is the first bad row."""
    known: dict[int, list[Anchor]] = {}
    for anchor in anchors:
        known.setdefault(anchor.n, []).append(anchor)
    walk = Walk(known)
    after = LOWEST
    while walk.fault is None:
        rows = store.run(_page, after)
        walk.fault = _first(walk, rows)
        if len(rows) < PAGE:
            break
        after = rows[-1][0]
    if walk.fault is None:
        # What was appended meanwhile, and the head, in one transaction: they must fit.
        walk.fault = store.run(_last, walk)
    return walk


def _first(walk: Walk, rows: Iterable[Row[Any]]) -> Fault | None:
    steps: Iterator[Fault | None] = (walk.step(row[0], row[1:]) for row in rows)
    return next((fault for fault in steps if fault is not None), None)


def _last(session: Session, walk: Walk) -> Fault | None:
    head = session.get(AuditHead, HEAD, with_for_update=True, populate_existing=True)
    while rows := _page(session, walk.seq):
        fault = _first(walk, rows)
        if fault is not None:
            return fault
    return walk.end((head.seq, head.hash) if head else None)


def _page(session: Session, after: int) -> Sequence[Row[Any]]:
    sqlite = session.get_bind().dialect.name == "sqlite"
    texts = [
        cast(column, LargeBinary) if sqlite else func.convert_to(column, "UTF8")
        for column in (getattr(AuditRow, name) for name in TEXTS)
    ]
    query = select(AuditRow.seq, *texts).where(AuditRow.seq > after)
    return session.execute(query.order_by(AuditRow.seq).limit(PAGE)).all()


def _changed(seq: int, why: str) -> Fault:
    return Fault(seq, "content", f"row {seq} was changed after it was written: it {why}")


def _when(anchor: Anchor) -> str:
    return f" at {anchor.at}" if anchor.at else ""

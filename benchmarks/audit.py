"""How long a long audit log takes to verify, in how much memory, and what a row costs to append.

    python -m benchmarks.audit [--rows 1000000]

SQLite on this machine's disk. The chain is made with the product's own hashing, written in bulk.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from incidentbot import audit, clock, ids
from incidentbot.audit.chain import hash_of
from incidentbot.store import Store, migrate
from incidentbot.store.models import AuditHead, AuditRow

PAGE = 10_000
APPENDS = 1_000


def rows(count: int) -> Iterator[dict[str, object]]:
    """As a run writes them: about 400 bytes each."""
    before = ""
    for seq in range(1, count + 1):
        data = {
            "event": "step", "plan_id": f"P-{seq % 9999:08x}", "runbook": "serve-from-backup",
            "title": "Serve Shop images from us-west-2", "asset": "shop-images",
            "request_id": f"5b1c2f7e-{seq:012d}", "plan_hash": "ab" * 32,
            "text": "The write was taken; the parameter is now of version 42.",
        }  # fmt: skip
        row = {
            "seq": seq,
            "at": clock.iso(clock.now()),
            "kind": "runbook.step",
            "actor": "incidentbot",
            "incident_id": f"INC-{seq % 500}",
            "plan_id": f"P-{seq % 9999:08x}",
            "data": ids.canonical(data).decode(),
        }
        own = hash_of(before, **row)  # type: ignore[arg-type]
        yield row | {"prev_hash": before, "hash": own}
        before = own


def fill(store: Store, count: int) -> None:
    page: list[dict[str, object]] = []
    last: dict[str, object] = {}

    def put(session: Session) -> None:
        session.execute(insert(AuditRow), page)
        session.execute(update(AuditHead).values(seq=last["seq"], hash=last["hash"]))

    for last in rows(count):
        page.append(last)
        if len(page) == PAGE:
            store.run(put)
            page.clear()
    if page:
        store.run(put)


CONFIG = """\
name: Shop
web: {listen: "127.0.0.1:0"}
storage: {database: "sqlite:///audit.db"}
"""


def verified(folder: Path) -> tuple[float, float, float]:
    """`incidentbot audit verify` as a process of its own: (seconds, CPU seconds, MiB at most)."""
    (folder / "incidentbot.yaml").write_text(CONFIG)
    began = time.perf_counter()
    words = [sys.executable, "-m", "incidentbot", "audit", "verify", "--config"]
    process = subprocess.Popen(
        [*words, str(folder / "incidentbot.yaml")], stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    took = time.perf_counter() - began
    return took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def appended(store: Store) -> float:
    """Milliseconds for one transaction with one row."""
    began = time.perf_counter()
    for _ in range(APPENDS):
        store.run(
            lambda s: audit.append(s, "runbook.step", "incidentbot", "INC-1", "P-1", {"a": 1})
        )
    return (time.perf_counter() - began) / APPENDS * 1000


def empty(store: Store) -> float:
    began = time.perf_counter()
    for _ in range(APPENDS):
        store.run(lambda s: s.get(AuditHead, 1))
    return (time.perf_counter() - began) / APPENDS * 1000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    count = parser.parse_args().rows
    for rows_ in (count // 100, count):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            store = Store(f"sqlite:///{folder}/audit.db")
            migrate.upgrade(store)
            fill(store, rows_)
            took, used, most = verified(folder)
            size = (folder / "audit.db").stat().st_size / 2**20
            print(
                f"{rows_:,} rows, {size:.0f} MiB: {took:.1f} s, {used:.1f} s of CPU, {most:.0f} MiB"
            )
            print(
                f"one row {appended(store):.2f} ms, a transaction that reads {empty(store):.2f} ms"
            )
            store.close()


if __name__ == "__main__":
    main()

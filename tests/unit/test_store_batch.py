"""Group commit: many writers, few transactions, and only the faulty one hears of its fault."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from incidentbot.store import Store
from incidentbot.store.batch import Batch
from incidentbot.store.models import Counter


class Ledger:
    """Writes names; "bad" cannot be written. Remembers what each transaction was given."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []

    def put(self, session: Session, names: Sequence[str]) -> None:
        self.groups.append(list(names))
        for name in names:
            session.add(Counter(name=name, value=1))
        session.flush()
        if "bad" in names:
            raise ValueError("bad cannot be written")


def names(session: Session) -> list[str]:
    return sorted(session.scalars(select(Counter.name)))


async def test_what_comes_while_a_transaction_is_under_way_shares_the_next(store: Store) -> None:
    ledger = Ledger()
    batch: Batch[str] = Batch(store, ledger.put, most=50)
    await asyncio.gather(*(batch.write(f"n{number:03}") for number in range(120)))
    assert await store.tx(names) == [f"n{number:03}" for number in range(120)]
    assert len(ledger.groups) <= 4
    assert max(len(group) for group in ledger.groups) == 50


async def test_one_that_is_at_fault_fails_alone(store: Store) -> None:
    ledger = Ledger()
    batch: Batch[str] = Batch(store, ledger.put)
    wanted = ["a", "b", "bad", "c"]
    done = await asyncio.gather(*(batch.write(name) for name in wanted), return_exceptions=True)
    assert [type(result) for result in done] == [type(None), type(None), ValueError, type(None)]
    assert await store.tx(names) == ["a", "b", "c"]


async def test_a_database_that_is_away_is_told_to_each_and_the_next_write_works(
    store: Store,
) -> None:
    batch: Batch[str] = Batch(store, Ledger().put)
    await batch.write("twice")
    done = await asyncio.gather(batch.write("twice"), batch.write("new"), return_exceptions=True)
    assert isinstance(done[0], SQLAlchemyError)
    assert done[1] is None
    assert await store.tx(names) == ["new", "twice"]


async def test_a_writer_that_gives_up_waiting_stops_nobody(store: Store) -> None:
    batch: Batch[str] = Batch(store, Ledger().put)
    hasty = asyncio.create_task(batch.write("hasty"))
    await asyncio.sleep(0)
    hasty.cancel()
    await batch.write("patient")
    with pytest.raises(asyncio.CancelledError):
        await hasty
    assert "patient" in await store.tx(names)

"""Group commit: each caller gets the answer for its own item, and its own error."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from incidentbot.errors import Temporary
from incidentbot.store import Store
from incidentbot.store.batch import Batch


@pytest.fixture
def database_url(tmp_path: object) -> str:
    """One kind of database is enough here."""
    return f"sqlite:///{tmp_path}/incidentbot.db"


class Written:
    """Stands for rows: what was put, group by group; `bad` is an item that cannot be."""

    def __init__(self, error: Exception) -> None:
        self.groups: list[list[int]] = []
        self.error = error

    def put(self, _session: Session, items: Sequence[int]) -> list[str]:
        self.groups.append(list(items))
        if -1 in items:
            raise self.error
        return [f"row {item}" for item in items]


async def all_of(batch: Batch[int], *items: int) -> list[Any]:
    return await asyncio.gather(*(batch.write(item) for item in items), return_exceptions=True)


async def test_each_gets_its_own_answer_out_of_few_transactions(store: Store) -> None:
    written = Written(ValueError())
    batch: Batch[int] = Batch(store, written.put, most=3)
    assert await all_of(batch, 1, 2, 3, 4, 5) == [f"row {n}" for n in (1, 2, 3, 4, 5)]
    assert written.groups == [[1, 2, 3], [4, 5]]


async def test_only_the_faulty_one_hears_of_its_fault(store: Store) -> None:
    fault = ValueError("no such row")
    batch: Batch[int] = Batch(store, Written(fault).put)
    assert await all_of(batch, 1, -1, 3) == ["row 1", fault, "row 3"]


async def test_a_database_that_is_away_is_not_asked_again_for_each(store: Store) -> None:
    away = OperationalError("", {}, Exception("away"))
    written = Written(away)
    batch: Batch[int] = Batch(store, written.put)
    found = await all_of(batch, 1, -1, 3)
    assert {type(one) for one in found} == {OperationalError}
    assert {tuple(group) for group in written.groups} == {(1, -1, 3)}
    assert await all_of(batch, 4) == ["row 4"]


async def test_what_is_too_much_is_to_come_again(store: Store) -> None:
    batch: Batch[int] = Batch(store, Written(ValueError()).put, room=2)
    found = await all_of(batch, 1, 2, 3)
    assert found[:2] == ["row 1", "row 2"]
    assert isinstance(found[2], Temporary)

"""The database's few promises, on both kinds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from incidentbot.store import Store, changed, insert_once
from incidentbot.store.models import Counter, InboxItem

AT = datetime(2026, 11, 24, 3, 4, 5, 123456, tzinfo=UTC)


def put(session: Session, key: str, at: datetime = AT) -> bool:
    values = {"kind": "click", "payload": {"ä": [1, None]}, "state": "new", "attempts": 0}
    times = {"received_at": at, "happened_at": AT}
    return insert_once(session, InboxItem, key=key, lane="", error="", **times, **values)


def test_inserting_once_tells_who_wrote(store: Store) -> None:
    assert [store.run(put, "a"), store.run(put, "a"), store.run(put, "b")] == [True, False, True]


def test_times_come_back_aware_and_exact_whatever_zone_they_had(store: Store) -> None:
    store.run(put, "a", AT.astimezone(timezone(timedelta(hours=5, minutes=30))))
    row = store.run(lambda s: s.scalars(select(InboxItem)).one())
    assert row.received_at == AT and row.received_at.tzinfo == UTC
    assert row.payload == {"ä": [1, None]}


def test_a_time_without_a_zone_is_refused_at_the_door(store: Store) -> None:
    with pytest.raises(StatementError, match="has no time zone"):
        store.run(put, "a", AT.replace(tzinfo=None))


async def test_listeners_hear_of_what_was_committed_and_of_nothing_else(store: Store) -> None:
    rung: list[str] = []
    store.on_commit("inbox", lambda: rung.append("inbox"))

    def good(session: Session) -> None:
        changed(session, "inbox")

    def bad(session: Session) -> None:
        changed(session, "inbox")
        raise RuntimeError("no")

    await store.tx(good)
    with pytest.raises(RuntimeError):
        await store.tx(bad)
    await store.tx(lambda session: session.get(Counter, "x"))
    assert rung == ["inbox"]

"""The migrations make the tables that the models describe, on each database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import DateTime, bindparam, inspect, select, text
from sqlalchemy.orm import Session

from incidentbot.store import Store, migrate
from incidentbot.store.models import Approval, Base, Counter
from incidentbot.store.types import UtcDateTime


def differences(store: Store) -> list[object]:
    with store.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, Base.metadata))


def test_migrated_from_empty_the_tables_are_those_of_the_models(database_url: str) -> None:
    store = Store(database_url)
    try:
        assert migrate.pending(store)
        assert differences(store)
        migrate.upgrade(store)
        assert differences(store) == []
        assert not migrate.pending(store)
    finally:
        store.close()


def test_a_second_run_is_harmless_and_keeps_the_rows(store: Store) -> None:
    def write(session: Session) -> None:
        session.add(Counter(name="incident", value=7))

    store.run(write)
    migrate.upgrade(store)
    migrate.upgrade(store)
    assert not migrate.pending(store)
    assert store.run(lambda session: session.get_one(Counter, "incident").value) == 7


def test_two_that_start_together_migrate_one_after_the_other(database_url: str) -> None:
    stores = [Store(database_url) for _ in range(3)]
    try:
        with ThreadPoolExecutor(len(stores)) as threads:
            list(threads.map(migrate.upgrade, stores))
        assert differences(stores[0]) == []
    finally:
        for store in stores:
            store.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_every_time_column_keeps_its_zone_where_the_database_can(store: Store) -> None:
    found = inspect(store.engine)
    columns = [c for table in found.get_table_names() for c in found.get_columns(table)]
    zones = [c["type"].timezone for c in columns if isinstance(c["type"], DateTime)]
    assert zones
    assert all(zones)


def test_who_approved_what_is_carried_over_to_the_shape_with_several_people(
    database_url: str,
) -> None:
    store = Store(database_url)
    try:
        migrate.upgrade(store, "0013")
        with store.engine.begin() as connection:
            for words in OLD_ROWS:
                words_with_time = text(words).bindparams(bindparam("at", type_=UtcDateTime()))
                connection.execute(words_with_time, {"at": AT})
        migrate.upgrade(store)
        (row,) = store.run(lambda session: list(session.scalars(select(Approval))))
        assert (row.plan_id, row.person, row.plan_hash, row.at) == ("P-1", "U2", "abc", AT)
        assert (row.kind, row.reason, row.typed, row.behind) == ("person", "", False, "")
        assert differences(store) == []
    finally:
        store.close()


AT = datetime(2026, 3, 2, 17, 40, tzinfo=UTC)
OLD_ROWS = (
    "INSERT INTO incident (id, key, title, summary, status, severity, opened_by, started_at,"
    " detected_at, private, test, last_seq, last_hash) VALUES ('INC-1', 'k', 't', '', 'open', 2,"
    " 'U1', :at, :at, false, false, 0, '')",
    "INSERT INTO plan (id, incident_id, runbook, target, body, hash, state, created_by,"
    " created_at, expires_at, outcome) VALUES ('P-1', 'INC-1', 'r', 't', '{}', 'abc', 'approved',"
    " 'U1', :at, :at, '')",
    "INSERT INTO approval (plan_id, plan_hash, person, at) VALUES ('P-1', 'abc', 'U2', :at)",
)

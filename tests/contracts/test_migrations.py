"""The migrations make the tables that the models describe, on each database."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import DateTime, inspect
from sqlalchemy.orm import Session

from incidentbot.store import Store, migrate
from incidentbot.store.models import Base, Counter


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

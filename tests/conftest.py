"""What all tests share: the real database, twice; and an honest word about what is left out."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine

from incidentbot.store import Store, migrate
from tests import postgres

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_numbers = itertools.count(1)

# How long one example takes says more about the machine than about the code.
settings.register_profile("incidentbot", deadline=None)
settings.load_profile("incidentbot")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    if postgres.binaries() is None:
        pytest.skip("left out: no PostgreSQL server on this machine (Debian: postgresql)")
    with postgres.short_folder() as folder, postgres.server(folder) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/incidentbot.db"
        return
    server: str = request.getfixturevalue("postgres_server")
    name = f"test{next(_numbers)}"
    _order(server, f"CREATE DATABASE {name}")
    yield server + name
    # At once: hundreds of them, each of 300 files, would take long to clear away at the end.
    _order(server, f"DROP DATABASE {name} WITH (FORCE)")


def _order(server: str, words: str) -> None:
    engine = create_engine(server + "postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(words)
    engine.dispose()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated database of each kind."""
    made = Store(database_url)
    migrate.upgrade(made)
    yield made
    made.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    if CHROMIUM is None:
        pytest.skip("left out: no chromium on this machine (Debian: chromium)")
    return CHROMIUM

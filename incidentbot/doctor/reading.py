"""A look into the database that changes nothing and makes no file beside it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

CONNECT = 5  # seconds


@contextmanager
def connected(url: URL) -> Iterator[Connection]:
    """A connection that may only read. Raises SQLAlchemyError."""
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        # Without a journal beside it nobody writes, and opening it must not make one.
        how = "mode=ro" if Path(f"{path}-wal").exists() else "immutable=1"
        address = f"file:{quote(str(path))}?{how}"
        engine = create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(address, uri=True, timeout=2),
            poolclass=NullPool,
        )
        with engine.connect() as connection:
            yield connection
        return
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": CONNECT})
    with engine.connect() as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = on")
        connection.exec_driver_sql(f"SET statement_timeout = {CONNECT * 1000}")
        connection.commit()
        yield connection

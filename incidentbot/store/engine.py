"""Transactions for an asyncio program: plain functions of a Session, run in a small executor."""

import asyncio
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine, bindparam, create_engine, event, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from incidentbot.errors import ConfigError
from incidentbot.store.models import Base
from incidentbot.store.turns import Turns

P = ParamSpec("P")
T = TypeVar("T")

TOPICS = "topics"
TELL = text("SELECT pg_notify('incidentbot', :said)")
DEADLOCKS = 3  # a transaction chosen as a deadlock's victim did nothing; it may simply run again


class Store:
    """`await store.tx(fn, ...)` runs `fn(session, ...)` in one transaction, off the event loop.

    The function must be quick and touch nothing but the database: it may run again after a
    deadlock, and on SQLite all of them share one thread.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        threads = 1 if self.engine.dialect.name == "sqlite" else 8
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="database")
        # One more than there are threads, so that none of them waits for the loop.
        self._turns = Turns(threads + 1)
        self._listeners: dict[str, list[Callable[[], None]]] = {}
        self.name = secrets.token_hex(4)  # ours among the processes of one database

    async def tx(
        self, fn: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._in_turn(False, partial(self._run, fn, *args, **kwargs))

    async def first(
        self, fn: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same, ahead of all that wait: for what somebody outside waits for by the second."""
        return await self._in_turn(True, partial(self._run, fn, *args, **kwargs))

    async def _in_turn(self, first: bool, work: Callable[[], tuple[T, list[str]]]) -> T:
        await self._turns.take(first)
        try:
            future = asyncio.get_running_loop().run_in_executor(self._executor, work)
        except RuntimeError:  # closed meanwhile
            self._turns.give()
            raise
        future.add_done_callback(self._turns.give)
        result, topics = await future
        for topic in topics:
            self.ring(topic)
        return result

    def ring(self, topic: str | None = None) -> None:
        """Tell the listeners of a topic, or of every one, that there is something to look at."""
        for name, listeners in self._listeners.items():
            for listener in listeners if topic in (None, name) else ():
                listener()

    def run(self, fn: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same in this thread, for commands and tests without a loop. Wakes nobody."""
        return self._run(fn, *args, **kwargs)[0]

    def on_commit(self, topic: str, listener: Callable[[], None]) -> None:
        """Call `listener` (quick, on the loop) after each transaction that `changed` the topic."""
        self._listeners.setdefault(topic, []).append(listener)

    def _run(
        self, fn: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> tuple[T, list[str]]:
        for attempt in range(DEADLOCKS):
            try:
                with Session(self.engine, expire_on_commit=False) as session, session.begin():
                    result = fn(session, *args, **kwargs)
                    topics = list(session.info.get(TOPICS, ()))
                    self._tell_others(session, topics)
                return result, topics
            except OperationalError as error:
                if attempt + 1 == DEADLOCKS or "deadlock" not in str(error).lower():
                    raise
        raise AssertionError("unreachable")

    def _tell_others(self, session: Session, topics: Sequence[str]) -> None:
        # PostgreSQL carries it to the other processes once this is committed: see notices.
        if topics and self.engine.dialect.name == "postgresql":
            for topic in sorted(topics):
                session.execute(TELL, {"said": f"{self.name} {topic}"})

    @contextmanager
    def in_words(self) -> Iterator[None]:
        """For the start of a process: a database that cannot be used is a sentence.

        Raises ConfigError with the address, without a password, and what the database says.
        """
        try:
            yield
        except DBAPIError as error:
            name = self.engine.url.render_as_string(hide_password=True)
            why = str(error.orig).strip().partition("\n")[0]
            raise ConfigError(f"the database {name} cannot be used: {why}") from error

    def close(self) -> None:
        self._executor.shutdown(wait=True)
        self.engine.dispose()


def changed(session: Session, topic: str) -> None:
    """Say, inside a transaction, what its listeners will want to look at once it is committed.

    Listeners are woken in this order.
    """
    session.info.setdefault(TOPICS, {})[topic] = True


def insert_once(session: Session, model: type[Base], **values: Any) -> bool:
    """Insert unless a row with one of its unique keys is there; True when this call wrote it."""
    name = session.get_bind().dialect.name
    insert: Any = postgresql.insert if name == "postgresql" else sqlite.insert
    # Not the row count: psycopg does not know it for an insert that may do nothing.
    wrote = insert(model).values(**values).on_conflict_do_nothing()
    return session.execute(wrote.returning(*inspect(model).primary_key)).first() is not None


def upsert(
    session: Session,
    model: type[Base],
    rows: Sequence[Mapping[str, Any]],
    key: tuple[str, ...],
    first: tuple[str, ...] = (),
) -> None:
    """Write rows of one shape by column names, each new or not, in one statement for all.

    `key` are the columns of the primary key; those in `first` are given to new rows only.
    """
    table = inspect(model).local_table
    dialect = session.get_bind().dialect.name
    session.execute(_upsert(dialect, table, tuple(rows[0]), key, first), list(rows))


@lru_cache(maxsize=256)
def _upsert(
    dialect: str, table: Any, columns: tuple[str, ...], key: tuple[str, ...], first: tuple[str, ...]
) -> Any:
    """The statement, built once: building one costs more than running it."""
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    wrote = insert(table).values({name: bindparam(name) for name in columns})
    changes = {name: wrote.excluded[name] for name in columns if name not in (*key, *first)}
    return wrote.on_conflict_do_update(index_elements=list(key), set_=changes)


def insert_each_once(
    session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]], key: str
) -> set[Any]:
    """Insert many rows at once, each unless its unique `key` is there; the keys that are new."""
    name = session.get_bind().dialect.name
    insert: Any = postgresql.insert if name == "postgresql" else sqlite.insert
    table = inspect(model).local_table
    wrote = insert(table).on_conflict_do_nothing().returning(table.c[key])
    return set(session.connection().execute(wrote, list(rows)).scalars())


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": 15, "check_same_thread": False})
        event.listen(engine, "connect", _sqlite_pragmas)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    return create_engine(url, pool_size=8, max_overflow=2, pool_pre_ping=True)


def _sqlite_pragmas(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    # Take the write lock at the start: an upgrade in the middle could only fail.
    connection.exec_driver_sql("BEGIN IMMEDIATE")

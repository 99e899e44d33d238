"""The database: reachable, of the newest shape, writable, and held by whom. Only read."""

import fcntl
import os
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from incidentbot.doctor.contract import Finding, fault, ok, warning
from incidentbot.doctor.reading import connected
from incidentbot.doctor.ward import Ward, blocking
from incidentbot.store import migrate
from incidentbot.store.lease import LOCK

TITLE = "Database"
PLACE = 30
# The workflow engine keeps its tables in a schema of its own, which it makes at the first start.
RIGHTS = (
    (
        "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)",
        "create tables in its schema",
    ),
    (
        "SELECT has_database_privilege(current_database(), 'CREATE') "
        "OR EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'dbos')",
        "create a schema",
    ),
    (
        "SELECT coalesce(bool_and(has_table_privilege(oid, 'INSERT') "
        "AND has_table_privilege(oid, 'UPDATE')), true) FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace",
        "write in its tables",
    ),
)


async def examine(ward: Ward) -> list[Finding]:
    settings = ward.usable()
    url = make_url(settings.storage.database.get_secret_value())
    if url.get_backend_name() == "sqlite":
        return await blocking(lambda: _sqlite(Path(url.database or "")))
    return await blocking(lambda: _postgresql(url))


def _sqlite(path: Path) -> list[Finding]:
    folder = path.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        missing = not folder.is_dir()
        return [
            fault(
                str(folder),
                "is not there" if missing else "cannot be written by this user",
                "The database is a file in this folder.",
                f"mkdir -p {folder}" if missing else f"Let the bot's user write in {folder}.",
            )
        ]
    if not path.exists():
        return [ok(str(path), "is not there yet; `incidentbot run` makes it")]
    if not os.access(path, os.W_OK):
        return [_read_only(str(path))]
    return [*_shape_of_file(path), *_lock_of_file(Path(f"{path}.lock"))]


def _shape_of_file(path: Path) -> list[Finding]:
    try:
        with connected(URL.create("sqlite", database=str(path))) as connection:
            return [_shape(connection, str(path))]
    except SQLAlchemyError as error:
        return [_unusable(str(path), error)]


def _lock_of_file(path: Path) -> list[Finding]:
    if not path.exists():
        return []
    with path.open("rb") as file:
        try:
            # Shared, and given back at once: only a bot that holds it itself is in the way.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return [ok(str(path), "a bot is running on this database; a second would be refused")]
        fcntl.flock(file, fcntl.LOCK_UN)
    return []


def _postgresql(url: URL) -> list[Finding]:
    about = url.render_as_string(hide_password=True)
    try:
        with connected(url) as connection:
            return [
                _shape(connection, about),
                *_rights(connection, about),
                *_lease(connection, about),
            ]
    except SQLAlchemyError as error:
        return [_unusable(about, error)]


def _rights(connection: Connection, about: str) -> list[Finding]:
    if connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar():
        return [_read_only(f"{about} (a standby)")]
    missing = [
        what for question, what in RIGHTS if not connection.exec_driver_sql(question).scalar()
    ]
    if not missing:
        return []
    return [
        fault(
            about,
            f"this user may not {', nor '.join(missing)}",
            "The bot makes its tables when it starts, brings them up to date, and writes in them.",
            "As the owner of the database: ALTER DATABASE ... OWNER TO the bot's user; and of its "
            "tables, where another user has made them.",
        )
    ]


def _lease(connection: Connection, about: str) -> list[Finding]:
    held = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted "
        f"AND objid = {LOCK} AND database = (SELECT oid FROM pg_database "
        "WHERE datname = current_database())"
    )
    if connection.exec_driver_sql(held).scalar():
        return [ok(about, "a bot is running on this database; a second would wait")]
    return []


def _shape(connection: Connection, about: str) -> Finding:
    here, newest = migrate.current(connection), migrate.newest()
    if here == newest:
        return ok(about, "can be reached and is of the newest shape")
    if here is None:
        return ok(about, "can be reached and is empty; `incidentbot run` prepares it")
    if migrate.is_known(here):
        return warning(
            about,
            f"is of an older shape ({here}, the newest is {newest})",
            "Commands that only read refuse it; the bot itself brings it up to date.",
            "incidentbot migrate    or start the bot.",
        )
    return fault(
        about,
        f"is of a shape that this version does not know ({here})",
        "A newer incidentbot has written it; an older one could harm it.",
        "Install the newer version again, or put back the backup from before it.",
    )


def _read_only(about: str) -> Finding:
    return fault(
        about,
        "cannot be written",
        "Nothing that happens would be kept, so the bot does not start.",
        "Give the bot's user the right to write there, or name another in storage.database.",
    )


def _unusable(about: str, error: SQLAlchemyError) -> Finding:
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    return fault(
        about,
        f"cannot be used: {said[0] if said else type(error).__name__}",
        "Everything the bot knows is kept there; it does not start without.",
        "Start the database, or correct storage.database (DATABASE_URL wins over it).",
    )

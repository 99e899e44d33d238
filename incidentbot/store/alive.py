"""Whether a bot holds this database at the moment, for those who only want to know."""

import fcntl
from pathlib import Path

from incidentbot.store.engine import Store
from incidentbot.store.lease import LOCK


def is_held(store: Store) -> bool:
    """Looks at the lock of `lease` without taking it from anybody."""
    if store.engine.dialect.name == "sqlite":
        return _file_is_locked(Path(f"{store.engine.url.database}.lock"))
    # One number of 64 bits: its halves stand in two columns.
    found = (
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
        f" AND classid = 0 AND objid = {LOCK} AND objsubid = 1"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with store.engine.connect() as connection:
        return connection.exec_driver_sql(found).first() is not None


def _file_is_locked(path: Path) -> bool:
    try:
        file = path.open("rb")
    except OSError:
        return False
    with file:
        try:
            # Shared, and let go at once: others who look do not stand in each other's way.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        fcntl.flock(file, fcntl.LOCK_UN)
    return False

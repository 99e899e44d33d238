"""Bring a database to the newest shape. Safe to run at every start."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from incidentbot.store.engine import Store

HERE = Path(__file__).parent / "migrations"
LOCK = 20170228  # two replicas that start together migrate one after the other


def upgrade(store: Store, to: str = "head") -> None:
    """Run every migration that this database has not seen, as far as `to`."""
    with store.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def pending(store: Store) -> bool:
    """True when `upgrade` would change something."""
    with store.engine.connect() as connection:
        return current(connection) != newest()


def current(connection: Connection) -> str | None:
    """The shape that this database has; None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_known(revision: str) -> bool:
    """Whether this version has ever had that shape; a newer one's it does not know."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return any(script.revision == revision for script in scripts)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config

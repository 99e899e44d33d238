"""The database: models on one page, one engine, one way to run a transaction."""

from incidentbot.store.engine import Store, changed, insert_each_once, insert_once, upsert

__all__ = ["Store", "changed", "insert_each_once", "insert_once", "upsert"]

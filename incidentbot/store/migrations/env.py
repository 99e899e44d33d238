"""Alembic's entry: runs on the connection that incidentbot.store.migrate hands over."""

from alembic import context

from incidentbot.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
    user_module_prefix="incidentbot.store.types.",
)
with context.begin_transaction():
    context.run_migrations()

"""When stakeholders were told that they hear again."""

import sqlalchemy as sa
from alembic import op

from incidentbot.store.types import UtcDateTime

revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("incident") as table:
        table.add_column(sa.Column("next_update_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("incident") as table:
        table.drop_column("next_update_at")

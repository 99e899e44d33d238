"""More of what was proven: the fifteen points, replication, and what people were told."""

import sqlalchemy as sa
from alembic import op

from incidentbot.store.types import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

NAMES = ("since", "points", "beside", "told", "failing")


def upgrade() -> None:
    with op.batch_alter_table("readiness") as table:
        table.add_column(sa.Column("since", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("points", sa.JSON(), nullable=False, server_default="[]"))
        table.add_column(sa.Column("beside", sa.JSON(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("told", sa.String(20), nullable=False, server_default=""))
        table.add_column(sa.Column("failing", sa.Integer(), nullable=False, server_default="0"))
    # The defaults were for the rows that are there already; from now on the model gives them.
    with op.batch_alter_table("readiness") as table:
        for name in NAMES[1:]:
            table.alter_column(name, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("readiness") as table:
        for name in NAMES:
            table.drop_column(name)

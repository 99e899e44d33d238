"""Who goes first out of the outbox, and how the chat can be reached."""

import sqlalchemy as sa
from alembic import op

from incidentbot.store.types import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLE = "delivery"


def upgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        table.add_column(sa.Column("rank", sa.Integer(), nullable=True))
    op.execute(sa.table(TABLE, sa.column("rank", sa.Integer)).update().values(rank=2))
    with op.batch_alter_table(TABLE) as table:
        table.alter_column("rank", existing_type=sa.Integer(), nullable=False)
    op.create_table(
        "line",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("code", sa.String(80), nullable=False),
        sa.Column("me", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    op.drop_table("line")
    with op.batch_alter_table(TABLE) as table:
        table.drop_column("rank")

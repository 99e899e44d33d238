"""What a restart must not forget: the cause of what is held, and what vendors were heard to say."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLE = "dependency_state"


def upgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        table.add_column(sa.Column("cause", sa.String(80), nullable=True))
        table.add_column(sa.Column("reported", sa.Boolean(), nullable=True))
        table.add_column(sa.Column("told", sa.JSON(), nullable=True))
    columns = sa.column("cause", sa.String), sa.column("reported", sa.Boolean)
    row = sa.table(TABLE, *columns, sa.column("told", sa.JSON))
    op.execute(row.update().values(cause="", reported=False, told={}))
    with op.batch_alter_table(TABLE) as table:
        table.alter_column("cause", existing_type=sa.String(80), nullable=False)
        table.alter_column("reported", existing_type=sa.Boolean(), nullable=False)
        table.alter_column("told", existing_type=sa.JSON(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        table.drop_column("told")
        table.drop_column("reported")
        table.drop_column("cause")

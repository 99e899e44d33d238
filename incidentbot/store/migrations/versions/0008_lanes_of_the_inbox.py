"""What came from Slack is worked off in the order it happened, and has two keys against repeats."""

import sqlalchemy as sa
from alembic import op

from incidentbot.store.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLE = "inbox"
TIMES = ("happened_at", "due_at")


def upgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        table.add_column(sa.Column("second_key", sa.String(200), nullable=True))
        table.add_column(sa.Column("lane", sa.String(200), nullable=True))
        for name in TIMES:
            table.add_column(sa.Column(name, UtcDateTime(timezone=True), nullable=True))
    # What an older version took in goes on as it came, each by itself.
    op.execute("UPDATE inbox SET lane = key, happened_at = received_at")
    with op.batch_alter_table(TABLE) as table:
        table.alter_column("lane", existing_type=sa.String(200), nullable=False)
        time = UtcDateTime(timezone=True)
        table.alter_column("happened_at", existing_type=time, nullable=False)
        table.create_unique_constraint("uq_inbox_second_key", ["second_key"])
    op.create_index("ix_inbox_lane", TABLE, ["state", "lane", "happened_at"])
    op.create_index("ix_inbox_order", TABLE, ["state", "received_at"])
    op.drop_index("ix_inbox_state", TABLE)


def downgrade() -> None:
    op.create_index("ix_inbox_state", TABLE, ["state"])
    op.drop_index("ix_inbox_order", TABLE)
    op.drop_index("ix_inbox_lane", TABLE)
    with op.batch_alter_table(TABLE) as table:
        table.drop_constraint("uq_inbox_second_key", type_="unique")
        for name in ("second_key", "lane", *TIMES):
            table.drop_column(name)

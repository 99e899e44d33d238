"""What a run of a runbook asks while it waits for a person."""

import sqlalchemy as sa
from alembic import op

from incidentbot.store.types import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pause",
        sa.Column("plan_id", sa.String(20), sa.ForeignKey("plan.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("answer", sa.String(20), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
    )


def downgrade() -> None:
    op.drop_table("pause")

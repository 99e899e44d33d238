"""Outgoing webhooks: who is told, and what was said to them."""

import sqlalchemy as sa
from alembic import op

import incidentbot.store.types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("since", incidentbot.store.types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "webhook_lane",
        sa.Column("webhook", sa.String(80), nullable=False),
        sa.Column("dependency", sa.String(80), nullable=False),
        sa.Column("check_name", sa.String(80), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", incidentbot.store.types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("webhook", "dependency", "check_name"),
    )
    op.create_index("ix_webhook_lane_state", "webhook_lane", ["state"])


def downgrade() -> None:
    op.drop_table("webhook_lane")
    op.drop_table("webhook")

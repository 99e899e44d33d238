"""Heartbeats"""

import sqlalchemy as sa
from alembic import op

import incidentbot.store.types

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('heartbeat',
    sa.Column('dependency', sa.String(length=80), nullable=False),
    sa.Column('check_name', sa.String(length=80), nullable=False),
    sa.Column('since', incidentbot.store.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('at', incidentbot.store.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('failing', sa.Boolean(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('dependency', 'check_name')
    )


def downgrade() -> None:
    op.drop_table('heartbeat')

"""What other monitors push"""

import sqlalchemy as sa
from alembic import op

import incidentbot.store.types

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('hook_inbox',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('hook', sa.String(length=80), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('received_at', incidentbot.store.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('key')
    )
    with op.batch_alter_table('hook_inbox', schema=None) as batch_op:
        batch_op.create_index('ix_hook_inbox_state_id', ['state', 'id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('hook_inbox', schema=None) as batch_op:
        batch_op.drop_index('ix_hook_inbox_state_id')

    op.drop_table('hook_inbox')

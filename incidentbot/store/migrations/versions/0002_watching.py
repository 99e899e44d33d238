"""What watching needs: strips of dependencies, pushed alerts, notices, why an outage is held"""

import sqlalchemy as sa
from alembic import op

import incidentbot.store.types

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
Time = incidentbot.store.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('dependency_change',
    sa.Column('id', BigId, autoincrement=True, nullable=False),
    sa.Column('dependency', sa.String(length=80), nullable=False),
    sa.Column('at', Time, nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_dependency_change_dependency_at', 'dependency_change', ['dependency', 'at'])
    op.create_table('alert',
    sa.Column('hook', sa.String(length=80), nullable=False),
    sa.Column('dependency', sa.String(length=80), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('since', Time, nullable=False),
    sa.Column('seen_at', Time, nullable=False),
    sa.PrimaryKeyConstraint('hook', 'dependency', 'key')
    )
    op.create_table('notice',
    sa.Column('id', BigId, autoincrement=True, nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('dependency', sa.String(length=80), nullable=True),
    sa.Column('at', Time, nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('key')
    )
    with op.batch_alter_table('dependency_state', schema=None) as batch_op:
        batch_op.add_column(sa.Column('alarmed', sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column('held', sa.Text(), nullable=True))
    # A database of the first shape opened an incident for whatever is down.
    op.execute("UPDATE dependency_state SET alarmed = (state = 'down'), held = ''")
    with op.batch_alter_table('dependency_state', schema=None) as batch_op:
        batch_op.alter_column('alarmed', existing_type=sa.Boolean(), nullable=False)
        batch_op.alter_column('held', existing_type=sa.Text(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table('dependency_state', schema=None) as batch_op:
        batch_op.drop_column('held')
        batch_op.drop_column('alarmed')
    op.drop_table('notice')
    op.drop_table('alert')
    op.drop_index('ix_dependency_change_dependency_at', table_name='dependency_change')
    op.drop_table('dependency_change')

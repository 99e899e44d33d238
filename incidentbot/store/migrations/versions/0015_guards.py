"""Several people approve one plan, each once; everything can be stopped."""

import sqlalchemy as sa
from alembic import op

from incidentbot.store.types import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COLUMNS = "plan_id, plan_hash, person, at"


def upgrade() -> None:
    # A new primary key is a new table; who approved what is carried over.
    op.rename_table("approval", "approval_before")
    op.create_table(
        "approval",
        sa.Column("plan_id", sa.String(20), sa.ForeignKey("plan.id"), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("plan_hash", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("typed", sa.Boolean(), nullable=False),
        sa.Column("behind", sa.String(80), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "person", name="approval_by_person"),
    )
    op.execute(
        f"INSERT INTO approval ({COLUMNS}, kind, reason, typed, behind)"  # noqa: S608
        f" SELECT {COLUMNS}, 'person', '', false, '' FROM approval_before"
    )
    op.drop_table("approval_before")
    op.create_table(
        "kill_switch",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("pulled_at", UtcDateTime(), nullable=True),
        sa.Column("pulled_by", sa.String(80), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("asked_behind", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    op.drop_table("kill_switch")
    op.rename_table("approval", "approval_after")
    op.create_table(
        "approval",
        sa.Column("plan_id", sa.String(20), sa.ForeignKey("plan.id"), nullable=False),
        sa.Column("plan_hash", sa.String(64), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", name="approval_of_plan"),
    )
    # One row a plan: the first of its approvals.
    op.execute(
        f"INSERT INTO approval ({COLUMNS})"  # noqa: S608
        f" SELECT {COLUMNS} FROM approval_after AS one WHERE NOT EXISTS (SELECT 1 FROM"
        " approval_after AS other WHERE other.plan_id = one.plan_id AND (other.at < one.at OR"
        " (other.at = one.at AND other.person < one.person)))"
    )
    op.drop_table("approval_after")

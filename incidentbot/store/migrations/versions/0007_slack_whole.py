"""What the chat side needs to be whole: private and test incidents, people, actions, timers."""

import sqlalchemy as sa
from alembic import op

from incidentbot.store.types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("incident") as table:
        table.add_column(sa.Column("private", sa.Boolean(), nullable=True))
        table.add_column(sa.Column("test", sa.Boolean(), nullable=True))
        table.add_column(sa.Column("merged_into", sa.String(20), nullable=True))
    row = sa.table("incident", sa.column("private", sa.Boolean), sa.column("test", sa.Boolean))
    op.execute(row.update().values(private=False, test=False))
    with op.batch_alter_table("incident") as table:
        table.alter_column("private", existing_type=sa.Boolean(), nullable=False)
        table.alter_column("test", existing_type=sa.Boolean(), nullable=False)
    _of_incidents()
    _of_people()


def _of_incidents() -> None:
    op.create_table(
        "member",
        sa.Column("incident_id", sa.String(20), sa.ForeignKey("incident.id"), primary_key=True),
        sa.Column("person", sa.String(80), primary_key=True),
        sa.Column("since", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "incident_link",
        sa.Column("incident_id", sa.String(20), sa.ForeignKey("incident.id"), primary_key=True),
        sa.Column("target", sa.String(500), primary_key=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "action_item",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("key", sa.String(200), nullable=False, unique=True),
        sa.Column(
            "incident_id", sa.String(20), sa.ForeignKey("incident.id"), nullable=False, index=True
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(80), nullable=True, index=True),
        sa.Column("state", sa.String(20), nullable=False, index=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
    )
    op.create_table(
        "status_post",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column(
            "incident_id", sa.String(20), sa.ForeignKey("incident.id"), nullable=False, index=True
        ),
        sa.Column("page", sa.String(80), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("state", sa.String(20), nullable=False, index=True),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("approved_by", sa.String(80), nullable=True),
        sa.Column("external_id", sa.String(200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
    )
    op.create_table(
        "timer",
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("incident_id", sa.String(20), nullable=True, index=True),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
    )
    op.create_index("ix_timer_due_at", "timer", ["due_at"])


def _of_people() -> None:
    op.create_table(
        "subscription",
        sa.Column("person", sa.String(80), primary_key=True),
        sa.Column("incident", sa.String(20), primary_key=True),
        sa.Column("dependency", sa.String(80), primary_key=True),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "profile",
        sa.Column("person", sa.String(80), primary_key=True),
        sa.Column("handle", sa.String(80), nullable=False, index=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("tz", sa.String(80), nullable=False),
        sa.Column("team", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "group_member",
        sa.Column("group_id", sa.String(40), primary_key=True),
        sa.Column("person", sa.String(80), primary_key=True),
        sa.Column("handle", sa.String(80), nullable=False, index=True),
    )


def downgrade() -> None:
    for table in ("group_member", "profile", "subscription", "timer", "status_post"):
        op.drop_table(table)
    for table in ("action_item", "incident_link", "member"):
        op.drop_table(table)
    with op.batch_alter_table("incident") as changed:
        changed.drop_column("merged_into")
        changed.drop_column("test")
        changed.drop_column("private")

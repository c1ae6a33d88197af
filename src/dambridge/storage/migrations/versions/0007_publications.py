"""What stands outside: publications, the records of their withdrawals, and what was agreed about audiences.

Written once and never changed: later releases add revisions after it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; nothing that is there is touched."""
    _add_publications()
    op.create_table(
        "withdrawals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("verified_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawals")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_withdrawals_decided_at_id"), "withdrawals", ["decided_at", "id"], unique=False)
    op.create_index(op.f("ix_withdrawals_link"), "withdrawals", ["link"], unique=False)
    op.create_table(
        "agreed_audiences",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("gallery", sa.Text(), nullable=False),
        sa.Column("own", sa.Text(), nullable=False),
        sa.Column("effective", sa.Text(), nullable=False),
        sa.Column("grants", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("outlet", name=op.f("pk_agreed_audiences")),
        sqlite_with_rowid=False,
    )


def _add_publications() -> None:
    op.create_table(
        "publications",
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("copy", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("former", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("in_sight", sa.Boolean(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "stage IN ('staged', 'visible', 'leaving', 'withdrawn', 'adopted')", name=op.f("ck_publications_stage")
        ),
        sa.PrimaryKeyConstraint("link", "copy", name=op.f("pk_publications")),
        sqlite_with_rowid=False,
    )
    for columns in (
        ["account", "remote_id"],
        ["account", "former"],
        ["flow", "in_sight", "until"],
        ["flow", "in_sight", "checked_at"],
    ):
        op.create_index(op.f("ix_publications_" + "_".join(columns)), "publications", columns, unique=False)

"""What several copies keep in step: accords, the conflict inbox, tombstones, and the scratch table of sweeps.

Written once and never changed: later releases add revisions after it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; nothing that is there is touched."""
    op.create_table(
        "accords",
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("link", "group_name", name=op.f("pk_accords")),
        sqlite_with_rowid=False,
    )
    _add_conflicts()
    op.create_table(
        "tombstones",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "remote_id", name=op.f("pk_tombstones")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_tombstones_link"), "tombstones", ["link"], unique=False)
    op.create_table(
        "tombstone_kin",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("gone_account", sa.Text(), nullable=False),
        sa.Column("gone_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "remote_id", "gone_account", "gone_id", name=op.f("pk_tombstone_kin")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_tombstone_kin_gone_account_gone_id"), "tombstone_kin", ["gone_account", "gone_id"], unique=False
    )
    op.create_table(
        "sightings",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run", "account", "remote_id", name=op.f("pk_sightings")),
        sqlite_with_rowid=False,
    )


def _add_conflicts() -> None:
    op.create_table(
        "conflicts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'ruled', 'settled', 'moot')", name=op.f("ck_conflicts_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflicts")),
        sa.UniqueConstraint("link", "group_name", "serial", name=op.f("uq_conflicts_link_group_name_serial")),
        sqlite_with_rowid=False,
    )
    stands = sa.text("state IN ('open', 'ruled')")
    op.create_index(
        op.f("ix_conflicts_link_group_name"),
        "conflicts",
        ["link", "group_name"],
        unique=True,
        sqlite_where=stands,
        postgresql_where=stands,
    )
    op.create_index(op.f("ix_conflicts_state_opened_at_id"), "conflicts", ["state", "opened_at", "id"], unique=False)

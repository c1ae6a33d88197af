"""What people ordered to outlets that let them.

Written once and never changed: later releases add revisions after it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; nothing that is there is touched."""
    op.create_table(
        "outlet_orders",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("outlet", "account", "remote_id", name=op.f("pk_outlet_orders")),
        sqlite_with_rowid=False,
    )
    for columns in (["account", "remote_id"], ["flow", "ended", "outlet", "account", "remote_id"]):
        name = op.f("ix_outlet_orders_" + "_".join(columns))
        op.create_index(name, "outlet_orders", columns, unique=False)

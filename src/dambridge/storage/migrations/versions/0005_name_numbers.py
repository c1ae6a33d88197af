"""Numbers of file names, one for each asset of a series."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of numbers."""
    op.create_table(
        "name_numbers",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "series", "number", name=op.f("pk_name_numbers")),
        sa.UniqueConstraint("account", "series", "link", name=op.f("uq_name_numbers_account_series_link")),
        sqlite_with_rowid=False,
    )

"""Which facets every record copy has and lacks, and the coverage reports of runs.

Written once and never changed: later releases add revisions after it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; nothing that is there is touched."""
    op.create_table(
        "facets",
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("galleries", sa.Text(), nullable=False),
        sa.Column("contributor", sa.Text(), nullable=False),
        sa.Column("looked_for", sa.Text(), nullable=False),
        sa.Column("first_filled", sa.Text(), nullable=False),
        sa.Column("now_filled", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("link", name=op.f("pk_facets")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "coverage_reports",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_coverage_reports")),
        sqlite_with_rowid=False,
    )

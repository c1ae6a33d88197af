"""A run says which map and rules it went by.

Written once and never changed: later releases add revisions after it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Runs of before have none: nobody wrote it down."""
    op.add_column("runs", sa.Column("configuration", sa.Text(), nullable=True))

"""Words that vocabularies do not know: vocabularies, uses by assets, decisions of persons.

Written once and never changed: later releases add revisions after it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; nothing that is there is touched."""
    op.create_table(
        "vocabularies",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.CheckConstraint("origin IN ('live', 'kept')", name=op.f("ck_vocabularies_origin")),
        sa.PrimaryKeyConstraint("account", "attribute", "origin", name=op.f("pk_vocabularies")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "term_uses",
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("under", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("spellings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "flow", "account", "remote_id", "target", "attribute", "word", name=op.f("pk_term_uses")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_term_uses_target_attribute_word"), "term_uses", ["target", "attribute", "word"], unique=False
    )
    op.create_table(
        "term_decisions",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint("verdict IN ('map', 'add', 'drop')", name=op.f("ck_term_decisions_verdict")),
        sa.PrimaryKeyConstraint("target", "attribute", "word", name=op.f("pk_term_decisions")),
        sqlite_with_rowid=False,
    )

"""What pairing keeps: assets as looked at, the latest comparison of two libraries, and what persons said of pairs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the four tables of pairing."""
    op.create_table(
        "match_assets",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "remote_id", name=op.f("pk_match_assets")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "matches",
        sa.Column("one", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("one", "other", name=op.f("pk_matches")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "match_pairs",
        *_pair_of_assets(),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint("bucket IN ('certain', 'review')", name=op.f("ck_match_pairs_bucket")),
        sa.PrimaryKeyConstraint("one", "other", "one_id", "other_id", name=op.f("pk_match_pairs")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "match_decisions",
        *_pair_of_assets(),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("verdict IN ('accepted', 'refused')", name=op.f("ck_match_decisions_verdict")),
        sa.PrimaryKeyConstraint("one", "other", "one_id", "other_id", name=op.f("pk_match_decisions")),
        sqlite_with_rowid=False,
    )


def _pair_of_assets() -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in ("one", "other", "one_id", "other_id")]

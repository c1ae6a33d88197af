"""Words and their meanings, names with numbers, and which assets are the same."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, Text, UniqueConstraint

from dambridge.storage.columns import Instant, JsonText
from dambridge.storage.tables.schema import clustered

match_assets = clustered(
    "match_assets",
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("body", JsonText, nullable=False),
)

matches = clustered(
    "matches",
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("made_at", Instant, nullable=False),
    Column("body", JsonText, nullable=False),
)

match_pairs = clustered(
    "match_pairs",
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("one_id", Text, primary_key=True),
    Column("other_id", Text, primary_key=True),
    Column("bucket", Text, nullable=False),
    Column("confidence", Integer, nullable=False),
    Column("body", JsonText, nullable=False),
    CheckConstraint("bucket IN ('certain', 'review')", name="bucket"),
)

match_decisions = clustered(
    "match_decisions",
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("one_id", Text, primary_key=True),
    Column("other_id", Text, primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", Instant, nullable=False),
    CheckConstraint("verdict IN ('accepted', 'refused')", name="verdict"),
)

vocabularies = clustered(
    "vocabularies",
    Column("account", Text, primary_key=True),
    Column("attribute", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("terms", JsonText, nullable=False),
    CheckConstraint("origin IN ('live', 'kept')", name="origin"),
)

term_uses = clustered(
    "term_uses",
    Column("flow", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("attribute", Text, primary_key=True),
    Column("word", Text, primary_key=True),
    Column("under", Text, nullable=False),
    Column("waiting", Boolean, nullable=False),
    Column("spellings", JsonText, nullable=False),
    Index(None, "target", "attribute", "word", "waiting"),
)

term_decisions = clustered(
    "term_decisions",
    Column("target", Text, primary_key=True),
    Column("attribute", Text, primary_key=True),
    Column("word", Text, primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("body", JsonText, nullable=False),
    CheckConstraint("verdict IN ('map', 'add', 'drop')", name="verdict"),
)

name_numbers = clustered(
    "name_numbers",
    Column("account", Text, primary_key=True),
    Column("series", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("link", Text, nullable=False),
    UniqueConstraint("account", "series", "link"),
)

"""The tables of the search index. They hold nothing that cannot be had again: another shape makes them anew, empty."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, Integer, MetaData, Table, Text, inspect, text

from dambridge.storage.columns import JsonText
from dambridge.storage.search_windows import blocks_of

SHAPE = 3
"""Raised whenever these tables, or what stands in them, change."""
_LOCK = 0x64616D73
"""The number of the PostgreSQL advisory lock under which one worker writes while the others wait."""
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

docs = Table(
    "search_docs",
    metadata,
    Column("id", _NUMBER, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("remote_id", Text, nullable=False),
    Column("entry", Text, nullable=False),
    Column("main", Boolean, nullable=False),
    Column("profile", Integer, nullable=False),
    Column("places", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("campaigns", Text, nullable=False),
    Column("photographers", Text, nullable=False),
    Column("date", Text),
    Column("added", Text),
    Column("modified", Text),
    Column("digest", Text, nullable=False),
    Index("ix_search_docs_key", "account", "remote_id", unique=True),
    Index("ix_search_docs_entry", "entry"),
    Index("ix_search_docs_date", "date"),
    Index("ix_search_docs_added", "added"),
    Index("ix_search_docs_modified", "modified"),
    Index("ix_search_docs_profile", "profile"),
)

bodies = Table(
    "search_bodies",
    metadata,
    Column("id", _NUMBER, primary_key=True, autoincrement=False),
    Column("body", JsonText, nullable=False),
)

profiles = Table(
    "search_profiles",
    metadata,
    Column("id", _NUMBER, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("body", JsonText, nullable=False),
)

places = Table(
    "search_places",
    metadata,
    Column("id", _NUMBER, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("body", JsonText, nullable=False),
)

shape = Table("search_shape", metadata, Column("shape", Integer, nullable=False))

_FTS5 = """CREATE VIRTUAL TABLE search_words USING fts5(
    words, fields, content='', contentless_delete=1, tokenize="ascii tokenchars '_='", prefix='2 3')"""
_WORDS = {
    "sqlite": [_FTS5],
    "postgresql": [
        "ALTER TABLE search_docs ADD COLUMN tokens TSVECTOR NOT NULL",
        "CREATE INDEX ix_search_docs_tokens ON search_docs USING GIN (tokens, {blocks})",
    ],
}


def take_turn(conn: Connection) -> None:
    """Write alone until the transaction ends: numbers are handed out one after the other."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def make_tables(conn: Connection) -> None:
    """Make the tables where they are missing or of another shape."""
    take_turn(conn)
    if inspect(conn).has_table("search_shape"):
        if conn.execute(text("SELECT shape FROM search_shape")).scalar() == SHAPE:
            return
        conn.execute(text("DROP TABLE IF EXISTS search_words"))
        metadata.drop_all(conn)
    metadata.create_all(conn)
    for statement in _WORDS[conn.dialect.name]:
        conn.exec_driver_sql(statement.format(blocks=blocks_of("id")))
    conn.execute(shape.insert().values(shape=SHAPE))

"""What all tables of the store have in common."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, MetaData, Table, UniqueConstraint

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def clustered(name: str, *columns: Column[object] | CheckConstraint | UniqueConstraint | Index) -> Table:
    """A table that SQLite stores in the order of its primary key: one tree to write instead of two."""
    return Table(name, metadata, *columns, sqlite_with_rowid=False)

"""Insert or update, said once for both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, case, literal, or_
from sqlalchemy.sql.dml import Insert, ReturningInsert

from dambridge.storage.writer import Tx

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
    from sqlalchemy.dialects.sqlite import Insert as SqliteInsert


def _insert(dialect: str, table: Table) -> PostgresInsert | SqliteInsert:
    """The database's own INSERT; each is loaded by whoever uses that database."""
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgres_insert  # noqa: PLC0415 - see above

        return postgres_insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert  # noqa: PLC0415 - see above

    return sqlite_insert(table)


@cache
def upsert(
    dialect: str, table: Table, *, keep: frozenset[str] = frozenset(), most: frozenset[str] = frozenset()
) -> Insert:
    """A statement that inserts a row or, where the primary key is known, replaces all its columns but those in `keep`; those
    in `most` have the greatest value that they were ever given."""
    insert = _insert(dialect, table)
    keys = [column.name for column in table.primary_key]
    new = insert.excluded
    values: dict[str, Any] = {it.name: new[it.name] for it in table.columns if it.name not in {*keys, *keep}}
    for name in most:
        stays = or_(new[name].is_(None), table.c[name] > new[name])
        values[name] = case((stays, table.c[name]), else_=new[name])
    return insert.on_conflict_do_update(index_elements=keys, set_=values)


@cache
def insert_new(dialect: str, table: Table) -> ReturningInsert[tuple[int]]:
    """A statement that inserts a row unless one stands in its way; gives one row back if it did."""
    return _insert(dialect, table).on_conflict_do_nothing().returning(literal(1))


@cache
def insert_quietly(dialect: str, table: Table) -> Insert:
    """A statement that inserts a row unless one stands in its way."""
    return _insert(dialect, table).on_conflict_do_nothing()


def put(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Upsert all `rows`; each has a value for every column."""
    if rows:
        conn.execute(upsert(conn.dialect.name, table), list(rows))


def add_if_new(conn: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert `row` unless one stands in its way; returns whether it was inserted."""
    return conn.execute(insert_new(conn.dialect.name, table), dict(row)).first() is not None


def put_later(tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]], *, most: frozenset[str] = frozenset()) -> None:
    """As `put`, together with the rows of others in the same group; `most` as in `upsert`."""
    statement = upsert(tx.dialect, table, most=most)
    for row in rows:
        tx.later(statement, row)

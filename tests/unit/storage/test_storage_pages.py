"""A page that goes on behind a place is read from there, not from the beginning."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import ColumnElement, Table, create_engine, literal_column, select, text
from sqlalchemy.dialects import sqlite

from dambridge.storage.keys import behind
from dambridge.storage.tables import metadata
from dambridge.storage.tables.outward import publications, submissions, withdrawals
from dambridge.storage.tables.work import items

AT = datetime(2026, 11, 28, tzinfo=UTC)
PAGES = [
    (publications, [], ["link", "copy"]),
    (items, ["run"], ["account", "remote_id"]),
    (submissions, ["flow"], ["account", "remote_id"]),
    (withdrawals, [], ["decided_at", "id"]),
]


@pytest.mark.parametrize(("table", "within", "order"), PAGES)
def test_an_index_is_entered_at_the_place(table: Table, within: list[str], order: list[str]) -> None:
    columns: list[ColumnElement[object]] = [table.c[it] for it in order]
    page = behind((it, AT if it.name == "decided_at" else "b") for it in columns)
    one: ColumnElement[int] = literal_column("1")
    query = select(one).select_from(table).where(*(table.c[it] == "a" for it in within), page).order_by(*columns)
    written = query.compile(dialect=sqlite.dialect(paramstyle="named"))
    given = dict.fromkeys(written.params, 0)
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as conn:
        plan = [row[3] for row in conn.execute(text(f"EXPLAIN QUERY PLAN {written}"), given)]
    engine.dispose()
    assert len(plan) == 1, "nothing is sorted"
    assert f"({','.join(order)})>(" in plan[0], plan

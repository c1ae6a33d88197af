"""A store of an earlier release is brought to this one's schema with everything that stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, inspect, text

from dambridge.model.identity import AccountId, CommandId, LinkId, RunId
from dambridge.ports.ledger import Due
from dambridge.storage import SqlLedger, open_ledger
from dambridge.storage.database import Database
from dambridge.storage.migrating import NEWEST, configuration
from dambridge.storage.opening import open_database
from dambridge.testing.agreeing_contract import accord, conflict, gone
from dambridge.testing.ledger_samples import FLOW, PLAN, SOURCE, T0, action, end, entry, order, seen, settled
from dambridge.testing.publishing_contract import publication, withdrawal

FIRST_TABLES = 19
"""Tables of the first schema, the pacer's included."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for a store in which nothing stands yet."""
    if request.param == "sqlite":
        return str(tmp_path / "old")
    url = str(request.getfixturevalue("postgres_url"))
    database = open_database(url)
    with database.writing.connect() as conn, conn.begin():
        conn.execute(text("DROP SCHEMA public CASCADE"))
        conn.execute(text("CREATE SCHEMA public"))
    database.close()
    return url


async def live_through(ledger: SqlLedger) -> None:
    """Leave a row in every table that a first release writes."""
    run = await ledger.open_run(FLOW, at=T0, command=CommandId("co1"), plan=PLAN)
    await ledger.record_items(run, [end()], [seen(run=run)])
    done, under_way = action(1), action(2)
    await ledger.put_actions(run, PLAN, "b1", [done, under_way])
    await ledger.begin_step(under_way.id, "deliver", intent={"a": 1}, at=T0)
    await ledger.lease_berth(SOURCE, under_way.id, count=2)
    await settled(ledger, run, done)
    await ledger.add_due([Due(at=T0, kind="poll", key="intake", payload={"x": 1})])
    await ledger.move_cursor(SOURCE, "changes", "p1")
    await ledger.save_plan(PLAN, FLOW, at=T0, lines=['{"plan":1}', '{"sha256":"a"}'])
    await ledger.enqueue(order("co1"))
    await ledger.heartbeat("one", serving=True, beat=1.0)
    await ledger.set_control("paused:intake", "ana")


def make_first(database: Database) -> None:
    config = configuration()
    with database.writing.connect() as conn, conn.begin():
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")


def rows_of(conn: Connection, tables: MetaData) -> dict[str, list[Any]]:
    return {it.name: sorted(map(tuple, conn.execute(it.select()).all())) for it in tables.sorted_tables}


async def test_a_store_of_the_first_release_keeps_every_row(store: str, tmp_path: Path) -> None:
    model = open_ledger(tmp_path / "model")
    await live_through(model)
    await model.close()
    old, filled = open_database(store), open_database(tmp_path / "model")
    make_first(old)
    first = MetaData()
    with old.writing.connect() as conn, conn.begin(), filled.reading.connect() as source:
        first.reflect(conn)
        first.remove(first.tables["alembic_version"])
        conn.execute(first.tables["audit_head"].delete())
        for table in first.sorted_tables:
            if rows := [dict(row._mapping) for row in source.execute(table.select())]:
                conn.execute(table.insert(), rows)
        before = rows_of(conn, first)
    filled.close()
    assert len(before) >= FIRST_TABLES
    assert [name for name, rows in before.items() if not rows] == ["pace"]

    ledger = open_ledger(store)
    try:
        with old.reading.connect() as conn:
            assert rows_of(conn, first) == before
            assert conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == NEWEST
            news = {"accords", "conflicts", "tombstones", "sightings", "vocabularies", "term_uses", "term_decisions"}
            assert news <= set(inspect(conn).get_table_names())
        await goes_on(ledger)
    finally:
        await ledger.close()
        old.close()


async def goes_on(ledger: SqlLedger) -> None:
    """What stood there is still worked with, and what is new works beside it."""
    run = RunId("run-000001")
    link = action(1).link
    assert (await ledger.links([link]))[link].id == link
    assert [it.id for it in await ledger.unfinished_runs(FLOW)] == [run]
    assert await ledger.verify_audit() is None
    await ledger.audit([entry()])
    assert await ledger.verify_audit() is None
    assert await ledger.unsighted(run, AccountId(SOURCE), after=None, limit=9) == [action(1).source.remote_id]
    await ledger.put_accords([accord(link)])
    await ledger.put_conflicts([conflict(link)])
    await ledger.put_tombstones([gone(1)])
    await ledger.put_publications([publication()], withdrawals=[withdrawal()])
    assert set(await ledger.accords([LinkId(link)])) == {link}

"""The one writer: shared commits, failures that stay with their caller, a full disk in words, many rows looked up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, insert, text
from sqlalchemy.exc import IntegrityError

from dambridge.model.identity import AssetKey, FlowName, LinkId, RemoteId, RunId
from dambridge.ports.errors import CannotGoOn
from dambridge.storage import SqlLedger, open_ledger
from dambridge.storage.database import Database
from dambridge.storage.migrating import migrate
from dambridge.storage.opening import open_database
from dambridge.storage.tables.in_step import copies, links
from dambridge.storage.tables.work import controls, observations
from dambridge.storage.writer import GroupWriter, Tx
from dambridge.testing.ledger_samples import SOURCE, T0, TARGET, key


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = open_database(tmp_path)
    migrate(database)
    yield database
    database.close()


def _set(name: str) -> Callable[[Tx], str]:
    def operation(tx: Tx) -> str:
        tx.conn.execute(insert(controls), {"name": name, "value": "x"})
        return name

    return operation


async def test_writes_that_wait_together_share_a_commit(database: Database) -> None:
    commits = 0

    @event.listens_for(database.writing, "commit")
    def count(_conn: object) -> None:
        nonlocal commits
        commits += 1

    writer = GroupWriter(database, before_commit=lambda _tx: None)
    held = asyncio.create_task(writer.run(lambda _tx: time.sleep(0.2)))
    await asyncio.sleep(0.05)
    names = [f"n{n}" for n in range(50)]
    assert await asyncio.gather(*(writer.run(_set(it)) for it in names)) == names
    await held
    writer.close()
    assert commits == 2


async def test_a_failing_write_fails_alone_and_the_others_of_its_group_are_written(database: Database) -> None:
    writer = GroupWriter(database, before_commit=lambda _tx: None)
    held = asyncio.create_task(writer.run(lambda _tx: time.sleep(0.1)))
    await asyncio.sleep(0.02)
    names = ["a", "b", "a", "c"]
    results = await asyncio.gather(*(writer.run(_set(it)) for it in names), return_exceptions=True)
    await held
    writer.close()
    assert [results[0], results[1], results[3]] == ["a", "b", "c"]
    assert isinstance(results[2], IntegrityError)
    with database.reading.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM controls")).scalar_one() == 3


async def test_a_caller_that_gave_up_does_not_disturb_the_writer(database: Database) -> None:
    writer = GroupWriter(database, before_commit=lambda _tx: None)
    gone = asyncio.create_task(writer.run(lambda _tx: time.sleep(0.1)))
    await asyncio.sleep(0.02)
    gone.cancel()
    assert await writer.run(_set("a")) == "a"
    writer.close()


async def test_what_waits_when_the_writer_is_closed_is_still_written(database: Database) -> None:
    writer = GroupWriter(database, before_commit=lambda _tx: None)
    tasks = [asyncio.create_task(writer.run(_set(f"n{n}"))) for n in range(200)]
    await asyncio.sleep(0)
    await asyncio.to_thread(writer.close)
    assert len(await asyncio.gather(*tasks)) == 200
    with pytest.raises(CannotGoOn, match="closed"):
        await writer.run(_set("late"))


async def test_a_full_disk_stops_the_run_in_words_and_loses_nothing_that_was_reported(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    await ledger.set_control("kept", "x")

    most = 1

    @event.listens_for(ledger._database.writing, "begin")
    def bound(conn: Connection) -> None:
        conn.exec_driver_sql(f"PRAGMA max_page_count = {most}")

    with pytest.raises(CannotGoOn, match=r"no room left on the disk.*Free some space"):
        await ledger.set_control("big", "y" * 5_000_000)
    most = 1_000_000
    await ledger.set_control("again", "z")
    assert [await ledger.control(it) for it in ("kept", "big", "again")] == ["x", None, "z"]
    await ledger.close()


async def test_a_ledger_that_others_hold_for_too_long_stops_the_run_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dambridge.storage.sqlite.BUSY", 0.01)
    monkeypatch.setattr("dambridge.storage.writer.PATIENCE", 0.05)
    ledger = open_ledger(tmp_path)
    other = open_database(tmp_path)
    with other.writing.connect() as conn, conn.begin(), pytest.raises(CannotGoOn, match="no other program holds it"):
        await ledger.set_control("a", "b")
    await ledger.set_control("a", "c")
    assert await ledger.control("a") == "c"
    other.close()
    await ledger.close()


MANY = 50_000


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def filled(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlLedger]:
    """A ledger with fifty thousand links, put in by the shortest way."""
    store = str(tmp_path) if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    ledger = open_ledger(store)
    sight = {"version": None, "file_name": "a.jpg", "reason": {"code": "created", "params": {}}}
    said = {"outcome": "done", "code": "created", "waits_for": "", "run": "run-000001", "at": T0, "seen": sight}
    place = {"region": "", "rendition": "original"}
    at_source = {"account": SOURCE, "role": "source", "place": 0, **place}
    at_target = {"account": TARGET, "role": "record", "place": 1, **place}
    numbers = range(MANY)
    with ledger._database.writing.connect() as conn, conn.begin():
        conn.execute(insert(links), [{"id": f"ln{n:06d}", "flow": "intake", "observe_only": False} for n in numbers])
        conn.execute(insert(copies), [{"link": f"ln{n:06d}", "remote_id": f"A{n:06d}", **at_source} for n in numbers])
        conn.execute(insert(copies), [{"link": f"ln{n:06d}", "remote_id": str(n), **at_target} for n in numbers])
        rows = [{"flow": "intake", "account": SOURCE, "remote_id": f"A{n:06d}", **said} for n in numbers]
        conn.execute(insert(observations), rows)
    if request.param == "postgres":
        with ledger._database.writing.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("ANALYZE"))
    yield ledger
    await ledger.close()


async def test_many_assets_are_looked_up_quickly(filled: SqlLedger) -> None:
    keys = [key(n * 10) for n in range(5000)]
    begun = time.process_time()
    found = await filled.links_of([*keys, AssetKey(TARGET, RemoteId("77"))])
    assert found[key(770)] == LinkId("ln000770")
    assert found[AssetKey(TARGET, RemoteId("77"))] == LinkId("ln000077")
    assert len(found) == 5001
    assert len(await filled.observations(FlowName.INTAKE, keys)) == 5000
    assert len(await filled.links([LinkId(f"ln{n:06d}") for n in range(5000)])) == 5000
    assert await filled.attention(FlowName.INTAKE) == {}
    spent = time.process_time() - begun
    assert spent < 3.0, f"15,000 look-ups among {MANY} took of our own time {spent:.2f} s"


async def test_a_look_up_reads_an_index_and_not_the_table(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    asked: list[str] = []

    @event.listens_for(ledger._database.reading, "before_cursor_execute")
    def remember(_c: object, _cur: object, statement: str, parameters: object, _ctx: object, _many: object) -> None:
        asked.append(statement)

    await ledger.links_of([key(1)])
    await ledger.observations(FlowName.INTAKE, [key(1)])
    await ledger.attention(FlowName.INTAKE)
    await ledger.open_batches(FlowName.INTAKE)
    await ledger.counts(RunId("run-000001"))
    with ledger._database.writing.connect() as conn:
        for statement in asked:
            steps = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple("x" * statement.count("?")))
            said = " | ".join(str(row[3]) for row in steps)
            assert "SCAN" not in said, f"{statement}\n{said}"
    await ledger.close()

"""Opening a store: migrations, refusals that say what to do, one worker per embedded store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from dambridge.model.identity import CommandId
from dambridge.ports.errors import CannotGoOn
from dambridge.storage import lock_worker, open_ledger
from dambridge.storage.database import Database
from dambridge.storage.migrating import NEWEST, configuration, migrate
from dambridge.storage.opening import file_of, is_embedded, open_database
from dambridge.storage.sqlite import check_version, refuse_network_disk
from dambridge.storage.tables import metadata
from dambridge.testing.ledger_samples import FLOW, T0, order


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    where = str(tmp_path) if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    database = open_database(where)
    migrate(database)
    yield database
    database.close()


def test_all_migrations_together_make_the_tables_that_the_code_works_with(database: Database) -> None:
    with database.reading.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == NEWEST
    assert ScriptDirectory.from_config(configuration()).get_current_head() == NEWEST


def test_opening_again_changes_nothing(database: Database) -> None:
    def shape(conn: Connection) -> list[str]:
        if conn.dialect.name == "sqlite":
            return [str(it) for it in conn.execute(text("SELECT sql FROM sqlite_master ORDER BY name")).scalars()]
        query = (
            "SELECT table_name || column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1"
        )
        return [str(it) for it in conn.execute(text(query)).scalars()]

    with database.reading.connect() as conn:
        before = shape(conn)
    migrate(database)
    with database.reading.connect() as conn:
        assert shape(conn) == before


def test_a_ledger_of_a_newer_release_is_refused_in_words(database: Database) -> None:
    with database.writing.connect() as conn, conn.begin():
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CannotGoOn, match=r"newer release.*schema 9999.*Install that release"):
        migrate(database)


def test_tables_of_somebody_else_are_left_alone(tmp_path: Path) -> None:
    database = open_database(tmp_path / "x.db")
    with database.writing.connect() as conn, conn.begin():
        conn.execute(text("CREATE TABLE runs (a TEXT)"))
    with pytest.raises(CannotGoOn, match="did not make"):
        migrate(database)
    database.close()


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ("mysql://u@h/x", "works with SQLite and PostgreSQL"),
        ("postgresql://u:geheim@127.0.0.1:1/x", "cannot be opened|Connection refused"),
        ("postgresql://u@127.0.0.1:1/x?password=geheim", "cannot be opened|Connection refused"),
        ("sqlite://", "names no file"),
        ("://", "no address"),
    ],
)
def test_an_address_that_cannot_be_opened_is_refused_without_its_password(store: str, said: str) -> None:
    with pytest.raises(CannotGoOn, match=said) as caught:
        open_ledger(store)
    assert "geheim" not in str(caught.value)


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"something else entirely" * 100)
    with pytest.raises(CannotGoOn, match="not a ledger"):
        open_ledger(tmp_path)


def test_a_store_is_a_directory_a_file_or_an_address(tmp_path: Path) -> None:
    assert file_of(tmp_path) == tmp_path / "ledger.db"
    assert file_of("x/y.db") == Path("x/y.db")
    assert is_embedded(tmp_path)
    assert is_embedded("sqlite:///x.db")
    assert not is_embedded("postgresql://u@h/x")


def test_the_settings_that_keep_writes_safe_are_in_force(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with database.writing.connect() as conn:
        found = {
            name: conn.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_an_old_sqlite_is_refused_and_a_current_one_is_not() -> None:
    check_version((3, 42, 0))
    with pytest.raises(CannotGoOn, match=r"3\.40\.1; 3\.42\.0 or newer"):
        check_version((3, 40, 1))


@pytest.mark.parametrize(("kind", "refused"), [("nfs4", True), ("ext4", False)])
def test_a_network_disk_is_refused(tmp_path: Path, kind: str, refused: bool) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"root / ext4 rw 0 0\nserver:/x {tmp_path} {kind} rw 0 0\n")
    if refused:
        with pytest.raises(CannotGoOn, match="network file system"):
            refuse_network_disk(tmp_path / "ledger.db", mounts)
    else:
        refuse_network_disk(tmp_path / "ledger.db", mounts)


def test_an_embedded_store_has_one_worker_and_any_number_of_readers(tmp_path: Path) -> None:
    lock = lock_worker(tmp_path)
    script = f"from dambridge.storage import lock_worker, open_ledger; open_ledger({str(tmp_path)!r}).close_now(); "
    command = [sys.executable, "-c", script + f"lock_worker({str(tmp_path)!r})"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "CannotGoOn: Another dambridge (process" in refused.stderr
    lock.release()
    assert subprocess.run(command, capture_output=True, text=True, check=False).returncode == 0


async def test_the_next_worker_of_an_embedded_store_takes_up_at_once_what_its_predecessor_had_in_hand(
    tmp_path: Path,
) -> None:
    ledger = open_ledger(tmp_path)
    await ledger.heartbeat("before", serving=True, beat=1000.0)
    await ledger.enqueue(order("co1"))
    await ledger.claim_command("before", now=T0)
    run = await ledger.open_run(FLOW, at=T0, command=CommandId("co1"), plan=None)
    assert await ledger.unfinished_runs(FLOW) == []
    lock = lock_worker(tmp_path)
    await ledger.heartbeat("after", serving=True, beat=1000.5)
    assert [it.id for it in await ledger.unfinished_runs(FLOW)] == [run]
    again = await ledger.claim_command("after", now=T0)
    assert again is not None
    assert again.id == "co1"
    lock.release()
    await ledger.close()


def test_a_lock_can_be_taken_before_there_is_a_ledger_or_beside_a_broken_one(tmp_path: Path) -> None:
    lock_worker(tmp_path / "new").release()
    (tmp_path / "ledger.db").write_bytes(b"something else entirely" * 100)
    lock_worker(tmp_path).release()


def test_a_shared_store_has_any_number_of_workers() -> None:
    lock_worker("postgresql://u@h/x").release()
    lock_worker("postgresql://u@h/x").release()

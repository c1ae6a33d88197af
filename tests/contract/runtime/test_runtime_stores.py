"""What the runtimes keep: the local journal's file, and how DBOS's SQLite file is set up."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest
import structlog

from dambridge.engine.runtime import local as local_runtime
from dambridge.engine.runtime.local import LocalRuntime
from dambridge.engine.runtime.rows import CRASHES
from dambridge.engine.runtime.stores import check_version, sqlite_engine
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.runtime import Json, WorkState
from dambridge.testing.runtime_contract import Home, ended, give, hang, note

PICKLED = ("gAS", "gAW")
"""How pickles of the protocols 4 and 5 begin in base64."""


@pytest.fixture
def local(tmp_path: Path) -> Home:
    return Home("local", str(tmp_path / "data"), tmp_path / "journal", together=False)


@pytest.fixture
def dbos(tmp_path: Path) -> Iterator[Home]:
    home = Home("dbos", str(tmp_path / "data"), tmp_path / "journal", together=True)
    yield home
    home.end_processes()


def file_of(home: Home) -> Path:
    return Path(home.store) / "engine-local.json"


# the local journal ----------------------------------------------------------------------------------------------------
async def test_works_run_in_the_order_of_their_starts_without_a_thread(local: Home) -> None:
    names = [f"{number * 7919 % 1000:03d}" for number in range(1000)]
    threads = threading.active_count()
    async with local.launched() as runtime:
        await give(runtime, *(note(it) for it in names))
        for name in names:
            assert (await ended(runtime, name)).state is WorkState.DONE
        assert threading.active_count() == threads
    assert local.lines() == [f"note {it}" for it in names]


async def test_a_torn_last_line_is_as_if_it_had_not_been_written(local: Home) -> None:
    async with local.launched() as runtime:
        await give(runtime, note("a"))
        await ended(runtime, "a")
    whole = file_of(local).read_bytes()
    assert whole.endswith(b"}\n")
    file_of(local).write_bytes(whole + b'{"id":"b","kind":"no')
    async with local.launched() as runtime:
        assert (await ended(runtime, "a")).result == {"name": "a"}
        assert await runtime.get("b") is None
        await give(runtime, note("b"))
        assert (await ended(runtime, "b")).state is WorkState.DONE
    async with local.launched() as runtime:
        assert (await ended(runtime, "b")).result == {"name": "b"}


async def test_a_damaged_file_is_set_aside_and_told(local: Home) -> None:
    file_of(local).parent.mkdir()
    file_of(local).write_bytes(b'{"id":\n{}\n')
    with structlog.testing.capture_logs() as told:
        async with local.launched() as runtime:
            assert await runtime.unfinished() == []
            await give(runtime, note("a"))
            assert (await ended(runtime, "a")).state is WorkState.DONE
    assert [it["event"] for it in told] == ["runtime.damaged"]
    assert file_of(local).with_suffix(".damaged").read_bytes() == b'{"id":\n{}\n'


async def test_the_file_does_not_grow_without_bound(local: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_runtime, "MOST", 20)
    async with local.launched() as runtime:
        await give(runtime, hang("h"))
        await local.line("hang h")
        await give(runtime, *(note(f"n{number}") for number in range(100)))
        await runtime.cancel("h")
        await ended(runtime, "n99")
        assert await runtime.get("n0") is None
        assert (await ended(runtime, "n98")).state is WorkState.DONE
    kept = [json.loads(it)["id"] for it in file_of(local).read_text().splitlines()]
    assert len(kept) <= 41
    assert kept[-1] == "n99"


async def test_nothing_is_written_after_a_crash(local: Home) -> None:
    class DiedError(BaseException):
        pass

    async def die(_: Json) -> Json:
        raise DiedError

    async with local.launched(kinds={"die": die}) as runtime:
        await runtime.start("d", "die", {}, queue="batch")
        await give(runtime, note("o"))
        before = file_of(local).read_bytes()
        with pytest.raises(DiedError):
            await runtime.wait("d")
        for call in (runtime.get("d"), runtime.unfinished(), runtime.cancel("o"), runtime.prune(keep=0)):
            with pytest.raises(DiedError):
                await call
    assert file_of(local).read_bytes() == before


async def test_a_file_that_cannot_be_written_stops_the_runtime_in_words(local: Home) -> None:
    """Whoever waits must not wait for ever."""
    async with local.launched() as runtime:
        await give(runtime, hang("h"), note("a"))
        await local.line("hang h")
        assert isinstance(runtime, LocalRuntime)
        full = os.open("/dev/full", os.O_WRONLY)
        runtime._journal.close()
        runtime._journal._handle = full
        with pytest.raises(CannotGoOn, match=r"cannot be written: No space left.*Free some space"):
            await give(runtime, note("b"))
        waiting = asyncio.create_task(runtime.wait("a"))
        await asyncio.sleep(0)
        assert runtime._body is not None
        runtime._cancelled.add("h")
        runtime._body[1].cancel()
        with pytest.raises(CannotGoOn, match="cannot be written"):
            await waiting
    async with local.launched() as runtime:
        assert [it.id for it in await runtime.unfinished()] == ["h", "a"]


# DBOS on SQLite ---------------------------------------------------------------------------------------------------------
def test_the_sqlite_file_is_set_up_as_durable_work_needs_it(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path / "data")
    with engine.connect() as conn:
        told = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
        assert conn.connection.dbapi_connection is not None
        assert conn.connection.dbapi_connection.isolation_level == "IMMEDIATE"
    engine.dispose()
    assert told == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 30000, "foreign_keys": 1}
    assert [it.name for it in (tmp_path / "data").iterdir()] == ["engine.db"]


def test_a_sqlite_that_is_too_old_is_refused_in_words() -> None:
    check_version((3, 42, 0))
    with pytest.raises(CannotGoOn, match=r"3\.40\.1; 3\.42\.0 or newer is needed.*`pysqlite3`"):
        check_version((3, 40, 1))


async def test_one_process_has_one_dbos_runtime_at_a_time(dbos: Home, tmp_path: Path) -> None:
    other = Home("dbos", str(tmp_path / "other"), tmp_path / "journal", together=True)
    async with dbos.launched():
        second = other.runtime()
        with pytest.raises(RuntimeError, match="close it first"):
            await second.launch()
        await second.close()
    async with other.launched() as runtime:
        await give(runtime, note("a"))
        assert (await ended(runtime, "a")).state is WorkState.DONE


async def test_a_work_that_takes_every_worker_along_is_given_up(dbos: Home) -> None:
    async with dbos.launched() as runtime:
        await give(runtime, hang("h"))
        await dbos.line("hang h")
    with sqlite.connect(Path(dbos.store) / "engine.db") as conn:
        changed = conn.execute("UPDATE workflow_status SET recovery_attempts = ?", (CRASHES + 1,))
        assert changed.rowcount == 1
    conn.close()
    async with dbos.launched() as runtime:
        work = await ended(runtime, "h")
        assert (work.state, work.error) == (
            WorkState.FAILED,
            f"given up: {CRASHES} workers ended while it was under way",
        )
        await give(runtime, note("a"))
        assert (await ended(runtime, "a")).state is WorkState.DONE
    assert dbos.lines() == ["hang h", "interrupted h", "note a"]


async def test_what_dbos_stores_is_json(dbos: Home) -> None:
    """Pickles would let whoever can write the file run code in the worker."""

    async def fail(_: Json) -> Json:
        raise ValueError("no")

    async with dbos.launched(kinds={"fail": fail}) as runtime:
        await give(runtime, note("a"))
        await runtime.start("f", "fail", {"n": 1}, queue="batch")
        await ended(runtime, "a")
        await ended(runtime, "f")
    conn = sqlite.connect(Path(dbos.store) / "engine.db")
    tables = [it for (it,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    cells = [cell for table in tables for row in conn.execute(f'SELECT * FROM "{table}"') for cell in row]  # noqa: S608 - its own names
    kinds = {it for (it,) in conn.execute("SELECT serialization FROM workflow_status")}
    conn.close()
    texts = [it for it in cells if isinstance(it, str)]
    assert kinds == {"portable_json"}
    assert any('["note","batch",{"name":"a"}]' in it for it in texts), "arguments are stored, and as JSON"
    assert any("ValueError: no" in it for it in texts), "so are errors"
    assert not [it for it in texts if it.startswith(PICKLED)]

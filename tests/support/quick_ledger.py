"""The real ledger over SQLite in memory, without threads and without a disk: for proofs that take many thousands of steps.

All SQL, all JSON and the audit chain are those of the product; only the writer's thread, the group commit and the wait for the
disk are left out. Each write is a transaction that either happens or does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pysqlite3.dbapi2
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from dambridge.storage import open_ledger
from dambridge.storage.audit import append
from dambridge.storage.database import Database
from dambridge.storage.ledger import SqlLedger
from dambridge.storage.writer import Tx

T = TypeVar("T")


@cache
def _template() -> Any:
    """An empty ledger of the present schema, made once by the migrations."""
    made = pysqlite3.dbapi2.connect(":memory:", check_same_thread=False)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        open_ledger(path).close_now()
        with pysqlite3.dbapi2.connect(str(path)) as stored:
            stored.backup(made)
        stored.close()
    return made


class _Memory(Database):
    def __init__(self) -> None:
        connection = pysqlite3.dbapi2.connect(":memory:", check_same_thread=False, isolation_level=None)
        _template().backup(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        engine = create_engine("sqlite://", module=pysqlite3.dbapi2, creator=lambda: connection, poolclass=StaticPool)
        event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN"))
        super().__init__("memory", writing=engine, reading=engine)
        self.conn = engine.connect()

    @property
    def skips_locked(self) -> bool:
        return False

    def pacing(self) -> Engine:
        raise NotImplementedError

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        yield self.conn

    def seconds(self, conn: Connection) -> float:
        return 0.0

    def size_bytes(self, conn: Connection) -> int:
        return 0

    def hopeless(self, error: DBAPIError) -> str | None:
        return None

    def repeatable(self, error: DBAPIError) -> bool:
        return False

    def close(self) -> None:
        self.conn.close()
        super().close()


class _Inline:
    """Stands in for the writer: runs each operation at once, in a transaction of its own."""

    def __init__(self, database: _Memory) -> None:
        self._database = database

    async def run(self, operation: Callable[[Tx], T]) -> T:
        return self.run_now(operation)

    def run_now(self, operation: Callable[[Tx], T]) -> T:
        conn = self._database.conn
        with conn.begin() if not conn.in_transaction() else conn.begin_nested():
            tx = Tx(conn)
            result = operation(tx)
            tx.send()
            append(tx.conn, tx.audit)
            return result

    def close(self) -> None: ...


class QuickLedger(SqlLedger):
    """Implements `ports.ledger.Ledger` as `SqlLedger` does, on the caller's own thread."""

    def __init__(self) -> None:
        self._database: Any = _Memory()
        self._writer: Any = _Inline(self._database)
        self._closed = False

    async def _read(self, query: Callable[[Connection], T], *, snapshot: bool = False) -> T:
        conn = self._database.conn
        with conn.begin():
            return query(conn)

    def write_now(self, operation: Callable[[Tx], T]) -> T:
        """For a test's own preparations."""
        result: T = self._writer.run_now(operation)
        return result

    def close_now(self) -> None:
        self._closed = True
        self._database.close()

    async def close(self) -> None:
        self.close_now()

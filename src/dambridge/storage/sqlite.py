"""The ledger in one file: SQLite through `pysqlite3`, so that every Python works with the same current library."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import LRUCache

from dambridge.ports.errors import CannotGoOn
from dambridge.storage.database import Database
from dambridge.storage.tables.work import pace

OLDEST = (3, 42, 0)
"""`unixepoch('subsec')`, which the durable runtime relies on, is NULL before this version."""

BUSY = 30.0
"""Seconds to wait for another process's transaction before giving up."""

_LOCAL_ONLY = frozenset({"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "afs", "fuse.rclone"})
_HOPELESS = {
    "database or disk is full": "there is no room left on the disk. Free some space, then start again; nothing that was "
    "reported as written is lost",
    "disk I/O error": "the disk reported an error while it was read or written. Look at the system's log, and restore a "
    "backup if the file is damaged",
    "readonly database": "the file or its directory is not writable for this user. Give it write permission",
    "unable to open database file": "the file cannot be opened. See that its directory exists and is writable",
    "database disk image is malformed": "the file is damaged. Restore it from a backup",
    "file is not a database": "the file is not a ledger. Point `store` somewhere else",
}


class Dialect(SQLiteDialect_pysqlite):
    """SQLite as SQLAlchemy knows it, but one is as good as another: what was compiled for one file serves every file."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dialect)

    def __hash__(self) -> int:
        return hash(Dialect)


registry.register("sqlite.dambridge", __name__, Dialect.__name__)
_COMPILED: LRUCache[Any, Any] = LRUCache(1000)
"""The statements of all engines of this process: compiling a statement takes longer than carrying it out."""


class SqliteDatabase(Database):
    """A file with a write-ahead log; each commit is on the disk before it returns."""

    def __init__(self, path: Path) -> None:
        check_version(pysqlite3.dbapi2.sqlite_version_info)
        refuse_network_disk(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotGoOn(f"The directory {path.parent} for the ledger cannot be made: {error.strerror}.") from error
        self.path = path
        super().__init__(
            str(path),
            writing=sqlite_engine(path, connections=1, begin="BEGIN IMMEDIATE", synchronous="FULL"),
            reading=sqlite_engine(path, connections=4, begin=None, synchronous="FULL"),
        )

    @property
    def skips_locked(self) -> bool:
        return False

    def pacing(self) -> Engine:
        """A file of its own beside the ledger, so that a call never waits for the ledger's commit."""
        path = self.path.with_name(f"{self.path.stem}-pace.db")
        engine = sqlite_engine(path, connections=1, begin="BEGIN IMMEDIATE", synchronous="NORMAL")
        with engine.begin() as conn:
            pace.create(conn, checkfirst=True)
        return engine

    def searching(self) -> tuple[Engine, Engine]:
        """A file of its own beside the ledger: it may be thrown away, and no backup needs it."""
        path = self.path.with_name(f"{self.path.stem}-search.db")
        writing = sqlite_engine(path, connections=1, begin="BEGIN IMMEDIATE", synchronous="NORMAL")
        event.listen(writing, "connect", lambda connection, _record: connection.execute("PRAGMA secure_delete = ON"))
        return writing, sqlite_engine(path, connections=4, begin=None, synchronous="NORMAL")

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        with self.reading.connect() as conn:
            conn.exec_driver_sql("BEGIN")
            try:
                yield conn
            finally:
                conn.exec_driver_sql("ROLLBACK")

    def seconds(self, conn: Connection) -> float:
        return time.time()  # noqa: TID251 - pacing is real time, and all workers are on this machine

    def size_bytes(self, conn: Connection) -> int:
        parts = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(it.stat().st_size for it in parts if it.exists())

    def hopeless(self, error: DBAPIError) -> str | None:
        said = str(error.orig)
        return next((f"{self.name}: {remedy}." for words, remedy in _HOPELESS.items() if words in said), None)

    def repeatable(self, error: DBAPIError) -> bool:
        return "database is locked" in str(error.orig) or "database table is locked" in str(error.orig)


def check_version(version: tuple[int, ...]) -> None:
    """Raises `CannotGoOn` for a SQLite that is too old to be relied on."""
    if version < OLDEST:
        raise CannotGoOn(
            f"The SQLite library is version {'.'.join(map(str, version))}; {'.'.join(map(str, OLDEST))} or newer is needed. "
            "Install the package `pysqlite3` of the version that dambridge names."
        )


def refuse_network_disk(path: Path, mounts: Path = Path("/proc/self/mounts")) -> None:
    """Raises `CannotGoOn` where the file would lie on a network file system, whose locks cannot be trusted."""
    if not mounts.exists():
        return
    home = path.absolute().parent
    rows = [line.split() for line in mounts.read_text().splitlines()]
    under = [(where.replace("\\040", " "), kind) for _, where, kind, *_ in rows]
    holding = [(where, kind) for where, kind in under if home.is_relative_to(where)]
    where, kind = max(holding, key=lambda it: len(it[0]), default=("/", ""))
    if kind in _LOCAL_ONLY:
        raise CannotGoOn(
            f"{path} lies on a network file system ({kind} at {where}), where SQLite's locks do not hold. "
            "Put the data directory on a local disk, or give `store` a PostgreSQL address."
        )


def sqlite_engine(path: Path, *, connections: int, begin: str | None, synchronous: str) -> Engine:
    """An engine whose transactions begin as said; `BEGIN IMMEDIATE` takes the write lock at once, so none starves.

    Without `begin` each statement is a transaction of its own."""
    engine = create_engine(
        f"sqlite+dambridge:///{path}",
        module=pysqlite3.dbapi2,
        execution_options={"compiled_cache": _COMPILED},
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,  # an error is told and logged; the values of assets are not
        connect_args={"check_same_thread": False, "timeout": BUSY, "isolation_level": None, "cached_statements": 256},
    )

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        for pragma in (
            f"busy_timeout = {int(BUSY * 1000)}",
            "journal_mode = WAL",
            f"synchronous = {synchronous}",
            "foreign_keys = ON",
            "cache_size = -32768",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    if begin is not None:
        event.listen(engine, "begin", lambda conn: conn.exec_driver_sql(begin))
    return engine

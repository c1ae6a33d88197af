"""Opening a store by its path or address, and the lock that makes an embedded store one worker's."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from dambridge.model.identity import AccountId
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.pace import PaceRule
from dambridge.ports.publishing import OrderJournal
from dambridge.ports.tombstones import TombstoneJournal
from dambridge.storage.database import Database
from dambridge.storage.ledger import SqlLedger
from dambridge.storage.migrating import migrate
from dambridge.storage.pacer import SqlPacer
from dambridge.storage.postgres import PostgresDatabase
from dambridge.storage.search_index import SqlSearchIndex
from dambridge.storage.sqlite import BUSY, SqliteDatabase

LEDGER_FILE = "ledger.db"


def open_ledger(
    store: str | Path, *, journal: TombstoneJournal | None = None, orders: OrderJournal | None = None
) -> SqlLedger:
    """Open the ledger in a directory, in a SQLite file (`.db`), or at a `postgresql://` address; make or migrate it first.

    Tombstones go into `journal` too, and orders to outlets into `orders`. Raises `CannotGoOn` when it cannot be opened or was
    written by a newer release.
    """
    database = open_database(store)
    try:
        migrate(database)
    except DBAPIError as error:
        database.close()
        said = database.hopeless(error) or f"The ledger {database.name} cannot be opened: {str(error.orig).strip()}"
        raise CannotGoOn(said) from error
    except BaseException:
        database.close()
        raise
    return SqlLedger(database, journal, orders)


def open_database(store: str | Path) -> Database:
    """The database behind `store`, not yet migrated."""
    if isinstance(store, str) and "://" in store:
        return PostgresDatabase(_postgres_url(store)) if not store.startswith("sqlite:") else _sqlite(make_url(store))
    return SqliteDatabase(file_of(store))


def file_of(store: str | Path) -> Path:
    """The ledger's file: `store` itself where it ends in `.db`, else `ledger.db` within it."""
    path = Path(store).expanduser()
    return path if path.suffix == ".db" else path / LEDGER_FILE


def is_embedded(store: str | Path) -> bool:
    """Whether the store is a file of this machine, worked on by one process."""
    return not (isinstance(store, str) and "://" in store and not store.startswith("sqlite:"))


def _sqlite(url: URL) -> Database:
    if not url.database:
        raise CannotGoOn("`store` names no file. Give a directory, a path that ends in `.db`, or a PostgreSQL address.")
    return SqliteDatabase(Path(url.database))


def _postgres_url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise CannotGoOn(
            "`store` is no address that can be read. Write it as postgresql://user@host/database."
        ) from None
    if url.get_backend_name() != "postgresql":
        raise CannotGoOn(
            f"`store` names a database of the kind {url.get_backend_name()}; dambridge works with SQLite and PostgreSQL."
        )
    return url


@dataclass(slots=True)
class WorkerLock:
    """Held by the one worker of an embedded store for as long as it lives; the system frees it when the process dies."""

    path: Path | None
    _handle: int | None

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def lock_worker(store: str | Path) -> WorkerLock:
    """Become the worker of this store. On PostgreSQL there may be many, and nothing is locked.

    Raises `CannotGoOn` where another process is the worker already. Readers and those who only give orders need no lock.
    """
    if not is_embedded(store):
        return WorkerLock(None, None)
    path = file_of(str(store).removeprefix("sqlite:///")).parent / "worker.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(handle, 20, 0).decode(errors="replace").strip() or "unknown"
        os.close(handle)
        raise CannotGoOn(
            f"Another dambridge (process {holder}) works on {path.parent}. Give it orders from a second terminal, "
            "or stop it first. For several workers at once `store` must be a PostgreSQL address."
        ) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    _forget_predecessors(path.with_name(file_of(str(store).removeprefix("sqlite:///")).name))
    return WorkerLock(path, handle)


def _forget_predecessors(ledger: Path) -> None:
    """Whoever held the lock before is gone, however lately it was heard of: what it had in hand may be taken up at once."""
    if not ledger.exists():
        return
    database_error = pysqlite3.dbapi2.DatabaseError  # no such table, or no ledger at all: `open_ledger` speaks of that
    with contextlib.suppress(database_error), contextlib.closing(_connect(ledger)) as conn:
        conn.execute("DELETE FROM workers")
        conn.commit()


def _connect(ledger: Path) -> Any:
    return pysqlite3.dbapi2.connect(str(ledger), timeout=BUSY)


def open_search_index(store: str | Path) -> SqlSearchIndex:
    """The search index beside the ledger, made where it is missing. Raises `CannotGoOn` as `open_ledger` does."""
    database = open_database(store)
    try:
        return SqlSearchIndex(database)
    except DBAPIError as error:
        database.close()
        said = (
            database.hopeless(error)
            or f"The search index of {database.name} cannot be opened: {str(error.orig).strip()}"
        )
        raise CannotGoOn(said) from error


def open_pacer(store: str | Path, rules: Mapping[AccountId, PaceRule]) -> SqlPacer:
    """The call budgets kept in the store, which `open_ledger` must have made. Raises `CannotGoOn` as it does."""
    return SqlPacer(open_database(store), rules)

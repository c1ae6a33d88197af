"""Where DBOS keeps its tables: a SQLite file of our own making, or a schema of a PostgreSQL database.

DBOS sets up SQLite with a rollback journal and on the interpreter's own library, which on Python 3.12 and newer it cannot
even launch with where that library is older than 3.42. So the engine is made here and handed to it, and must bring every
setting that DBOS would have made itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pysqlite3.dbapi2
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from dambridge.ports.errors import CannotGoOn

FILE = "engine.db"
SCHEMA = "dbos"
OLDEST = (3, 42, 0)
"""`unixepoch('subsec')`, with which DBOS stamps its rows, is NULL before this version."""

THREADS = 32
"""DBOS's threads; unbounded it leaks thousands of them on CPython 3.12.1."""

_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 30000", "foreign_keys = ON")


def is_postgres(store: str) -> bool:
    return store.startswith(("postgresql:", "postgresql+", "postgres:"))


def postgres_url(store: str) -> URL:
    """The address for psycopg 3. Raises `CannotGoOn`, never naming the password."""
    try:
        url = make_url(store.replace("postgres:", "postgresql:", 1) if store.startswith("postgres:") else store)
    except ArgumentError:
        raise CannotGoOn(
            "`store` is no address that can be read. Write it as postgresql://user@host/database."
        ) from None
    if not url.database:
        raise CannotGoOn("`store` names no database. Write it as postgresql://user@host/database.")
    return url.set(drivername="postgresql+psycopg")


def postgres_engine(url: URL) -> Engine:
    """A small engine for the heartbeats, beside the one that DBOS makes for itself."""
    return create_engine(
        url,
        pool_size=2,
        max_overflow=2,
        pool_pre_ping=True,
        connect_args={"application_name": "dambridge-engine", "connect_timeout": 10},
    )


def sqlite_engine(folder: Path) -> Engine:
    """The engine's file in the data folder, which is made. Raises `CannotGoOn` for a SQLite that is too old."""
    check_version(pysqlite3.dbapi2.sqlite_version_info)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(
        f"sqlite:///{folder / FILE}",
        module=pysqlite3.dbapi2,
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=THREADS,
        connect_args={"check_same_thread": False, "timeout": 30.0},
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"  # writers queue up at the start, so none fails half-way
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    return engine


def check_version(version: tuple[int, ...]) -> None:
    """Raises `CannotGoOn` for a SQLite with which DBOS would not launch."""
    if version < OLDEST:
        raise CannotGoOn(
            f"The SQLite library is version {'.'.join(map(str, version))}; {'.'.join(map(str, OLDEST))} or newer is needed. "
            "Install the package `pysqlite3` of the version that dambridge names."
        )

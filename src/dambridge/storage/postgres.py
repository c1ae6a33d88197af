"""The ledger in PostgreSQL, for several workers on one or more machines, through psycopg 3."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from psycopg import Cursor
from psycopg.pq import Format
from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from dambridge.storage.database import Database
from dambridge.storage.tables import metadata

_HOPELESS = {
    "53100": "there is no room left on its disk. Free some space, then start again; nothing that was reported as written "
    "is lost",
    "28P01": "it refused the password. Correct `store` in the configuration",
    "28000": "it refused this user. Correct `store` in the configuration",
    "3D000": "the database does not exist. Create it, or correct `store` in the configuration",
    "42501": "this user may not do that. Grant it the right to create tables and to write",
    "25006": "it accepts no writes now (a standby, or set to read only). Point `store` at the primary server",
    "XX001": "it says that its data is damaged. Restore a backup",
}
_AGAIN = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "08000", "08001", "08003", "08006"})

_ALONE = "".join(
    f" -c {it}"
    for it in (
        "jit=off",
        "max_parallel_workers_per_gather=0",
        "plan_cache_mode=force_custom_plan",
        "enable_mergejoin=off",
        "enable_seqscan=off",
        "work_mem=32MB",
    )
)
"""Answers that take milliseconds: starting further workers for them, or a compiler, takes longer than finding them; a plan for
whatever words there are is a bad one for most; no answer is worth going through all copies and all words side by side; and where
copies that have a word are gathered, each is to be known by itself."""
_SECONDS = text("SELECT extract(epoch FROM clock_timestamp())")


class _Binary(Cursor[Any]):
    """Answers are taken as the server holds them: thousands of values are neither spelled nor read again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.format = Format.BINARY


class PostgresDatabase(Database):
    """A database that other workers may share; ours are the tables of `storage.tables` in the schema in use."""

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+psycopg")
        super().__init__(
            url.difference_update_query(("password", "sslpassword")).render_as_string(hide_password=True),
            writing=self._engine(1),
            reading=self._engine(4).execution_options(isolation_level="AUTOCOMMIT"),
        )

    def _engine(self, connections: int, *, durable: bool = True, alone: bool = False, **more: Any) -> Engine:
        options = "-c timezone=UTC" + ("" if durable else " -c synchronous_commit=off") + (_ALONE if alone else "")
        return create_engine(
            self._url,
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=False,
            hide_parameters=True,  # an error is told and logged; the values of assets are not
            connect_args={"options": options, "application_name": "dambridge", "connect_timeout": 10, **more},
        )

    @property
    def skips_locked(self) -> bool:
        return True

    def pacing(self) -> Engine:
        return self._engine(1, durable=False)

    def searching(self) -> tuple[Engine, Engine]:
        reading = self._engine(4, alone=True, cursor_factory=_Binary).execution_options(isolation_level="AUTOCOMMIT")
        return self._engine(1, durable=False), reading

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        with self.reading.connect() as plain:
            conn = plain.execution_options(isolation_level="REPEATABLE READ")
            with conn.begin():
                yield conn

    def seconds(self, conn: Connection) -> float:
        return float(conn.execute(_SECONDS).scalar_one())

    def size_bytes(self, conn: Connection) -> int:
        sizes = text(
            "SELECT coalesce(sum(pg_total_relation_size(to_regclass(name))), 0) FROM unnest(CAST(:names AS text[])) AS name"
        )
        return int(conn.execute(sizes, {"names": [it.name for it in metadata.sorted_tables]}).scalar_one())

    def hopeless(self, error: DBAPIError) -> str | None:
        remedy = _HOPELESS.get(getattr(error.orig, "sqlstate", None) or "")
        return f"The database {self.name}: {remedy}." if remedy else None

    def repeatable(self, error: DBAPIError) -> bool:
        state = getattr(error.orig, "sqlstate", None) or ""
        return (
            error.connection_invalidated or state in _AGAIN or (not state and "connection" in str(error.orig).lower())
        )

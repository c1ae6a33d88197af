"""Bringing a store to the schema of this release, and refusing one that a newer release has written."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from dambridge.ports.errors import CannotGoOn
from dambridge.storage.database import Database

_WHERE = Path(__file__).parent / "migrations"
_LOCK = 0x64616D62
"""The number of the PostgreSQL advisory lock under which one worker migrates while the others wait."""


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", _WHERE.as_posix().replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def newest() -> str:
    """The revision that this release writes."""
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    if head is None:
        raise CannotGoOn("The installation is incomplete: it holds no migrations. Install dambridge again.")
    return head


def migrate(database: Database) -> None:
    """Apply what is missing, all of it or nothing. Raises `CannotGoOn` for a store of a newer release."""
    with database.writing.connect() as conn, conn.begin():
        if conn.dialect.name == "postgresql":
            conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        found = MigrationContext.configure(conn).get_current_revision()
        if found == newest():
            return
        _refuse_foreign(conn, database, found)
        config = configuration()
        config.attributes["connection"] = conn
        command.upgrade(config, "head")


def _refuse_foreign(conn: Connection, database: Database, found: str | None) -> None:
    known = {it.revision for it in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if found is not None and found not in known:
        raise CannotGoOn(
            f"The ledger {database.name} was written by a newer release of dambridge (schema {found}; this one knows up to "
            f"{newest()}). Install that release, or restore a backup made before it."
        )
    if found is None and (others := inspect(conn).get_table_names()) and {"runs", "links"} & set(others):
        raise CannotGoOn(
            f"The database {database.name} already holds tables named like the ledger's that dambridge did not make. "
            "Give `store` a database or schema of its own."
        )

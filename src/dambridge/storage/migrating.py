"""Bringing a store to the schema of this release, and refusing one that a newer release has written.

A store that is up to date, as nearly every one is, is seen with one query: Alembic is loaded when there is work for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from dambridge.ports.errors import CannotGoOn
from dambridge.storage.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "0016"
"""The revision that this release writes: the head of `migrations/versions`."""
_WHERE = Path(__file__).parent / "migrations"
_LOCK = 0x64616D62
"""The number of the PostgreSQL advisory lock under which one worker migrates while the others wait."""


def configuration() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - see the module

    config = Config()
    config.set_main_option("script_location", _WHERE.as_posix().replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def migrate(database: Database) -> None:
    """Apply what is missing, all of it or nothing. Raises `CannotGoOn` for a store of a newer release."""
    with database.writing.connect() as conn, conn.begin():
        if conn.dialect.name == "postgresql":
            conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        found = _revision(conn)
        if found == NEWEST:
            return
        _refuse_foreign(conn, database, found)
        _upgrade(conn)


def _revision(conn: Connection) -> str | None:
    """What Alembic has written down, None where it has never been here."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(conn: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - see the module

    config = configuration()
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def _refuse_foreign(conn: Connection, database: Database, found: str | None) -> None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see the module

    known = {it.revision for it in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if found is not None and found not in known:
        raise CannotGoOn(
            f"The ledger {database.name} was written by a newer release of dambridge (schema {found}; this one knows up to "
            f"{NEWEST}). Install that release, or restore a backup made before it."
        )
    if found is None and (others := inspect(conn).get_table_names()) and {"runs", "links"} & set(others):
        raise CannotGoOn(
            f"The database {database.name} already holds tables named like the ledger's that dambridge did not make. "
            "Give `store` a database or schema of its own."
        )

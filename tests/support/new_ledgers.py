"""New ledgers from one that was made new: applying all migrations takes longer than most of what a test does with one.

What makes and migrates one is asked in tests/unit/storage and, of the installed program, in tests/e2e."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from dambridge.storage import migrating, opening
from dambridge.storage.database import Database
from dambridge.storage.sqlite import SqliteDatabase


@cache
def empty_ledger() -> bytes:
    """A new ledger's file."""
    with TemporaryDirectory() as folder:
        database = opening.open_database(folder)
        migrating.migrate(database)
        database.close()
        return opening.file_of(folder).read_bytes()


def _put(path: Path) -> None:
    """A new ledger there, all at once, unless somebody else's is there."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(empty_ledger())
    with suppress(FileExistsError):
        path.hardlink_to(part)
    part.unlink()


def migrate(database: Database) -> None:
    """As `migrating.migrate`, with nothing left to do where there was no file."""
    if isinstance(database, SqliteDatabase) and not database.path.exists():
        with suppress(OSError):  # then what `migrating` says of it is what is to be heard
            _put(database.path)
    migrating.migrate(database)


@contextmanager
def copied() -> Iterator[None]:
    """New ledgers of this process are copies for as long as the block lasts."""
    vars(opening)["migrate"] = migrate
    try:
        yield
    finally:
        vars(opening)["migrate"] = migrating.migrate

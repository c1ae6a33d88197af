"""What the ledger needs of a database, whichever it is: two engines, its kind's words for errors, its size."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError


class Database(ABC):
    """One opened store. `writing` has one connection, for the writer thread; `reading` has several, each read on its own."""

    name: str
    """What people call it in messages: the path of the file, or the address without the password."""

    def __init__(self, name: str, *, writing: Engine, reading: Engine) -> None:
        self.name = name
        self.writing = writing
        self.reading = reading

    @property
    @abstractmethod
    def skips_locked(self) -> bool:
        """Whether rows can be claimed beside other workers' claims (`FOR UPDATE SKIP LOCKED`)."""

    @abstractmethod
    def pacing(self) -> Engine:
        """An engine for the pacer, its table made: one connection of its own, whose commits need not outlive a power cut."""

    @abstractmethod
    def searching(self) -> tuple[Engine, Engine]:
        """Engines for the search index, one that writes and one that reads: what it holds can be had again at any time."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[Connection]:
        """A connection on which several reads see one state of the store."""

    @abstractmethod
    def seconds(self, conn: Connection) -> float:
        """Real time in seconds since 1970, the same for all workers of the store."""

    @abstractmethod
    def size_bytes(self, conn: Connection) -> int:
        """How much room the ledger's own tables take."""

    @abstractmethod
    def hopeless(self, error: DBAPIError) -> str | None:
        """A sentence for people where no repetition can help (full disk, damaged file, no permission), else None."""

    @abstractmethod
    def repeatable(self, error: DBAPIError) -> bool:
        """Whether the transaction left no trace and is worth another try (lost connection, deadlock, lock held)."""

    def close(self) -> None:
        self.writing.dispose()
        self.reading.dispose()

"""An opened store: each write goes through the one writer, each read over a connection of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from dambridge.model.tombstones import Tombstone
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.publishing import OrderJournal
from dambridge.ports.tombstones import TombstoneJournal
from dambridge.storage import audit
from dambridge.storage.database import Database
from dambridge.storage.writer import GroupWriter, Tx

T = TypeVar("T")
READERS = 4


class SqlStore:
    """What the parts of the ledger share. Safe to use from many tasks of one event loop, and from several loops."""

    def __init__(
        self, database: Database, journal: TombstoneJournal | None = None, orders: OrderJournal | None = None
    ) -> None:
        self._database = database
        self._journal = journal
        self._orders = orders
        self._writer = GroupWriter(database, before_commit=_chain)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="ledger-reader")
        self._closed = False

    async def write(self, operation: Callable[[Tx], T]) -> T:
        """One transaction of another store that lives in the same database."""
        return await self._writer.run(operation)

    async def read(self, query: Callable[[Connection], T], *, snapshot: bool = False) -> T:
        """One read of another store that lives in the same database."""
        return await self._read(query, snapshot=snapshot)

    async def _write(self, operation: Callable[[Connection], T]) -> T:
        return await self._writer.run(lambda tx: operation(tx.conn))

    async def _journalled(self, tombstones: Sequence[Tombstone]) -> None:
        """What the store holds by now is put on record beside it. Should this fail, the next start makes up for it."""
        if self._journal is not None and tombstones:
            await asyncio.to_thread(self._journal.append, tombstones)

    async def _read(self, query: Callable[[Connection], T], *, snapshot: bool = False) -> T:
        """Run `query` on a connection of its own; with `snapshot` all its statements see one state of the store."""
        if self._closed:
            raise CannotGoOn(f"The ledger {self._database.name} has been closed; nothing more can be read from it.")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read_now, query, snapshot)

    def _read_now(self, query: Callable[[Connection], T], snapshot: bool) -> T:
        for attempt in (1, 2):
            try:
                with self._database.snapshot() if snapshot else self._database.reading.connect() as conn:
                    return query(conn)
            except DBAPIError as error:
                if hopeless := self._database.hopeless(error):
                    raise CannotGoOn(hopeless) from error
                if attempt == 2 or not self._database.repeatable(error):
                    raise
        raise AssertionError("unreachable: the loop returns or raises")

    async def close(self) -> None:
        """Write what is waiting and let go of the store. Safe to repeat."""
        if not self._closed:
            await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """As `close`, where no event loop runs. Blocks."""
        self._closed = True
        self._writer.close()
        self._readers.shutdown(wait=True)
        self._database.close()


def _chain(tx: Tx) -> None:
    audit.append(tx.conn, tx.audit)

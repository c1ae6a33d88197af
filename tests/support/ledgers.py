"""The ledgers that every suite of `dambridge.testing` runs on: in memory, on SQLite, on PostgreSQL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dambridge.storage import SqlLedger, open_ledger
from dambridge.testing.fake_ledger import MemoryLedger


class InMemory:
    """The ledger on which the proofs of many steps rest."""

    @pytest.fixture
    def ledger(self) -> MemoryLedger:
        return MemoryLedger()

    @pytest.fixture
    def beside(self, ledger: MemoryLedger) -> MemoryLedger:
        return MemoryLedger(ledger.memory)


class _InSql(ABC):
    """`beside` is a second handle on the same store, as another process would have it."""

    @abstractmethod
    @pytest.fixture
    def address(self) -> str:
        """The folder or address of an empty store."""

    @pytest.fixture
    async def ledger(self, address: str) -> AsyncIterator[SqlLedger]:
        ledger = open_ledger(address)
        yield ledger
        await ledger.close()

    @pytest.fixture
    async def beside(self, ledger: SqlLedger, address: str) -> AsyncIterator[SqlLedger]:
        another = open_ledger(address)
        yield another
        await another.close()


class OnSqlite(_InSql):
    @pytest.fixture
    def address(self, tmp_path: Path) -> str:
        return str(tmp_path)


@pytest.mark.postgres
class OnPostgres(_InSql):
    @pytest.fixture
    def address(self, postgres_url: str) -> str:
        return postgres_url

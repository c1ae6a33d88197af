"""The ledger of publications: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dambridge.storage import SqlLedger, open_ledger
from dambridge.testing.fake_ledger import MemoryLedger
from dambridge.testing.publishing_contract import PublishingContract


class TestMemoryPublishing(PublishingContract):
    @pytest.fixture
    def ledger(self) -> MemoryLedger:
        return MemoryLedger()

    @pytest.fixture
    def beside(self, ledger: MemoryLedger) -> MemoryLedger:
        return MemoryLedger(ledger.memory)


class TestSqlitePublishing(PublishingContract):
    @pytest.fixture
    async def ledger(self, tmp_path: Path) -> AsyncIterator[SqlLedger]:
        ledger = open_ledger(tmp_path)
        yield ledger
        await ledger.close()

    @pytest.fixture
    async def beside(self, ledger: SqlLedger, tmp_path: Path) -> AsyncIterator[SqlLedger]:
        another = open_ledger(tmp_path)
        yield another
        await another.close()


@pytest.mark.postgres
class TestPostgresPublishing(PublishingContract):
    @pytest.fixture
    async def ledger(self, postgres_url: str) -> AsyncIterator[SqlLedger]:
        ledger = open_ledger(postgres_url)
        yield ledger
        await ledger.close()

    @pytest.fixture
    async def beside(self, ledger: SqlLedger, postgres_url: str) -> AsyncIterator[SqlLedger]:
        another = open_ledger(postgres_url)
        yield another
        await another.close()

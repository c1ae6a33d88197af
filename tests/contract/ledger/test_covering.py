"""The ledger of facets: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dambridge.storage import SqlLedger, open_ledger
from dambridge.testing.covering_contract import CoveringContract
from dambridge.testing.fake_ledger import MemoryLedger


class TestMemoryCovering(CoveringContract):
    @pytest.fixture
    def ledger(self) -> MemoryLedger:
        return MemoryLedger()


class TestSqliteCovering(CoveringContract):
    @pytest.fixture
    async def ledger(self, tmp_path: Path) -> AsyncIterator[SqlLedger]:
        ledger = open_ledger(tmp_path)
        yield ledger
        await ledger.close()


@pytest.mark.postgres
class TestPostgresCovering(CoveringContract):
    @pytest.fixture
    async def ledger(self, postgres_url: str) -> AsyncIterator[SqlLedger]:
        ledger = open_ledger(postgres_url)
        yield ledger
        await ledger.close()

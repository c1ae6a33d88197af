"""The ledger of submissions: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dambridge.storage import SqlLedger, open_ledger
from dambridge.testing.fake_ledger import MemoryLedger
from dambridge.testing.submitting_contract import SubmittingContract


class TestMemorySubmitting(SubmittingContract):
    @pytest.fixture
    def ledger(self) -> MemoryLedger:
        return MemoryLedger()


class TestSqliteSubmitting(SubmittingContract):
    @pytest.fixture
    async def ledger(self, tmp_path: Path) -> AsyncIterator[SqlLedger]:
        ledger = open_ledger(tmp_path)
        yield ledger
        await ledger.close()


@pytest.mark.postgres
class TestPostgresSubmitting(SubmittingContract):
    @pytest.fixture
    async def ledger(self, postgres_url: str) -> AsyncIterator[SqlLedger]:
        ledger = open_ledger(postgres_url)
        yield ledger
        await ledger.close()

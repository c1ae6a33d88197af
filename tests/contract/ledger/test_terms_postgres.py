"""Words without a term, on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dambridge.storage import SqlLedger, open_ledger
from dambridge.testing.terms_contract import TermsContract


@pytest.mark.postgres
class TestPostgresTerms(TermsContract):
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

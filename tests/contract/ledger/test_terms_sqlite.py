"""Words without a term, on SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dambridge.storage import SqlLedger, open_ledger
from dambridge.testing.terms_contract import TermsContract


class TestSqliteTerms(TermsContract):
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

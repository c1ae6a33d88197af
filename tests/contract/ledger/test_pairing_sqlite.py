"""The pairing store's suite on SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dambridge.storage import SqlLedger, SqlPairingStore, open_ledger
from dambridge.testing.pairing_contract import PairingStoreContract


class TestSqlitePairing(PairingStoreContract):
    @pytest.fixture
    async def ledger(self, tmp_path: Path) -> AsyncIterator[SqlLedger]:
        ledger = open_ledger(tmp_path)
        yield ledger
        await ledger.close()

    @pytest.fixture
    def store(self, ledger: SqlLedger) -> SqlPairingStore:
        return SqlPairingStore(ledger)

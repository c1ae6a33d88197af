"""The pairing store's suite on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dambridge.storage import SqlLedger, SqlPairingStore, open_ledger
from dambridge.testing.pairing_contract import PairingStoreContract


@pytest.mark.postgres
class TestPostgresPairing(PairingStoreContract):
    @pytest.fixture
    async def ledger(self, postgres_url: str) -> AsyncIterator[SqlLedger]:
        ledger = open_ledger(postgres_url)
        yield ledger
        await ledger.close()

    @pytest.fixture
    def store(self, ledger: SqlLedger) -> SqlPairingStore:
        return SqlPairingStore(ledger)

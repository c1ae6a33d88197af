"""The pairing store's suite on both databases."""

from __future__ import annotations

import pytest

from dambridge.storage import SqlLedger, SqlPairingStore
from dambridge.testing.pairing_contract import PairingStoreContract
from support.ledgers import OnPostgres, OnSqlite


class _Pairing(PairingStoreContract):
    @pytest.fixture
    def store(self, ledger: SqlLedger) -> SqlPairingStore:
        return SqlPairingStore(ledger)


class TestSqlitePairing(OnSqlite, _Pairing): ...


class TestPostgresPairing(OnPostgres, _Pairing): ...

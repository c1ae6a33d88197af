"""The ledger as such: the suite on every ledger."""

from __future__ import annotations

from dambridge.testing.ledger_contract import LedgerContract
from support.ledgers import InMemory, OnPostgres, OnSqlite


class TestMemoryLedger(InMemory, LedgerContract): ...


class TestSqliteLedger(OnSqlite, LedgerContract): ...


class TestPostgresLedger(OnPostgres, LedgerContract): ...

"""The ledger suites on the ledger in memory, on which the proofs of many steps rest."""

from __future__ import annotations

import pytest

from dambridge.testing.agreeing_contract import AgreeingContract
from dambridge.testing.fake_ledger import MemoryLedger
from dambridge.testing.ledger_contract import LedgerContract
from dambridge.testing.terms_contract import TermsContract


class _InMemory:
    @pytest.fixture
    def ledger(self) -> MemoryLedger:
        return MemoryLedger()

    @pytest.fixture
    def beside(self, ledger: MemoryLedger) -> MemoryLedger:
        return MemoryLedger(ledger.memory)


class TestMemoryLedger(_InMemory, LedgerContract):
    """The ledger as such."""


class TestMemoryAgreeing(_InMemory, AgreeingContract):
    """Copies kept in step."""


class TestMemoryTerms(_InMemory, TermsContract):
    """Words that no vocabulary knows."""

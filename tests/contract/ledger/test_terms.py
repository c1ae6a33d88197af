"""Words that no vocabulary knows: the suite on every ledger."""

from __future__ import annotations

from dambridge.testing.terms_contract import TermsContract
from support.ledgers import InMemory, OnPostgres, OnSqlite


class TestMemoryTerms(InMemory, TermsContract): ...


class TestSqliteTerms(OnSqlite, TermsContract): ...


class TestPostgresTerms(OnPostgres, TermsContract): ...

"""Submissions: the suite on every ledger."""

from __future__ import annotations

from dambridge.testing.submitting_contract import SubmittingContract
from support.ledgers import InMemory, OnPostgres, OnSqlite


class TestMemorySubmitting(InMemory, SubmittingContract): ...


class TestSqliteSubmitting(OnSqlite, SubmittingContract): ...


class TestPostgresSubmitting(OnPostgres, SubmittingContract): ...

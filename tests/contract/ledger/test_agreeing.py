"""Copies kept in step: the suite on every ledger."""

from __future__ import annotations

from dambridge.testing.agreeing_contract import AgreeingContract
from support.ledgers import InMemory, OnPostgres, OnSqlite


class TestMemoryAgreeing(InMemory, AgreeingContract): ...


class TestSqliteAgreeing(OnSqlite, AgreeingContract): ...


class TestPostgresAgreeing(OnPostgres, AgreeingContract): ...

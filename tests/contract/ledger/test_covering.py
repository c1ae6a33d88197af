"""Facets, how full they are: the suite on every ledger."""

from __future__ import annotations

from dambridge.testing.covering_contract import CoveringContract
from support.ledgers import InMemory, OnPostgres, OnSqlite


class TestMemoryCovering(InMemory, CoveringContract): ...


class TestSqliteCovering(OnSqlite, CoveringContract): ...


class TestPostgresCovering(OnPostgres, CoveringContract): ...

"""Publications: the suite on every ledger."""

from __future__ import annotations

from dambridge.testing.publishing_contract import PublishingContract
from support.ledgers import InMemory, OnPostgres, OnSqlite


class TestMemoryPublishing(InMemory, PublishingContract): ...


class TestSqlitePublishing(OnSqlite, PublishingContract): ...


class TestPostgresPublishing(OnPostgres, PublishingContract): ...

"""The search index on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dambridge.storage import SqlSearchIndex, open_search_index
from dambridge.testing.searching_contract import SearchIndexContract


class TestSqliteIndex(SearchIndexContract):
    @pytest.fixture
    async def index(self, tmp_path: Path) -> AsyncIterator[SqlSearchIndex]:
        index = open_search_index(tmp_path)
        yield index
        await index.close()


@pytest.mark.postgres
class TestPostgresIndex(SearchIndexContract):
    @pytest.fixture
    async def index(self, postgres_url: str) -> AsyncIterator[SqlSearchIndex]:
        index = open_search_index(postgres_url)
        yield index
        await index.close()

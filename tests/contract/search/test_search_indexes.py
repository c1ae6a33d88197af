"""The search index on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dambridge.model.identity import AssetKey, RemoteId
from dambridge.storage import SqlSearchIndex, open_search_index
from dambridge.testing.searching_contract import ONE, SearchIndexContract, copy_of


class TestSqliteIndex(SearchIndexContract):
    @pytest.fixture
    async def index(self, tmp_path: Path) -> AsyncIterator[SqlSearchIndex]:
        index = open_search_index(tmp_path)
        yield index
        await index.close()

    async def test_nothing_of_what_was_erased_stays_in_the_files(self, index: SqlSearchIndex, tmp_path: Path) -> None:
        await index.put([copy_of(1, "wordtobeerased", "captionthatgoes"), copy_of(2, "wordthatstays")])
        await index.erase([AssetKey(ONE, RemoteId("1"))])
        await index.close()
        held = b"".join(it.read_bytes() for it in tmp_path.iterdir() if "search" in it.name)
        assert b"wordthatstays" in held
        assert b"wordtobeerased" not in held
        assert b"captionthatgoes" not in held

    async def test_an_index_of_another_shape_is_made_anew(
        self, index: SqlSearchIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await index.put([copy_of(1, "fog")])
        await index.close()
        monkeypatch.setattr("dambridge.storage.search_tables.SHAPE", 99)
        again = open_search_index(tmp_path)
        assert await again.count() == 0
        await again.put([copy_of(1, "fog")])
        await again.close()
        same = open_search_index(tmp_path)
        assert await same.count() == 1
        await same.close()


@pytest.mark.postgres
class TestPostgresIndex(SearchIndexContract):
    @pytest.fixture
    async def index(self, postgres_url: str) -> AsyncIterator[SqlSearchIndex]:
        index = open_search_index(postgres_url)
        yield index
        await index.close()

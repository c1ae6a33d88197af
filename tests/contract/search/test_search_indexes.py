"""The search index on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from pysqlite3.dbapi2 import connect

from dambridge.model.identity import AssetKey, RemoteId
from dambridge.model.queries import Not, Words
from dambridge.model.searching import Document, Order
from dambridge.ports.searching import Ask
from dambridge.storage import SqlSearchIndex, open_search_index
from dambridge.testing.searching_contract import ONE, SearchIndexContract, copy_of, everything


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

    @pytest.mark.parametrize(("common", "window", "weighed"), [(0, 7, True), (25, 30, False), (25, 30, True)])
    async def test_whatever_leads_the_answer_is_the_same(
        self,
        index: SqlSearchIndex,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        *,
        common: int,
        window: int,
        weighed: bool,
    ) -> None:
        """By an index of what few have, or from the newest on in windows; with SQLite's statistics and without."""
        monkeypatch.setattr("dambridge.storage.search_fts5.COMMON", common)
        monkeypatch.setattr("dambridge.storage.search_fts5.WINDOW", window)
        put = index.put

        async def put_and_weigh(documents: Sequence[Document]) -> int:
            written = await put(documents)
            conn = connect(str(tmp_path / "ledger-search.db"))
            conn.execute("ANALYZE")
            conn.close()
            return written

        if weighed:
            monkeypatch.setattr(index, "put", put_and_weigh)
        await self.test_any_question_is_answered_as_by_hand(index)
        with monkeypatch.context() as patch:
            patch.setattr("dambridge.storage.search_finding.RANKED", 20)
            fogless = Not(Words(("fog",)))
            everything_else = await everything(index, fogless, page=80)
            for page in (1, 7, 30):
                assert await everything(index, fogless, page=page) == everything_else, page
            assert (await index.find(Ask(query=fogless), after=None, limit=7)).order is Order.NEWEST
            assert len(everything_else) > 20
            part = await index.find(Ask(query=fogless), after=None, limit=7, counted=21)
            assert part.columns is not None
            assert (len(part.columns.entries), part.whole) == (21, False)
            assert set(part.columns.entries) <= set(everything_else)


@pytest.mark.postgres
class TestPostgresIndex(SearchIndexContract):
    @pytest.fixture
    async def index(self, postgres_url: str) -> AsyncIterator[SqlSearchIndex]:
        index = open_search_index(postgres_url)
        yield index
        await index.close()

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

    @pytest.mark.parametrize(
        ("ranked", "walked", "smallest"),
        [(5, 64, 2), *(pytest.param(*it, marks=pytest.mark.long) for it in ((5, 0, 2), (5, 24, 1), (20, 40, 3)))],
    )
    async def test_however_large_the_windows_are_the_answer_is_the_same(
        self,
        postgres_url: str,
        monkeypatch: pytest.MonkeyPatch,
        request: pytest.FixtureRequest,
        *,
        ranked: int,
        walked: int,
        smallest: int,
    ) -> None:
        """Words looked up in blocks of numbers or in one copy after the other; profiles and places as bits."""
        for name, value in (
            ("search_finding.RANKED", ranked),
            ("search_windows.SMALLEST", smallest),
            ("search_windows.STEP", 1),
            ("search_tsvector.WALKED", 8),
            ("search_tsvector.WALKED_AT_MOST", walked),
            ("search_words.LISTED", 0),
        ):
            monkeypatch.setattr(f"dambridge.storage.{name}", value)
        index = open_search_index(postgres_url)
        await self.test_bounds_hold_for_everything_that_is_said(index)
        await index.clear()
        await _newest_first_wherever_they_are(index, ranked)
        if request.node.get_closest_marker("long"):
            await index.clear()
            await self.test_any_question_is_answered_as_by_hand(index)
        await index.close()


async def _newest_first_wherever_they_are(index: SqlSearchIndex, ranked: int) -> None:
    """Words that all have, every other, only the newest and only the oldest copies, and some now and then."""
    words = {
        it: f"fog tram{it % 2} {'quay' if it > 110 else 'mole'} h{'ar' if it % 7 else 'um'}bour" for it in range(1, 149)
    }
    await index.put([copy_of(number, it, entry=f"ln{number % 130:03}") for number, it in words.items()])
    for one in ("fog", "tram1", "quay", "mole", "humbour"):
        wanted = list(dict.fromkeys(f"ln{it % 130:03}" for it in range(148, 0, -1) if one in words[it]))
        assert len(wanted) > ranked, one
        for query in (Words((one,), "title"), Words((one[:3],), prefix=True)) if one != "tram1" else (Words((one,)),):
            assert await everything(index, query, page=33) == wanted, query
            first = await index.find(Ask(query=query), after=None, limit=7, counted=ranked + 1)
            assert (first.entries, first.order, first.exact) == (tuple(wanted[:7]), Order.NEWEST, False)
            assert first.columns is not None
            assert len(first.columns.entries) == ranked + 1
            assert set(first.columns.entries) <= set(wanted)

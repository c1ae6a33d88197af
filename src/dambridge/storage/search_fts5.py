"""Answers from the index in SQLite. Its planner is told what leads: it knows nothing of words, and little of what is rare.

Words that have to be there lead, the text index before the table. Without such, it is a day or a profile that few copies have;
else the copies are gone through from the newest on, for whatever many satisfy is soon found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, text

from dambridge.model.queries import AllOf, During, Is, Not, Query, Words, both, leaves
from dambridge.ports.searching import Ask
from dambridge.storage.search_finding import Copies, Cut, Finding, asked_words, parts_of, scope
from dambridge.storage.search_words import Bound, Fts5

COMMON = 20_000
"""Copies that have something which is common."""
WINDOW = 20_000
"""Numbers that are gone through before words are looked up further down."""


class SqliteFinding(Finding):
    spelling = Fts5()

    def ranks(self, conn: Connection, query: Query, numbers: Sequence[int]) -> dict[int, float]:
        telling = self._telling(conn, asked_words(query, self.spelling))
        if not telling:
            return {}
        bound = Bound()
        match = bound.add(self.spelling.words(AllOf(telling)))
        # The sign keeps the text index from being asked for each number by itself, which weighs the words each time
        wanted = self.spelling.numbered("+search_words.rowid", frozenset(numbers), bound)
        ranked = (
            f"SELECT rowid, bm25(search_words, 1, 0.1) FROM search_words WHERE search_words MATCH {match} AND {wanted}"
        )
        return {it[0]: it[1] for it in conn.execute(text(ranked), bound.values)}

    def _telling(self, conn: Connection, asked: tuple[Query, ...]) -> tuple[Query, ...]:
        """What tells one copy from another: to weigh a word costs a look at every copy that has it, and one that very many
        have weighs next to nothing."""
        if len(asked) < 2:
            return asked
        some = f"SELECT 1 FROM search_words WHERE search_words MATCH :words LIMIT {COMMON + 1}"
        count = text(f"SELECT count(*) FROM ({some})")
        rare = (it for it in asked if conn.execute(count, {"words": self.spelling.words(it)}).scalar_one() <= COMMON)
        return tuple(rare) or asked

    def select(self, conn: Connection, ask: Ask, cut: Cut) -> Copies:
        rows = self._rows(conn, ask, cut, ", ".join(f"d.{it}" for it in cut.shown))
        return Copies.of([*zip(*rows, strict=True)] if rows else [()] * len(cut.shown))

    def newest_at_once(self, query: Query) -> bool:
        del query
        return False  # of many who have a word, the first are had sooner

    def _rows(self, conn: Connection, ask: Ask, cut: Cut, shown: str) -> Sequence[Any]:
        if any(self.spelling.words(it) is not None for it in parts_of(ask.query)):
            return self._by_words(conn, ask, cut, shown)
        high = 1 + conn.execute(_LAST).scalar_one()
        high = high if cut.below is None else min(high, cut.below)
        if (leader := self._leader(conn, ask)) is not None:
            table = f"search_docs d INDEXED BY ix_search_docs_{leader}"
            return _between(
                conn, ask, f"SELECT {shown} FROM {table}", spelling=Fts5(leader), low=0, high=high, limit=cut.limit
            )
        return self._walked(conn, ask, f"SELECT {shown} FROM search_docs d", high, cut.limit)

    def _by_words(self, conn: Connection, ask: Ask, cut: Cut, shown: str) -> Sequence[Any]:
        """The words that have to be there lead; everything else is held against what they find."""
        parts = parts_of(ask.query)
        leading = [it for it in parts if self.spelling.words(it) is not None]
        # Words that must not be there are passed over by the text index itself, which is quicker than any list of them
        leading += [it for it in parts if isinstance(it, Not) and self.spelling.words(it.item) is not None]
        rest = both(*(it for it in parts if it not in leading))
        bound = Bound()
        where = [f"search_words MATCH {bound.add(self.spelling.words(AllOf(tuple(leading))))}"]
        where += [f"({self.spelling.condition(rest, bound)})", *scope(ask, bound, self.spelling)]
        where += [f"search_words.rowid < {bound.add(cut.below)}"] if cut.below is not None else []
        # CROSS JOIN keeps the order: the text index first
        query = f"SELECT {shown} FROM search_words CROSS JOIN search_docs d ON d.id = search_words.rowid"
        order = " ORDER BY search_words.rowid DESC" if cut.newest else ""
        return conn.execute(text(f"{query} WHERE {' AND '.join(where)}{order} LIMIT {cut.limit}"), bound.values).all()

    def _walked(self, conn: Connection, ask: Ask, select: str, high: int, limit: int) -> list[Any]:
        """From the newest on, a window at a time where words have to be looked up: of a common one there are too many to
        gather all."""
        worded = any(isinstance(it, Words | Is) for it in leaves(ask.query))
        found: list[Any] = []
        size = WINDOW if worded else high
        while high > 0 and len(found) < limit:
            low = max(0, high - size)
            left = limit - len(found)
            found += _between(conn, ask, select, spelling=Fts5(within=worded), low=low, high=high, limit=left)
            high, size = low, size * 4
        return found

    def _leader(self, conn: Connection, ask: Ask) -> str | None:
        """The column by which fewest come into question, where those are few."""
        counts: dict[str, int] = {}
        for name, condition, values in _leaders(ask):
            some = f"SELECT 1 FROM search_docs d INDEXED BY ix_search_docs_{name} WHERE {condition} LIMIT {COMMON + 1}"
            counts[name] = conn.execute(text(f"SELECT count(*) FROM ({some})"), values).scalar_one()
        best = min(counts, key=lambda it: counts[it], default=None)
        return best if best is not None and counts[best] <= COMMON else None

    def one(self, query: Query, bound: Bound) -> str:
        return _ByNumber().condition(query, bound)

    def scrub(self, engine: Engine) -> None:
        with engine.begin() as conn:
            conn.execute(text("INSERT INTO search_words (search_words) VALUES ('optimize')"))
        with engine.connect() as conn:
            conn.exec_driver_sql("COMMIT")
            conn.exec_driver_sql("VACUUM")
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            conn.exec_driver_sql("BEGIN")


class _ByNumber(Fts5):
    """Words held against one copy: the text index is asked for that copy's number."""

    def has(self, match: str) -> str:
        return f"EXISTS (SELECT 1 FROM search_words WHERE search_words MATCH {match} AND rowid = d.id)"


_LAST = text("SELECT coalesce(max(id), 0) FROM search_docs")


def _leaders(ask: Ask) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Columns with an index of which something is asked, with the condition."""
    for it in parts_of(ask.query):
        if isinstance(it, During) and (it.first, it.last) != (None, None):
            bound = Bound()
            yield str(it.time), Fts5(str(it.time)).condition(it, bound), bound.values
    if ask.profiles is not None:
        bound = Bound()
        yield "profile", Fts5("profile").numbered("d.profile", ask.profiles, bound), bound.values


def _between(
    conn: Connection, ask: Ask, select: str, *, spelling: Fts5, low: int, high: int, limit: int
) -> Sequence[Any]:
    """The newest of those numbered from `low` to below `high`."""
    bound = Bound({"low": low, "high": high})
    # Of few that an index leads to, the numbers are looked at last
    number = "+d.id" if spelling.leader else "d.id"
    where = [f"({spelling.condition(ask.query, bound)})", *scope(ask, bound, spelling)]
    where += [f"{number} >= :low", f"{number} < :high"]
    query = f"{select} WHERE {' AND '.join(where)} ORDER BY {number} DESC LIMIT {limit}"
    return conn.execute(text(query), bound.values).all()

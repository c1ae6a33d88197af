"""Answers from the index: which assets, in which order, and the rows that facets are counted from.

A question that few assets answer is ranked whole. One that more than `RANKED` copies answer is not worth a rank: it is answered
with what was met last first, in the order in which the index numbers copies, so that no page costs more than another.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, text

from dambridge.model.identity import AssetKey
from dambridge.model.queries import AllOf, Not, Query, Words, both, leaves
from dambridge.model.records import MediaType
from dambridge.model.searching import Order
from dambridge.ports.searching import Ask, Columns, Found
from dambridge.storage.search_documents import listed
from dambridge.storage.search_words import Bound, Fts5, Spelling, TsVector

RANKED = 500
"""Copies that are ranked; of more the newest come first."""
COMMON = 20_000
"""Copies that have a word which is common."""
_TYPES = {str(it): it for it in MediaType}
_COLUMNS = "d.entry, d.account, d.status, d.media_type, d.campaigns, d.photographers, d.date, d.profile"


class Ranked(NamedTuple):
    """One copy that matches; of two ranks the smaller is the better."""

    number: int
    entry: str
    key: AssetKey
    rank: float = 0.0


class Finding(ABC):
    """What both databases do alike."""

    spelling: Spelling

    # the parts that differ -----------------------------------------------------------------------------------------
    @abstractmethod
    def sources(self, query: Query, bound: Bound) -> tuple[str, str]:
        """The tables with `d` among them, and a condition."""

    @abstractmethod
    def ranks(self, conn: Connection, query: Query, numbers: Sequence[int]) -> dict[int, float]:
        """How well the words asked for fit each of these copies, the smaller the better; none where no word has to be there.
        Filters say nothing about that, and neither does what must not be there."""

    @abstractmethod
    def scrub(self, engine: Engine) -> None:
        """Leave nothing in the files of what was taken out."""

    # answers -------------------------------------------------------------------------------------------------------
    def find(self, conn: Connection, ask: Ask, after: str | None, limit: int) -> Found:
        kind, place = _place(after)
        probed = self._some(conn, ask, RANKED + 1)
        few = len(probed) <= RANKED
        if few and kind != "n" and any(isinstance(it, Words) for it in leaves(ask.query)):
            # Only now: a rank costs a look at every copy that has the words, however few of them are asked for
            ranks = self.ranks(conn, ask.query, [it.number for it in probed])
            return _best_first([it._replace(rank=ranks.get(it.number, 0.0)) for it in probed], place, limit)
        total, exact = len({it.entry for it in probed}), few
        return self._newest_first(conn, ask, int(place[0]) if place else None, limit, total=total, exact=exact)

    def columns(self, conn: Connection, ask: Ask, limit: int) -> tuple[Columns, bool]:
        bound = Bound()
        tables, condition = self._bounded(ask, bound)
        query = f"SELECT {_COLUMNS} FROM {tables} WHERE {condition} LIMIT {limit + 1}"
        rows = conn.execute(text(query), bound.values).all()
        return _columns(rows[:limit]), len(rows) <= limit

    def newest(self, conn: Connection, ask: Ask, limit: int) -> list[int]:
        return [it.number for it in self._some(conn, ask, limit, newest=True)]

    # how -----------------------------------------------------------------------------------------------------------
    each: str
    """The tables for a look at single copies."""

    @abstractmethod
    def one(self, query: Query, bound: Bound) -> str:
        """The question as a condition that is quick to hold against single copies of `each`."""

    def _each(self, ask: Ask, bound: Bound) -> str:
        return " AND ".join([f"({self.one(ask.query, bound)})", *self._scope(ask, bound)])

    def _bounded(self, ask: Ask, bound: Bound) -> tuple[str, str]:
        tables, condition = self.sources(ask.query, bound)
        return tables, " AND ".join([f"({condition})", *self._scope(ask, bound)])

    def _scope(self, ask: Ask, bound: Bound) -> list[str]:
        parts: list[str] = []
        if ask.accounts is not None:
            parts.append(self.spelling.one_of("d.account", ask.accounts, bound))
        if ask.profiles is not None:
            parts.append(self.spelling.one_of("d.profile", ask.profiles, bound))
        if ask.places is not None:
            parts.append(self.spelling.one_of("d.places", ask.places, bound))
        return parts

    def _some(
        self, conn: Connection, ask: Ask, limit: int, *, newest: bool = False, below: int | None = None
    ) -> list[Ranked]:
        bound = Bound()
        tables, condition = self._bounded(ask, bound)
        if below is not None:
            condition += f" AND {self.number(ask.query)} < {bound.add(below)}"
        order = f" ORDER BY {self.number(ask.query)} DESC" if newest else ""
        query = f"SELECT d.id, d.entry, d.account, d.remote_id FROM {tables} WHERE {condition}{order} LIMIT {limit}"
        return [Ranked(it[0], it[1], AssetKey(it[2], it[3])) for it in conn.execute(text(query), bound.values).all()]

    def number(self, query: Query) -> str:
        """The copy's number, as the table that leads has it."""
        del query
        return "d.id"

    def _newest_first(
        self, conn: Connection, ask: Ask, below: int | None, limit: int, *, total: int, exact: bool
    ) -> Found:
        """Each asset stands where its newest matching copy does: one that a page before has shown is passed over."""
        entries: dict[str, None] = {}
        met: set[AssetKey] = set()
        last, start, more, known = below, below, True, False
        while more and len(entries) < limit:
            page = self._some(conn, ask, limit + 1, newest=True, below=last)
            more = len(page) > limit
            shown = self._shown_before(conn, ask, start, {it.entry for it in page} - set(entries))
            for it in page:
                if it.entry not in shown and it.entry not in entries and len(entries) == limit:
                    more = known = True
                    break
                if it.entry not in shown:
                    entries[it.entry] = None
                    met.add(it.key)
                last = it.number
        more = known or (more and bool(self._some(conn, ask, 1, newest=True, below=last)))
        copies = met | self._others(conn, ask, entries, met)
        return Found(tuple(entries), f"n:{last}" if more else None, total, exact, Order.NEWEST, frozenset(copies))

    def _others(self, conn: Connection, ask: Ask, entries: Collection[str], met: Collection[AssetKey]) -> set[AssetKey]:
        """Which further copies of these assets match. Most have none that was not met, and cost no look at words."""
        bound = Bound()
        named = ", ".join(bound.add(it) for it in entries) or "''"
        query = f"SELECT d.id, d.account, d.remote_id FROM search_docs d WHERE d.entry IN ({named})"
        rows = conn.execute(text(query), bound.values).all()
        numbers = [it[0] for it in rows if AssetKey(it[1], it[2]) not in met]
        if not numbers:
            return set()
        bound = Bound()
        condition = self._each(ask, bound)
        which = ", ".join(bound.add(it) for it in numbers)
        query = f"SELECT d.account, d.remote_id FROM {self.each} WHERE d.id IN ({which}) AND ({condition})"
        return {AssetKey(it[0], it[1]) for it in conn.execute(text(query), bound.values)}

    def _shown_before(self, conn: Connection, ask: Ask, start: int | None, entries: Iterable[str]) -> set[str]:
        """Those of these assets of which a newer copy than `start` matches."""
        wanted = sorted(entries)
        if start is None or not wanted:
            return set()
        bound = Bound()
        condition = self._each(ask, bound)
        named = ", ".join(bound.add(it) for it in wanted)
        query = f"SELECT d.entry FROM {self.each} WHERE d.entry IN ({named}) AND d.id >= {bound.add(start)}"
        return set(conn.execute(text(f"{query} AND ({condition})"), bound.values).scalars())


class SqliteFinding(Finding):
    spelling = Fts5()
    each = "search_docs d"

    def sources(self, query: Query, bound: Bound) -> tuple[str, str]:
        """The words that have to be there lead; everything else is held against what they find."""
        parts = _parts(query)
        leading = [it for it in parts if self.spelling.words(it) is not None]
        if not leading:
            return "search_docs d", self.spelling.condition(query, bound)
        # Words that must not be there are passed over by the text index itself, which is quicker than any list of them
        leading += [it for it in parts if isinstance(it, Not) and self.spelling.words(it.item) is not None]
        match = bound.add(self.spelling.words(AllOf(tuple(leading))))
        rest = [it for it in parts if it not in leading]
        found = f"search_words MATCH {match}"
        condition = f"{found} AND ({self.spelling.condition(both(*rest), bound)})" if rest else found
        # CROSS JOIN keeps the order: the text index first
        return "search_words CROSS JOIN search_docs d ON d.id = search_words.rowid", condition

    def ranks(self, conn: Connection, query: Query, numbers: Sequence[int]) -> dict[int, float]:
        telling = self._telling(conn, _asked_words(query, self.spelling))
        if not telling:
            return {}
        bound = Bound()
        match = bound.add(self.spelling.words(AllOf(telling)))
        # The sign keeps the text index from being asked for each number by itself, which weighs the words each time
        wanted = self.spelling.one_of("search_words.rowid", numbers, bound)
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

    def one(self, query: Query, bound: Bound) -> str:
        return _ByNumber().condition(query, bound)

    def number(self, query: Query) -> str:
        leads = any(self.spelling.words(it) is not None for it in _parts(query))
        return "search_words.rowid" if leads else "d.id"

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


class PostgresFinding(Finding):
    spelling = TsVector()
    each = "search_docs d JOIN search_words w ON w.id = d.id"

    def sources(self, query: Query, bound: Bound) -> tuple[str, str]:
        return self.each, self.spelling.condition(query, bound)

    def ranks(self, conn: Connection, query: Query, numbers: Sequence[int]) -> dict[int, float]:
        asked = _asked_words(query, self.spelling)
        if not asked:
            return {}
        bound = Bound()
        words = bound.add(self.spelling.words(AllOf(asked)))
        wanted = self.spelling.one_of("id", numbers, bound)
        ranked = f"SELECT id, -ts_rank_cd(tokens, CAST({words} AS tsquery)) FROM search_words WHERE {wanted}"
        return {it[0]: float(it[1]) for it in conn.execute(text(ranked), bound.values)}

    def one(self, query: Query, bound: Bound) -> str:
        return self.spelling.condition(query, bound)

    def scrub(self, engine: Engine) -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            for table in ("search_words", "search_docs", "search_bodies"):
                conn.execute(text(f"VACUUM {table}"))


def _parts(query: Query) -> tuple[Query, ...]:
    return query.items if isinstance(query, AllOf) else (query,)


def _asked_words(query: Query, spelling: Spelling) -> tuple[Query, ...]:
    """Of what has to hold, that which is about words and can be asked of the text index."""
    parts = (it for it in _parts(query) if not isinstance(it, Not) and spelling.words(it) is not None)
    return tuple(it for it in parts if any(isinstance(one, Words) for one in leaves(it)))


def _best_first(found: Sequence[Ranked], place: tuple[str, ...], limit: int) -> Found:
    """What fits best first; of the same rank the newer copy."""
    best: dict[str, tuple[float, int]] = {}
    for it in sorted(found, key=lambda it: (it.rank, -it.number)):
        best.setdefault(it.entry, (it.rank, -it.number))
    start = (float(place[0]), int(place[1])) if len(place) == 2 else None
    left = [entry for entry, at in best.items() if start is None or at > start]
    page = tuple(left[:limit])
    rank, number = best[page[-1]] if page else (0.0, 0)
    after = f"b:{rank!r}:{number}" if len(left) > limit else None
    shown = set(page)
    copies = frozenset(it.key for it in found if it.entry in shown)
    return Found(page, after, len(best), True, Order.BEST, copies)


def _place(after: str | None) -> tuple[str, tuple[str, ...]]:
    """The kind of a place (`b`, `n`, or empty for the beginning) and its parts. Raises `ValueError`."""
    if after is None:
        return "", ()
    kind, *place = after.split(":")
    if (kind, len(place)) not in {("b", 2), ("n", 1)}:
        raise ValueError(f"no place in an answer: {after!r}")
    float(place[0])
    int(place[-1])
    return kind, tuple(place) if kind == "n" or len(place) == 2 else ()


def _columns(rows: Sequence[Sequence[Any]]) -> Columns:
    """Thousands an answer: nothing is made for each of them."""
    entries, accounts, statuses, types, campaigns, photographers, dates, numbers = (
        zip(*rows, strict=True) if rows else ((),) * 8
    )
    return Columns(
        entries=entries,
        accounts=accounts,
        statuses=statuses,
        types=[*map(_TYPES.__getitem__, types)],
        campaigns=[*map(_names, campaigns)],
        photographers=[*map(_names, photographers)],
        dates=dates,
        profiles=numbers,
    )


_names = lru_cache(maxsize=4096)(listed)


def finding_of(dialect: str) -> Finding:
    return PostgresFinding() if dialect == "postgresql" else SqliteFinding()

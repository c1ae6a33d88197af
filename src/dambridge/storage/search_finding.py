"""Answers from the index: which assets, in which order, and the rows that facets are counted from.

A question that few assets answer is ranked whole. One that more than `RANKED` copies answer is not worth a rank: it is answered
with what was met last first, in the order in which the index numbers copies, so that no page costs more than another.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, text

from dambridge.model.identity import AssetKey
from dambridge.model.queries import AllOf, Among, Not, Query, Words, both, leaves
from dambridge.model.records import MediaType
from dambridge.model.searching import Order
from dambridge.ports.searching import Ask, Columns, Found
from dambridge.storage.search_documents import listed
from dambridge.storage.search_words import Bound, Spelling

RANKED = 500
"""Copies that are ranked; of more the newest come first."""
GATHERED = 2000
"""Copies that are had at once where the newest are far between."""
_TYPES = {str(it): it for it in MediaType}
_COPY = "d.id, d.entry, d.account, d.remote_id"
_COUNTED = f"{_COPY}, d.status, d.media_type, d.campaigns, d.photographers, d.date, d.profile"


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
    def are_scattered(self, conn: Connection, ask: Ask) -> bool:
        """Whether so few seem to match that the newest of them are found no sooner than `GATHERED`."""

    @abstractmethod
    def scrub(self, engine: Engine) -> None:
        """Leave nothing in the files of what was taken out."""

    # answers -------------------------------------------------------------------------------------------------------
    def find(self, conn: Connection, ask: Ask, after: str | None, limit: int, *, counted: int = 0) -> Found:
        kind, place = _place(after)
        ask = _narrowed(ask)
        # What is counted is looked up once with what tells how many there are
        shown, most = _COUNTED if counted else _COPY, max(RANKED, counted)
        rows = self._select(conn, ask, shown, most + 1)
        probed = [_ranked(it) for it in rows[: RANKED + 1]]
        few = len(probed) <= RANKED
        if few and kind != "n" and any(isinstance(it, Words) for it in leaves(ask.query)):
            # Only now: a rank costs a look at every copy that has the words, however few of them are asked for
            ranks = self.ranks(conn, ask.query, [it.number for it in probed])
            found = _best_first([it._replace(rank=ranks.get(it.number, 0.0)) for it in probed], place, limit)
        else:
            every = self._every(conn, ask, rows, most)
            total, below = len({it.entry for it in probed}), int(place[0]) if place else None
            if every is not None:
                found = _newest_of(every, below, limit, total=total, exact=few)
            else:
                found = self._newest_first(conn, ask, below, limit, total=total, exact=few)
        if not counted:
            return found
        return replace(found, columns=_columns(rows[:counted]), whole=len(rows) <= counted)

    def _every(self, conn: Connection, ask: Ask, rows: Sequence[Any], most: int) -> Sequence[Ranked] | None:
        """All copies that match, where they are known, or had sooner than the newest of them; else None."""
        if len(rows) <= most:
            return [*map(_ranked, rows)]
        if most >= GATHERED or not self.are_scattered(conn, ask):
            return None
        found = self._some(conn, ask, GATHERED + 1)
        return found if len(found) <= GATHERED else None

    def newest(self, conn: Connection, ask: Ask, limit: int) -> list[int]:
        return [it.number for it in self._some(conn, _narrowed(ask), limit, newest=True)]

    # how -----------------------------------------------------------------------------------------------------------
    each: str
    """The tables for a look at single copies."""

    @abstractmethod
    def one(self, query: Query, bound: Bound) -> str:
        """The question as a condition that is quick to hold against single copies of `each`."""

    def _each(self, ask: Ask, bound: Bound) -> str:
        return " AND ".join([f"({self.one(ask.query, bound)})", *scope(ask, bound, self.spelling)])

    def _some(
        self, conn: Connection, ask: Ask, limit: int, *, newest: bool = False, below: int | None = None
    ) -> list[Ranked]:
        return [*map(_ranked, self._select(conn, ask, _COPY, limit, newest=newest, below=below))]

    def _select(
        self, conn: Connection, ask: Ask, shown: str, limit: int, *, newest: bool = False, below: int | None = None
    ) -> Sequence[Any]:
        """Copies that match, any of them or the newest, all of them numbered `below`."""
        if any(it is not None and not it for it in (ask.accounts, ask.profiles, ask.places)):
            return []
        bound = Bound()
        query = f"SELECT {shown} {self._matching(ask, bound)}"
        if below is not None:
            query += f" AND {self.number(ask.query)} < {bound.add(below)}"
        query += f" ORDER BY {self.number(ask.query)} DESC" if newest else ""
        query += f" LIMIT {limit}"
        return conn.execute(text(query), bound.values).all()

    def _matching(self, ask: Ask, bound: Bound) -> str:
        tables, condition = self.sources(ask.query, bound)
        return f"FROM {tables} WHERE {' AND '.join([f'({condition})', *scope(ask, bound, self.spelling)])}"

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


def scope(ask: Ask, bound: Bound, spelling: Spelling) -> list[str]:
    """The bounds of the question as conditions."""
    several = {"account": ask.accounts, "profile": ask.profiles, "places": ask.places}
    return [spelling.one_of(spelling.column(it), of, bound) for it, of in several.items() if of is not None]


def _narrowed(ask: Ask) -> Ask:
    """The same question: what it says itself of profiles is a bound like the one that is set to it."""
    parts = parts_of(ask.query)
    named = [it.profiles for it in parts if isinstance(it, Among)]
    if not named:
        return ask
    profiles = frozenset.intersection(*named, *([ask.profiles] if ask.profiles is not None else []))
    return replace(ask, query=both(*(it for it in parts if not isinstance(it, Among))), profiles=profiles)


def parts_of(query: Query) -> tuple[Query, ...]:
    return query.items if isinstance(query, AllOf) else (query,)


def asked_words(query: Query, spelling: Spelling) -> tuple[Query, ...]:
    """Of what has to hold, that which is about words and can be asked of the text index."""
    parts = (it for it in parts_of(query) if not isinstance(it, Not) and spelling.words(it) is not None)
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


def _newest_of(every: Sequence[Ranked], below: int | None, limit: int, *, total: int, exact: bool) -> Found:
    """What was met last first, of all copies that match: each asset where its newest one is."""
    newest: dict[str, int] = {}
    for it in sorted(every, key=lambda it: -it.number):
        newest.setdefault(it.entry, it.number)
    left = [entry for entry, number in newest.items() if below is None or number < below]
    page = tuple(left[:limit])
    after = f"n:{newest[page[-1]]}" if len(left) > limit else None
    shown = set(page)
    copies = frozenset(it.key for it in every if it.entry in shown)
    return Found(page, after, total, exact, Order.NEWEST, copies)


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


def _ranked(row: Sequence[Any]) -> Ranked:
    return Ranked(row[0], row[1], AssetKey(row[2], row[3]))


def _columns(rows: Sequence[Sequence[Any]]) -> Columns:
    """Thousands an answer: nothing is made for each of them."""
    _, entries, accounts, _, statuses, types, campaigns, photographers, dates, numbers = (
        zip(*rows, strict=True) if rows else ((),) * 10
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

"""Answers from the index: which assets, in which order, and the columns that facets are counted from.

A question that few assets answer is ranked whole. One that more than `RANKED` copies answer is not worth a rank: it is answered
with what was met last first, in the order in which the index numbers copies, so that no page costs more than another.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, text

from dambridge.model.identity import AssetKey
from dambridge.model.queries import AllOf, Among, Not, Query, Words, both, leaves
from dambridge.model.searching import Order
from dambridge.ports.searching import Ask, Columns
from dambridge.storage.search_documents import listed
from dambridge.storage.search_words import Bound, Spelling

RANKED = 500
"""Copies that are ranked; of more the newest come first."""
COPY = ("id", "entry", "account", "remote_id")
COUNTED = (*COPY, "status", "media_type", "campaigns", "photographers", "date", "profile")


class Copies(NamedTuple):
    """Copies that match, a column at a time: thousands an answer, and nothing is made for each of them."""

    numbers: Sequence[int] = ()
    entries: Sequence[str] = ()
    accounts: Sequence[Any] = ()
    ids: Sequence[Any] = ()
    told: Sequence[Sequence[Any]] = ()
    """What facets are counted from besides, where it was asked for."""

    @classmethod
    def of(cls, columns: Sequence[Sequence[Any]]) -> Copies:
        numbers, entries, accounts, ids, *told = columns
        return cls(numbers, entries, accounts, ids, told)

    @classmethod
    def joined(cls, parts: Sequence[Copies]) -> Copies:
        if len(parts) == 1:
            return parts[0]
        return cls.of([[*chain.from_iterable(several)] for several in zip(*(it.columns for it in parts), strict=True)])

    @property
    def columns(self) -> tuple[Sequence[Any], ...]:
        return (self.numbers, self.entries, self.accounts, self.ids, *self.told)

    def first(self, most: int) -> Copies:
        if len(self.numbers) <= most:
            return self
        return Copies.of([it[:most] for it in self.columns])

    def of_assets(self, entries: AbstractSet[str]) -> frozenset[AssetKey]:
        """Those that belong to these assets."""
        return frozenset(
            AssetKey(account, remote_id)
            for entry, account, remote_id in zip(self.entries, self.accounts, self.ids, strict=True)
            if entry in entries
        )


@dataclass(frozen=True, slots=True)
class Cut:
    """What is wanted of all that match: the columns `shown`, of so many copies, any of them or the newest in their order, all of
    them numbered `below`."""

    shown: Sequence[str]
    limit: int
    newest: bool = False
    below: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """As `ports.searching.Found`, but `copies` are all that satisfy the question only where these are `all_copies`."""

    entries: tuple[str, ...]
    after: str | None
    order: Order
    copies: frozenset[AssetKey]
    all_copies: bool
    total: int = 0
    exact: bool = True
    columns: Columns | None = None
    whole: bool = True


class Finding(ABC):
    """What both databases do alike."""

    spelling: Spelling

    # the parts that differ -----------------------------------------------------------------------------------------
    @abstractmethod
    def ranks(self, conn: Connection, query: Query, numbers: Sequence[int]) -> Mapping[int, float]:
        """How well the words asked for fit each of these copies, the smaller the better; none where no word has to be there.
        Filters say nothing about that, and neither does what must not be there."""

    @abstractmethod
    def select(self, conn: Connection, ask: Ask, cut: Cut) -> Copies:
        """Copies that match."""

    @abstractmethod
    def newest_at_once(self, query: Query) -> bool:
        """Whether the newest of those that match are had as quickly as any."""

    @abstractmethod
    def one(self, query: Query, bound: Bound) -> str:
        """The question as a condition that is quick to hold against single copies."""

    @abstractmethod
    def scrub(self, engine: Engine) -> None:
        """Leave nothing in the files of what was taken out."""

    # answers -------------------------------------------------------------------------------------------------------
    def find(self, conn: Connection, ask: Ask, after: str | None, limit: int, *, counted: int = 0) -> Page:
        kind, place = _place(after)
        ask = narrowed(ask)
        # What is counted is looked up once with what tells how many there are
        shown, most = COUNTED if counted else COPY, max(RANKED, counted)
        ordered = self.newest_at_once(ask.query)
        found = self._select(conn, ask, Cut(shown, most + 1, newest=ordered))
        probed = found.first(RANKED + 1)
        few = len(probed.numbers) <= RANKED
        if few and kind != "n" and any(isinstance(it, Words) for it in leaves(ask.query)):
            # Only now: a rank costs a look at every copy that has the words, however few of them are asked for
            page = _best_first(probed, self.ranks(conn, ask.query, probed.numbers), place, limit)
        elif len(found.numbers) <= most:
            page = _newest_of(found, _below(place), limit)
        else:
            page = self._newest_first(conn, ask, found if ordered else None, _below(place), limit)
        page = replace(page, total=len(set(probed.entries)), exact=few)
        if not counted:
            return page
        return replace(page, columns=_columns(found.first(counted)), whole=len(found.numbers) <= counted)

    def newest(self, conn: Connection, ask: Ask, limit: int) -> Sequence[int]:
        return self._select(conn, narrowed(ask), Cut(COPY, limit, newest=True)).numbers

    def matching(self, conn: Connection, ask: Ask, numbers: Sequence[int]) -> set[int]:
        """Which of these copies match."""
        if not numbers:
            return set()
        bound = Bound()
        ask = narrowed(ask)
        condition = self._each(ask, bound)
        which = ", ".join(bound.add(it) for it in numbers)
        query = f"SELECT d.id FROM search_docs d WHERE d.id IN ({which}) AND ({condition})"
        return set(conn.execute(text(query), bound.values).scalars())

    # how -----------------------------------------------------------------------------------------------------------
    def _select(self, conn: Connection, ask: Ask, cut: Cut) -> Copies:
        if any(it is not None and not it for it in (ask.accounts, ask.profiles, ask.places)) or _contradicts(ask.query):
            return Copies.of([()] * len(cut.shown))
        return self.select(conn, ask, cut)

    def _each(self, ask: Ask, bound: Bound) -> str:
        return " AND ".join([f"({self.one(ask.query, bound)})", *scope(ask, bound, self.spelling)])

    def _newest_first(self, conn: Connection, ask: Ask, known: Copies | None, below: int | None, limit: int) -> Page:
        """Each asset stands where its newest matching copy does: one that a page before has shown is passed over. `known` are
        the newest of all, where they are had."""
        entries: dict[str, None] = {}
        met: set[AssetKey] = set()
        last, more, further = below, True, False
        page = known if below is None else None
        while more and len(entries) < limit:
            if page is None:
                page = self._select(conn, ask, Cut(COPY, limit + 1, newest=True, below=last))
                more = len(page.numbers) > limit
            shown = self._shown_before(conn, ask, below, set(page.entries) - set(entries))
            for number, entry, account, remote_id in zip(*page[:4], strict=True):
                if entry not in shown and entry not in entries and len(entries) == limit:
                    more = further = True
                    break
                if entry not in shown:
                    entries[entry] = None
                    met.add(AssetKey(account, remote_id))
                last = number
            page = None
        more = further or (more and bool(self._select(conn, ask, Cut(COPY, 1, newest=True, below=last)).numbers))
        return Page(tuple(entries), f"n:{last}" if more else None, Order.NEWEST, frozenset(met), all_copies=False)

    def _shown_before(self, conn: Connection, ask: Ask, start: int | None, entries: Iterable[str]) -> set[str]:
        """Those of these assets of which a newer copy than `start` matches."""
        wanted = sorted(entries)
        if start is None or not wanted:
            return set()
        bound = Bound()
        condition = self._each(ask, bound)
        named = ", ".join(bound.add(it) for it in wanted)
        query = f"SELECT d.entry FROM search_docs d WHERE d.entry IN ({named}) AND d.id >= {bound.add(start)}"
        return set(conn.execute(text(f"{query} AND ({condition})"), bound.values).scalars())


def scope(ask: Ask, bound: Bound, spelling: Spelling) -> list[str]:
    """The bounds of the question as conditions."""
    found = [spelling.named(spelling.column("account"), ask.accounts, bound)] if ask.accounts is not None else []
    several = {"profile": ask.profiles, "places": ask.places}
    return found + [spelling.numbered(spelling.column(it), of, bound) for it, of in several.items() if of is not None]


def narrowed(ask: Ask) -> Ask:
    """The same question: what it says itself of profiles is a bound like the one that is set to it."""
    parts = parts_of(ask.query)
    named = [it.profiles for it in parts if isinstance(it, Among)]
    if not named:
        return ask
    profiles = frozenset.intersection(*named, *([ask.profiles] if ask.profiles is not None else []))
    return replace(ask, query=both(*(it for it in parts if not isinstance(it, Among))), profiles=profiles)


def parts_of(query: Query) -> tuple[Query, ...]:
    return query.items if isinstance(query, AllOf) else (query,)


def _contradicts(query: Query) -> bool:
    """Whether it asks for something and for its opposite, which no index knows before it has looked at all that has it."""
    parts = parts_of(query)
    return any(isinstance(it, Not) and it.item in parts for it in parts)


def asked_words(query: Query, spelling: Spelling) -> tuple[Query, ...]:
    """Of what has to hold, that which is about words and can be asked of the text index."""
    parts = (it for it in parts_of(query) if not isinstance(it, Not) and spelling.words(it) is not None)
    return tuple(it for it in parts if any(isinstance(one, Words) for one in leaves(it)))


def _best_first(found: Copies, ranks: Mapping[int, float], place: tuple[str, ...], limit: int) -> Page:
    """What fits best first; of the same rank the newer copy."""
    best: dict[str, tuple[float, int]] = {}
    ordered = sorted((ranks.get(it, 0.0), -it, entry) for it, entry in zip(found.numbers, found.entries, strict=True))
    for rank, number, entry in ordered:
        best.setdefault(entry, (rank, number))
    start = (float(place[0]), int(place[1])) if len(place) == 2 else None
    left = [entry for entry, at in best.items() if start is None or at > start]
    page = tuple(left[:limit])
    rank, number = best[page[-1]] if page else (0.0, 0)
    after = f"b:{rank!r}:{number}" if len(left) > limit else None
    return Page(page, after, Order.BEST, found.of_assets(set(page)), all_copies=True)


def _newest_of(every: Copies, below: int | None, limit: int) -> Page:
    """What was met last first, of all copies that match: each asset where its newest one is."""
    newest: dict[str, int] = {}
    for number, entry in sorted(zip(every.numbers, every.entries, strict=True), reverse=True):
        newest.setdefault(entry, number)
    left = [entry for entry, number in newest.items() if below is None or number < below]
    page = tuple(left[:limit])
    after = f"n:{newest[page[-1]]}" if len(left) > limit else None
    return Page(page, after, Order.NEWEST, every.of_assets(set(page)), all_copies=True)


def _place(after: str | None) -> tuple[str, tuple[str, ...]]:
    """The kind of a place (`b`, `n`, or empty for the beginning) and its parts. Raises `ValueError`."""
    if after is None:
        return "", ()
    kind, *place = after.split(":")
    if (kind, len(place)) not in {("b", 2), ("n", 1)}:
        raise ValueError(f"no place in an answer: {after!r}")
    float(place[0])
    int(place[-1])
    return kind, tuple(place)


def _below(place: tuple[str, ...]) -> int | None:
    """Raises `ValueError` for a place among the best: more match by now than are ranked."""
    return int(place[0]) if place else None


def _columns(found: Copies) -> Columns:
    statuses, types, campaigns, photographers, dates, profiles = found.told
    return Columns(
        entries=found.entries,
        accounts=found.accounts,
        statuses=statuses,
        types=types,
        campaigns=[*map(_names, campaigns)],
        photographers=[*map(_names, photographers)],
        dates=dates,
        profiles=profiles,
    )


_names = lru_cache(maxsize=4096)(listed)

"""The index asked in somebody's name: a question in, a page of assets out, and nothing that is not theirs to see."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import partial

from dambridge.model.access import Searcher
from dambridge.model.identity import AssetKey
from dambridge.model.queries import (
    EVERYTHING,
    AllOf,
    Among,
    AnyOf,
    Facet,
    InRegion,
    Is,
    Leaf,
    May,
    Query,
    Stands,
    Usable,
    both,
    rewritten,
)
from dambridge.model.searching import Answered, Document, FacetCounts
from dambridge.policy.searching import SearchPolicy
from dambridge.ports.clock import Clock
from dambridge.ports.searching import Ask, Columns, SearchIndex
from dambridge.search.facets import Terms, counted
from dambridge.search.gates import ProfileBook
from dambridge.search.query import Misread, read_query
from dambridge.search.viewing import Viewer

Filters = Mapping[Facet, Sequence[str]]
"""Chosen values by facet: one of those of a facet, and so for every facet."""
PAGE = 50
MOST_A_PAGE = 200
COUNTED = 2000
"""Copies that facets are counted from."""


class CursorStale(ValueError):
    """The cursor belongs to another question, or to nobody's."""


def asked(text: str, filters: Filters | None = None) -> Query:
    """The whole question: what was typed, and what was chosen. Raises `Misread`."""
    return both(*(it for it in (read_query(text), *map(_chosen, (filters or {}).items())) if it != EVERYTHING))


def _chosen(item: tuple[Facet, Sequence[str]]) -> Query:
    facet, values = item
    if not values:
        return EVERYTHING
    parts = tuple(_value(facet, it) for it in values)
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def _value(facet: Facet, value: str) -> Query:
    """A value as facets count it: exactly that one."""
    if facet in {Facet.CAMPAIGN, Facet.PHOTOGRAPHER, Facet.STATUS, Facet.HOME}:
        return Is(facet, value)
    if facet is Facet.RIGHTS and value in set(Usable):
        return May() if value == Usable.NOW else Stands(Usable(value))
    found = read_query(f'{facet}:"{value}"' if facet is Facet.REGION else f"{facet}:{value}")
    if isinstance(found, AllOf | AnyOf):
        raise Misread(f"`{value}` is not one value of the filter `{facet}`.", 0)
    return found


class IndexSearch:
    """Answers from what was last observed. One for a process; it keeps the gate's answers between questions."""

    def __init__(self, index: SearchIndex, policy: SearchPolicy, clock: Clock) -> None:
        self.index = index
        self.policy = policy
        self.clock = clock
        self.book = ProfileBook(index, policy)

    async def ask(
        self,
        query: Query,
        searcher: Searcher,
        *,
        cursor: str | None = None,
        limit: int = PAGE,
        facets: bool = False,
    ) -> Answered:
        """A page of assets. Raises `CursorStale`."""
        viewer = await self.viewer(searcher)
        ask = self.bounded(query, viewer)
        seal = _seal(query, searcher)
        try:
            place, most = _place(cursor, seal), max(1, min(limit, MOST_A_PAGE))
            found = await self.index.find(ask, after=place, limit=most, counted=COUNTED if facets else 0)
        except (ValueError, TypeError) as error:
            raise CursorStale("This place belongs to another answer. Ask again from the beginning.") from error
        hits = [viewer.hit(found.members.get(entry, ()), found.copies) for entry in found.entries]
        return Answered(
            hits=tuple(it for it in hits if it is not None),
            total=found.total,
            exact=found.exact,
            order=found.order,
            cursor=_cursor(found.after, seal),
            facets=await self._counted(found.columns, viewer) if found.columns is not None else None,
            facets_exact=found.whole,
        )

    async def _counted(self, copies: Columns, viewer: Viewer) -> FacetCounts:
        if not self.book.profiles.keys() >= set(copies.profiles):
            await self.book.refresh()  # somebody wrote meanwhile
        standing = partial(self.book.standing, viewer.searcher, viewer.now)
        return counted(copies, Terms(self.book.territories, standing, self.book.admitting), viewer)

    async def viewer(self, searcher: Searcher) -> Viewer:
        await self.book.refresh()
        now = await self.clock.now()
        return Viewer(searcher, self.policy, now, self.book.said(searcher, now))

    def bounded(self, query: Query, viewer: Viewer) -> Ask:
        """The question as the index is asked: rights and places in numbers, and the bounds of the one who asks."""
        searcher, now, book = viewer.searcher, viewer.now, self.book

        def in_numbers(leaf: Leaf) -> Query:
            match leaf:
                case May(channel, territory):
                    return Among(book.permitted(searcher, now, channel=channel, territory=territory))
                case Stands(wanted):
                    return Among(book.standing(searcher, now, wanted))
                case InRegion(region):
                    return Among(book.admitting(region))
            return leaf

        known = frozenset(self.policy.homes)
        accounts = self.policy.accounts_of(searcher.scope)
        return Ask(
            query=rewritten(query, in_numbers),
            accounts=known if accounts is None else accounts,
            profiles=book.visible(searcher, now),
            places=book.standing_in(searcher),
        )

    async def seen(self, keys: Sequence[AssetKey], searcher: Searcher) -> Mapping[AssetKey, Document]:
        """Those of these copies that the person may see."""
        viewer = await self.viewer(searcher)
        return {key: it for key, it in (await self.index.stored(keys)).items() if viewer.sees(it)}


def _seal(query: Query, searcher: Searcher) -> str:
    """What a cursor belongs to: the question and what bounds the one who asks."""
    scope = searcher.scope
    bounds = (searcher.roles, scope.flows, scope.regions, scope.selections, searcher.channels)
    said = [repr(query), searcher.audience, *(sorted(it) if it is not None else None for it in bounds)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]


def _cursor(after: str | None, seal: str) -> str | None:
    if after is None:
        return None
    return base64.urlsafe_b64encode(json.dumps([seal, after]).encode()).decode().rstrip("=")


def _place(cursor: str | None, seal: str) -> str | None:
    """What the index gave. Raises `ValueError`."""
    if cursor is None:
        return None
    padded = cursor + "=" * (-len(cursor) % 4)
    whose, after = json.loads(base64.urlsafe_b64decode(padded.encode()))
    if whose != seal:
        raise ValueError("another question's")
    return str(after)

"""All that people can do with search, over one open installation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dambridge.model.access import Searcher
from dambridge.model.identity import AccountId
from dambridge.model.searching import Answered, Suggestion
from dambridge.search.asking import PAGE, Filters, IndexSearch, asked
from dambridge.search.keeping import IndexKeeper
from dambridge.search.live import LiveSearch
from dambridge.search.ordering import Orders
from dambridge.search.rebuilding import Refilled, Shelf, refill
from dambridge.search.saving import Saved
from dambridge.search.suggesting import suggest
from dambridge.search.thumbnails import Thumbnails


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchDesk:
    """What the console, the API and the command line work with. Every question is asked in somebody's name."""

    index: IndexSearch
    live: LiveSearch
    thumbnails: Thumbnails
    saved: Saved
    orders: Orders
    keeper: IndexKeeper
    shelves: Sequence[Shelf]

    async def ask(
        self,
        text: str,
        searcher: Searcher,
        *,
        filters: Filters | None = None,
        cursor: str | None = None,
        limit: int = PAGE,
        facets: bool = False,
        live: bool = False,
    ) -> Answered:
        """What was typed and chosen, answered from the index, or `live` by the systems themselves (then without pages).

        Raises `Misread` with the place of what cannot be read, `CursorStale` for a cursor of another question."""
        query = asked(text, filters)
        if live:
            return await self.live.ask(query, searcher, facets=facets)
        return await self.index.ask(query, searcher, cursor=cursor, limit=limit, facets=facets)

    async def suggest(self, text: str, searcher: Searcher, *, limit: int = 10) -> tuple[Suggestion, ...]:
        """How what is being typed may go on."""
        return await suggest(self.index, text, searcher, limit=limit)

    async def refill(self, told: Callable[[AccountId, int], None]) -> Refilled:
        """Fill the index anew from the systems."""
        return await refill(self.shelves, self.keeper, self.index.index, told)

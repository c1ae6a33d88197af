"""Questions that people keep, and alerts: a look at each in turn, and a word to its owner about what it finds for the first time.

An alert sees what its owner saw when it was saved, at most: roles and scope are kept with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

import structlog

from dambridge.model.access import Role, Scope, Searcher
from dambridge.model.identity import FlowName, derived_id
from dambridge.model.queries import Facet
from dambridge.model.searching import SavedSearch
from dambridge.ports.clock import Clock
from dambridge.ports.errors import NextMove
from dambridge.ports.ledger import Due
from dambridge.ports.notifying import Notice, Notifier
from dambridge.ports.searching import Noticed, SavedSearches
from dambridge.search.asking import MOST_A_PAGE, Filters, IndexSearch, asked
from dambridge.search.query import Misread

log = structlog.get_logger()

KIND = "search:alerts"
MOST = 2000
"""Assets of one saved search that are known as found."""


class AlertLedger(SavedSearches, Protocol):
    """What alerts need of the ledger."""

    async def add_due(self, due: Sequence[Due]) -> None: ...
    async def take_due(
        self, now: datetime, *, kinds: Sequence[str], limit: int, worker: str, lease: datetime
    ) -> Sequence[Due]: ...
    async def finish_due(self, kind: str, key: str, *, worker: str, next_at: datetime | None) -> None: ...
    async def next_due(self, *, kinds: Sequence[str]) -> datetime | None: ...


class Saved:
    """Saved searches of everybody. `tell` are ways to people, by the names of owners."""

    def __init__(
        self,
        search: IndexSearch,
        ledger: AlertLedger,
        clock: Clock,
        *,
        tell: Mapping[str, Notifier] | None = None,
    ) -> None:
        self._search = search
        self._ledger = ledger
        self._clock = clock
        self._tell = tell or {}

    async def save(
        self, name: str, text: str, searcher: Searcher, *, filters: Filters | None = None, alert: bool = False
    ) -> SavedSearch:
        """Keep the question, in place of the one that this person calls so. What it finds now is no news. Raises `Misread`."""
        asked(text, filters)
        now = await self._clock.now()
        made = SavedSearch(
            id=derived_id("ss", searcher.name, name.strip().casefold()),
            owner=searcher.name,
            name=name.strip(),
            query=text,
            filters={str(facet): tuple(values) for facet, values in (filters or {}).items()},
            alert=alert,
            created_at=now,
            checked_at=now,
            owner_json=searcher_to_json(searcher),
        )
        made = replace(made, known=await self._entries(made, searcher) if alert else ())
        await self._ledger.save_search(made)
        if alert and await self._ledger.next_due(kinds=[KIND]) is None:
            await self._ledger.add_due(
                [Due(at=now + self._search.policy.check_every, kind=KIND, key="all", payload={})]
            )
        return made

    async def of(self, searcher: Searcher) -> Sequence[SavedSearch]:
        """Those of this person."""
        return await self._ledger.saved_searches(owner=searcher.name)

    async def drop(self, search: str, searcher: Searcher) -> bool:
        """Forget one of this person's; False where there is none of that id."""
        return await self._ledger.drop_search(search, owner=searcher.name)

    async def looked_at(self, search: str, searcher: Searcher) -> None:
        """Its owner has seen the news."""
        for it in await self.of(searcher):
            if it.id == search and it.news:
                await self._ledger.save_search(replace(it, news=()))

    async def check_when_due(self) -> Sequence[Noticed]:
        """Look at every alert where that has fallen due, and tell the owners."""
        now = await self._clock.now()
        first = await self._ledger.next_due(kinds=[KIND])
        if first is None or first > now:
            return ()
        due = await self._ledger.take_due(now, kinds=[KIND], limit=1, worker=KIND, lease=now)
        told = await self.check(now)
        for it in due:
            next_at = now + self._search.policy.check_every
            await self._ledger.finish_due(it.kind, it.key, worker=KIND, next_at=next_at)
        return told

    async def check(self, now: datetime) -> list[Noticed]:
        """Look at every alert now."""
        told: list[Noticed] = []
        for it in await self._ledger.saved_searches():
            if it.alert:
                found = await self._entries(it, searcher_from_json(it.owner, it.owner_json))
                fresh = tuple(one for one in found if one not in set(it.known))
                checked = replace(
                    it,
                    checked_at=now,
                    known=tuple(dict.fromkeys((*fresh, *it.known)))[:MOST],
                    news=tuple(dict.fromkeys((*fresh, *it.news)))[:MOST],
                )
                await self._ledger.save_search(checked)
                if fresh:
                    told.append(Noticed(search=checked, entries=fresh, at=now))
                    await self._told(checked, len(fresh))
        return told

    async def _entries(self, it: SavedSearch, searcher: Searcher) -> tuple[str, ...]:
        """What it finds, those met last or that fit best first. A question that cannot be read any more finds nothing."""
        try:
            query = asked(it.query, {Facet(name): values for name, values in it.filters.items()})
        except (Misread, ValueError):
            return ()
        found: dict[str, None] = {}
        cursor: str | None = None
        while len(found) < MOST:
            page = await self._search.ask(query, searcher, cursor=cursor, limit=MOST_A_PAGE)
            found |= dict.fromkeys(hit.entry for hit in page.hits)
            cursor = page.cursor
            if cursor is None:
                break
        return tuple(found)

    async def _told(self, it: SavedSearch, count: int) -> None:
        notifier = self._tell.get(it.owner)
        if notifier is None:
            return
        what = "1 new asset" if count == 1 else f"{count} new assets"
        try:
            await notifier.send(
                Notice(title=f"{it.name}: {what}", text=f"Your saved search `{it.query}` found {what}.")
            )
        except NextMove as error:
            log.warning("search.alert_unsent", owner=it.owner, why=str(error))


def searcher_to_json(it: Searcher) -> dict[str, Any]:
    def listed(several: frozenset[Any] | None) -> list[str] | None:
        return sorted(map(str, several)) if several is not None else None

    return {
        "roles": listed(it.roles),
        "flows": listed(it.scope.flows),
        "regions": listed(it.scope.regions),
        "selections": listed(it.scope.selections),
        "audience": it.audience,
        "channels": listed(it.channels),
    }


def searcher_from_json(name: str, data: Mapping[str, Any]) -> Searcher:
    def several(key: str) -> frozenset[str] | None:
        return frozenset(data[key]) if data[key] is not None else None

    flows = several("flows")
    return Searcher(
        name=name,
        roles=frozenset(Role(it) for it in data["roles"]),
        scope=Scope(
            flows=frozenset(map(FlowName, flows)) if flows is not None else None,
            regions=several("regions"),
            selections=several("selections"),
        ),
        audience=data["audience"],
        channels=several("channels"),
    )

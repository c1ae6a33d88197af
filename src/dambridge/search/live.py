"""The live answer: each system asked by its own search, in its own time, and held against the question and the rights here.

No system waits for another. One that is late, broken or has more than was looked at is named in the answer (hazard P50); what the
others found stands. Scores of two systems are never compared: their orders are laid one into the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise

import structlog

from dambridge.mapping import AccountMap
from dambridge.model.access import Searcher, Sight
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.queries import Query
from dambridge.model.records import Missing, NativeRecord
from dambridge.model.rights import Rights
from dambridge.model.searching import Answered, Document, Gap, Hit, Missed, Order, Profile
from dambridge.model.stand_ins import is_stand_in
from dambridge.policy.searching import SearchPolicy
from dambridge.ports.clock import Clock
from dambridge.ports.errors import NextMove
from dambridge.ports.finding import Finder
from dambridge.ports.pace import Lane
from dambridge.ports.searching import SearchIndex
from dambridge.ports.systems import AssetArchive
from dambridge.ports.waiting import wanted_until
from dambridge.search.assets import Links, assets_of
from dambridge.search.documents import document_of, grouped
from dambridge.search.facets import counted_copies
from dambridge.search.matching import satisfies
from dambridge.search.translating import Branch, branches
from dambridge.search.viewing import Viewer

log = structlog.get_logger()

SMOOTH = 60
"""Reciprocal rank fusion: an asset's worth is the sum of 1 / (SMOOTH + its place) over the systems that found it."""
REPEATING = 0.8
"""The part of its time in which a call that fails is repeated; after it what fails is told as what it is, rather than as late."""
AT_ONCE = 10
"""Finds that are read together: what was read when time is up counts."""


NOT_READ = Profile(rights=Rights(unclear=("not read",)), status="")
"""The rights of an asset whose copy of record nobody has read: nothing is known to be permitted."""

_Read = Mapping[RemoteId, NativeRecord | Missing]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveHome:
    """One account as the live search asks it."""

    account: AccountId
    finder: Finder
    archive: AssetArchive
    map: AccountMap


@dataclass(slots=True)
class _Catch:
    """What one system has given so far."""

    copies: dict[AssetKey, Document] = field(default_factory=dict)
    order: list[AssetKey] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


class LiveSearch:
    """Answers from the systems themselves. `index` says what was last observed of copies that nobody found just now."""

    def __init__(
        self,
        homes: Iterable[LiveHome],
        *,
        links: Links,
        index: SearchIndex,
        policy: SearchPolicy,
        clock: Clock,
    ) -> None:
        self._homes = {it.account: it for it in homes}
        self._links = links
        self._index = index
        self._policy = policy
        self._clock = clock

    async def ask(
        self,
        query: Query,
        searcher: Searcher,
        *,
        limit: int | None = None,
        facets: bool = False,
        deadline: timedelta | None = None,
    ) -> Answered:
        """One answer, at the latest when the deadline of the systems has passed; there is no page after it. `limit` is how
        many finds of each system are read."""
        viewer = Viewer(searcher, self._policy, await self._clock.now())
        most = min(limit or self._policy.at_most, self._policy.at_most)
        wait = deadline if deadline is not None else self._policy.deadline
        accounts = self._policy.accounts_of(searcher.scope)
        asked = [it for name, it in self._homes.items() if accounts is None or name in accounts]
        catches = await self._all(query, asked, most, wait, viewer)
        copies = await self._put_together(catches)
        matched = [it for it in copies.values() if viewer.sees(it) and satisfies(it, query, viewer)]
        found = {key for catch in catches for key in catch.copies}
        matching = {it.key for it in matched if it.key in found}
        hits = _hits(copies.values(), matching, found, viewer)
        places = [[key for key in catch.order if key in matching] for catch in catches]
        ranked = fused(hits, places)
        counts = counted_copies([it for it in matched if it.key in found], viewer) if facets else None
        gaps = tuple(gap for catch in catches for gap in catch.gaps)
        partial = any(it.partial for it in gaps)
        return Answered(
            hits=tuple(ranked),
            total=len(ranked),
            exact=not partial,
            order=Order.MERGED,
            cursor=None,
            facets=counts,
            facets_exact=not partial,
            gaps=gaps,
            live=True,
        )

    # asking ------------------------------------------------------------------------------------------------------
    async def _all(
        self, query: Query, homes: Sequence[LiveHome], most: int, wait: timedelta, viewer: Viewer
    ) -> list[_Catch]:
        """Every system by itself, for as long as its deadline lets it."""
        catches = [_Catch() for _ in homes]
        tasks = [
            asyncio.create_task(self._one(query, home, most, catch, viewer=viewer, wait=wait))
            for home, catch in zip(homes, catches, strict=True)
        ]
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=wait.total_seconds())
        finally:
            for it in tasks:
                it.cancel()
        for home, catch, task in zip(homes, catches, tasks, strict=True):
            if not task.done() or task.cancelled():
                catch.gaps.append(_late(home.account, wait, some=bool(catch.copies)))
        # Whoever does not let go at once is not waited for: a cancelled call ends by itself
        return catches

    async def _one(
        self, query: Query, home: LiveHome, most: int, catch: _Catch, *, viewer: Viewer, wait: timedelta
    ) -> None:
        try:
            with wanted_until(asyncio.get_running_loop().time() + REPEATING * wait.total_seconds()):
                await self._look(query, home, most, catch, viewer)
        except NextMove as error:
            # The words may name an asset that was read, which only those who see everything may hear of
            why = f": {error}" if sees_all(viewer.searcher) else " just now."
            told = f"{home.account} could not be searched{why}"
            catch.gaps.append(Gap(account=home.account, missed=Missed.BROKEN, told=told))
        except Exception as error:  # noqa: BLE001 - a fault with one system is no reason to keep back the others' answers
            log.warning("search.live_fault", account=home.account, why=f"{type(error).__name__}: {error}")
            told = f"{home.account} could not be searched: a fault in dambridge itself ({type(error).__name__})."
            catch.gaps.append(Gap(account=home.account, missed=Missed.BROKEN, told=told))

    async def _look(self, query: Query, home: LiveHome, most: int, catch: _Catch, viewer: Viewer) -> None:
        ways = branches(query, home.account, home.map, self._policy)
        ids: dict[RemoteId, None] = {}
        more = False
        unsaid: dict[str, None] = {}
        for way in ways:
            found = await home.finder.look_for(way.wanted, limit=most, lane=Lane.NORMAL)
            ids |= dict.fromkeys(found.ids)
            more = more or (found.total or 0) > len(found.ids)
            unsaid |= dict.fromkeys((*way.left, *found.unsaid))
        wanted = list(ids)[:most]
        _tell(home.account, catch, ways, unsaid, more=more or len(ids) > len(wanted))
        parts = [wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE)]
        ahead: asyncio.Future[_Read] | None = None
        try:
            for part, following in pairwise([*parts, []]):
                read = await (ahead or home.archive.read(part, lane=Lane.NORMAL))
                ahead = asyncio.ensure_future(home.archive.read(following, lane=Lane.NORMAL)) if following else None
                await asyncio.sleep(0)  # the next call goes out before we go into what this one brought
                self._take_in(read, part, home, catch, viewer)
        finally:
            if ahead is not None:
                ahead.cancel()

    def _take_in(self, read: _Read, ids: Sequence[RemoteId], home: LiveHome, catch: _Catch, viewer: Viewer) -> None:
        for remote_id in ids:
            native = read.get(remote_id)
            if isinstance(native, NativeRecord):
                it = document_of(native, home.map, self._policy, at=viewer.now)
                if is_stand_in(it.fields):
                    continue  # its master is found instead, where that is searched
                catch.copies[it.key] = it
                catch.order.append(it.key)

    # putting together --------------------------------------------------------------------------------------------
    async def _put_together(self, catches: Sequence[_Catch]) -> dict[AssetKey, Document]:
        """Every copy of every asset that was found, as just read or, where it was not, as last observed: what restricts it
        there counts here."""
        read = {key: it for catch in catches for key, it in catch.copies.items()}
        assets = await assets_of(self._links, read)
        others = {key for it in assets for key in it.copies} - read.keys()
        known = {**(await self._index.stored(sorted(others)) if others else {}), **read}
        whole: dict[AssetKey, Document] = {}
        for asset in assets:
            here = [known[key] for key in sorted(asset.copies) if key in known]
            if len(here) == len(asset.copies) == 1 and here[0].key in read and here[0].entry == asset.entry:
                made = here  # read just now, and of an asset of its own: that it is already
            else:
                made = grouped(asset.entry, here, self._policy, master=asset.master)
            if asset.master is not None and asset.master not in known:
                made = [replace(it, profile=NOT_READ) for it in made]
            whole |= {it.key: it for it in made}
        return whole


def sees_all(who: Searcher) -> bool:
    """Whether nothing that a system may name is beyond this person."""
    scope = who.scope
    return who.sight is Sight.EVERYTHING and (scope.flows, scope.regions, scope.selections) == (None, None, None)


def _hits(copies: Iterable[Document], matching: set[AssetKey], found: set[AssetKey], viewer: Viewer) -> dict[str, Hit]:
    assets: dict[str, list[Document]] = {}
    for it in copies:
        assets.setdefault(it.entry, []).append(it)
    made = {entry: viewer.hit(several, matching, found) for entry, several in assets.items()}
    return {entry: hit for entry, hit in made.items() if hit is not None}


def fused(hits: Mapping[str, Hit], places: Sequence[Sequence[AssetKey]]) -> list[Hit]:
    """The assets by reciprocal rank fusion of the systems' orders; of equals the one that comes first by its id."""
    entry_of = {copy.key: entry for entry, hit in hits.items() for copy in hit.copies}
    worth = dict.fromkeys(hits, 0.0)
    for order in places:
        assets = list(dict.fromkeys(entry_of[it] for it in order if it in entry_of))
        for place, entry in enumerate(assets, start=1):
            worth[entry] += 1 / (SMOOTH + place)
    return [hits[it] for it in sorted(hits, key=lambda it: (-worth[it], it))]


def _tell(
    account: AccountId,
    catch: _Catch,
    ways: Sequence[Branch],
    unsaid: Iterable[str],
    *,
    more: bool,
) -> None:
    """How many more there are is not said: not all of them may be for the one who asks."""
    parts = tuple(unsaid)
    if parts and ways:
        told = f"{account} cannot be asked for {', '.join(parts)}; that was decided here."
        catch.gaps.append(Gap(account=account, missed=Missed.NOT_SAID, told=told, parts=parts))
    if more:
        told = f"{account} has more that may fit than was looked at. Ask more closely for the rest."
        catch.gaps.append(Gap(account=account, missed=Missed.NOT_ALL, told=told))


def _late(account: AccountId, wait: timedelta, *, some: bool) -> Gap:
    count = wait.total_seconds()
    seconds = "1 second" if count == 1 else f"{count:g} seconds"
    what = "only what it had given by then was looked at" if some else "nothing of it is here"
    return Gap(account=account, missed=Missed.LATE, told=f"{account} did not answer within {seconds}; {what}.")

"""Keeping the index in step with what is observed anyway: whatever any flow reads of any account passes by here.

Nothing is asked of a system for the index's sake, and nobody who reads waits for it: what passes by is put aside, the last of
each asset, and written in batches. What is lost with the process is read again by the next sweep.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any, Protocol, Self, cast

import structlog

from dambridge.mapping import AccountMap
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.publications import Publication
from dambridge.model.records import Absence, Missing, NativeRecord
from dambridge.model.searching import Document
from dambridge.model.stand_ins import is_stand_in
from dambridge.model.tombstones import Tombstone
from dambridge.policy.outlets import STAND_IN
from dambridge.policy.searching import SearchPolicy
from dambridge.ports.clock import Clock
from dambridge.ports.pace import Lane
from dambridge.ports.searching import Grouping, SearchIndex
from dambridge.ports.systems import AssetArchive, AssetReader
from dambridge.search.assets import Asset, Links, assets_of
from dambridge.search.documents import document_of, grouped

log = structlog.get_logger()

TOGETHER = 200
"""Copies that are written together."""
PAUSE = 1.0
"""Seconds (real ones) between two looks at what has passed by. While more passes by it waits, so that work is not held up and an
asset that is worked on, which passes by several times, is written once."""
PATIENCE = 30.0
"""Seconds after which it is written though more passes by."""
MOST_WAITING = 5000
"""Copies that wait at most; further ones are left to the next sweep."""
GONE = frozenset({Absence.DELETED, Absence.TRASHED, Absence.HIDDEN})


class Library(Links, Protocol):
    """What the ledger is asked for."""

    async def tombstones(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Tombstone]: ...
    async def publications_at(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Publication]: ...
    async def search_news(self, *, limit: int) -> Sequence[AssetKey]: ...
    async def heard_news(self, keys: Sequence[AssetKey]) -> None: ...


class IndexKeeper:
    """Takes in what was read, and writes it down when told, or by itself while it is open."""

    def __init__(
        self,
        index: SearchIndex,
        ledger: Library,
        policy: SearchPolicy,
        maps: Mapping[AccountId, AccountMap],
        clock: Clock,
        *,
        then: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`then` is done after each look at what has passed by."""
        self._then = then
        self._index = index
        self._ledger = ledger
        self._policy = policy
        self._maps = maps
        self._clock = clock
        self._waiting: dict[AssetKey, NativeRecord | Missing] = {}
        self._passed = 0
        self._turn = asyncio.Lock()
        self._open = AsyncExitStack()

    def note(self, key: AssetKey, seen: NativeRecord | Missing | None) -> None:
        """Put aside what was just read. Never waits, never fails."""
        if seen is None or key.account not in self._policy.homes or key.account not in self._maps:
            return
        if isinstance(seen, Missing) and seen.absence not in GONE:
            return
        self._passed += 1
        if key in self._waiting or len(self._waiting) < MOST_WAITING:
            self._waiting[key] = seen

    async def flush(self) -> int:
        """Write what has passed by, and follow the ledger's news. Returns how many copies were new or changed."""
        async with self._turn:
            written = 0
            while self._waiting:
                some = [(key, self._waiting.pop(key)) for key in list(self._waiting)[:TOGETHER]]
                written += await self._write(dict(some))
            while news := await self._ledger.search_news(limit=TOGETHER):
                await self._follow(news)
                await self._ledger.heard_news(news)
            return written

    async def __aenter__(self) -> Self:
        task = asyncio.create_task(self._by_itself())
        self._open.push_async_callback(self._ended, task)
        return self

    async def __aexit__(self, *why: object) -> None:
        await self._open.aclose()

    async def _ended(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await self._try_to_flush()

    async def _by_itself(self) -> None:
        clock, passed = asyncio.get_running_loop().time, self._passed
        written = clock()
        while True:
            await asyncio.sleep(PAUSE)
            quiet, passed = passed == self._passed, self._passed
            if quiet or clock() - written > PATIENCE or len(self._waiting) > MOST_WAITING // 2:
                await self._try_to_flush()
                written = clock()

    async def _try_to_flush(self) -> None:
        """The index is no truth: a fault in it holds nothing up, and is said."""
        try:
            await self.flush()
            if self._then is not None:
                await self._then()
        except Exception as error:  # noqa: BLE001 - see above; what is lost is read again
            log.warning(
                "search.not_kept",
                why=f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else 'no words'}",
            )

    # what was read -----------------------------------------------------------------------------------------------
    async def _write(self, some: Mapping[AssetKey, NativeRecord | Missing]) -> int:
        now = await self._clock.now()
        gone = [key for key, it in some.items() if isinstance(it, Missing)]
        read = [it for it in some.values() if isinstance(it, NativeRecord)]
        before = await self._index.stored(list(some))
        made = [document_of(it, self._maps[it.key.account], self._policy, at=now) for it in read]
        standing = await self._standing(made)
        gone += standing
        made = [it for it in made if it.key not in standing]
        fresh = {it.key: it for it in made if not _says_less(it, before.get(it.key))}
        await self._index.forget(gone)
        return await self._grouped(fresh, touched=[*fresh, *gone], former={it.entry for it in before.values()})

    async def _standing(self, made: Sequence[Document]) -> list[AssetKey]:
        """Those that only stand for another asset, which is found instead: known by what they say, and by the ledger."""
        ours = await self._ledger.publications_at([it.key for it in made])
        known = {key for key, it in ours.items() if it.copy.rendition == STAND_IN}
        return [it.key for it in made if it.key in known or is_stand_in(it.fields)]

    async def _follow(self, news: Sequence[AssetKey]) -> None:
        """Links that changed, and copies that were buried."""
        stored = await self._index.stored(news)
        stones = await self._ledger.tombstones(list(stored))
        buried = [key for key, it in stored.items() if key in stones and stones[key].at >= it.seen_at]
        await self._index.forget(buried)
        former = {it.entry for it in stored.values()}
        await self._grouped({}, touched=[key for key in stored if key not in buried], former=former)

    async def _grouped(
        self, fresh: Mapping[AssetKey, Document], *, touched: Iterable[AssetKey], former: set[str]
    ) -> int:
        """Put every asset together anew that one of these copies belongs to, or belonged to."""
        copies: dict[AssetKey, Document] = {}
        for several in (await self._index.members(sorted(former))).values():
            copies |= {it.key: it for it in several}
        copies |= fresh
        assets = await assets_of(self._ledger, {*copies, *touched})
        together = {key for it in assets for key in it.copies}
        copies |= await self._index.stored(sorted(together - copies.keys()))
        whole, moved = self._put_together(copies, assets, fresh)
        await self._index.regroup(moved)
        return await self._index.put(whole)

    def _put_together(
        self,
        copies: Mapping[AssetKey, Document],
        assets: Sequence[Asset],
        fresh: Mapping[AssetKey, Document],
    ) -> tuple[list[Document], list[Grouping]]:
        """Fresh copies, to be written whole, and those of which only the asset is another one now."""
        whole: list[Document] = []
        moved: list[Grouping] = []
        for asset in assets:
            here = [copies[key] for key in sorted(asset.copies) if key in copies]
            for it in grouped(asset.entry, here, self._policy, master=asset.master) if here else ():
                before = copies[it.key]
                if it.key in fresh:
                    whole.append(it)
                elif (it.entry, it.main, it.profile) != (before.entry, before.main, before.profile):
                    moved.append(Grouping(it.key, it.entry, it.main, it.profile))
        return whole, moved


def _says_less(now: Document, before: Document | None) -> bool:
    """Whether it is the state that is known already, of which less was read this time."""
    return before is not None and now.groups < before.groups and now.modified == before.modified


class _Noting:
    """A facet whose reads pass by the keeper; all else goes straight through."""

    def __init__(self, inner: Any, keeper: IndexKeeper) -> None:
        self._inner: Any = inner
        self._keeper = keeper

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _NotingReader(_Noting):
    async def read(self, remote_id: RemoteId, *, groups: frozenset[str], lane: Lane) -> NativeRecord | Missing:
        seen: NativeRecord | Missing = await self._inner.read(remote_id, groups=groups, lane=lane)
        self._keeper.note(AssetKey(self._inner.account, remote_id), seen)
        return seen


class _NotingArchive(_Noting):
    async def read(self, ids: Sequence[RemoteId], *, lane: Lane) -> Mapping[RemoteId, NativeRecord | Missing]:
        found: Mapping[RemoteId, NativeRecord | Missing] = await self._inner.read(ids, lane=lane)
        for remote_id, seen in found.items():
            self._keeper.note(AssetKey(self._inner.account, remote_id), seen)
        return found

    async def contents(self, folder: RemoteId, *, lane: Lane) -> Sequence[NativeRecord]:
        found: Sequence[NativeRecord] = await self._inner.contents(folder, lane=lane)
        for seen in found:
            self._keeper.note(seen.key, seen)
        return found


def noting_reader(reader: AssetReader, keeper: IndexKeeper) -> AssetReader:
    """The reader, whose every look at an asset the keeper hears of."""
    return cast("AssetReader", _NotingReader(reader, keeper))


def noting_archive(archive: AssetArchive, keeper: IndexKeeper) -> AssetArchive:
    """Likewise."""
    return cast("AssetArchive", _NotingArchive(archive, keeper))

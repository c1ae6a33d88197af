"""Filling the index anew: both libraries are listed and read, at the pace of a backfill. What is there stays until it is read
again, so that people find things meanwhile; what nobody met is taken out at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.queries import EVERYTHING
from dambridge.ports.errors import CannotGoOn, NextMove
from dambridge.ports.pace import Lane
from dambridge.ports.searching import Ask, SearchIndex
from dambridge.ports.systems import AssetArchive, AssetReader
from dambridge.search.keeping import TOGETHER, IndexKeeper


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One account to be read."""

    account: AccountId
    reader: AssetReader
    archive: AssetArchive


@dataclass(slots=True)
class Refilled:
    """What came of it. `unproven` says of which accounts the listing is not known to be whole: nothing was taken out there."""

    read: int = 0
    taken_out: int = 0
    unproven: dict[AccountId, str] = field(default_factory=dict)


async def refill(
    shelves: Sequence[Shelf], keeper: IndexKeeper, index: SearchIndex, told: Callable[[AccountId, int], None]
) -> Refilled:
    """Read every asset of these accounts into the index. Raises `CannotGoOn` where an account refuses us."""
    done = Refilled()
    for shelf in shelves:
        try:
            met = await _read(shelf, keeper, done, told)
        except CannotGoOn:
            raise
        except NextMove as error:
            done.unproven[shelf.account] = str(error)
            continue
        if shelf.account not in done.unproven:
            done.taken_out += await _take_out(shelf.account, met, index)
    return done


async def _read(
    shelf: Shelf, keeper: IndexKeeper, done: Refilled, told: Callable[[AccountId, int], None]
) -> set[RemoteId]:
    met: set[RemoteId] = set()
    total: int | None = None
    waiting: list[RemoteId] = []
    async for page in shelf.reader.everything(lane=Lane.BACKFILL):
        total = page.total if page.total is not None else total
        waiting += [it.remote_id for it in page.sightings if it.remote_id not in met]
        met.update(it.remote_id for it in page.sightings)
        while len(waiting) >= TOGETHER:
            await _some(shelf, waiting[:TOGETHER], keeper, done)
            del waiting[:TOGETHER]
            told(shelf.account, done.read)
    await _some(shelf, waiting, keeper, done)
    told(shelf.account, done.read)
    if total is not None and len(met) < total:
        done.unproven[shelf.account] = f"it showed {len(met)} of {total} assets"
    return met


async def _some(shelf: Shelf, ids: Sequence[RemoteId], keeper: IndexKeeper, done: Refilled) -> None:
    if not ids:
        return
    for remote_id, seen in (await shelf.archive.read(ids, lane=Lane.BACKFILL)).items():
        keeper.note(AssetKey(shelf.account, remote_id), seen)
        done.read += 1
    await keeper.flush()


async def _take_out(account: AccountId, met: set[RemoteId], index: SearchIndex) -> int:
    """What the index has of the account and the listing did not show."""
    ask = Ask(query=EVERYTHING, accounts=frozenset({account}))
    gone: list[AssetKey] = []
    after: str | None = None
    while True:
        page = await index.find(ask, after=after, limit=500)
        for copies in page.members.values():
            gone += [it.key for it in copies if it.key.account == account and it.key.remote_id not in met]
        after = page.after
        if after is None:
            break
    return await index.forget(gone)

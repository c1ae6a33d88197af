"""Store and tombstone journal brought to say the same when a worker starts, whichever of the two was lost or is older."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import islice

import structlog

from dambridge.model.identity import AssetKey
from dambridge.model.tombstones import Tombstone
from dambridge.ports.agreeing import Agreeing
from dambridge.ports.tombstones import TombstoneJournal

PAGE = 1000
log = structlog.get_logger()


async def merge_tombstones(ledger: Agreeing, journal: TombstoneJournal) -> tuple[int, int]:
    """Gives how many the store had lost, and how many the journal. Raises `CannotGoOn` for a damaged journal."""
    known: set[int] = set()
    regained = 0
    stones = journal.read()
    while page := await asyncio.to_thread(_page, stones, known):
        regained += await ledger.put_tombstones(page)
    added = 0
    after: AssetKey | None = None
    while stored := await ledger.all_tombstones(after=after, limit=PAGE):
        missing = [it for it in stored if _mark(it) not in known]
        await asyncio.to_thread(journal.append, missing)
        added += len(missing)
        after = stored[-1].key
    if regained or added:
        log.warning("tombstones.merged", regained=regained, added=added)
    return regained, added


def _page(stones: Iterator[Tombstone], known: set[int]) -> list[Tombstone]:
    page = list(islice(stones, PAGE))
    known.update(map(_mark, page))
    return page


def _mark(it: Tombstone) -> int:
    """A small stand-in for one tombstone: a million of them fit into memory."""
    return hash((it.key, it.at))

"""A sweep of ids: everything that an account shows, noted in the store page by page, and whether the listing is whole.

Nothing is gathered here: a listing of a million takes no more memory than one of a thousand.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

from dambridge.engine.parts import FlowParts
from dambridge.engine.sites import Site
from dambridge.model.identity import RemoteId, RunId
from dambridge.ports.errors import CannotGoOn, NextMove
from dambridge.ports.systems import ListingPage

AT_ONCE = 5000
"""Ids noted in one transaction."""
Doubt = Callable[[str, str], None]
"""Takes of what the listing is not known to be whole, and why."""
Selects = Callable[[str], bool]


async def sweep_ids(parts: FlowParts, run: RunId, site: Site, selects: Selects | None, doubt: Doubt) -> int:
    """Note every asset that the account shows in the selected containers (None: everywhere); gives how many were shown.

    A listing that breaks off, or that shows fewer than it announces, is doubted."""
    shown = 0
    held: list[RemoteId] = []
    async for pages, what in _listings(parts, site, selects, doubt):
        total: int | None = None
        own = 0
        async for page in whole(pages, what, doubt):
            total = page.total if page.total is not None else total
            ids = list(dict.fromkeys(it.remote_id for it in page.sightings))
            own += len(ids)
            held += ids
            if len(held) >= AT_ONCE:
                await _note(parts, run, site, held)
        if selects is None:  # one listing alone: shown twice is shown once
            await _note(parts, run, site, held)
            own = await parts.ledger.count_sights(run, site.account)
        if total is not None and own < total:
            doubt(what, f"{own} of {total} announced were shown")
        shown += own
    await _note(parts, run, site, held)
    return shown


async def _note(parts: FlowParts, run: RunId, site: Site, held: list[RemoteId]) -> None:
    await parts.ledger.sight(run, site.account, held)
    held.clear()


async def whole(pages: AsyncIterator[ListingPage], what: str, doubt: Doubt) -> AsyncIterator[ListingPage]:
    """The pages of a listing. One that breaks off is doubted."""
    try:
        async for page in pages:
            yield page
    except CannotGoOn:
        raise
    except NextMove as error:
        doubt(what, str(error))


async def _listings(
    parts: FlowParts, site: Site, selects: Selects | None, doubt: Doubt
) -> AsyncIterator[tuple[AsyncIterator[ListingPage], str]]:
    """The listings that together show the selection: each selected container, or everything."""
    if selects is None:
        yield site.reader.everything(lane=parts.lane), "everything"
        return
    try:
        async for container in site.reader.containers(lane=parts.lane):
            if selects(container.path):
                yield site.reader.members(container.id, lane=parts.lane), container.path
    except CannotGoOn:
        raise
    except NextMove as error:
        doubt("the list of containers", str(error))


async def unsighted_pages(parts: FlowParts, run: RunId, site: Site, size: int) -> AsyncIterator[Sequence[RemoteId]]:
    """The copies known in the account that the sweep has not met."""
    after: RemoteId | None = None
    while page := await parts.ledger.unsighted(run, site.account, after=after, limit=size):
        yield page
        after = page[-1]


async def unlinked_pages(parts: FlowParts, run: RunId, site: Site, size: int) -> AsyncIterator[Sequence[RemoteId]]:
    """What the sweep met that is in no link."""
    after: RemoteId | None = None
    while page := await parts.ledger.unlinked(run, site.account, after=after, limit=size):
        yield page
        after = page[-1]

"""A reconcile of flow `intake`: all ids of both sides held against the known copies, and a share of the sources read again.

Nothing is gathered but what differs. From a listing that is not proven whole no absence is concluded (hazard P01).
"""

from __future__ import annotations

from collections.abc import Sequence

from dambridge.engine import reconciling
from dambridge.engine.burying import bury_copies
from dambridge.engine.parts import Parts
from dambridge.engine.reconciling import Reconcile
from dambridge.engine.sweeping import sweep_ids, unlinked_pages, unsighted_pages
from dambridge.engine.taking_in.observing import CANARIES, Listing, Sight, read_targets
from dambridge.model.identity import AssetKey, LinkId, RemoteId, RunId
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Absence, Missing, Present, Seen

PAGE = 500


async def hold_all(parts: Parts, run: RunId, listing: Listing) -> None:
    """Sweep both sides, bury record copies that are proven gone, and take in new sources and those whose turn has come."""
    told = await parts.ledger.links_of([AssetKey(parts.policy.source, it) for it in listing.ids])
    state = await reconciling.begin(parts, {parts.policy.source: parts.source}, set(told.values()))
    listing.reconcile = state
    await _targets(parts, run, listing, state)
    await _sources(parts, run, listing, state)
    for key in state.rolling:
        listing.meet(key.remote_id)


async def _sources(parts: Parts, run: RunId, listing: Listing, state: Reconcile) -> None:
    """Sources that were never looked at come in. What is not shown any more stays as it is: intake removes nothing."""
    selects = parts.policy.selects_container if parts.policy.galleries else None
    shown = await sweep_ids(parts, run, parts.source, selects, listing.doubt)
    state.listed[parts.policy.source] = shown
    async for ids in unlinked_pages(parts, run, parts.source, PAGE):
        keys = [AssetKey(parts.policy.source, it) for it in ids]
        known = await parts.ledger.observations(parts.flow, keys)
        state.fresh += sum(listing.meet(it.remote_id) for it in keys if it not in known)


async def _targets(parts: Parts, run: RunId, listing: Listing, state: Reconcile) -> None:
    before = len(listing.notes)
    shown = await sweep_ids(parts, run, parts.target, None, listing.doubt)
    state.listed[parts.policy.target] = shown
    first = await parts.ledger.unsighted(run, parts.policy.target, after=None, limit=CANARIES)
    for key, seen in (await _read(parts, first)).items():
        if isinstance(seen, Present):
            listing.doubt(f"everything in {parts.policy.target}", f"{key} is there and was not shown")
    if len(listing.notes) > before:
        return
    async for ids in unsighted_pages(parts, run, parts.target, PAGE):
        state.gone += await _bury(parts, await _read(parts, ids))


async def _read(parts: Parts, ids: Sequence[RemoteId]) -> dict[AssetKey, Seen]:
    found = await read_targets(parts, ids)
    return {AssetKey(parts.policy.target, it): seen for it, seen in found.items()}


async def _bury(parts: Parts, seen: dict[AssetKey, Seen]) -> int:
    """Tombstones for the copies that a read proves to be gone; gives how many are not there."""
    gone = {key: it for key, it in seen.items() if isinstance(it, Missing)}
    links = await parts.ledger.links_of(list(gone))
    whole = await parts.ledger.links(sorted(set(links.values())))
    dead = {it: one for it, one in gone.items() if one.absence in {Absence.DELETED, Absence.TRASHED} and it in links}
    reasons = {
        whole[LinkId(links[key])]: Reason.of(Code.TARGET_GONE, absence=str(it.absence), evidence=it.evidence)
        for key, it in dead.items()
    }
    await bury_copies(parts, reasons)
    return len(gone)


async def count_drift(parts: Parts, listing: Listing, sights: Sequence[Sight]) -> None:
    """Hold the sources that were read in their turn against the versions that were agreed on."""
    state = listing.reconcile
    if state is None or listing.upto is None:
        return
    ours = [it for it in sights if it.key in state.rolling and isinstance(it.seen, Present)]
    agreed = await parts.ledger.agreed([state.rolling[it.key] for it in ours])
    for it in ours:
        known = agreed.get(state.rolling[it.key])
        version = known.versions.get(str(parts.source_copy)) if known is not None else None
        if version is None or (it.modified_at is not None and it.modified_at > listing.upto):
            continue
        state.look(it.key, differs=isinstance(it.seen, Present) and it.seen.record.version != version)

"""Which links may need something: what changed in any account, what was hinted at, what lingers, and all of them on a sweep.

Nothing here decides, and no more is kept in memory than what changed: a sweep notes what it meets in the store and takes the
links from there, a page at a time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from dambridge.engine import reconciling
from dambridge.engine.hinting import forget_hints, waiting_hints
from dambridge.engine.mirroring.due import fallen_due, forget_due, links_of
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.reading import read_copies
from dambridge.engine.reconciling import Reconcile
from dambridge.engine.sweeping import sweep_ids, unsighted_pages, whole
from dambridge.model.conflicts import ConflictState
from dambridge.model.identity import AccountId, AssetKey, LinkId, RemoteId, RunId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Present
from dambridge.policy.patterns import matches_any
from dambridge.ports.ledger import Due
from dambridge.ports.systems import Window

CHANGED = "changed"
SWEPT = "swept"
CANARIES = 20
"""Copies known of old and not met by a sweep that are read before anything rests on its listing."""
PAGE = 500
LINGERING = (Outcome.WAITING, Outcome.FAILED, Outcome.QUARANTINED)


@dataclass(slots=True)
class Round:
    """What a round of looking brought. `met` are links to look at first; those of the accounts in `swept` come after them,
    all of them. `unproven` are accounts whose listing is not known to be whole: nobody is taken for gone there."""

    upto: datetime
    met: dict[LinkId, None] = field(default_factory=dict)
    swept: list[AccountId] = field(default_factory=list)
    unproven: set[AccountId] = field(default_factory=set)
    notes: list[Reason] = field(default_factory=list)
    hints: Sequence[Due] = ()
    ends: Sequence[Due] = ()
    reconcile: Reconcile | None = None

    def doubt(self, account: AccountId, what: str, why: str) -> None:
        self.unproven.add(account)
        self.notes.append(Reason.of(Code.LISTING_UNPROVEN, what=f"{account}: {what}", text=why))


async def look_around(parts: MirrorParts, run: RunId, *, full: bool, reconcile: bool = False) -> Round:
    """Find the links of this round. A sweep of an account is due when it was never done, or not for `sweep_every`; a
    `reconcile` comes after what changed, and takes the place of a sweep that falls due."""
    now = await parts.clock.now()
    found = Round(upto=now)
    for account in parts.policy.accounts:
        cursor = await parts.ledger.cursor(account, f"{parts.flow}:{CHANGED}")
        if full or cursor is None or (not reconcile and await _sweep_due(parts, account, now)):
            found.swept.append(account)
            await _sweep(parts, run, account, found)
        else:
            start = datetime.fromisoformat(cursor) - parts.settings.overlap
            await _changed(parts, account, Window(start, now), found)
    found.ends = await fallen_due(parts)
    found.met.update(dict.fromkeys(links_of(found.ends)))
    await _hinted(parts, found)
    await _lingering(parts, found)
    if reconcile:
        await _reconcile(parts, run, found)
    return found


async def tranches(parts: MirrorParts, found: Round) -> AsyncIterator[list[LinkId]]:
    """The round's links once each, as many at a time as the settings allow."""
    met = list(found.met)
    for start in range(0, len(met), parts.settings.tranche):
        yield met[start : start + parts.settings.tranche]
    after: LinkId | None = None
    while found.swept:
        page = await parts.ledger.links_in(found.swept, after=after, limit=parts.settings.tranche)
        if not page:
            return
        after = page[-1].id
        if fresh := [it.id for it in page if it.id not in found.met]:
            yield fresh


async def remember_position(parts: MirrorParts, run: RunId, found: Round) -> None:
    """Move the cursors once everything found has been dealt with; those of an account whose listing is unproven stay."""
    await forget_hints(parts, found.hints)
    await forget_due(parts, found.ends)
    for account in parts.policy.accounts:
        if account in found.unproven:
            continue
        await parts.ledger.move_cursor(account, f"{parts.flow}:{CHANGED}", found.upto.isoformat())
        if account in found.swept:
            await parts.ledger.move_cursor(account, f"{parts.flow}:{SWEPT}", found.upto.isoformat())
    if found.swept or found.reconcile is not None:
        await parts.ledger.forget_sights(run)


async def _sweep_due(parts: MirrorParts, account: AccountId, now: datetime) -> bool:
    last = await parts.ledger.cursor(account, f"{parts.flow}:{SWEPT}")
    return last is None or datetime.fromisoformat(last) + parts.settings.sweep_every <= now


async def _changed(parts: MirrorParts, account: AccountId, window: Window, found: Round) -> None:
    site = parts.sites[account]
    pages = site.reader.changed(window, lane=parts.lane)
    async for page in whole(pages, "what changed", partial(found.doubt, account)):
        await _meet(parts, [AssetKey(account, it.remote_id) for it in page.sightings], found)


async def _meet(parts: MirrorParts, keys: Sequence[AssetKey], found: Round) -> None:
    """Take in the links of these assets; what is in no link is nothing to this flow."""
    links = await parts.ledger.links_of(keys)
    found.met.update(dict.fromkeys(links[it] for it in keys if it in links))


async def _sweep(parts: MirrorParts, run: RunId, account: AccountId, found: Round) -> int:
    """Note every asset that the account shows, and hold the listing against its own count and against copies known of old:
    one that is not listed, and that a read finds where it would have to be listed, says that the listing is not whole."""
    doubt = partial(found.doubt, account)
    patterns = parts.selects.get(account, ())
    selects = partial(matches_any, patterns=patterns) if patterns else None
    shown = await sweep_ids(parts, run, parts.sites[account], selects, doubt)
    missed = await parts.ledger.unsighted(run, account, after=None, limit=CANARIES)
    seen = await read_copies(parts, [AssetKey(account, it) for it in missed])
    for key in (it for it, copy in seen.items() if isinstance(copy, Present)):
        found.doubt(account, "everything", f"{key} is there and was not shown")
    return shown


async def _reconcile(parts: MirrorParts, run: RunId, found: Round) -> None:
    """Hold the ids of every account against the known copies, and choose whose fields are read again this time."""
    state = await reconciling.begin(parts, parts.sites, set(found.met))
    for account in parts.policy.accounts:
        if account in found.swept:
            continue
        state.listed[account] = await _sweep(parts, run, account, found)
        if account not in found.unproven:
            async for ids in unsighted_pages(parts, run, parts.sites[account], PAGE):
                state.gone += len(ids)
                await _meet(parts, [AssetKey(account, it) for it in ids], found)
    found.met.update(dict.fromkeys(state.rolling.values()))
    found.reconcile = state


async def _hinted(parts: MirrorParts, found: Round) -> None:
    found.hints = await waiting_hints(parts)
    keys = [AssetKey(AccountId(it.payload["account"]), RemoteId(it.payload["id"])) for it in found.hints]
    if keys:
        await _meet(parts, keys, found)


async def _lingering(parts: MirrorParts, found: Round) -> None:
    """Links that waited or failed, and those about which a person has ruled, or about a word: nothing outside need have
    moved. A decision about a word is for every asset that uses it, however many wait."""
    await _meet(parts, await parts.restated(), found)
    old = await parts.ledger.lingering(parts.flow, outcomes=LINGERING, limit=parts.settings.relook)
    await _meet(parts, [it.key for it in old], found)
    ruled = await parts.ledger.conflicts(flow=parts.flow, states=(ConflictState.RULED,), limit=PAGE)
    found.met.update(dict.fromkeys(it.link for it in ruled))

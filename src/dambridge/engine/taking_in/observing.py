"""Observe: which assets may need something, and what they are now. Nothing here decides."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dambridge.engine.hinting import forget_hints, hinted_sources, waiting_hints
from dambridge.engine.parts import Parts
from dambridge.engine.reconciling import Reconcile
from dambridge.engine.terms import restated
from dambridge.engine.together import for_each
from dambridge.mapping import to_canonical
from dambridge.model.actions import Beside
from dambridge.model.identity import AssetKey, RemoteId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Absence, Container, Missing, NativeRecord, Present, Seen, Unread
from dambridge.ports.errors import CannotGoOn, NextMove
from dambridge.ports.ledger import Due
from dambridge.ports.systems import ListingPage, Window

CHANGED = "changed"
SWEPT = "swept"
CANARIES = 20
"""Assets known of old, those longest not looked at, against which a sweep is held."""


@dataclass(slots=True)
class Listing:
    """What a round of looking brought: ids once each, and whether the listings were proven complete."""

    ids: list[RemoteId] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)
    swept: bool = False
    upto: datetime | None = None
    hints: Sequence[Due] = ()
    restated: frozenset[RemoteId] = frozenset()
    """Those of which a word means something else by now."""
    reconcile: Reconcile | None = None
    _met: set[RemoteId] = field(default_factory=set)

    def meet(self, remote_id: RemoteId) -> bool:
        """Take an id in; False when it was met before."""
        if remote_id in self._met:
            return False
        self._met.add(remote_id)
        self.ids.append(remote_id)
        return True

    def doubt(self, what: str, why: str) -> None:
        """Say that the listing of `what` is not known to be whole."""
        self.notes.append(Reason.of(Code.LISTING_UNPROVEN, what=what, text=why))

    @property
    def proven(self) -> bool:
        return not self.notes


@dataclass(frozen=True, slots=True)
class Sight:
    """One asset of the source as it was just read."""

    key: AssetKey
    seen: Seen
    modified_at: datetime | None = None
    restated: bool = False
    """Whether a word of it means something else than when it was last looked at."""
    beside: Beside | None = None
    """A side-car that was not read with it yet."""


async def look_around(parts: Parts, *, full: bool, due: bool = True) -> Listing:
    """The ids to read in this round: everything selected on a sweep, else what changed, what is new in the
    selected containers and what lingers from earlier rounds. Not `due`: a sweep that falls due is left to a reconcile."""
    now = await parts.clock.now()
    listing = Listing(upto=now)
    cursor = await parts.ledger.cursor(parts.policy.source, f"{parts.flow}:{CHANGED}")
    if full or cursor is None or (due and await _sweep_due(parts, now)):
        await _sweep(parts, listing)
        listing.swept = bool(listing.ids)
    else:
        start = datetime.fromisoformat(cursor) - parts.settings.overlap
        await _take(parts, listing, parts.reader.changed(Window(start, now), lane=parts.lane), "changed")
        await _newcomers(parts, listing)
    await _restated(parts, listing)
    await _lingering(parts, listing)
    await _hinted(parts, listing)
    return listing


async def remember_position(parts: Parts, listing: Listing) -> None:
    """Move the cursors, once everything found has been written down; an unproven listing moves nothing. Hints were
    looked at either way: what could not be read lingers."""
    await forget_hints(parts, listing.hints)
    if not listing.proven or listing.upto is None:
        return
    await parts.ledger.move_cursor(parts.policy.source, f"{parts.flow}:{CHANGED}", listing.upto.isoformat())
    if listing.swept:
        await parts.ledger.move_cursor(parts.policy.source, f"{parts.flow}:{SWEPT}", listing.upto.isoformat())


async def _sweep_due(parts: Parts, now: datetime) -> bool:
    last = await parts.ledger.cursor(parts.policy.source, f"{parts.flow}:{SWEPT}")
    return last is None or datetime.fromisoformat(last) + parts.settings.sweep_every <= now


async def _sweep(parts: Parts, listing: Listing) -> None:
    places = 0
    if parts.policy.galleries:
        async for container in _selected(parts, listing):
            places += 1
            await _take(parts, listing, parts.reader.members(container.id, lane=parts.lane), container.path)
    else:
        await _take(parts, listing, parts.reader.everything(lane=parts.lane), "everything")
    await _ordered(parts, listing)
    known = await parts.ledger.lingering(parts.flow, outcomes=[Outcome.DONE, Outcome.UNCHANGED], limit=CANARIES)
    if known and parts.policy.galleries and not places:
        listing.doubt("the list of galleries", "no selected gallery was shown, and assets are known from some")
    await _canaries(parts, listing, [it.key for it in known])


async def _ordered(parts: Parts, listing: Listing) -> None:
    """What people ordered into the archive and did not take back."""
    after: tuple[str, AssetKey] | None = None
    while parts.policy.orders and (
        page := await parts.ledger.outlet_orders_in(parts.flow, after=after, limit=CANARIES * 25)
    ):
        after = (page[-1].outlet, page[-1].source)
        for it in page:
            listing.meet(it.source.remote_id)


async def _selected(parts: Parts, listing: Listing) -> AsyncIterator[Container]:
    """The containers that the policy selects."""
    try:
        async for container in parts.reader.containers(lane=parts.lane):
            if parts.policy.selects_container(container.path):
                yield container
    except CannotGoOn:
        raise
    except NextMove as error:
        listing.doubt("the list of galleries", str(error))


async def _canaries(parts: Parts, listing: Listing, known: Sequence[AssetKey]) -> None:
    """A listing whose own count is wrong is found out by assets known of old: one that it does not show, and that still
    stands where it would have to, says that the listing is not whole. Every one not shown is looked at as any other."""
    for key in known:
        if not listing.meet(key.remote_id):
            continue
        seen = (await read_one(parts, key.remote_id)).seen
        if isinstance(seen, Present) and _would_be_listed(parts, seen):
            listing.doubt("everything selected", f"{key} is there and was not shown")


def _would_be_listed(parts: Parts, seen: Present) -> bool:
    places = seen.record.containers
    return not parts.policy.galleries or any(parts.policy.selects_container(it.path) for it in places)


async def _newcomers(parts: Parts, listing: Listing) -> None:
    """Membership of a container may not move the modified time: read each selected one, newest first, until all is known."""
    if not parts.policy.galleries or parts.reader.capabilities.membership_moves_modified.usable:
        return
    async for container in _selected(parts, listing):
        try:
            await _newcomers_of(parts, listing, container)
        except CannotGoOn:
            raise
        except NextMove as error:
            listing.doubt(container.path, str(error))


async def _newcomers_of(parts: Parts, listing: Listing, container: Container) -> None:
    """The look ends at a page that is all known, so what is known must have nothing unknown below it: newcomers are handed
    on the oldest first, and none before all of them are met. A run that dies between leaves the rest to the next one."""
    newest_first = parts.reader.capabilities.newest_members_first.usable
    newcomers: list[RemoteId] = []
    async for page in parts.reader.members(container.id, lane=parts.lane):
        keys = [AssetKey(parts.policy.source, it.remote_id) for it in page.sightings]
        known = await parts.ledger.observations(parts.flow, keys)
        newcomers += [key.remote_id for key in keys if key not in known]
        if newest_first and keys and all(key in known for key in keys):
            break
    for remote_id in reversed(newcomers):
        listing.meet(remote_id)


async def _lingering(parts: Parts, listing: Listing) -> None:
    """Items that waited, failed or were not approved: an approval or a remedy need not have moved the modified time."""
    outcomes = [Outcome.WAITING, Outcome.FAILED, Outcome.QUARANTINED, Outcome.SKIPPED]
    for old in await parts.ledger.lingering(parts.flow, outcomes=outcomes, limit=parts.settings.relook):
        listing.meet(old.key.remote_id)


async def _restated(parts: Parts, listing: Listing) -> None:
    """Every asset that a decision about a word is to repair, however many wait."""
    listing.restated = frozenset(it.remote_id for it in await restated(parts))
    for remote_id in sorted(listing.restated):
        listing.meet(remote_id)


async def _hinted(parts: Parts, listing: Listing) -> None:
    listing.hints = await waiting_hints(parts)
    for remote_id in await hinted_sources(parts, listing.hints) if listing.hints else ():
        listing.meet(remote_id)


async def _take(parts: Parts, listing: Listing, pages: AsyncIterator[ListingPage], what: str) -> None:
    met = 0
    total: int | None = None
    own: set[RemoteId] = set()
    try:
        async for page in pages:
            total = page.total if page.total is not None else total
            for sighting in page.sightings:
                own.add(sighting.remote_id)
                listing.meet(sighting.remote_id)
        met = len(own)
    except CannotGoOn:
        raise
    except NextMove as error:
        listing.doubt(what, str(error))
        return
    if total is not None and met < total:
        listing.doubt(what, f"{met} of {total} announced were shown")


async def read_all(
    parts: Parts, ids: Sequence[RemoteId], *, restated: Collection[RemoteId] = frozenset()
) -> list[Sight]:
    """Every id read, as many at once as the settings allow. One that cannot be read is `Unread`, never missing."""
    sights = await for_each(ids, lambda it: read_one(parts, it), at_once=parts.settings.concurrency * 2)
    return [replace(it, restated=True) if it.key.remote_id in restated else it for it in sights]


async def read_one(parts: Parts, remote_id: RemoteId) -> Sight:
    key = AssetKey(parts.policy.source, remote_id)
    try:
        native = await parts.reader.read(remote_id, groups=parts.policy.groups, lane=parts.lane)
    except CannotGoOn:
        raise
    except NextMove as error:
        return Sight(key, Unread(Reason.of(Code.SOURCE_UNREAD, text=str(error))))
    if isinstance(native, Missing):
        return Sight(key, native)
    return Sight(key, Present(to_canonical(native, parts.maps[key.account])), native.modified_at)


async def read_targets(parts: Parts, ids: Sequence[RemoteId]) -> dict[RemoteId, Seen]:
    """The target copies as they are now, in calls of a hundred ids."""
    seen: dict[RemoteId, Seen] = {}
    for start in range(0, len(ids), 100):
        chunk = ids[start : start + 100]
        try:
            found = await parts.archive.read(chunk, lane=parts.lane)
        except CannotGoOn:
            raise
        except NextMove as error:
            seen.update(dict.fromkeys(chunk, Unread(Reason.of(Code.TARGET_UNREAD, text=str(error)))))
            continue
        for remote_id in chunk:
            native = found.get(remote_id)
            seen[remote_id] = _seen_target(parts, native)
    return seen


def _seen_target(parts: Parts, native: NativeRecord | Missing | None) -> Seen:
    if native is None:
        return Missing(Absence.DELETED, "left out of the answer to a read by id")
    if isinstance(native, Missing):
        return native
    return Present(to_canonical(native, parts.maps[native.key.account]))

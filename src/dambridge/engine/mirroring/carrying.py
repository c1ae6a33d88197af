"""A status on its way to the carriers of one account: what of it is still to be written, and the moves between places.

The first carrier is written first, and into a place before out of another: whoever is cut off in between leaves a copy that
shows the old status or the new one, and the next look repairs the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from dambridge.engine.sites import Site
from dambridge.model.accords import Accord
from dambridge.model.actions import Action
from dambridge.model.identity import AssetKey, Link, RemoteId
from dambridge.model.lifecycle import LIFECYCLE_STATUS
from dambridge.model.reasons import Code
from dambridge.model.records import ANYTHING, MediaType, NativeRecord, Present, Seen
from dambridge.model.values import FieldName
from dambridge.planning.showing import can_write
from dambridge.planning.transitions import status_of
from dambridge.policy.carriers import Carrier, Carry, to_carry
from dambridge.policy.mirror import MirrorPolicy
from dambridge.ports.errors import Refused
from dambridge.ports.pace import Lane


def carry_of(
    policy: MirrorPolicy, site: Site, action: Action, native: NativeRecord, *, but: Collection[FieldName] = ()
) -> Carry:
    """What of the action's status the copy does not say yet; nothing where the action is not about it."""
    carriers = policy.carriers.get(site.account, ())
    if not carriers or LIFECYCLE_STATUS not in {*action.fields, *action.cleared} - {*but}:
        return Carry()
    media_type = MediaType(action.media_type) if action.media_type else native.media_type

    def proven(it: Carrier) -> bool:
        return can_write(site.archive.capabilities, it, media_type).usable

    return to_carry(status_of(action.fields), native, carriers, proven)


def undecided(
    policy: MirrorPolicy, link: Link, seen: Mapping[AssetKey, Seen], accord: Accord | None, brought: Sequence[str]
) -> dict[AssetKey, Seen]:
    """What the link's copies show, without a status that may have come out of the uploaded file: whoever made that file wrote
    it, and nobody here decided it. Once a copy was seen with a status of its system's own, whatever it shows counts."""
    found: dict[AssetKey, Seen] = {}
    for copy in link.copies:
        it = seen[copy.key]
        standing = accord.copies.get(copy.id) if accord is not None else None
        known = standing is not None and LIFECYCLE_STATUS in standing.shown
        if isinstance(it, Present) and not known and _is_brought(policy.carriers.get(copy.id.account, ()), it, brought):
            fields = {name: value for name, value in it.record.fields.items() if name != LIFECYCLE_STATUS}
            it = Present(replace(it.record, fields=fields))
        found[copy.key] = it
    return found


def _is_brought(carriers: Sequence[Carrier], it: Present, brought: Sequence[str]) -> bool:
    told = next((note for note in it.record.notes if note.code is Code.STATUS_SHOWN), None)
    if told is None or not brought:
        return False
    words, winner = told["words"], next((one for one in carriers if one.label == told["by"]), None)
    inside = {" ".join(word.casefold().split()) for word in brought}
    shown = {" ".join(word.casefold().split()) for word in (words if isinstance(words, tuple) else ())}
    if winner is None or winner.is_place or not shown:
        return False
    return ANYTHING in brought or shown <= inside


async def move(site: Site, remote_id: RemoteId, carry: Carry, *, lane: Lane) -> None:
    """Stand the copy in its new places, and then take it out of the old ones."""
    for path in carry.into:
        await site.archive.place(remote_id, into=await _place(site, path, lane), out_of=None, lane=lane)
    for it in carry.out_of:
        await site.archive.take_out(remote_id, out_of=it.id, lane=lane)


async def _place(site: Site, path: str, lane: Lane) -> RemoteId:
    """The place of this path; one that nobody made is not made here."""
    found = await site.archive.folder_at(path, lane=lane)
    if found is None:
        raise Refused(f"`{site.account}` has no {path!r}, which shows a status. Make it, then run again.")
    return found

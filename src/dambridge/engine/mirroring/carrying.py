"""A status on its way to the carriers of one account: what of it is still to be written, and the moves between places.

The first carrier is written first, and into a place before out of another: whoever is cut off in between leaves a copy that
shows the old status or the new one, and the next look repairs the rest.
"""

from __future__ import annotations

from collections.abc import Collection

from dambridge.engine.sites import Site
from dambridge.model.actions import Action
from dambridge.model.identity import RemoteId
from dambridge.model.lifecycle import LIFECYCLE_STATUS
from dambridge.model.records import MediaType, NativeRecord
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

"""A status on its way to the carriers of one account, whichever flow brings it: what of it is to be written, and the moves.

The first carrier is written first, and into a place before out of another: whoever is cut off in between leaves a copy that
shows the old status or the new one, and the next look repairs the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from dambridge.engine.sites import Site
from dambridge.model.identity import RemoteId
from dambridge.model.lifecycle import Status
from dambridge.model.records import MediaType, NativeRecord
from dambridge.planning.showing import can_write
from dambridge.policy.carriers import Carrier, Carry, to_carry
from dambridge.ports.errors import Refused
from dambridge.ports.pace import Lane


def to_show(
    site: Site, status: Status | None, native: NativeRecord, carriers: Sequence[Carrier], *, media_type: MediaType
) -> Carry:
    """What of the status the copy does not say yet, by the carriers that its account is known to take."""

    def proven(it: Carrier) -> bool:
        return can_write(site.archive.capabilities, it, media_type).usable

    return to_carry(status, native, carriers, proven)


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

"""Which carriers of a status an account is known to take."""

from __future__ import annotations

from dambridge.model.records import MediaType
from dambridge.policy.carriers import Carrier
from dambridge.ports.capabilities import ArchiveCapabilities, Proof

_DOUBT = (Proof.PROVEN, Proof.DECLARED, Proof.UNPROVEN, Proof.ABSENT)


def can_write(can: ArchiveCapabilities, it: Carrier, media_type: MediaType) -> Proof:
    """How far writing this carrier is known to work: a field as such, or standing in folders and leaving them again."""
    if it.is_place:
        return max(can.folders, can.take_out, key=_DOUBT.index)
    return Proof.ABSENT if can.embeds(media_type) else can.may_write(it.native, media_type)

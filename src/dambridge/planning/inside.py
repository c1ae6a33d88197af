"""Whether an asset's fields reach an account inside its file, or by a call: asked alike by every flow."""

from __future__ import annotations

from dambridge.mapping.embedding import may_embed
from dambridge.model.records import Agreed, AssetRecord, MediaType
from dambridge.ports.capabilities import ArchiveCapabilities, Proof


def goes_inside(can: ArchiveCapabilities, media_type: str, file_name: str, *, untouched: bool) -> bool:
    """Whether the account takes fields out of files of this type, and this file is one that may be written into. `untouched`
    are files that were found to be sealed."""
    return bool(media_type) and not untouched and may_embed(file_name) and can.embeds(MediaType(media_type))


def may_call(can: ArchiveCapabilities, native: str, record: AssetRecord, *, untouched: bool) -> Proof:
    """How far a call is known to write this field of such an asset: not at all where its fields go inside its file."""
    inside = goes_inside(can, record.media_type, record.file_name, untouched=untouched)
    return Proof.ABSENT if inside else can.may_call(native)


def is_untouched(agreed: Agreed | None, place: str, record: AssetRecord) -> bool:
    """Whether the file that the copy at this place has was found to be one that nothing may be written into."""
    if agreed is None or f"{place}.untouched" not in agreed.evidence:
        return False
    known = agreed.versions.get(place)
    return known is not None and known.content == record.version.content

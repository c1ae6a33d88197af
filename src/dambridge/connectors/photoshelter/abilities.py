"""What a PhotoShelter account can do: as the reference has it, and as `proven` says of what the reference only guesses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dambridge.connectors.photoshelter.config import Guess, PhotoShelterOptions, UploadVia
from dambridge.model.records import MediaType
from dambridge.ports.capabilities import ArchiveCapabilities, Proof, ReaderCapabilities, route_cell

IMAGES: Final = frozenset({MediaType.IMAGE, MediaType.RAW})
"""What PhotoShelter calls images; RAW files are archived as they are (PS 8, the product's help)."""
IPTC_FIELDS: Final = (
    "title", "headline", "caption", "caption_writer", "keywords", "author", "position", "credit", "source", "copyright",
    "rights", "instructions", "edit_status", "urgency", "category", "city", "state", "country", "country_iso",
    "location", "trans_ref", "web_statement", "genre", "scene", "subject_code", "ci_address", "ci_city", "ci_region",
    "ci_postal_code", "ci_country", "ci_email", "ci_phone", "ci_url",
)  # fmt: skip
"""PS E17 and E21: `author` and `caption` CONFIRMED, the other names INFERRED from the search."""
MEDIA_FIELDS: Final = {
    "rating": "number",
    "model_released": "boolean",
    "property_released": "boolean",
    "searchable": "boolean",
    "flagged": "boolean",
}
"""What E20 may set (SINGLE; the names INFERRED from E19)."""
CUSTOM_PREFIX: Final = "custom."


def reader_capabilities(options: PhotoShelterOptions) -> ReaderCapabilities:
    """What can be read."""
    return ReaderCapabilities(
        modified_window=Proof.DECLARED,  # PS E17, CONFIRMED-2019
        metadata_moves_modified=Proof.UNPROVEN,  # PS 8: unknown
        membership_moves_modified=Proof.UNPROVEN,  # PS 8: unknown
        newest_members_first=Proof.DECLARED,  # PS E11: sort_by=added_at, CONFIRMED
        custom_fields=Proof.DECLARED,  # PS E25, path CONFIRMED
        content_hash=Proof.ABSENT,  # PS E19: images have none; what other kinds show is passed on as a checksum
        byte_ranges=_guess(options, Guess.BYTE_RANGES),  # PS E28 does not speak of them
        originals=dict.fromkeys(MediaType, Proof.DECLARED),  # PS E28, CONFIRMED
    )


@dataclass(frozen=True, slots=True)
class UploadRoute:
    """The call that takes in a kind of file, None where there is none, and how far it is known to work."""

    via: UploadVia | None
    proof: Proof


Uploads = Mapping[MediaType, UploadRoute]


def archive_capabilities(options: PhotoShelterOptions, uploads: Uploads) -> ArchiveCapabilities:
    """What can be written. One source alone knows the calls, so each is unproven until the options say otherwise."""
    media = _guess(options, Guess.WRITE_MEDIA)
    custom = _guess(options, Guess.WRITE_CUSTOM)
    return ArchiveCapabilities(
        write_attributes=_guess(options, Guess.WRITE_IPTC),  # PS E22, SINGLE
        fields={
            **dict.fromkeys(MEDIA_FIELDS, media),  # PS E20, SINGLE
            **{f"{CUSTOM_PREFIX}{it}": custom for it in options.custom_fields},  # PS 8, INFERRED
        },
        take_out=_guess(options, Guess.PLACES),  # PS E16, SINGLE
        discard=_guess(options, Guess.DISCARD),  # PS E20, SINGLE
        # The product moves what is deleted into its trash (PS 8, help); that the call does so too is proven with it.
        discard_recoverable=_guess(options, Guess.DISCARD),
        discard_folder=Proof.DECLARED,  # PS E16, CONFIRMED-2019
        rename=media,  # PS E20, SINGLE
        folders=_guess(options, Guess.FOLDERS),  # PS E8 and E16, SINGLE
        versions=_guess(options, Guess.VERSIONS),  # PS E31, SINGLE
        checksum=Proof.UNPROVEN,  # PS E19: images have none, of other kinds it may be null
        conditional_write=Proof.ABSENT,  # PS 4: nothing of the kind
        deliver={kind: it.proof for kind, it in uploads.items()},
    )


def declared_routes(options: PhotoShelterOptions) -> dict[str, Proof]:
    """What each way of uploading may be expected to do before it was tried, by its cell. v4 (PS E32) is SINGLE; v3 (PS U1) is
    CONFIRMED for images and wants a key of its own."""
    cells: dict[str, Proof] = {}
    for kind in MediaType:
        by_v3 = Proof.DECLARED if kind in IMAGES else _guess(options, Guess.UPLOAD_V3_ANY)
        cells[route_cell(UploadVia.V4, kind)] = _guess(options, Guess.UPLOAD_V4)
        cells[route_cell(UploadVia.V3, kind)] = Proof.ABSENT if options.v3_api_key is None else by_v3
    return cells


def plain_uploads(options: PhotoShelterOptions) -> Uploads:
    """The ways of an account of which nothing is known but its options."""
    cells = declared_routes(options)
    return {kind: _plain(options.upload_via, kind, cells) for kind in MediaType}


def _plain(told: UploadVia, kind: MediaType, cells: Mapping[str, Proof]) -> UploadRoute:
    """The one that a person names; else whichever is better known, v4 where that is equal."""
    order = (Proof.PROVEN, Proof.DECLARED, Proof.UNPROVEN, Proof.ABSENT)
    ways = (UploadVia.V4, UploadVia.V3) if told is UploadVia.AUTO else (told,)
    via = min(ways, key=lambda it: order.index(cells[route_cell(it, kind)]))
    return UploadRoute(via, cells[route_cell(via, kind)])


def _guess(options: PhotoShelterOptions, it: Guess) -> Proof:
    return Proof.PROVEN if it in options.proven else Proof.UNPROVEN

"""The rights that every file of an asset has to say by itself: a rendition is read where nobody can ask the archive.

A derivative that a system makes carries no metadata that could be relied on (hazard P33). So whatever goes out as one is given
these, inside or in a side-car, and held against the asset before it goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dambridge.mapping.embedded import embedded_fields
from dambridge.mapping.embedding import own_tags
from dambridge.mapping.fields import FIELDS
from dambridge.mapping.normal import same
from dambridge.mapping.rights import RIGHTS_FIELDS
from dambridge.model.records import EmbeddedMetadata
from dambridge.model.values import FieldName, Fields

Tag = str | tuple[str, ...] | Mapping[str, str]
_BESIDE_THE_GATE: Final = (
    *("creator", "web_statement", "rights_marked", "licensor_url", "instructions", "digital_source_type"),
    *("image_guid", "supplier_image_id", "creative_commons", "rights_expression", "rights_expression_url"),
    *("terms_text", "terms_url", "credit_line_required", "copyright_status"),
)
"""What the gate's answer does not rest on, and whoever holds the file needs: whom to name, whom to ask, under which terms."""
SAID_BY_EVERY_FILE: Final[frozenset[FieldName]] = frozenset(
    it for it in (*RIGHTS_FIELDS, *map(FieldName, _BESIDE_THE_GATE)) if it in FIELDS and FIELDS[it].xmp
)
"""All of the rights that a file has a place for."""


def rights_tags(fields: Fields) -> dict[str, Tag]:
    """What a file of an asset with these fields is to say, by XMP name; for an embedder."""
    return own_tags({name: value for name, value in fields.items() if name in SAID_BY_EVERY_FILE})


def rights_lacking(fields: Fields, inside: EmbeddedMetadata) -> tuple[FieldName, ...]:
    """The rights of the asset that the file does not say, or says otherwise. Nothing but an empty answer lets it go out."""
    said = embedded_fields(inside)
    return tuple(
        name for name in sorted(fields) if name in SAID_BY_EVERY_FILE and not same(name, fields[name], said.get(name))
    )

"""An XMP file beside a camera's raw file: whose it is, by name, and what both together say.

A raw file stays as it came, so whoever edits its fields writes them beside it. What stands there is read before what stands
inside: side-car, then the file's own XMP, its old IPTC block (IIM), its Exif. Where both name a field and differ, it is told.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath

from dambridge.mapping.embedded import ALSO_READ, embedded_fields
from dambridge.mapping.embedding import may_embed
from dambridge.mapping.fields import FIELDS
from dambridge.mapping.normal import same
from dambridge.model.records import EmbeddedMetadata, MediaType
from dambridge.model.values import FieldName

SUFFIX = ".xmp"
Tag = str | tuple[str, ...] | Mapping[str, str]


def is_side_car(file_name: str) -> bool:
    """Whether a file of this name is one."""
    return PurePath(file_name).suffix.lower() == SUFFIX


def has_side_car(media_type: MediaType | None, file_name: str) -> bool:
    """Whether the fields of such a file are looked for beside it: a raw file's, but not those of DNG, which has them inside."""
    return media_type is MediaType.RAW and not may_embed(file_name)


def side_car_names(file_name: str) -> tuple[str, ...]:
    """What a side-car of this file may be called, the more telling name first: `A.NEF.xmp`, then `A.xmp`."""
    stem = PurePath(file_name).stem
    return f"{file_name}{SUFFIX}", f"{stem}{SUFFIX}", f"{stem}{SUFFIX.upper()}"


def words_for(side_car: str) -> str:
    """What to search for, to find the file that this is the side-car of."""
    stem = PurePath(side_car).stem
    return PurePath(stem).stem if has_side_car(MediaType.RAW, stem) and PurePath(stem).suffix else stem


def belongs(side_car: str, file_name: str) -> bool:
    """Whether this file may be the one beside which the side-car lies, by name: upper and lower case, and how accents are
    composed, are the same."""
    stem = _plain(PurePath(side_car).stem)
    return stem in {_plain(file_name), _plain(PurePath(file_name).stem)}


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def with_side_car(inside: EmbeddedMetadata, beside: EmbeddedMetadata) -> EmbeddedMetadata:
    """What the file says, overlaid with what the side-car says in XMP. Of several dates of rights all stay, so that the
    careful one is found; every field that both name and that differs is among the disagreements."""
    ours = {name: tag for name, tag in beside.tags.items() if name.startswith("XMP-")}
    theirs, said = embedded_fields(inside), embedded_fields(replace(inside, tags=ours))
    differ = {str(name) for name in set(theirs) & set(said) if not same(name, theirs[name], said[name])}
    for name in _RIGHTS & set(inside.tags) & set(ours):
        ours[name] = (*_items(inside.tags[name]), *_items(ours[name]))
    return replace(
        inside,
        tags={**inside.tags, **ours},
        disagreements=tuple(sorted({*inside.disagreements, *beside.disagreements, *differ})),
        warnings=(*inside.warnings, *(f"side-car: {it}" for it in beside.warnings)),
    )


_RIGHTS = frozenset(
    home for name, more in ALSO_READ.items() for home in (FIELDS[FieldName(name)].xmp, *more) if home.startswith("XMP-")
)


def _items(tag: Tag) -> tuple[str, ...]:
    return (tag,) if isinstance(tag, str) else tuple(tag.values()) if isinstance(tag, Mapping) else tag

"""Embedded metadata and attributes (section 10): what a sync reads out of a file, and what an export writes into one.

XMP is the common container: where a file has only IIM or Exif, their values stand under the XMP name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dambridge_sim.kit.embedded import Embedded
from dambridge_sim.netx.attributes import Attribute, Checked, UnknownTerm, Vocabularies, taken_from_file
from dambridge_sim.netx.site import MapRow

NAME_TARGET = "Name"  # the only target besides custom attributes (NX 10, CONFIRMED)

_IIM = {
    "dc:title": "2:05",
    "photoshop:Headline": "2:105",
    "dc:description": "2:120",
    "photoshop:CaptionWriter": "2:122",
    "dc:subject": "2:25",
    "dc:creator": "2:80",
    "photoshop:AuthorsPosition": "2:85",
    "photoshop:Credit": "2:110",
    "photoshop:Source": "2:115",
    "dc:rights": "2:116",
    "photoshop:Instructions": "2:40",
    "photoshop:TransmissionReference": "2:103",
    "photoshop:DateCreated": "2:55",
    "Iptc4xmpCore:Location": "2:92",
    "photoshop:City": "2:90",
    "photoshop:State": "2:95",
    "photoshop:Country": "2:101",
    "Iptc4xmpCore:CountryCode": "2:100",
    "photoshop:Urgency": "2:10",
    "photoshop:Category": "2:15",
}
_EXIF = {
    "dc:description": "ImageDescription",
    "dc:creator": "Artist",
    "dc:rights": "Copyright",
    "photoshop:DateCreated": "DateTimeOriginal",
}


@dataclass(frozen=True, slots=True)
class Synced:
    """What a file brought: a new name or None, values by attribute name, and terms that vocabularies gain."""

    name: str | None
    values: Mapping[str, tuple[str, ...]]
    new_terms: Mapping[str, tuple[str, ...]]


def embedded_values(embedded: Embedded, field: str) -> list[str]:
    """The values of one `schema:field`, as texts: XMP first, then IIM, then Exif."""
    for found in (
        embedded.xmp.get(field),
        embedded.iim.get(_IIM.get(field, "")),
        embedded.exif.get(_EXIF.get(field, "")),
    ):
        if values := [text for text in as_texts(found) if text.strip()]:
            return [_day(values[0])] if field == "photoshop:DateCreated" else values
    return []


def as_texts(value: Any) -> list[str]:
    """A parsed value as texts: a language alternative gives its default, a structure gives nothing."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        if any(":" in key for key in value):  # a structure, keyed `prefix:name`; languages have no colon
            return []
        chosen = value.get("x-default", next(iter(value.values()), None))
        return [chosen] if isinstance(chosen, str) else []
    if isinstance(value, str):
        return [value]
    if isinstance(value, Sequence):
        return [text for item in value for text in as_texts(item)]
    return [str(value)]


def _day(value: str) -> str:
    if len(value) == 8 and value.isdigit():  # an IIM date, CCYYMMDD
        return f"{value[:4]}-{value[4:6]}-{value[6:]}"
    return value


def sync(
    embedded: Embedded,
    rows: Sequence[MapRow],
    attributes: Mapping[str, Attribute],
    vocabularies: Vocabularies,
    *,
    unknown_term: UnknownTerm,
    limit: int,
) -> Synced:
    """Read a file's metadata through the import maps; of several maps to one attribute the last counts (CONFIRMED).

    What the file does not say is left out of the answer, so that a later file does not empty an attribute (INFERRED).
    """
    name: str | None = None
    values: dict[str, tuple[str, ...]] = {}
    terms: dict[str, tuple[str, ...]] = {}
    last = {row.attribute: row for row in rows if row.imports}
    for row in last.values():
        found = embedded_values(embedded, row.field)
        if not found:
            continue
        if row.attribute == NAME_TARGET:
            name = found[0]
            continue
        attribute = attributes[row.attribute]
        if not attribute.sync:
            continue
        checked: Checked = taken_from_file(attribute, found, vocabularies, unknown_term=unknown_term, limit=limit)
        if checked.values:
            values[attribute.name] = checked.values
            terms[attribute.name] = checked.new_terms
    return Synced(name, values, {name: new for name, new in terms.items() if new})


def exported(rows: Sequence[MapRow], values: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """What the export maps write: of several attributes for one field the values are appended in map order (CONFIRMED)."""
    out: dict[str, list[str]] = {}
    for row in rows:
        if row.exports and (held := values.get(row.attribute)):
            out.setdefault(row.field, []).extend(held)
    return out

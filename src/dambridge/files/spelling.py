"""How values are handed to ExifTool: one JSON row, never options, in the names and codes that it writes without a loss.

A plain name would delete other languages, so the default has a name of its own; a PLUS code goes in bare, because ExifTool
puts its vocabulary before it; a date is held against the calendar here, because ExifTool writes a thirteenth month.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dambridge.files.reading import DATES, PLUS_VOCABULARY, Tag
from dambridge.ports.files import NotEmbedded

_CONTACT = "XMP-iptcCore:CreatorContactInfo"
_MEMBERS: Mapping[str, str] = {
    f"{_CONTACT}.CiAdrExtadr": "XMP-iptcCore:CreatorAddress",
    f"{_CONTACT}.CiAdrCity": "XMP-iptcCore:CreatorCity",
    f"{_CONTACT}.CiAdrRegion": "XMP-iptcCore:CreatorRegion",
    f"{_CONTACT}.CiAdrPcode": "XMP-iptcCore:CreatorPostalCode",
    f"{_CONTACT}.CiAdrCtry": "XMP-iptcCore:CreatorCountry",
    f"{_CONTACT}.CiEmailWork": "XMP-iptcCore:CreatorWorkEmail",
    f"{_CONTACT}.CiTelWork": "XMP-iptcCore:CreatorWorkTelephone",
    f"{_CONTACT}.CiUrlWork": "XMP-iptcCore:CreatorWorkURL",
}
"""Members of a structure that stands there once: written alone, they leave the others as they are."""
_NAMING: Mapping[str, str] = {
    "XMP-plus:Licensor": "LicensorName",
    "XMP-plus:CopyrightOwner": "CopyrightOwnerName",
    "XMP-iptcExt:AboutCvTerm": "CvTermName",
    "XMP-iptcExt:Genre": "CvTermName",
    "XMP-iptcExt:PersonInImageWDetails": "PersonName",
    "XMP-iptcExt:ProductInImage": "ProductName",
    "XMP-iptcExt:ArtworkOrObject": "AOTitle",
    "XMP-iptcExt:LocationCreated": "LocationName",
    "XMP-iptcExt:LocationShown": "LocationName",
    "XMP-iptcExt:Contributor": "Name",
    "XMP-iptcExt:RegistryID": "RegItemId",
    "XMP-iptcExt:EmbdEncRightsExpr": "EncRightsExpr",
    "XMP-iptcExt:LinkedEncRightsExpr": "LinkedRightsExpr",
    "XMP-plus:ImageCreator": "ImageCreatorName",
    "XMP-plus:ImageSupplier": "ImageSupplierName",
}
"""Structures that stand there several times, with the member that people know each by."""
_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T.*)?)?)?")


def row(tags: Mapping[str, Tag], standing: Mapping[str, Any]) -> dict[str, Any]:
    """ExifTool's JSON row for these tags. `standing` is its answer for the file as it is: a structure that keeps its name
    keeps whatever else it says. Raises `NotEmbedded` for a date that is none."""
    found: dict[str, Any] = {"SourceFile": "*"}
    members: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, value in tags.items():
        structure, _, member = name.partition(".")
        if structure in _NAMING and member:
            members.setdefault(structure, {})[member] = _items(value)
        elif isinstance(value, Mapping):
            found |= {f"{name}-{language}": text for language, text in value.items()}
        else:
            found |= _plain(name, value)
    for structure, columns in members.items():
        found[structure] = _structures(structure, columns, standing.get(structure))
    return found


def _plain(name: str, value: str | tuple[str, ...]) -> dict[str, Any]:
    if name in DATES:
        for text in _items(value):
            _calendar(name, text)
    name = _MEMBERS.get(name, name)
    if all(it.startswith(PLUS_VOCABULARY) for it in _items(value)) and value:
        codes = [it.removeprefix(PLUS_VOCABULARY) for it in _items(value)]
        return {f"{name}#": codes[0] if isinstance(value, str) else codes}
    return {name: list(value) if isinstance(value, tuple) else value}


def _calendar(name: str, text: str) -> None:
    found = _DAY.fullmatch(text)
    try:
        if found is not None:
            date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
            return
    except ValueError:
        pass
    raise NotEmbedded(f"{text[:40]!r} for {name} is no date of the calendar.")


def _structures(structure: str, columns: Mapping[str, tuple[str, ...]], standing: Any) -> list[dict[str, Any]]:
    """One structure for each name; those that stand there under that name go on with all that they say."""
    naming = _NAMING[structure]
    left = [it for it in standing if isinstance(it, Mapping)] if isinstance(standing, list) else []
    longest = max(map(len, columns.values()), default=0)
    names: Sequence[str] = columns.get(naming) or tuple(str(it.get(naming, "")) for it in left) or ("",) * longest
    made: list[dict[str, Any]] = []
    for place, name in enumerate(names):
        base = next((it for it in left if it.get(naming) == name), {})
        left = [it for it in left if it is not base]
        # ExifTool gave these values raw; so they go back, or it would look for them among its own words.
        built = _as_it_was(base) | ({f"{naming}#": name} if name else {})
        for member, texts in columns.items():
            if member != naming and len(texts) == len(names):
                built[f"{member}#"] = texts[place]
        made.append(built)
    return made


def _as_it_was(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {f"{member}#": _as_it_was(inner) for member, inner in value.items()}
    return [_as_it_was(it) for it in value] if isinstance(value, list) else value


def _items(value: Tag) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        return tuple(value.values())
    return (value,) if isinstance(value, str) else value

"""The IPTC record of a file: its attribute names (PS E17, E21), and what is read into it from embedded metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

FIELDS: Final = [
    "title",
    "headline",
    "caption",
    "caption_writer",
    "keywords",
    "author",
    "position",
    "credit",
    "source",
    "copyright",
    "rights",
    "instructions",
    "edit_status",
    "urgency",
    "category",
    "city",
    "state",
    "country",
    "country_iso",
    "location",
    "trans_ref",
    "web_statement",
    "genre",
    "scene",
    "subject_code",
    "ci_address",
    "ci_city",
    "ci_region",
    "ci_postal_code",
    "ci_country",
    "ci_email",
    "ci_phone",
    "ci_url",
]
"""Names of E17 and E21; `author` and `caption` are CONFIRMED, the rest INFERRED."""

LISTS: Final = frozenset({"keywords"})

_XMP: Final = {
    "title": "dc:title",
    "headline": "photoshop:Headline",
    "caption": "dc:description",
    "caption_writer": "photoshop:CaptionWriter",
    "keywords": "dc:subject",
    "author": "dc:creator",
    "position": "photoshop:AuthorsPosition",
    "credit": "photoshop:Credit",
    "source": "photoshop:Source",
    "copyright": "dc:rights",
    "rights": "xmpRights:UsageTerms",
    "instructions": "photoshop:Instructions",
    "urgency": "photoshop:Urgency",
    "category": "photoshop:Category",
    "city": "photoshop:City",
    "state": "photoshop:State",
    "country": "photoshop:Country",
    "country_iso": "Iptc4xmpCore:CountryCode",
    "location": "Iptc4xmpCore:Location",
    "trans_ref": "photoshop:TransmissionReference",
    "web_statement": "xmpRights:WebStatement",
    "genre": "Iptc4xmpCore:IntellectualGenre",
    "scene": "Iptc4xmpCore:Scene",
    "subject_code": "Iptc4xmpCore:SubjectCode",
}
_CONTACT: Final = {
    "ci_address": "CiAdrExtadr",
    "ci_city": "CiAdrCity",
    "ci_region": "CiAdrRegion",
    "ci_postal_code": "CiAdrPcode",
    "ci_country": "CiAdrCtry",
    "ci_email": "CiEmailWork",
    "ci_phone": "CiTelWork",
    "ci_url": "CiUrlWork",
}
_IIM: Final = {
    "title": "2:05",
    "headline": "2:105",
    "caption": "2:120",
    "caption_writer": "2:122",
    "keywords": "2:25",
    "author": "2:80",
    "position": "2:85",
    "credit": "2:110",
    "source": "2:115",
    "copyright": "2:116",
    "instructions": "2:40",
    "edit_status": "2:07",
    "urgency": "2:10",
    "category": "2:15",
    "city": "2:90",
    "state": "2:95",
    "country": "2:101",
    "country_iso": "2:100",
    "location": "2:92",
    "trans_ref": "2:103",
    "genre": "2:04",
    "subject_code": "2:12",
}
_EXIF: Final = {"caption": "ImageDescription", "author": "Artist", "copyright": "Copyright"}


def record_from_embedded(
    xmp: Mapping[str, Any], iim: Mapping[str, Any], exif: Mapping[str, Any]
) -> dict[str, str | list[str]]:
    """Return the IPTC record that a file brings: XMP wins over IIM, IIM over Exif; absent fields stay out."""
    record: dict[str, str | list[str]] = {}
    for name in FIELDS:
        found = _xmp_value(name, xmp)
        if found in ("", []):
            found = _shaped(name, iim.get(_IIM.get(name, "")))
        if found in ("", []) and name in _EXIF:
            found = _shaped(name, exif.get(_EXIF[name]))
        if found not in ("", []):
            record[name] = found
    return record


def _xmp_value(name: str, xmp: Mapping[str, Any]) -> str | list[str]:
    if name in _CONTACT:
        contact = xmp.get("Iptc4xmpCore:CreatorContactInfo")
        if not isinstance(contact, Mapping):
            return ""
        member = _CONTACT[name]
        return _shaped(name, contact.get(f"Iptc4xmpCore:{member}", contact.get(member)))
    return _shaped(name, xmp.get(_XMP.get(name, "")))


def _shaped(name: str, value: Any) -> str | list[str]:
    """Give a value the shape of its field: a list of texts for keywords, one text for all others."""
    texts = _texts(value)
    if name in LISTS:
        return texts
    return ", ".join(texts)


def _texts(value: Any) -> list[str]:
    match value:
        case None:
            return []
        case str():
            return [value.strip()] if value.strip() else []
        case Mapping():  # a language alternative: the default language, else the first
            return _texts(value.get("x-default", next(iter(value.values()), None)))
        case Sequence():
            return [text for item in value for text in _texts(item)]
    return [str(value)]


def normal_value(name: str, value: Any) -> str | list[str] | None:
    """Bring a value that a person or a client sets into stored form; None clears. Keywords may be comma text or a list.

    Raises `ValueError` for what is neither text nor, for keywords, a list of texts.
    """
    if value == []:
        return None
    if isinstance(value, list | tuple) and name in LISTS:
        parts = [_single(name, part) for part in value]
    else:
        text = _single(name, value)
        if name not in LISTS:
            return text if text.strip() else None
        parts = text.split(",")
    return [part.strip() for part in parts if part.strip()] or None


def _single(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | int | float | str):
        return str(value)
    raise ValueError(f"{name} must be a text" + (", or a list of texts" if name in LISTS else ""))


def merged(record: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `record` with `changes` applied; names that are no IPTC attribute are left out, as unknown ones are.

    Raises as `normal_value` does.
    """
    result = dict(record)
    for name, value in changes.items():
        if name not in FIELDS:
            continue
        stored = normal_value(name, value)
        if stored is None:
            result.pop(name, None)
        else:
            result[name] = stored
    return result


def attributes(record: Mapping[str, Any], keywords_form: str) -> dict[str, Any]:
    """Return the attributes of E21: every name, null where there is nothing. Keywords as text or list (unknown: a switch)."""
    shown: dict[str, Any] = {name: record.get(name) for name in FIELDS}
    keywords = shown["keywords"]
    if keywords is not None and keywords_form == "text":
        shown["keywords"] = ", ".join(keywords)
    return shown

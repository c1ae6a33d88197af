"""What stands inside a file, as canonical fields: XMP before IIM before Exif.

A cut IIM value never wins over a longer XMP one, because XMP comes first. `edit_status` is left out: an approval never
comes from a value that arrived inside an upload.
"""

from __future__ import annotations

from collections.abc import Mapping

from dambridge.mapping.fields import FIELDS, Field, Kind
from dambridge.mapping.normal import is_absent
from dambridge.mapping.values import Unreadable, canonical_value
from dambridge.model.lifecycle import status_in
from dambridge.model.records import EmbeddedMetadata
from dambridge.model.values import DEFAULT_LANGUAGE, DateValue, FieldName, Fields, LangAlt, Value

NEVER_FROM_A_FILE = frozenset({FieldName("edit_status")})
_TIMES = {
    "IPTC:DateCreated": "IPTC:TimeCreated",
    "IPTC:ReleaseDate": "IPTC:ReleaseTime",
    "IPTC:ExpirationDate": "IPTC:ExpirationTime",
}
ALSO_READ = {
    "embargo_until": ("XMP-prism:EmbargoDate",),
    "expires_at": (
        "XMP-prism:ExpirationDate",
        *("XMP-prism:OffSaleDate", "XMP-prism:OffSaleDate.Date", "XMP-prism:KillDate", "XMP-prism:KillDate.Date"),
    ),
}
_STATUS_TAGS = frozenset({"IPTC:EditStatus", "XMP-xmp:Rating"})
_JOINED = frozenset({"IFD0:Artist", "IFD0:XPKeywords"})
"""Exif's places for one text that holds several, with semicolons between them."""
Tag = str | tuple[str, ...] | Mapping[str, str]


def status_words(embedded: EmbeddedMetadata) -> tuple[str, ...]:
    """What stands inside a file and could be taken for a status: its edit status, its rating, and whatever is one of our words.
    A value that a file brought along is nobody's decision."""
    found: set[str] = set()
    for name, tag in embedded.tags.items():
        texts = (tag,) if isinstance(tag, str) else tag if isinstance(tag, tuple) else tuple(tag.values())
        found |= {it.strip() for it in texts if name in _STATUS_TAGS or status_in(it) is not None}
    return tuple(sorted(found - {""}))


def embedded_fields(embedded: EmbeddedMetadata) -> Fields:
    """The canonical fields that the file itself names. What cannot be read as its field's kind is left out."""
    found: dict[FieldName, Value] = {}
    for name, field in FIELDS.items():
        if name in NEVER_FROM_A_FILE:
            continue
        value = _careful_date(name, field, embedded.tags) if name in ALSO_READ else _first(field, embedded.tags)
        if value is not None and not is_absent(value):
            found[name] = value
    return found


def _first(field: Field, tags: Mapping[str, Tag]) -> Value | None:
    for home in (field.xmp, field.iim, field.exif):
        value = _value(field, home, tags) if home else None
        if value is not None and not is_absent(value):
            return value
    return None


def _value(field: Field, home: str, tags: Mapping[str, Tag]) -> Value | None:
    tag = tags.get(home)
    if tag is None:
        return None
    if isinstance(tag, Mapping):
        texts = {language: text for language, text in tag.items() if text.strip()}
        if not texts:
            return None
        if field.kind is Kind.LANG:
            return LangAlt.of(texts)
        tag = texts.get(DEFAULT_LANGUAGE) or next(iter(texts.values()))
    if field.kind is Kind.DATE and isinstance(tag, str):
        tag = _with_time(home, tag, tags)
    try:
        return canonical_value(field.name, tag, separator=";" if home in _JOINED else None)[0]
    except Unreadable:
        return None


def _with_time(home: str, day: str, tags: Mapping[str, Tag]) -> str:
    """The full instant where date, time and offset stand in tags of their own."""
    if home == "ExifIFD:DateTimeOriginal":
        fraction, offset = tags.get("ExifIFD:SubSecTimeOriginal"), tags.get("ExifIFD:OffsetTimeOriginal")
        spelled = f"{day}.{fraction.strip()}" if isinstance(fraction, str) and fraction.strip().isdigit() else day
        spelled = day if "." in day else spelled
        return f"{spelled}{offset.strip()}" if isinstance(offset, str) and not day.endswith("Z") else spelled
    time = tags.get(_TIMES.get(home, ""))
    return f"{day}T{time}" if isinstance(time, str) and len(day) == 10 else day


def _careful_date(name: FieldName, field: Field, tags: Mapping[str, Tag]) -> DateValue | None:
    """Of several dates the careful one: an embargo ends with the latest, a licence with the earliest."""
    dates: list[DateValue] = []
    for home in (field.xmp, field.iim, *ALSO_READ[name]):
        tag = tags.get(home)
        for text in tag if isinstance(tag, tuple) else (tag,):
            if not isinstance(text, str):
                continue
            value = _value(field, home, {**tags, home: text})
            if isinstance(value, DateValue):
                dates.append(value)
    if not dates:
        return None
    pick = max if name == "embargo_until" else min
    return pick(dates, key=lambda it: it.iso)


def settled_by_file(fields: Fields, filled: Fields) -> Fields:
    """Lists of `fields` that came apart at commas, put together again as they stand in the file.

    A system that shows a list as one comma text cannot say whether a comma stands within a term or between two. Where
    the file's own list gives the same text, the file knows better; where it does not, people edited the list since."""
    whole: dict[FieldName, Value] = {}
    for name, value in fields.items():
        inside = filled.get(name)
        if (
            isinstance(value, tuple)
            and isinstance(inside, tuple)
            and value != inside
            and _as_commas(value) == _as_commas(inside)
        ):
            whole[name] = inside
    return whole


def _as_commas(texts: tuple[str, ...]) -> list[str]:
    return [piece.strip() for text in texts for piece in text.split(",") if piece.strip()]

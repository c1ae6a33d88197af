"""Where XMP, IIM and Exif of one file contradict each other. All three are kept; this names the fields that differ.

A value that is only the other one cut at its IIM limit is no contradiction; nor are other spellings of the same text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dambridge.files.iim import COUNTRY_CODE, LIMITS
from dambridge.mapping.countries import country_code

Tag = str | tuple[str, ...] | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Homes:
    """The places where one canonical field may stand."""

    xmp: str
    iim: str = ""
    exif: str = ""


HOMES: Mapping[str, Homes] = {
    "title": Homes("XMP-dc:Title", "ObjectName"),
    "headline": Homes("XMP-photoshop:Headline", "Headline"),
    "description": Homes("XMP-dc:Description", "Caption-Abstract", "IFD0:ImageDescription"),
    "description_writer": Homes("XMP-photoshop:CaptionWriter", "Writer-Editor"),
    "keywords": Homes("XMP-dc:Subject", "Keywords"),
    "creator": Homes("XMP-dc:Creator", "By-line", "IFD0:Artist"),
    "creator_job_title": Homes("XMP-photoshop:AuthorsPosition", "By-lineTitle"),
    "credit": Homes("XMP-photoshop:Credit", "Credit"),
    "source": Homes("XMP-photoshop:Source", "Source"),
    "copyright_notice": Homes("XMP-dc:Rights", "CopyrightNotice", "IFD0:Copyright"),
    "instructions": Homes("XMP-photoshop:Instructions", "SpecialInstructions"),
    "job_id": Homes("XMP-photoshop:TransmissionReference", "OriginalTransmissionReference"),
    "sublocation": Homes("XMP-iptcCore:Location", "Sub-location"),
    "city": Homes("XMP-photoshop:City", "City"),
    "state": Homes("XMP-photoshop:State", "Province-State"),
    "country": Homes("XMP-photoshop:Country", "Country-PrimaryLocationName"),
    "country_code": Homes("XMP-iptcCore:CountryCode", "Country-PrimaryLocationCode"),
    "genre_legacy": Homes("XMP-iptcCore:IntellectualGenre", "ObjectAttributeReference"),
    "subject_code": Homes("XMP-iptcCore:SubjectCode", "SubjectReference"),
    "category": Homes("XMP-photoshop:Category", "Category"),
    "supp_categories": Homes("XMP-photoshop:SupplementalCategories", "SupplementalCategories"),
    "urgency": Homes("XMP-photoshop:Urgency", "Urgency"),
}

DATE_HOMES: Mapping[str, Homes] = {
    "date_created": Homes("XMP-photoshop:DateCreated", "DateCreated", "ExifIFD:DateTimeOriginal"),
    "embargo_until": Homes("XMP-pur:EmbargoDate", "ReleaseDate"),
    "expires_at": Homes("XMP-pur:ExpirationDate", "ExpirationDate"),
}


def disagreements(tags: Mapping[str, Tag]) -> tuple[str, ...]:
    """Canonical names whose homes hold different values, sorted."""
    found = [name for name, homes in HOMES.items() if _differs(homes, tags)]
    found += [name for name, homes in DATE_HOMES.items() if _dates_differ(homes, tags)]
    return tuple(sorted(found))


def _differs(homes: Homes, tags: Mapping[str, Tag]) -> bool:
    xmp = _texts(tags.get(homes.xmp))
    iim = _texts(tags.get(f"IPTC:{homes.iim}"))
    exif = _texts(tags.get(homes.exif))
    if homes.iim == COUNTRY_CODE:
        xmp, iim = (tuple(map(country_code, it)) for it in (xmp, iim))
    limit = LIMITS.get(homes.iim, 0)
    if xmp and iim and not _alike(xmp, iim, lambda a, b: _is_cut(a, b, limit)):
        return True
    leading = xmp or iim
    if not leading or not exif:
        return False
    joined = ("; ".join(leading),) if len(exif) == 1 else leading
    return not _alike(joined, exif, lambda a, b: not xmp and _is_cut(b, a, limit))


def _alike(one: tuple[str, ...], other: tuple[str, ...], cut: Callable[[str, str], bool]) -> bool:
    if len(one) == 1 or len(other) == 1:
        return len(one) == len(other) and (one == other or cut(one[0], other[0]))
    first, second = sorted(one), sorted(other)
    return len(first) == len(second) and all(a == b or cut(a, b) for a, b in zip(first, second, strict=True))


def _is_cut(whole: str, part: str, limit: int) -> bool:
    """True when `part` is what is left of `whole` within `limit` bytes, cut between or within characters."""
    return bool(limit) and len(part) < len(whole) and whole.startswith(part) and len(whole.encode()) > limit - 4


def _dates_differ(homes: Homes, tags: Mapping[str, Tag]) -> bool:
    day = _first(tags.get(f"IPTC:{homes.iim}"))
    time = _first(tags.get(f"IPTC:{homes.iim.replace('Date', 'Time')}"))
    dates = [_first(tags.get(homes.xmp)), f"{day}T{time}" if day and time else day, _first(tags.get(homes.exif))]
    walls = [_wall_clock(it) for it in dates if it]
    # The coarser precision decides, and offsets may be missing: wall clocks are compared as far as both go.
    return any(not a.startswith(b) and not b.startswith(a) for a in walls for b in walls)


def _wall_clock(iso: str) -> str:
    day, _, time = iso.partition("T")
    clock = time.replace("Z", "").split("+")[0].split("-")[0].split(".")[0]
    return f"{day}T{clock}" if clock else day


def _texts(value: Tag | None) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, Mapping):
        default = value.get("x-default") or next(iter(value.values()), "")
        return (_plain(default),) if default.strip() else ()
    items = (value,) if isinstance(value, str) else value
    return tuple(_plain(it) for it in items if it.strip())


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).rstrip()


def _first(value: Tag | None) -> str:
    texts = _texts(value)
    return texts[0] if texts else ""

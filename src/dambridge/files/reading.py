"""From ExifTool's JSON to `EmbeddedMetadata`: one spelling for dates, codes and languages; disagreements named."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from dambridge.files.disagreement import disagreements
from dambridge.files.iim import parse_iim
from dambridge.files.kinds import Kind
from dambridge.model.records import EmbeddedMetadata, MediaType

Tag = str | tuple[str, ...] | Mapping[str, str]

_GROUPS = frozenset(
    {
        *(
            f"XMP-{it}"
            for it in ("dc", "photoshop", "xmp", "xmpRights", "iptcCore", "iptcExt", "plus", "prism", "pur", "cc")
        ),
        *("IFD0", "ExifIFD", "JUMBF"),
    }
)
"""What is kept. All of XMP is asked for, because naming its groups one by one takes ExifTool half as long again."""

ARGUMENTS = (
    "-j",
    "-G1",
    "-struct",
    "-n",
    "-api",
    "StructFormat=JSONQ",
    "-api",
    "LargeFileSupport=1",
    "-b",
    "-IPTC",
    "-XMP:all",
    "--XMP-xmp:ThumbnailImage",
    "-IFD0:ImageDescription",
    "-IFD0:Artist",
    "-IFD0:Copyright",
    "-IFD0:XPKeywords",
    "-IFD0:Orientation",
    "-ExifIFD:DateTimeOriginal",
    "-ExifIFD:SubSecTimeOriginal",
    "-ExifIFD:OffsetTimeOriginal",
    "-ExifIFD:ImageUniqueID",
    "-JUMBF:JUMDLabel",
    "-Photoshop:IPTCDigest",
    "-File:MIMEType",
    "-File:FileType",
    "-ExifTool:Error",
    "-ExifTool:Warning",
)
"""What is asked of each file. Without side-car, without thumbnails, without camera settings: what a mapping can use."""

_RAW_IIM = "IPTC:IPTC"
_EXIF_DATE = re.compile(r"(\d{4})(?::(\d\d)(?::(\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|[+-]\d\d:\d\d)?)?)?)?")
DATES = frozenset(
    {
        "XMP-photoshop:DateCreated",
        "XMP-xmp:CreateDate",
        "XMP-xmp:ModifyDate",
        "XMP-xmp:MetadataDate",
        "XMP-pur:EmbargoDate",
        "XMP-pur:ExpirationDate",
        "XMP-pur:ExclusivityEndDate",
        "XMP-pur:OptionEndDate",
        "XMP-prism:EmbargoDate",
        "XMP-prism:ExpirationDate",
        *("XMP-prism:OffSaleDate", "XMP-prism:OffSaleDate.Date", "XMP-prism:KillDate", "XMP-prism:KillDate.Date"),
        "XMP-plus:LicenseStartDate",
        "XMP-plus:LicenseEndDate",
        "ExifIFD:DateTimeOriginal",
    }
)
_IIM_DATES = frozenset({"IPTC:DateCreated", "IPTC:ReleaseDate", "IPTC:ExpirationDate"})
_IIM_CODES = {
    "IPTC:SubjectReference": re.compile(r"[^:]*:(\d{8}):.*", re.DOTALL),
    "IPTC:ObjectAttributeReference": re.compile(r"\d{3}:(.*)", re.DOTALL),
}
"""Where the block has a number or a provider around what XMP has alone (`IPR:06005000:name:matter:detail`, `001:Current`)."""
_IIM_TIMES = frozenset({"IPTC:TimeCreated", "IPTC:ReleaseTime", "IPTC:ExpirationTime"})
_PLUS_CODE = re.compile(r"(?:MR|PR|AG|DMI|CS|CR|AL|DP|IF|RE|LI)-[A-Z0-9]+(?:-[A-Z0-9]+)*")
PLUS_VOCABULARY = "http://ns.useplus.org/ldf/vocab/"
_LANGUAGE = re.compile(r"(XMP-[A-Za-z]+:[A-Za-z0-9.]+)-([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*|x-[A-Za-z0-9-]+)")
"""ExifTool hangs a language onto the name; of its names of XMP no other one has a hyphen."""
_LANGUAGE_TAGS = frozenset(
    {
        "XMP-dc:Title",
        "XMP-dc:Description",
        "XMP-dc:Rights",
        "XMP-xmpRights:UsageTerms",
        "XMP-iptcCore:AltTextAccessibility",
        "XMP-iptcCore:ExtDescrAccessibility",
        "XMP-iptcExt:Event",
        "XMP-plus:OtherConstraints",
        "XMP-plus:TermsAndConditionsText",
        "XMP-plus:OtherConditions",
        "XMP-plus:OtherLicenseRequirements",
        "XMP-plus:LicensorNotes",
        "XMP-plus:MediaConstraints",
        "XMP-plus:RegionConstraints",
        "XMP-plus:ProductOrServiceConstraints",
        "XMP-pur:Copyright",
    }
)


def metadata_from(answer: Mapping[str, Any], kind: Kind, *, oddities: tuple[str, ...] = ()) -> EmbeddedMetadata:
    """Make the record of what stands inside. `answer` is ExifTool's object (empty for a file it was not asked about)."""
    raw = raw_block(answer)
    block = parse_iim(raw) if raw is not None else None
    tags: dict[str, Tag] = {}
    for name, value in answer.items():
        group = name.partition(":")[0]
        if group in _GROUPS:
            _take(tags, name, value)
    for name, value in block.values.items() if block is not None else ():
        tags[f"IPTC:{name}"] = _iim_value(f"IPTC:{name}", value)
    said = [str(answer[it]) for it in ("ExifTool:Error", "ExifTool:Warning") if answer.get(it)]
    return EmbeddedMetadata(
        mime_type=_mime_type(answer, kind),
        media_type=kind.media_type,
        tags=tags,
        disagreements=disagreements(tags),
        warnings=(
            *oddities,
            *said,
            *(block.warnings if block is not None else ()),
            *(_late_edit(answer, raw) if raw is not None else ()),
        ),
        guessed_charset=block is not None and block.guessed,
    )


def _mime_type(answer: Mapping[str, Any], kind: Kind) -> str:
    """ExifTool knows the finer names of raw formats; for all else the content decided already."""
    said = answer.get("File:MIMEType")
    return str(said) if said and kind.media_type is MediaType.RAW else kind.mime_type


def raw_block(answer: Mapping[str, Any]) -> bytes | None:
    """The old IPTC block as it stands in the file; None where there is none."""
    value = answer.get(_RAW_IIM)
    if not isinstance(value, str):
        return None
    if not value.startswith("base64:"):
        return value.encode()
    try:
        return base64.b64decode(value.removeprefix("base64:"), validate=False)
    except binascii.Error:
        return None


def _late_edit(answer: Mapping[str, Any], block: bytes) -> tuple[str, ...]:
    """Software that knows XMP leaves the block's digest behind; another one tells of software that does not (8BIM 0x0425)."""
    digest = answer.get("Photoshop:IPTCDigest")
    spellings = {hashlib.md5(it, usedforsecurity=False).hexdigest() for it in (block, block.rstrip(b"\0"))}
    if not isinstance(digest, str) or digest in spellings or digest.strip("0") == "":
        return ()
    return ("the IPTC block was edited later by software that does not know XMP",)


def _take(tags: dict[str, Tag], name: str, value: object) -> None:
    """Put one of ExifTool's members where it belongs: languages become one map, structures dotted names."""
    if isinstance(value, Mapping):
        for member, inner in value.items():
            _take(tags, f"{name}.{member}", inner)
        return
    if isinstance(value, list) and any(isinstance(it, Mapping) for it in value):
        tags.update(_columns(name, value))
        return
    if isinstance(value, list):
        texts = tuple(_spelled(name, _text(it)) for it in value)
        if any(it.strip() for it in texts):
            tags[name] = texts
        return
    text = _spelled(name, _text(value))
    base, language = _language(name)
    if base in _LANGUAGE_TAGS or base != name:
        before = tags.get(base)
        languages = before if isinstance(before, Mapping) else {"x-default": before} if isinstance(before, str) else {}
        tags[base] = {**languages, language: text}
    elif text.strip():
        tags[name] = text


def _columns(name: str, items: list[object]) -> dict[str, Tag]:
    """A list of structures as one list for each member, blank where a structure lacks it: the same place in two lists is the
    same structure."""
    rows: list[dict[str, Tag]] = []
    for it in items:
        row: dict[str, Tag] = {}
        for member, inner in it.items() if isinstance(it, Mapping) else ():
            if isinstance(inner, list | Mapping):
                _take(row, f"{name}.{member}", inner)
            else:
                row[f"{name}.{member}"] = _spelled(f"{name}.{member}", _text(inner))
        rows.append(row)
    members = dict.fromkeys(member for row in rows for member in row)
    return {member: tuple(_text(_flat(row.get(member, ""))) for row in rows) for member in members}


def _flat(value: Tag) -> object:
    if isinstance(value, Mapping):
        return value.get("x-default") or next(iter(value.values()), "")
    return list(value) if isinstance(value, tuple) else value


def _language(name: str) -> tuple[str, str]:
    found = _LANGUAGE.fullmatch(name)
    return (found[1], found[2]) if found else (name, "x-default")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, list):
        return "; ".join(_text(it) for it in value)
    return _decoded(value) if isinstance(value, str) else str(value)


def _decoded(text: str) -> str:
    """Undo ExifTool's base64 of texts that are not UTF-8 (they come as `base64:` under `-b`)."""
    if not text.startswith("base64:"):
        return text
    try:
        raw = base64.b64decode(text.removeprefix("base64:"), validate=True)
    except binascii.Error:
        return text
    return raw.decode("cp1252", "replace")


def _spelled(name: str, text: str) -> str:
    if name.partition("-x-default")[0] in DATES:
        return iso_date(text) or text
    if name.startswith("XMP-plus:") and _PLUS_CODE.fullmatch(text):
        return PLUS_VOCABULARY + text
    return text


def iso_date(text: str) -> str | None:
    """ExifTool's `YYYY:MM:DD hh:mm:ss±hh:mm` of any precision as ISO 8601; None for anything else (blank, zeros)."""
    found = _EXIF_DATE.fullmatch(text.strip())
    if found is None or found[1] == "0000" or "00" in {found[2], found[3]}:
        return None
    year, month, day, time, offset = found.groups()
    spelled = "-".join(it for it in (year, month, day) if it)
    return f"{spelled}T{time}{offset or ''}" if time else spelled


def _iim_value(name: str, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    if name in _IIM_CODES:
        texts = (value,) if isinstance(value, str) else value
        return tuple(found[1] if (found := _IIM_CODES[name].fullmatch(it)) else it for it in texts)
    if isinstance(value, tuple):
        return value
    if name in _IIM_DATES and (found := re.fullmatch(r"(\d{4})(\d\d)(\d\d)", value)):
        return "-".join(it for it in found.groups() if it != "00")
    if name in _IIM_TIMES and (found := re.fullmatch(r"(\d\d)(\d\d)(\d\d)(?:([+-]\d\d)(\d\d))?", value)):
        return f"{found[1]}:{found[2]}:{found[3]}" + (f"{found[4]}:{found[5]}" if found[4] else "")
    return value

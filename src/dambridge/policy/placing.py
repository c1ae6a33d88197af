"""Where an asset goes and what it is called there: templates over the record, every segment cleaned."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import PurePosixPath

from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord
from dambridge.model.values import DateValue, FieldName, LangAlt

VARIABLE = re.compile(r"\{([^{}]*)\}")
BUILT_IN = frozenset({"year", "month", "day", "gallery", "gallery_path", "media_type"})
FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
LONGEST_SEGMENT = 100
"""Characters of one folder name; galleries have the same limit (PS E10, CONFIRMED-2019), NetX's is not known."""
LONGEST_NAME = 255
"""Bytes of a file name (PS section 8, CONFIRMED as product behaviour: longer ones are refused)."""


def needs_galleries(template: str) -> bool:
    return any(it in {"gallery", "gallery_path"} for it in VARIABLE.findall(template))


def template_mistakes(template: str, known: frozenset[str]) -> list[str]:
    """What is wrong with a folder template, in sentences; none means it can be used."""
    found = [
        f"{{{name}}} is no variable; known are {', '.join(sorted(BUILT_IN))} and field names such as {{city}}"
        for name in VARIABLE.findall(template)
        if name not in BUILT_IN and name not in known and not name.startswith("custom:")
    ]
    if not template.strip("/ "):
        found.append("the folder must not be empty")
    if re.search(r"[{}]", VARIABLE.sub("", template)):
        found.append("a brace is not closed")
    return found


def folder_for(record: AssetRecord, template: str, *, selects: Callable[[str], bool]) -> str | Reason:
    """The folder path for a record, no leading slash; a reason where a variable has no value.

    Dates are those of `date_created` where the system shows it, else of the upload. The gallery is the first by name
    among those that the policy selects."""
    segments: list[str] = []
    for part in template.strip("/").split("/"):
        for name in VARIABLE.findall(part):
            if not _value(record, name, selects):
                return Reason.of(Code.PATH_INVALID, template=template, variable=name)
        if part == "{gallery_path}":
            segments += [clean_segment(it) for it in _value(record, "gallery_path", selects).split("/")]
            continue
        filled = VARIABLE.sub(lambda found: _value(record, found[1], selects), part)
        segments.append(clean_segment(filled))
    if not all(segments):
        return Reason.of(Code.PATH_INVALID, template=template, variable="(an empty folder name)")
    return "/".join(segments)


def _value(record: AssetRecord, name: str, selects: Callable[[str], bool]) -> str:
    match name:
        case "year" | "month" | "day":
            return _date_part(record, name)
        case "gallery" | "gallery_path":
            paths = sorted(it.path for it in record.containers if selects(it.path))
            path = paths[0] if paths else ""
            return path if name == "gallery_path" else path.rsplit("/", 1)[-1]
        case "media_type":
            return str(record.media_type)
    value = record.fields.get(FieldName(name))
    match value:
        case None:
            return ""
        case LangAlt():
            return value.default
        case DateValue():
            return value.iso[:10]
        case tuple():
            return value[0]
        case _:
            return str(value)


def _date_part(record: AssetRecord, part: str) -> str:
    created = record.fields.get(FieldName("date_created"))
    iso = created.iso if isinstance(created, DateValue) else record.created_at.isoformat() if record.created_at else ""
    return {"year": iso[0:4], "month": iso[5:7], "day": iso[8:10]}[part]


def clean_segment(text: str) -> str:
    """A folder name that no system stumbles over: composed, without separators and controls, not ending in dot or space."""
    cleaned = FORBIDDEN.sub("-", unicodedata.normalize("NFC", text)).strip().rstrip(". ")
    return cleaned[:LONGEST_SEGMENT].rstrip(". ")


def file_name_for(record: AssetRecord) -> str | Reason:
    """The source's file name, as it is where that can be, shortened before the suffix where it is too long."""
    name = FORBIDDEN.sub("-", record.file_name).strip()
    if not name.strip(". "):
        return Reason.of(Code.NAME_INVALID, name=record.file_name)
    if len(name.encode()) <= LONGEST_NAME:
        return name
    path = PurePosixPath(name)
    room = LONGEST_NAME - len(path.suffix.encode())
    return path.stem.encode()[:room].decode(errors="ignore") + path.suffix


def name_for(record: AssetRecord) -> str:
    """What people see as the asset's name: its title, else the file name without its suffix."""
    title = record.fields.get(FieldName("title"))
    text = title.default if isinstance(title, LangAlt) else title if isinstance(title, str) else ""
    return text.strip() or PurePosixPath(record.file_name).stem

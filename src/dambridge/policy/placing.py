"""Where an asset goes and what it is called there: templates over the record, every segment cleaned."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import PurePosixPath

from dambridge.model.identity import RemoteId
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord
from dambridge.model.values import DateValue, FieldName, Fields, LangAlt

VARIABLE = re.compile(r"\{([^{}]*)\}")
BUILT_IN = frozenset({"year", "month", "day", "gallery", "gallery_path", "media_type"})
FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
OPEN_DATE = re.compile(r"\{(year|month|day)\|([^{}]*)\}")
"""A date variable whose value the file may know: `{year|2026}`, with what holds when it does not."""
BY_ID = re.compile(r"id:(\d+)")
"""A folder by its number and not by its path: no path can be read so, for names lose their colons."""
LONGEST_SEGMENT = 100
"""Characters of one folder name; galleries have the same limit (PS E10, CONFIRMED-2019), NetX's is not known."""
LONGEST_SUFFIX = 32
"""Bytes of what may count as a suffix; a longer one is cut like any other text."""
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

    Dates are those of `date_created`. Where the system does not show it, the file may: then the variable stays open as
    `{year|2026}` with the date of the upload behind the bar, and `settled_folder` closes it. The gallery is the first
    by name among those that the policy selects."""
    if BY_ID.fullmatch(template):
        return template
    segments: list[str] = []
    for part in template.strip("/").split("/"):
        for name in VARIABLE.findall(part):
            if not value_of(record, name, selects):
                return Reason.of(Code.PATH_INVALID, template=template, variable=name)
        if part == "{gallery_path}":
            segments += [clean_segment(it) for it in value_of(record, "gallery_path", selects).split("/")]
            continue
        segments.append(_segment(record, part, selects))
    if not all(segments):
        return Reason.of(Code.PATH_INVALID, template=template, variable="(an empty folder name)")
    return "/".join(segments)


def folder_id(folder: str) -> RemoteId | None:
    """The folder's id where it is named by it; None for a path."""
    found = BY_ID.fullmatch(folder)
    return RemoteId(found[1]) if found else None


def _segment(record: AssetRecord, part: str, selects: Callable[[str], bool]) -> str:
    """One folder name with its variables filled in; open dates are put in last, so that cleaning leaves them alone."""
    open_dates: list[str] = []

    def fill(found: re.Match[str]) -> str:
        value = value_of(record, found[1], selects)
        if found[1] not in {"year", "month", "day"} or FieldName("date_created") in record.fields:
            return value.replace("{", "(").replace("}", ")")
        open_dates.append(f"{{{found[1]}|{value}}}")
        return f"{{{len(open_dates) - 1}}}"

    cleaned = clean_segment(VARIABLE.sub(fill, part))
    return re.sub(r"\{(\d+)\}", lambda it: open_dates[int(it[1])], cleaned)


def settled_folder(folder: str, filled: Fields) -> str:
    """The folder with its open dates closed: by the date inside the file, else by the one behind the bar."""
    created = filled.get(FieldName("date_created"))

    def close(found: re.Match[str]) -> str:
        piece = date_piece(created.iso, found[1]) if isinstance(created, DateValue) else ""
        return piece or found[2]

    return OPEN_DATE.sub(close, folder)


def date_piece(iso: str, part: str) -> str:
    return {"year": iso[0:4], "month": iso[5:7], "day": iso[8:10]}[part]


def value_of(record: AssetRecord, name: str, selects: Callable[[str], bool]) -> str:
    """The text that a variable of a template stands for; empty where there is none."""
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
    return date_piece(iso, part)


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
    suffix = path.suffix if len(path.suffix.encode()) <= LONGEST_SUFFIX else ""
    stem = name.removesuffix(suffix) if suffix else name
    return stem.encode()[: LONGEST_NAME - len(suffix.encode())].decode(errors="ignore") + suffix


def name_for(record: AssetRecord) -> str:
    """What people see as the asset's name: its title, else the file name without its suffix."""
    title = record.fields.get(FieldName("title"))
    text = title.default if isinstance(title, LangAlt) else title if isinstance(title, str) else ""
    return text.strip() or PurePosixPath(record.file_name).stem

"""File names made by a template, with counters that a store hands out: `{job_id}_{counter:4}` becomes `HB-26_0042.jpg`.

Planning leaves the counter open, because a plan that is never applied must use up no number; `numbered` closes it. Open
parts stand in `<…>`, which no file name has: both characters are replaced in everything that comes from an asset. Numbers
are counted per series: all that stands in the name beside the number, without the file's suffix.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord
from dambridge.model.values import DateValue, FieldName, Fields
from dambridge.policy.placing import (
    FORBIDDEN,
    LONGEST_NAME,
    LONGEST_SUFFIX,
    VARIABLE,
    date_piece,
    template_mistakes,
    value_of,
)

COUNTER = re.compile(r"\{counter(?::([1-9]))?\}")
ROOM_FOR_A_NUMBER = 20
"""Bytes kept free for a number and for what an open date may become."""
_OPEN_COUNTER = re.compile(r"<counter(?::([1-9]))?>")
_OPEN_DATE = re.compile(r"<(year|month|day)\|([^<>]*)>")
_STEM = "stem"


def name_mistakes(template: str, known: frozenset[str]) -> list[str]:
    """What is wrong with a template for file names, in sentences."""
    plain = COUNTER.sub("0", template)
    found = [it for it in template_mistakes(plain, known | {_STEM}) if "folder must not" not in it]
    if not template.strip():
        found.append("the name must not be empty")
    if "/" in template:
        found.append("a file name has no slash")
    if len(COUNTER.findall(template)) > 1:
        found.append("a name has one counter")
    if not VARIABLE.search(template):
        found.append("every file would have the same name; put {stem}, {counter} or a field in it")
    return found


def name_by(record: AssetRecord, template: str, *, selects: Callable[[str], bool]) -> str | Reason:
    """The file name for a record, the counter and the dates that the file may know left open; the suffix is the source's."""
    path = PurePosixPath(record.file_name)
    suffix = _clean(path.suffix) if len(path.suffix.encode()) <= LONGEST_SUFFIX else ""
    pieces: list[str] = []
    for at, piece in enumerate(VARIABLE.split(template)):
        if at % 2 == 0:
            pieces.append(_clean(piece))
        elif counter := COUNTER.fullmatch(f"{{{piece}}}"):
            pieces.append(f"<counter:{counter[1]}>" if counter[1] else "<counter>")
        else:
            value = _clean(path.stem if piece == _STEM else value_of(record, piece, selects))
            if not value:
                return Reason.of(Code.PATH_INVALID, template=template, variable=piece)
            pieces.append(f"<{piece}|{value}>" if piece in {"year", "month", "day"} and not _dated(record) else value)
    stem = "".join(pieces).strip().strip(".")
    if not stem or len((stem + suffix).encode()) + ROOM_FOR_A_NUMBER > LONGEST_NAME:
        return Reason.of(Code.NAME_INVALID, name=stem[:80] + suffix)
    return stem + suffix


def _clean(text: str) -> str:
    return FORBIDDEN.sub("-", text)


def _dated(record: AssetRecord) -> bool:
    return isinstance(record.fields.get(FieldName("date_created")), DateValue)


def settled_name(file_name: str, filled: Fields) -> str:
    """The name with its open dates closed: by the date inside the file, else by the one behind the bar."""
    created = filled.get(FieldName("date_created"))

    def close(found: re.Match[str]) -> str:
        return (date_piece(created.iso, found[1]) if isinstance(created, DateValue) else "") or found[2]

    return _OPEN_DATE.sub(close, file_name)


def has_counter(file_name: str) -> bool:
    return _OPEN_COUNTER.search(file_name) is not None


def series_of(file_name: str) -> str:
    """What a number is unique within: the name with its counter open, without suffix, upper and lower case alike."""
    return PurePosixPath(file_name).stem.casefold()


def numbered(file_name: str, number: int) -> str:
    """The name with this number in the place of its counter; a number with more digits than asked for keeps them."""
    return _OPEN_COUNTER.sub(lambda it: str(number).rjust(int(it[1] or 1), "0"), file_name)

"""The computed library: assets made from a number, all in one folder, with times and names that grow with it."""

from __future__ import annotations

import re
from typing import Final

from dambridge_sim.kit.blobs import Blob
from dambridge_sim.kit.lookup import Document, Lookup, Value
from dambridge_sim.kit.synthetic import fields_of
from dambridge_sim.netx import digits
from dambridge_sim.netx.library import tree_value
from dambridge_sim.netx.records import Asset, StoredFile

FOLDER_PATH: Final = "Library"
FIRST_ID: Final = 10_000_000
_TIMES = frozenset({"modified", "imported"})
_IDS = frozenset({"id", "number", "known"})
_NUMBERED: Final = re.compile(r"(\d{7})(?:\.jpg)?$")


def id_of(number: int) -> str:
    """The asset id of a number."""
    return str(FIRST_ID + number)


def number_of(identifier: str) -> int | None:
    """The number of an asset id, or None when it is below the computed ones."""
    number = (digits.number_of(identifier) or 0) - FIRST_ID
    return number if number >= 0 else None


def document(number: int, folder: int, blob: Blob) -> Document:
    """The asset of a number, as it would have come by the default metadata map."""
    fields = fields_of(number)
    return Asset(
        id=FIRST_ID + number,
        name=fields.title,
        created_ms=fields.taken_ms,
        imported_ms=fields.taken_ms,
        modified_ms=fields.taken_ms,
        file=StoredFile(name=fields.file_name, blob=blob, media_type="image/jpeg", width=192, height=128),
        attributes={
            "Title": (fields.title,),
            "Caption": (fields.description,),
            "Keywords": fields.keywords,
            "Creator": (fields.creator,),
            "Credit": (fields.credit,),
            "Copyright Notice": (fields.copyright,),
            "City": (fields.city,),
        },
        folders=(folder,),
    ).to_json()


def value(index: str, number: int, folder: int) -> Value:
    """The index value of a number; for the indexes that are listed in order."""
    if index in _TIMES:
        return fields_of(number).taken_ms
    if index == "id":
        return id_of(number)
    if index in _IDS:
        return FIRST_ID + number
    if index == "tree":
        return tree_value(folder, FIRST_ID + number)
    if index == "tree_modified":
        return tree_value(folder, fields_of(number).taken_ms)
    return ""


def span(lookup: Lookup, count: int, folder: int) -> range:
    """The numbers that a lookup selects; for exact values at least those, the query tests the rest.

    Looking up a checksum finds none of them: that would mean to compute every file.
    """
    everything = range(count)
    if lookup.index in _TIMES | _IDS | {"tree", "tree_modified"}:
        return _between(lookup, everything, folder)
    if lookup.index == "folder":
        return everything if lookup.equal == folder else range(0)
    if lookup.index in {"name", "file_name", "value"}:
        return _named(str(lookup.equal or ""), everything)
    return range(0)


def _between(lookup: Lookup, numbers: range, folder: int) -> range:
    low, low_open, high, high_open = lookup.bounds()

    def first(bound: Value, *, after: bool) -> int:
        """The first number whose value is at least `bound`, or beyond it."""
        start, stop = 0, len(numbers)
        while start < stop:
            middle = (start + stop) // 2
            here = value(lookup.index, middle, folder)
            if here < bound or (after and here == bound):  # type: ignore[operator]  # one index, one type
                start = middle + 1
            else:
                stop = middle
        return start

    start = 0 if low is None else first(low, after=low_open)
    stop = len(numbers) if high is None else first(high, after=not high_open)
    return range(start, max(start, stop))


def _named(text: str, numbers: range) -> range:
    """Names and titles hold their number; other values are shared by many, so all are candidates."""
    name, _, wanted = text.rpartition("\n")
    if name and name not in {"Title", "Caption", "Keywords", "Creator", "Credit", "Copyright Notice", "City"}:
        return range(0)
    if name in {"", "Title"}:
        found = _NUMBERED.search(wanted)
        number = int(found[1]) if found else -1
        return range(number, number + 1) if number in numbers else range(0)
    return numbers

"""The old IPTC block (IIM) brought in step with what is written beside it: whole block in, whole block out.

The block is always UTF-8 and says so (1:90); texts that stood there in another character set are spelled anew. Texts are cut
at their limit in bytes, between characters, and the cut is named: ExifTool cuts within characters and tells of one cut at most.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dambridge.files.disagreement import DATE_HOMES, HOMES
from dambridge.files.iim import COUNTRY_CODE, DATA_SETS, UTF8_MARK, data_sets, parse_iim
from dambridge.mapping.countries import country_code

_VERSION = b"\x00\x04"
_BINARY = frozenset({0, 125, 200, 201, 202})
"""Datasets of the application record that hold no text: version, raster caption, preview."""
_NUMBERS: Mapping[str, int] = {it.name: number for number, it in DATA_SETS.items()}
_GENRE, _SUBJECT = "ObjectAttributeReference", "SubjectReference"
_SUBJECT_CODE = re.compile(r"\d{8}")
_TEXT_TWINS: Mapping[str, str] = {it.xmp: it.iim for it in HOMES.values() if it.iim}
_DATE_TWINS: Mapping[str, str] = {it.xmp: it.iim for it in DATE_HOMES.values()}
RIGHTS_DATES = frozenset({"XMP-pur:EmbargoDate", "XMP-pur:ExpirationDate"})
"""Dates whose only home in standard IPTC is this block: for them one is made where the format has a place for it."""
_INSTANT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?(Z|[+-]\d\d:\d\d)?)?")
Tag = str | tuple[str, ...] | Mapping[str, str]


class BlockBroken(ValueError):
    """The block that stands there ends too early: rewriting it would lose what follows."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The new block, and ExifTool's names of the datasets whose texts had to be cut."""

    block: bytes
    cut: tuple[str, ...]


def twins(tags: Mapping[str, Tag]) -> dict[str, tuple[str, ...]]:
    """The datasets that say the same as these XMP tags, with their texts; an empty tuple clears one."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in tags.items():
        if name in _TEXT_TWINS:
            found[_TEXT_TWINS[name]] = _in_its_form(_TEXT_TWINS[name], _texts(value))
        elif name in _DATE_TWINS:
            day, time = _day_and_time(next(iter(_texts(value)), ""))
            found |= {_DATE_TWINS[name]: day, _DATE_TWINS[name].replace("Date", "Time"): time}
    return found


def _in_its_form(name: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    """The texts as their dataset wants them: three letters for a country; `IPR:` and fields that may be blank around a subject.
    A genre has a number there that XMP does not know, so the old one goes rather than stay behind."""
    if name == COUNTRY_CODE:
        return tuple(map(country_code, texts))
    if name == _SUBJECT:
        return tuple(f"IPR:{it}:::" for it in texts if _SUBJECT_CODE.fullmatch(it))
    return () if name == _GENRE else texts


def rewritten(block: bytes, values: Mapping[str, tuple[str, ...]]) -> Rewritten:
    """`block` with these datasets in place of its own of that name. Raises `BlockBroken`."""
    warnings: list[str] = []
    charset = parse_iim(block).charset
    replaced = {_NUMBERS[name] for name in values}
    rows: list[tuple[int, int, bytes]] = [(1, 0, _VERSION), (1, 90, UTF8_MARK), (2, 0, _VERSION)]
    for record, number, raw in data_sets(block, warnings):
        if (record, number) in {(1, 0), (1, 90), (2, 0)} or (record == 2 and number in replaced):
            continue
        is_text = record == 2 and number not in _BINARY and charset != "utf-8"
        rows.append((record, number, raw.decode(charset, "replace").encode() if is_text else raw))
    if warnings:
        raise BlockBroken(warnings[0])
    cut: list[str] = []
    for name, texts in values.items():
        for text in texts if DATA_SETS[_NUMBERS[name]].repeats else texts[:1]:
            fitted = _fitted(name, text)
            rows.append((2, _NUMBERS[name], fitted))
            if len(fitted) < len(text.encode()) and name not in cut:
                cut.append(name)
    rows.sort(key=lambda it: it[:2])
    return Rewritten(b"".join(_spelled(*it) for it in rows), tuple(sorted(cut)))


def _fitted(name: str, text: str) -> bytes:
    if name == COUNTRY_CODE:
        return text.encode()[:3].ljust(3)
    return text.encode()[: DATA_SETS[_NUMBERS[name]].limit].decode("utf-8", "ignore").encode()


def _spelled(record: int, number: int, value: bytes) -> bytes:
    length = len(value).to_bytes(2, "big") if len(value) < 0x8000 else b"\x80\x04" + len(value).to_bytes(4, "big")
    return bytes((0x1C, record, number)) + length + value


def _texts(value: Tag) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        value = value.get("x-default") or next(iter(value.values()), "")
    items = (value,) if isinstance(value, str) else value
    return tuple(it for it in items if it.strip())


def _day_and_time(iso: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The block has days and, beside them, times with their offset. A time whose offset nobody knows stays out: none is
    invented. What is less than a day has no place either."""
    found = _INSTANT.fullmatch(iso)
    if found is None:
        return (), ()
    year, month, day, hour, minute, second, offset = found.groups()
    if hour is None or offset is None:
        return (f"{year}{month}{day}",), ()
    zone = "+0000" if offset == "Z" else offset.replace(":", "")
    return (f"{year}{month}{day}",), (f"{hour}{minute}{second or '00'}{zone}",)

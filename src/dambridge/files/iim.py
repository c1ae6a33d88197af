"""The old IPTC block (IIM), read from its raw bytes: declared character set, byte lengths and cut characters included.

ExifTool hands the block over as it stands; decoding is ours, because every library answers differently for a block without
a declared character set. Order: what 1:90 declares; else strict UTF-8; else Windows-1252, marked as guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

UTF8_MARK = b"\x1b%G"
_CODED_CHARACTER_SET = (1, 90)
# ISO 2022 designations met in practice, with `.` or `-` for the set of 96 characters.
_LATIN: Mapping[bytes, str] = {
    b"A": "iso8859-1",
    b"B": "iso8859-2",
    b"C": "iso8859-3",
    b"D": "iso8859-4",
    b"L": "iso8859-5",
    b"G": "iso8859-6",
    b"F": "iso8859-7",
    b"H": "iso8859-8",
    b"M": "iso8859-9",
    b"b": "iso8859-15",
}


@dataclass(frozen=True, slots=True)
class DataSet:
    """A text dataset of the application record: ExifTool's name, its limit in bytes, whether it may be repeated."""

    name: str
    limit: int
    repeats: bool = False


DATA_SETS: Mapping[int, DataSet] = {
    4: DataSet("ObjectAttributeReference", 68, repeats=True),
    5: DataSet("ObjectName", 64),
    7: DataSet("EditStatus", 64),
    10: DataSet("Urgency", 1),
    12: DataSet("SubjectReference", 236, repeats=True),
    15: DataSet("Category", 3),
    20: DataSet("SupplementalCategories", 32, repeats=True),
    25: DataSet("Keywords", 64, repeats=True),
    30: DataSet("ReleaseDate", 8),
    35: DataSet("ReleaseTime", 11),
    37: DataSet("ExpirationDate", 8),
    38: DataSet("ExpirationTime", 11),
    40: DataSet("SpecialInstructions", 256),
    42: DataSet("ActionAdvised", 2),
    55: DataSet("DateCreated", 8),
    60: DataSet("TimeCreated", 11),
    80: DataSet("By-line", 32, repeats=True),
    85: DataSet("By-lineTitle", 32, repeats=True),
    90: DataSet("City", 32),
    92: DataSet("Sub-location", 32),
    95: DataSet("Province-State", 32),
    100: DataSet("Country-PrimaryLocationCode", 3),
    101: DataSet("Country-PrimaryLocationName", 64),
    103: DataSet("OriginalTransmissionReference", 32),
    105: DataSet("Headline", 256),
    110: DataSet("Credit", 32),
    115: DataSet("Source", 32),
    116: DataSet("CopyrightNotice", 128),
    118: DataSet("Contact", 128, repeats=True),
    120: DataSet("Caption-Abstract", 2000),
    122: DataSet("Writer-Editor", 32, repeats=True),
}
COUNTRY_CODE = "Country-PrimaryLocationCode"
LIMITS: Mapping[str, int] = {it.name: it.limit for it in DATA_SETS.values()}


@dataclass(frozen=True, slots=True)
class IimBlock:
    """What an IIM block says: ExifTool's tag name to text, or to texts where several stand there.

    `charset` is what the texts were decoded with, `guessed` true where nothing declared it and it was not plain UTF-8.
    `warnings` tell of cut characters and of a block that ends too early.
    """

    values: Mapping[str, str | tuple[str, ...]]
    charset: str
    guessed: bool
    warnings: tuple[str, ...]


def parse_iim(block: bytes) -> IimBlock:
    """Read a raw block; never raises. What cannot be read is left out and named in `warnings`."""
    warnings: list[str] = []
    raw: dict[int, list[bytes]] = {}
    declared: bytes | None = None
    for record, number, value in data_sets(block, warnings):
        if (record, number) == _CODED_CHARACTER_SET:
            declared = value
        elif record == 2 and number in DATA_SETS:
            raw.setdefault(number, []).append(value)
    charset, guessed = _charset(declared, [value for values in raw.values() for value in values])
    values: dict[str, str | tuple[str, ...]] = {}
    for number, items in raw.items():
        data_set = DATA_SETS[number]
        texts = tuple(it for it in (_decode(item, charset, data_set.name, warnings) for item in items) if it.strip())
        if texts:
            values[data_set.name] = texts if data_set.repeats else texts[0]
            if len(texts) > 1 and not data_set.repeats:
                warnings.append(f"IPTC {data_set.name} stands there {len(texts)} times; the first one counts")
    return IimBlock(values, charset, guessed, tuple(warnings))


def data_sets(block: bytes, warnings: list[str]) -> Iterator[tuple[int, int, bytes]]:
    """Record, number and raw value of each dataset, in the order of the block; a block that ends too early is a warning."""
    at = 0
    while at + 5 <= len(block) and block[at] == 0x1C:
        record, number = block[at + 1], block[at + 2]
        length = int.from_bytes(block[at + 3 : at + 5], "big")
        at += 5
        if length & 0x8000:
            width = length & 0x7FFF
            length = int.from_bytes(block[at : at + width], "big")
            at += width
        if at + length > len(block):
            warnings.append(f"the IPTC block ends in the middle of {record}:{number:02d}")
            return
        yield record, number, block[at : at + length]
        at += length


def _charset(declared: bytes | None, values: list[bytes]) -> tuple[str, bool]:
    if declared == UTF8_MARK:
        # Declared UTF-8 that is not: old software copied the mark without converting the texts.
        return ("utf-8", False) if all(_is_utf8(it) for it in values) else ("cp1252", True)
    if declared and declared[:1] == b"\x1b" and declared[1:2] in {b".", b"-", b"/"} and declared[2:3] in _LATIN:
        return _LATIN[declared[2:3]], False
    if all(_is_utf8(it) for it in values):
        return "utf-8", False
    return "cp1252", True


def _is_utf8(value: bytes) -> bool:
    """True for UTF-8, also when the last character is cut at the end of a limited field."""
    try:
        value.decode("utf-8")
    except UnicodeDecodeError as problem:
        return problem.reason == "unexpected end of data" and problem.end == len(value)
    return True


def _decode(value: bytes, charset: str, name: str, warnings: list[str]) -> str:
    # A NUL at the end is padding that some software writes; it is no part of the text.
    stripped = value.rstrip(b"\x00")
    if charset != "utf-8":
        return stripped.decode(charset, "replace")
    text = stripped.decode("utf-8", "ignore")
    if len(text.encode()) != len(stripped):
        warnings.append(f"IPTC {name} ends in the middle of a character")
    return text

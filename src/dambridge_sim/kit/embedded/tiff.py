"""TIFF directories, in TIFF and DNG files and in Exif blocks: the few tags that a simulator needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dambridge_sim.kit.embedded.source import Source

XMP_TAG, IIM_TAG, PHOTOSHOP_TAG, EXIF_IFD_TAG = 700, 33723, 34377, 34665
_NAMES: Mapping[int, str] = {
    270: "ImageDescription",
    315: "Artist",
    33432: "Copyright",
    36867: "DateTimeOriginal",
    36881: "OffsetTimeOriginal",
}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_LARGEST = 16 * 1024 * 1024


class BadTiffError(ValueError):
    """Not a TIFF, or one whose directory cannot be followed."""


@dataclass(slots=True)
class Directory:
    """What was found: raw blocks by tag, Exif text by name."""

    blocks: dict[int, bytes] = field(default_factory=dict)
    exif: dict[str, str] = field(default_factory=dict)


def read_tiff(source: Source, start: int = 0) -> Directory:
    """Read the first directory and its Exif directory of a TIFF that begins at `start`. Raises `BadTiffError`."""
    header = source.at(start, 16)
    order = {b"II": "little", b"MM": "big"}.get(header[:2])
    if order is None:
        raise BadTiffError("no TIFF header")
    reader = _Reader(source, start, order)
    magic = reader.number(header[2:4])
    reader.big = magic == 43
    if magic not in (42, 43, 0x4F52, 0x5352, 85):
        raise BadTiffError(f"TIFF magic {magic} is unknown")
    found = Directory()
    first = reader.number(header[8:16] if reader.big else header[4:8])
    reader.directory(first, found)
    if (pointer := found.blocks.pop(EXIF_IFD_TAG, None)) is not None:
        reader.directory(reader.number(pointer), found)
    return found


@dataclass(slots=True)
class _Reader:
    source: Source
    start: int
    order: str
    big: bool = False

    def number(self, data: bytes) -> int:
        return int.from_bytes(data, "little" if self.order == "little" else "big")

    def directory(self, place: int, found: Directory) -> None:
        width = 8 if self.big else 2
        count = self.number(self.source.at(self.start + place, width))
        size = 20 if self.big else 12
        if count == 0 or count > 4096:
            raise BadTiffError(f"a TIFF directory of {count} entries")
        table = self.source.at(self.start + place + width, count * size)
        if len(table) < count * size:
            raise BadTiffError("the TIFF directory is cut off")
        for begin in range(0, count * size, size):
            self._entry(table[begin : begin + size], found)

    def _entry(self, entry: bytes, found: Directory) -> None:
        tag, kind = self.number(entry[:2]), self.number(entry[2:4])
        if tag not in _NAMES and tag not in (XMP_TAG, IIM_TAG, PHOTOSHOP_TAG, EXIF_IFD_TAG):
            return
        room = 8 if self.big else 4
        length = self.number(entry[4 : 4 + room]) * _SIZES.get(kind, 1)
        inline = entry[4 + room : 4 + 2 * room]
        data = (
            inline[:length]
            if length <= room
            else self.source.at(self.start + self.number(inline), min(length, _LARGEST))
        )
        if tag in _NAMES:
            if text := data.split(b"\x00")[0]:
                found.exif.setdefault(_NAMES[tag], _text(text))
        else:
            found.blocks.setdefault(tag, data)


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return value.decode("latin-1").strip()

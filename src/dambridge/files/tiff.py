"""Just enough of TIFF and BigTIFF to walk directories and find where their pictures lie. No pixels are decoded."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Buffer = bytes | mmap.mmap

WIDTH, HEIGHT, BITS, COMPRESSION = 256, 257, 258, 259
STRIP_OFFSETS, SAMPLES, ROWS_PER_STRIP, STRIP_COUNTS, PLANAR = 273, 277, 278, 279, 284
TILE_OFFSETS, TILE_COUNTS, SUB_DIRECTORIES = 324, 325, 330

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_LETTERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_MOST_VALUES = 5_000_000
_LIMIT = 5000
"""Directories that are walked at most: a loop or a hostile file ends here."""


class TiffError(ValueError):
    """The structure leads outside the file or makes no sense; the text says where."""


@dataclass(frozen=True, slots=True)
class Field:
    """A tag's type, count and where its values start."""

    type: int
    count: int
    at: int


@dataclass(frozen=True, slots=True)
class Directory:
    """One image file directory: its tags and where the next one starts (0 for none)."""

    tags: Mapping[int, Field]
    next: int


class Tiff:
    """A TIFF or BigTIFF over a buffer. Raises `TiffError` for what is not there."""

    def __init__(self, data: Buffer) -> None:
        self._data = data
        self.size = len(data)
        order = bytes(data[:2])
        if order not in {b"II", b"MM"}:
            raise TiffError("no TIFF header")
        self._order = "<" if order == b"II" else ">"
        self._big = self._number("H", 2) == 43
        self.first = self._number("Q", 8) if self._big else self._number("I", 4)

    def directory(self, at: int) -> Directory:
        """Read the directory at an offset."""
        count = self._number("Q" if self._big else "H", at)
        width, start = (20, at + 8) if self._big else (12, at + 2)
        if start + count * width + (8 if self._big else 4) > self.size:
            raise TiffError(f"the directory at byte {at} lies beyond the end")
        tags: dict[int, Field] = {}
        for entry in range(start, start + count * width, width):
            tag, kind = self._number("H", entry), self._number("H", entry + 2)
            number = self._number("Q" if self._big else "I", entry + 4)
            inline, room = (entry + 12, 8) if self._big else (entry + 8, 4)
            long = _SIZES.get(kind, 1) * number > room
            tags[tag] = Field(kind, number, self._number("Q" if self._big else "I", inline) if long else inline)
        return Directory(tags, self._number("Q" if self._big else "I", start + count * width))

    def pages(self) -> Iterator[Directory]:
        """The main chain of directories. Raises `TiffError` where the chain leads outside the file."""
        seen: set[int] = set()
        at = self.first
        while at and at not in seen and len(seen) < _LIMIT:
            seen.add(at)
            directory = self.directory(at)
            yield directory
            at = directory.next

    def sub_directories(self, directory: Directory) -> Iterator[Directory]:
        """The directories hanging below one; those that cannot be read are left out."""
        for at in self.numbers(directory, SUB_DIRECTORIES)[:64]:
            try:
                yield self.directory(at)
            except TiffError:
                continue

    def numbers(self, directory: Directory, tag: int) -> tuple[int, ...]:
        """The whole numbers of a tag; empty where it is absent. Raises `TiffError` if they lie beyond the end."""
        field = directory.tags.get(tag)
        if field is None or field.type not in _LETTERS:
            return ()
        if field.count > _MOST_VALUES or field.at + field.count * _SIZES[field.type] > self.size:
            raise TiffError(f"the values of tag {tag} lie beyond the end")
        return struct.unpack_from(f"{self._order}{field.count}{_LETTERS[field.type]}", self._data, field.at)

    def number(self, directory: Directory, tag: int, default: int = 0) -> int:
        values = self.numbers(directory, tag)
        return values[0] if values else default

    def missing(self, directory: Directory) -> int:
        """How many bytes of this directory's picture lie beyond the end of the file; 0 when all is there."""
        offsets = self.numbers(directory, TILE_OFFSETS) or self.numbers(directory, STRIP_OFFSETS)
        counts = self.numbers(directory, TILE_COUNTS) or self.numbers(directory, STRIP_COUNTS)
        needed = self._needed(directory)
        missing = 0
        for index, offset in enumerate(offsets):
            count = counts[index] if index < len(counts) else 1
            if needed is not None:
                count = min(count, needed)
            missing = max(missing, offset + count - self.size)
        return missing

    def _needed(self, directory: Directory) -> int | None:
        """Bytes that one uncompressed strip really needs: some writers announce more than there is. None if unknown."""
        if self.number(directory, COMPRESSION, 1) != 1 or TILE_OFFSETS in directory.tags:
            return None
        width, height = self.number(directory, WIDTH), self.number(directory, HEIGHT)
        strips = len(self.numbers(directory, STRIP_OFFSETS))
        if strips != 1:
            return None
        bits = self.numbers(directory, BITS) or (1,)
        samples = self.number(directory, SAMPLES, 1)
        bits_per_pixel = sum(bits) if len(bits) == samples else bits[0] * samples
        return (width * bits_per_pixel + 7) // 8 * height

    def _number(self, letter: str, at: int) -> int:
        if at + struct.calcsize(f"={letter}") > self.size:
            raise TiffError(f"the file ends before byte {at}")
        return int(struct.unpack_from(f"{self._order}{letter}", self._data, at)[0])

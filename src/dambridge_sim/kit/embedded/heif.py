"""HEIC and AVIF: items in a `meta` box, each with a kind and the places where its bytes lie (ISO/IEC 23008-12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dambridge_sim.kit.embedded.source import Source

BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")
_LARGEST = 64 * 1024 * 1024
_MOST_ITEMS = 4096


@dataclass(slots=True)
class Items:
    """XMP and Exif items, as bytes. The Exif item begins with the offset of its TIFF header."""

    xmp: bytes | None = None
    exif: bytes | None = None
    problem: str | None = None
    kinds: dict[int, str] = field(default_factory=dict)


def read_items(source: Source) -> Items:
    """Read the file's metadata items; what cannot be followed is named in `problem`."""
    found = Items()
    meta = next((data for name, data in _boxes(source.at(0, min(source.size, _LARGEST))) if name == b"meta"), None)
    if meta is None:
        found.problem = "there is no meta box"
        return found
    boxes = dict(_boxes(meta[4:]))
    found.kinds = dict(_kinds(boxes.get(b"iinf", b"")))
    try:
        for item, places in _places(boxes.get(b"iloc", b"")):
            kind = found.kinds.get(item, "")
            if kind not in {"xmp", "exif"}:
                continue
            data = b"".join(
                source.at(start, length) if inside == 0 else boxes.get(b"idat", b"")[start : start + length]
                for inside, start, length in places
            )
            setattr(found, kind, data)
    except IndexError:
        found.problem = "the places of its items break off"
    return found


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place + 8 <= len(data):
        length, name, head = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8], 8
        if length == 1:
            length, head = int.from_bytes(data[place + 8 : place + 16], "big"), 16
        if length == 0:
            length = len(data) - place
        if length < head:
            return
        yield name, data[place + head : place + length]
        place += length


def _kinds(iinf: bytes) -> Iterator[tuple[int, str]]:
    """Item number to `xmp`, `exif` or the item's own type."""
    for name, data in _boxes(iinf[6 if iinf[:1] == b"\x00" else 8 :]):
        if name != b"infe" or data[:1] not in {b"\x02", b"\x03"}:
            continue
        width = 2 if data[0] == 2 else 4
        item, kind = int.from_bytes(data[4 : 4 + width], "big"), data[6 + width : 10 + width]
        content = data[10 + width :].split(b"\x00")[1:2]
        is_xmp = kind == b"mime" and content == [b"application/rdf+xml"]
        yield item, "xmp" if is_xmp else "exif" if kind == b"Exif" else kind.decode("latin-1")


def _places(iloc: bytes) -> Iterator[tuple[int, list[tuple[int, int, int]]]]:
    """Item number to (0 for the file or 1 for `idat`, start, length) of its pieces. Raises `IndexError`."""
    version, place = iloc[0], 6
    offset_size, length_size = iloc[4] >> 4, iloc[4] & 15
    base_size, index_size = iloc[5] >> 4, (iloc[5] & 15) if version in (1, 2) else 0

    def number(width: int) -> int:
        nonlocal place
        if place + width > len(iloc):
            raise IndexError
        place += width
        return int.from_bytes(iloc[place - width : place], "big")

    for _ in range(min(number(2 if version < 2 else 4), _MOST_ITEMS)):
        item = number(2 if version < 2 else 4)
        inside = number(2) & 15 if version in (1, 2) else 0
        number(2)
        base = number(base_size)
        pieces = []
        for _ in range(number(2)):
            number(index_size)
            start = number(offset_size)
            pieces.append((inside, base + start, min(number(length_size), _LARGEST)))
        yield item, pieces

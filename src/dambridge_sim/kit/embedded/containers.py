"""Find the XMP, IIM and Exif blocks of a file by its container. Each function raises `BadContainerError` when it is not one."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from dambridge_sim.kit.embedded.heif import read_items
from dambridge_sim.kit.embedded.iim import resources
from dambridge_sim.kit.embedded.source import Source
from dambridge_sim.kit.embedded.tiff import IIM_TAG, PHOTOSHOP_TAG, XMP_TAG, BadTiffError, read_tiff

_XMP_JPEG = b"http://ns.adobe.com/xap/1.0/\x00"
_XMP_MORE = b"http://ns.adobe.com/xmp/extension/\x00"
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_LARGEST = 64 * 1024 * 1024
_PDF_LARGEST = 32 * 1024 * 1024


class BadContainerError(ValueError):
    """A file that is not what its first bytes say, or that breaks off."""


@dataclass(slots=True)
class Blocks:
    """Raw metadata blocks. `extended` are further XMP packets that belong to the first."""

    xmp: bytes | None = None
    extended: list[bytes] = field(default_factory=list)
    iim: bytes | None = None
    exif: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


def jpeg(source: Source) -> Blocks:
    """Read the segments of a JPEG up to the picture, Extended XMP put together."""
    found = Blocks()
    pieces: dict[bytes, dict[int, bytes]] = {}
    sizes: dict[bytes, int] = {}
    photoshop = b""
    for marker, payload in _segments(source, found):
        if marker == 0xE1 and payload.startswith(_XMP_JPEG):
            found.xmp = found.xmp or payload[len(_XMP_JPEG) :]
        elif marker == 0xE1 and payload.startswith(_XMP_MORE):
            rest = payload[len(_XMP_MORE) :]
            guid, size, place = rest[:32], int.from_bytes(rest[32:36], "big"), int.from_bytes(rest[36:40], "big")
            sizes[guid] = size
            pieces.setdefault(guid, {})[place] = rest[40:]
        elif marker == 0xE1 and payload.startswith(b"Exif\x00"):
            _exif(Source(payload[6:]), found)
        elif marker == 0xED and payload.startswith(b"Photoshop 3.0\x00"):
            photoshop += payload[14:]
    found.iim = _iim_of(photoshop)
    found.extended = [whole for guid, parts in pieces.items() if (whole := _joined(parts, sizes[guid], guid, found))]
    return found


def _segments(source: Source, found: Blocks) -> Iterator[tuple[int, bytes]]:
    place = 2
    while True:
        head = source.at(place, 4)
        if len(head) < 4 or head[0] != 0xFF:
            found.problem = "the JPEG breaks off before its picture"
            return
        marker, length = head[1], int.from_bytes(head[2:4], "big")
        if marker == 0xFF:
            place += 1
            continue
        if marker in (0xDA, 0xD9):
            return
        if 0xD0 <= marker <= 0xD8 or marker == 0x01:
            place += 2
            continue
        if length < 2:
            found.problem = "a JPEG segment has no length"
            return
        yield marker, source.at(place + 4, length - 2)
        place += 2 + length


def _joined(parts: dict[int, bytes], size: int, guid: bytes, found: Blocks) -> bytes | None:
    """Put Extended XMP together; one that does not belong to the main packet, or has gaps, is left out."""
    if found.xmp is None or guid not in found.xmp:
        return None
    whole = b"".join(parts[place] for place in sorted(parts))
    if len(whole) != size:
        found.problem = "Extended XMP is not complete"
        return None
    return whole


def _iim_of(photoshop: bytes) -> bytes | None:
    return next((data for identifier, data in resources(photoshop) if identifier == 0x0404), None)


def _exif(source: Source, found: Blocks, start: int = 0) -> None:
    try:
        found.exif.update(read_tiff(source, start).exif)
    except BadTiffError as error:
        found.problem = f"Exif: {error}"


def tiff(source: Source) -> Blocks:
    """Read a TIFF, DNG or other raw file of that form."""
    try:
        directory = read_tiff(source)
    except BadTiffError as error:
        raise BadContainerError(str(error)) from error
    found = Blocks(xmp=directory.blocks.get(XMP_TAG), iim=directory.blocks.get(IIM_TAG), exif=directory.exif)
    if found.iim is None and PHOTOSHOP_TAG in directory.blocks:
        found.iim = _iim_of(directory.blocks[PHOTOSHOP_TAG])
    return found


def png(source: Source) -> Blocks:
    """Read the chunks of a PNG: XMP in `iTXt`, Exif in `eXIf`."""
    found = Blocks()
    place = 8
    while head := source.at(place, 8):
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if len(head) < 8 or place + 12 + length > source.size:
            found.problem = "the PNG breaks off"
            break
        if kind == b"IEND":
            break
        if kind == b"iTXt" and length <= _LARGEST:
            found.xmp = found.xmp or _png_text(source.at(place + 8, length))
        elif kind == b"eXIf":
            _exif(Source(source.at(place + 8, length)), found)
        place += 12 + length
    return found


def _png_text(data: bytes) -> bytes | None:
    keyword, _, rest = data.partition(b"\x00")
    if keyword != b"XML:com.adobe.xmp" or len(rest) < 2:
        return None
    text = rest[2:].split(b"\x00", 2)[-1]
    if rest[0] == 0:
        return text
    try:
        return zlib.decompressobj().decompress(text, _LARGEST)
    except zlib.error:
        return None


def webp(source: Source) -> Blocks:
    """Read the chunks of a WebP."""
    found = Blocks()
    place = 12
    while len(head := source.at(place, 8)) == 8:
        length = int.from_bytes(head[4:], "little")
        if head[:4] == b"XMP ":
            found.xmp = source.at(place + 8, min(length, _LARGEST))
        elif head[:4] == b"EXIF":
            data = source.at(place + 8, min(length, _LARGEST))
            _exif(Source(data.removeprefix(b"Exif\x00\x00")), found)
        place += 8 + length + length % 2
    if place > source.size + 1:
        found.problem = "the WebP breaks off"
    return found


def psd(source: Source) -> Blocks:
    """Read the image resources of a Photoshop file."""
    place = 26
    place += 4 + int.from_bytes(source.at(place, 4), "big")
    length = int.from_bytes(source.at(place, 4), "big")
    block = source.at(place + 4, min(length, _LARGEST))
    if len(block) < min(length, _LARGEST):
        raise BadContainerError("the Photoshop file breaks off")
    found = Blocks()
    for identifier, data in resources(block):
        if identifier == 0x0404:
            found.iim = data
        elif identifier == 0x0424:
            found.xmp = data
        elif identifier in (0x0422, 0x0423):
            _exif(Source(data), found)
    return found


def heif(source: Source) -> Blocks:
    """Read the items of a HEIC or AVIF."""
    items = read_items(source)
    found = Blocks(xmp=items.xmp, problem=items.problem)
    if items.exif:
        _exif(Source(items.exif[4 + int.from_bytes(items.exif[:4], "big") :]), found)
    return found


def movie(source: Source) -> Blocks:
    """Read the boxes of MP4 and QuickTime: XMP in a `uuid` box, or in `moov/udta/XMP_`."""
    found = Blocks()
    for kind, start, stop in _boxes(source, 0, source.size, found):
        if kind == b"uuid" and source.at(start, 16) == _XMP_UUID:
            found.xmp = source.at(start + 16, min(stop - start - 16, _LARGEST))
        elif kind == b"moov":
            found.xmp = found.xmp or _movie_user_data(source, start, stop, found)
    return found


def _movie_user_data(source: Source, start: int, stop: int, found: Blocks) -> bytes | None:
    for kind, begin, end in _boxes(source, start, stop, found):
        if kind == b"uuid" and source.at(begin, 16) == _XMP_UUID:
            return source.at(begin + 16, min(end - begin - 16, _LARGEST))
        if kind == b"udta":
            for inner, first, last in _boxes(source, begin, end, found):
                if inner == b"XMP_":
                    return source.at(first, min(last - first, _LARGEST))
    return None


def _boxes(source: Source, start: int, stop: int, found: Blocks) -> Iterator[tuple[bytes, int, int]]:
    place = start
    while place + 8 <= stop:
        head = source.at(place, 16)
        length, kind, body = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1:
            length, body = int.from_bytes(head[8:16], "big"), 16
        elif length == 0:
            if start > 0:
                return  # the four zero bytes that end QuickTime's user data
            length = stop - place
        if length < body or place + length > stop:
            found.problem = f"the box {kind!r} is longer than the file"
            return
        yield kind, place + body, place + length
        place += length


def pdf(source: Source) -> Blocks:
    """Find the document's XMP packet: the last plain or deflated metadata stream that holds one."""
    data = source.at(0, min(source.size, _PDF_LARGEST))
    found = Blocks()
    if b"%%EOF" not in source.at(max(0, source.size - 2048), 2048):
        found.problem = "the PDF breaks off"
    for match in re.finditer(rb"/Type\s*/Metadata\b", data):
        begin = data.find(b"stream", match.end())
        end = data.find(b"endstream", begin)
        if begin < 0 or end < 0:
            continue
        body = data[begin + 6 : end].lstrip(b"\r\n")
        if b"<x:xmpmeta" not in body and b"<rdf:RDF" not in body:
            try:
                body = zlib.decompressobj().decompress(body, _LARGEST)
            except zlib.error:
                continue
        found.xmp = body
    return found

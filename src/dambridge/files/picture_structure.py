"""The structure of picture files, followed to its end: JPEG, PNG, GIF, PSD, TIFF. Each function returns a doubt or None."""

from __future__ import annotations

import re
import zlib

from dambridge.files.doubt import Doubt
from dambridge.files.tiff import HEIGHT, WIDTH, Buffer, Tiff, TiffError

# Within a scan, FF is followed by 00 or by a restart mark; anything else is the next segment.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT"})


def jpeg_doubt(data: Buffer) -> Doubt | None:
    """Follow the segments and scans of a JPEG to its end mark. What lies behind (other pictures, notes) is not looked at."""
    at, size, scans, progressive = 2, len(data), 0, False
    while True:
        found = _NEXT_MARKER.search(data, at)
        if found is None:
            if scans:
                # Without an end mark nobody can say whether a progressive picture lacks its last refinements.
                return Doubt("The JPEG ends in the middle of its picture.", certain=progressive)
            return Doubt("The JPEG ends before its picture begins.", certain=True)
        marker = data[found.start() + 1]
        at = found.end()
        if marker == 0xD9:
            return None if scans else Doubt("The JPEG holds no picture.", certain=True)
        if marker in {0x01, 0xD8}:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if at + max(length, 2) > size:
            return Doubt("The JPEG ends in the middle of a segment.")
        at += max(length, 2)
        scans += marker == 0xDA
        progressive |= marker in _PROGRESSIVE


def png_doubt(data: Buffer) -> Doubt | None:
    """Follow the chunks of a PNG to IEND and check the sums of those that make the picture."""
    at, size, pictures = 8, len(data), 0
    while at + 12 <= size:
        length = int.from_bytes(data[at : at + 4], "big")
        name = bytes(data[at + 4 : at + 8])
        end = at + 12 + length
        if end > size:
            return Doubt(f"The PNG ends in the middle of its {name.decode('latin-1')} chunk.")
        if name in _CRITICAL and zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            return Doubt(f"The check sum of the PNG's {name.decode('latin-1')} chunk is wrong.")
        pictures += name == b"IDAT"
        if name == b"IEND":
            return None if pictures else Doubt("The PNG holds no picture.", certain=True)
        at = end
    return Doubt("The PNG ends without its end chunk.")


def gif_doubt(data: Buffer) -> Doubt | None:
    """Follow the blocks of a GIF. One that stops between two blocks is whole: many writers leave out the last byte."""
    size = len(data)
    if size < 13:
        return Doubt("The GIF ends in its header.")
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    pictures = 0
    while at < size:
        block = data[at]
        if block == 0x3B:
            break
        if block == 0x2C:
            packed = data[at + 9] if at + 9 < size else 0
            at += 11 + (3 << (packed & 7) + 1 if packed & 0x80 else 0)
            pictures += 1
        elif block == 0x21:
            at += 2
        else:
            break
        while at < size and data[at]:
            at += data[at] + 1
        if at >= size:
            return Doubt("The GIF ends in the middle of a block.")
        at += 1
    return None if pictures else Doubt("The GIF holds no picture.", certain=True)


def psd_doubt(data: Buffer) -> Doubt | None:
    """Step over the sections of a PSD or PSB; the picture itself must at least begin."""
    size = len(data)
    wide = bytes(data[4:6]) == b"\x00\x02"
    at = 26
    for section in ("colours", "resources", "layers"):
        width = 8 if wide and section == "layers" else 4
        if at + width > size:
            return Doubt(f"The Photoshop file ends before its {section}.")
        at += width + int.from_bytes(data[at : at + width], "big")
        if at > size:
            return Doubt(f"The Photoshop file ends in the middle of its {section}.")
    if at + 2 > size:
        return Doubt("The Photoshop file ends before its picture.")
    return _psd_picture_doubt(data, at, wide=wide)


def _psd_picture_doubt(data: Buffer, at: int, *, wide: bool) -> Doubt | None:
    channels, height = int.from_bytes(data[12:14], "big"), int.from_bytes(data[14:18], "big")
    width, depth = int.from_bytes(data[18:22], "big"), int.from_bytes(data[22:24], "big")
    compression = int.from_bytes(data[at : at + 2], "big")
    at += 2
    if compression == 0:
        at += channels * height * ((width * depth + 7) // 8)
    elif compression == 1:
        step = 4 if wide else 2
        table = bytes(data[at : at + channels * height * step])
        at += channels * height * step
        at += sum(int.from_bytes(table[index : index + step], "big") for index in range(0, len(table), step))
    return Doubt("The Photoshop file ends in the middle of its picture.") if at > len(data) else None


def tiff_doubt(data: Buffer) -> Doubt | None:
    """Follow the directories of a TIFF, DNG or TIFF-like raw file and see that every page's picture lies inside.

    Of pictures below a page (previews, raw data) only the largest counts: small ones are often announced carelessly.
    """
    try:
        tiff = Tiff(data)
        pages = list(tiff.pages())
        below = [it for page in pages for it in tiff.sub_directories(page)]
        largest = max(below, key=lambda it: tiff.number(it, WIDTH) * tiff.number(it, HEIGHT), default=None)
        looked_at = [*pages, *([largest] if largest is not None else [])]
        missing = max((tiff.missing(it) for it in looked_at), default=0)
    except TiffError as problem:
        return Doubt(f"The TIFF structure does not hold: {problem}.", certain=True)
    if not pages:
        return Doubt("The TIFF holds no picture.")
    return Doubt(f"{missing} bytes of the TIFF's picture are missing.") if missing > 0 else None

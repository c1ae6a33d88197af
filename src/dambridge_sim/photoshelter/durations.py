"""How long a video or sound lasts, read from MP4, QuickTime and WAV; None for anything else (PS E19, E24)."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO


def duration_of(path: Path) -> float | None:
    """Return seconds; a file that is broken, or of another format, has none."""
    with path.open("rb") as source:
        head = source.read(12)
        source.seek(0)
        try:
            if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
                return _wav(source)
            return _mp4(source) if head[4:8] == b"ftyp" else None
        except (struct.error, OSError, ZeroDivisionError):
            return None


def _mp4(source: BinaryIO) -> float | None:
    size = os.fstat(source.fileno()).st_size
    found = _box(source, b"moov", 0, size)
    header = _box(source, b"mvhd", *found) if found else None
    if header is None:
        return None
    source.seek(header[0])
    version = source.read(4)[0]
    if version == 1:
        _, _, scale, length = struct.unpack(">QQIQ", source.read(28))
    else:
        _, _, scale, length = struct.unpack(">IIII", source.read(16))
    return round(float(length) / float(scale), 3)


def _box(source: BinaryIO, wanted: bytes, place: int, end: int) -> tuple[int, int] | None:
    """Return where the content of a box begins and ends."""
    while place + 8 <= end:
        source.seek(place)
        length, kind = struct.unpack(">I4s", source.read(8))
        begin = place + 8
        if length == 1:
            (length,) = struct.unpack(">Q", source.read(8))
            begin += 8
        stop = end if length == 0 else place + length
        if stop < begin:
            return None
        if kind == wanted:
            return begin, min(stop, end)
        place = stop
    return None


def _wav(source: BinaryIO) -> float | None:
    source.seek(12)
    rate = 0
    while len(header := source.read(8)) == 8:
        kind, length = struct.unpack("<4sI", header)
        if kind == b"fmt ":
            (rate,) = struct.unpack("<I", source.read(length)[8:12])
            source.seek(length % 2, os.SEEK_CUR)
        elif kind == b"data":
            return round(float(length) / rate, 3)
        else:
            source.seek(length + length % 2, os.SEEK_CUR)
    return None

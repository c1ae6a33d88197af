"""What makes a file the same work, whatever is written about it: the hash of its picture, film or pages.

ExifTool hashes picture data and streams. It makes no hash for Photoshop files and PDFs, so theirs are made here.
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from dambridge.files.kinds import Kind
from dambridge.ports.files import NotEmbedded

HASHED: Final = ("-api", "ImageHashType=SHA256", "-ImageDataHash")
_HASH: Final = "File:ImageDataHash"
_PDF_UPDATE: Final = b"%BeginExifToolUpdate"
_PIECE: Final = 1 << 20


def essence_of(path: Path, kind: Kind, answer: Mapping[str, Any]) -> str:
    """The SHA-256 of the essence; `answer` is ExifTool's, asked with `HASHED`. Raises `NotEmbedded` where none can be made."""
    match kind.format:
        case "pdf":
            return _digest(path, _before_the_update)
        case "psd":
            return _digest(path, _all_but_the_resources)
    found = answer.get(_HASH)
    if not isinstance(found, str) or not found:
        raise NotEmbedded(
            "no hash of its picture or film can be made, so nobody could tell whether a copy has the same."
        )
    return found


def _digest(path: Path, ranges: Any) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for start, stop in ranges(data):
            for at in range(start, stop, _PIECE):
                digest.update(data[at : min(stop, at + _PIECE)])
    return digest.hexdigest()


def _before_the_update(data: mmap.mmap) -> Iterator[tuple[int, int]]:
    """A PDF is only appended to: everything before the first appendix is the document."""
    end = data.find(_PDF_UPDATE)
    yield 0, end if end >= 0 else len(data)


def _all_but_the_resources(data: mmap.mmap) -> Iterator[tuple[int, int]]:
    """Header and colours, then layers and picture; between them stand the resources, in which metadata live."""
    colours = 26 + 4 + int.from_bytes(data[26:30], "big")
    resources = colours + 4 + int.from_bytes(data[colours : colours + 4], "big")
    yield 0, colours
    yield resources, len(data)

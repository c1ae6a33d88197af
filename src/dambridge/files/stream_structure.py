"""The structure of films, sounds and documents, followed to its end. Each function returns a doubt or None."""

from __future__ import annotations

import re
from xml.parsers import expat

from dambridge.files.doubt import Doubt
from dambridge.files.tiff import Buffer

_TAIL = 1 << 16
_MEDIA = frozenset({b"mdat", b"moof"})
_INDEX = frozenset({b"moov", b"moof", b"meta"})


def boxes_doubt(data: Buffer) -> Doubt | None:
    """Step over the boxes of MP4, MOV, M4A, HEIC, AVIF, CR3. Junk behind the last box is not looked at."""
    at, size = 0, len(data)
    seen: set[bytes] = set()
    while at + 8 <= size:
        length, name = int.from_bytes(data[at : at + 4], "big"), bytes(data[at + 4 : at + 8])
        if not _is_box_name(name):
            break
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if length == 0:
            seen.add(name)
            break
        if length < 8:
            break
        if at + length > size:
            missing = at + length - size
            return Doubt(
                f"The file ends in the middle of its {name.decode('latin-1')} box: {missing} bytes are missing."
            )
        seen.add(name)
        at += length
    if not seen & _INDEX:
        return Doubt("The file has no index (moov or meta box), so nothing can play or show it.")
    return None


def _is_box_name(name: bytes) -> bool:
    return all(0x20 <= it < 0x7F or it == 0xA9 for it in name)


def riff_doubt(data: Buffer) -> Doubt | None:
    """The length that a RIFF file (WebP, WAV, AVI) announces must be there. 0 and all ones mean: not known when written."""
    announced = int.from_bytes(data[4:8], "big" if bytes(data[:4]) == b"RIFX" else "little")
    if bytes(data[:4]) == b"RF64" or announced in {0, 0xFFFFFFFF}:
        return None
    missing = announced + 8 - len(data)
    # An odd last chunk may lack its padding byte.
    return Doubt(f"{missing} bytes of the file are missing.") if missing > 1 else None


def pdf_doubt(data: Buffer) -> Doubt | None:
    """A PDF ends with its end mark, perhaps followed by some junk; a linearised one also announces its length."""
    size = len(data)
    tail = bytes(data[max(0, size - _TAIL) :])
    if b"%%EOF" not in tail and b"startxref" not in tail:
        return Doubt("The PDF ends without its end mark.")
    announced = re.search(rb"/Linearized\s[^>]{0,200}?/L\s+(\d+)", bytes(data[:1024]))
    if announced is not None and int(announced[1]) > size:
        return Doubt(f"{int(announced[1]) - size} bytes of the PDF are missing.")
    return None


def zip_doubt(data: Buffer) -> Doubt | None:
    """Office documents are ZIP archives, whose list of contents comes last."""
    tail = bytes(data[max(0, len(data) - _TAIL - 22) :])
    return None if b"PK\x05\x06" in tail else Doubt("The document ends without its list of contents.", certain=True)


def xmp_doubt(data: Buffer) -> Doubt | None:
    """XMP is XML to its end. One that declares entities of its own is none (XMP part 1, 7.2), and is not followed."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(bytes(data).rstrip(b"\0"), True)
    except expat.ExpatError as problem:
        return Doubt(
            f"The XMP ends or breaks off in line {problem.lineno} ({expat.errors.messages[problem.code]}).",
            certain=True,
        )
    except _DoctypeMet:
        return Doubt("The XMP declares entities of its own.", certain=True)
    return None


class _DoctypeMet(Exception):
    pass


def _no_doctype(*_: object) -> None:
    raise _DoctypeMet

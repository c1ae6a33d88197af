"""Tiny files of every kind, made of plain bytes, each different from all others so that nothing takes them for the same."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from typing import Final

from dambridge.connectors.kit import FilePart
from dambridge.connectors.photoshelter.probing.calls import body_of
from dambridge.model.records import MediaType

CAPTION: Final = "Written into the file before it was uploaded"
KEYWORDS: Final = ("dambridge", "probe")
KINDS: Final = (MediaType.IMAGE, MediaType.DOCUMENT, MediaType.AUDIO, MediaType.VIDEO)
"""What can be uploaded here. RAW cannot be made in a few bytes."""

_GREY: Final = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19i"
    "Z2hnPk1xeXBkeFxlZ2P/wAALCAAQABABAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAI"
    "AQEAAD8AAP/Z"
)
"""Sixteen by sixteen grey pixels as JPEG."""
_ENDINGS: Final = {
    MediaType.IMAGE: ("jpg", "image/jpeg"),
    MediaType.DOCUMENT: ("pdf", "application/pdf"),
    MediaType.AUDIO: ("wav", "audio/wav"),
    MediaType.VIDEO: ("mp4", "video/mp4"),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A file to upload."""

    kind: MediaType
    file_name: str
    content: bytes

    def part(self, field: str) -> FilePart:
        """It as the part `field` of a form."""
        return FilePart(
            field=field, file_name=self.file_name, body=body_of(self.content), media_type=_ENDINGS[self.kind][1]
        )


def sample(kind: MediaType, stem: str) -> Sample:
    """A file of this kind. `stem` is its name without ending and stands inside it."""
    makers = {
        MediaType.IMAGE: _jpeg,
        MediaType.DOCUMENT: _pdf,
        MediaType.AUDIO: _wav,
        MediaType.VIDEO: _mp4,
    }
    return Sample(kind, f"{stem}.{_ENDINGS[kind][0]}", makers[kind](stem.encode()))


def _jpeg(mark: bytes) -> bytes:
    """With caption and keywords as IPTC IIM (2:120, 2:25) in UTF-8, and the mark as a comment."""
    datasets = [(1, 90, b"\x1b%G"), (2, 120, CAPTION.encode()), *((2, 25, it.encode()) for it in KEYWORDS)]
    iim = b"".join(
        b"\x1c" + bytes([record, number]) + len(it).to_bytes(2, "big") + it for record, number, it in datasets
    )
    resource = b"8BIM\x04\x04\x00\x00" + len(iim).to_bytes(4, "big") + iim + b"\x00" * (len(iim) % 2)
    return _GREY[:2] + _segment(0xED, b"Photoshop 3.0\x00" + resource) + _segment(0xFE, mark) + _GREY[2:]


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def _pdf(mark: bytes) -> bytes:
    """One empty page."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>",
    ]
    out = bytearray(b"%PDF-1.4\n% " + mark + b"\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 4\n0000000000 65535 f \n" + b"".join(f"{it:010d} 00000 n \n".encode() for it in places)
    return bytes(out) + f"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n".encode()


def _wav(mark: bytes) -> bytes:
    """A tenth of a second of silence, the mark as a comment."""
    silence = b"\x80" * 800
    note = mark + b"\x00" * (len(mark) % 2)
    form = (1).to_bytes(2, "little") * 2 + (8000).to_bytes(4, "little") * 2 + b"\x01\x00\x08\x00"
    listed = b"INFO" + _chunk(b"ICMT", note)
    body = b"WAVE" + _chunk(b"fmt ", form) + _chunk(b"LIST", listed) + _chunk(b"data", silence)
    return _chunk(b"RIFF", body)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body


def _mp4(mark: bytes) -> bytes:
    """A container without a picture in it: a header, an empty movie, the mark as free space."""
    scale, matrix = (
        (1000).to_bytes(4, "big"),
        b"".join(it.to_bytes(4, "big") for it in (1, 0, 0, 0, 1, 0, 0, 0, 0x4000)),
    )
    movie = (
        bytes(12)
        + scale
        + bytes(4)
        + b"\x00\x01\x00\x00\x01\x00"
        + bytes(10)
        + matrix
        + bytes(24)
        + b"\x00\x00\x00\x01"
    )
    return (
        _box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2mp41") + _box(b"moov", _box(b"mvhd", movie)) + _box(b"free", mark)
    )


def _box(name: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4, "big") + name + body

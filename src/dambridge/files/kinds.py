"""What a file is by its content: names lie, first bytes rarely do.

`kind_of` looks at the head of a file (and, for TIFF relatives, at its first directory), asks `filetype` for what it
does not know itself, and uses the file name only where content alone cannot tell: camera raw formats that are plain TIFF.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

import filetype

from dambridge.files.tiff import Buffer, Tiff, TiffError
from dambridge.model.records import MediaType

HEAD_BYTES = 8192
DNG_VERSION = 50706


@dataclass(frozen=True, slots=True)
class Kind:
    """A format (our short word for it), what the systems would call it, and its MIME type."""

    format: str
    media_type: MediaType
    mime_type: str


UNKNOWN = Kind("unknown", MediaType.DOCUMENT, "application/octet-stream")
TEXT = Kind("text", MediaType.DOCUMENT, "text/plain")
XMP = Kind("xmp", MediaType.DOCUMENT, "application/rdf+xml")
HTML = Kind("html", MediaType.DOCUMENT, "text/html")
DNG = Kind("dng", MediaType.RAW, "image/x-adobe-dng")
TIFF = Kind("tiff", MediaType.IMAGE, "image/tiff")

_STARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", Kind("jpeg", MediaType.IMAGE, "image/jpeg")),
    (b"\x89PNG\r\n\x1a\n", Kind("png", MediaType.IMAGE, "image/png")),
    (b"GIF87a", Kind("gif", MediaType.IMAGE, "image/gif")),
    (b"GIF89a", Kind("gif", MediaType.IMAGE, "image/gif")),
    (b"8BPS", Kind("psd", MediaType.IMAGE, "image/vnd.adobe.photoshop")),
    (b"BM", Kind("bmp", MediaType.IMAGE, "image/bmp")),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", Kind("jp2", MediaType.IMAGE, "image/jp2")),
    (b"II\x1a\x00\x00\x00HEAPCCDR", Kind("crw", MediaType.RAW, "image/x-canon-crw")),
    (b"FUJIFILMCCD-RAW", Kind("raf", MediaType.RAW, "image/x-fujifilm-raf")),
    (b"FOVb", Kind("x3f", MediaType.RAW, "image/x-sigma-x3f")),
    (b"\x00MRM", Kind("mrw", MediaType.RAW, "image/x-minolta-mrw")),
    (b"IIRO", Kind("orf", MediaType.RAW, "image/x-olympus-orf")),
    (b"IIRS", Kind("orf", MediaType.RAW, "image/x-olympus-orf")),
    (b"MMOR", Kind("orf", MediaType.RAW, "image/x-olympus-orf")),
    (b"IIU\x00", Kind("rw2", MediaType.RAW, "image/x-panasonic-rw2")),
    (b"%PDF-", Kind("pdf", MediaType.DOCUMENT, "application/pdf")),
    (b"%!PS-Adobe", Kind("eps", MediaType.DOCUMENT, "application/postscript")),
    (b"\xc5\xd0\xd3\xc6", Kind("eps", MediaType.DOCUMENT, "application/postscript")),
    (b"ID3", Kind("mp3", MediaType.AUDIO, "audio/mpeg")),
    (b"fLaC", Kind("flac", MediaType.AUDIO, "audio/flac")),
    (b"OggS", Kind("ogg", MediaType.AUDIO, "audio/ogg")),
    (b"FORM", Kind("aiff", MediaType.AUDIO, "audio/aiff")),
    (b"\x1aE\xdf\xa3", Kind("matroska", MediaType.VIDEO, "video/x-matroska")),
    (b"PK\x03\x04", Kind("zip", MediaType.DOCUMENT, "application/zip")),
)
_RIFF: Mapping[bytes, Kind] = {
    b"WEBP": Kind("webp", MediaType.IMAGE, "image/webp"),
    b"WAVE": Kind("wav", MediaType.AUDIO, "audio/x-wav"),
    b"AVI ": Kind("avi", MediaType.VIDEO, "video/x-msvideo"),
}
_HEIF = Kind("heif", MediaType.IMAGE, "image/heif")
_MP4 = Kind("mp4", MediaType.VIDEO, "video/mp4")
_MOV = Kind("mov", MediaType.VIDEO, "video/quicktime")
_M4A = Kind("m4a", MediaType.AUDIO, "audio/mp4")
_BRANDS: Mapping[bytes, Kind] = {
    b"avif": Kind("avif", MediaType.IMAGE, "image/avif"),
    b"avis": Kind("avif", MediaType.IMAGE, "image/avif"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"), _HEIF),
    b"crx ": Kind("cr3", MediaType.RAW, "image/x-canon-cr3"),
    b"qt  ": _MOV,
    **dict.fromkeys((b"M4A ", b"M4B ", b"M4P "), _M4A),
}
_OLD_QUICKTIME = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_TIFF_RAW: Mapping[str, str] = {
    "nef": "image/x-nikon-nef",
    "nrw": "image/x-nikon-nrw",
    "arw": "image/x-sony-arw",
    "sr2": "image/x-sony-sr2",
    "srf": "image/x-sony-srf",
    "pef": "image/x-pentax-pef",
    "3fr": "image/x-hasselblad-3fr",
    "fff": "image/x-hasselblad-fff",
    "iiq": "image/x-raw",
    "mos": "image/x-raw",
    "erf": "image/x-epson-erf",
    "kdc": "image/x-kodak-kdc",
    "dcr": "image/x-kodak-dcr",
    "mef": "image/x-mamiya-mef",
    "rwl": "image/x-leica-rwl",
    "srw": "image/x-samsung-srw",
    "gpr": "image/x-gopro-gpr",
}
_OFFICE: Mapping[str, str] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "idml": "application/vnd.adobe.indesign-idml-package",
    "epub": "application/epub+zip",
}
_EXPECTED: Mapping[str, str] = {
    "jpg": "a picture",
    "jpeg": "a picture",
    "png": "a picture",
    "gif": "a picture",
    "tif": "a picture",
    "tiff": "a picture",
    "webp": "a picture",
    "psd": "a picture",
    "heic": "a picture",
    "avif": "a picture",
    "dng": "a raw picture",
    "cr2": "a raw picture",
    "cr3": "a raw picture",
    "nef": "a raw picture",
    "arw": "a raw picture",
    "mp4": "a film",
    "mov": "a film",
    "m4a": "a sound",
    "wav": "a sound",
    "pdf": "a PDF",
}


def kind_of(data: Buffer, *, file_name: str) -> Kind:
    """The kind of a file from its content; `file_name` settles what content leaves open."""
    head = bytes(data[:HEAD_BYTES])
    suffix = PurePath(file_name).suffix.lower().lstrip(".")
    if head[:4] in {b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"}:
        return _tiff_relative(data, head, suffix)
    if head[:4] in {b"RIFF", b"RIFX", b"RF64"} and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp":
        return _brand(head)
    if head[4:8] in _OLD_QUICKTIME:
        return _MOV
    for start, kind in _STARTS:
        if head.startswith(start):
            return _refined(kind, suffix)
    return _guessed(head)


def contradiction(kind: Kind, *, file_name: str) -> str | None:
    """A sentence when a name promises a picture, film, sound or PDF and the content is nothing of any kind, else None."""
    suffix = PurePath(file_name).suffix.lower().lstrip(".")
    promised = _EXPECTED.get(suffix)
    if promised is None or kind.format not in {"unknown", "text", "html"}:
        return None
    found = {"html": "a web page", "text": "plain text"}.get(kind.format, "nothing that is known")
    return f"Its name promises {promised} (.{suffix}), but inside is {found}: have the original delivered again."


def _refined(kind: Kind, suffix: str) -> Kind:
    if kind.format == "zip" and suffix in _OFFICE:
        return Kind("zip", MediaType.DOCUMENT, _OFFICE[suffix])
    if kind.format == "matroska" and suffix == "webm":
        return Kind("matroska", MediaType.VIDEO, "video/webm")
    if kind.format == "pdf" and suffix == "ai":
        return Kind("pdf", MediaType.DOCUMENT, "application/vnd.adobe.illustrator")
    return kind


def _tiff_relative(data: Buffer, head: bytes, suffix: str) -> Kind:
    if head[8:10] == b"CR":
        return Kind("cr2", MediaType.RAW, "image/x-canon-cr2")
    try:
        tiff = Tiff(data)
        if DNG_VERSION in tiff.directory(tiff.first).tags:
            return DNG
    except TiffError:
        pass  # whether it is cut is `soundness`'s question
    if suffix == "dng":
        return DNG
    if suffix in _TIFF_RAW:
        return Kind(suffix, MediaType.RAW, _TIFF_RAW[suffix])
    return TIFF


def _brand(head: bytes) -> Kind:
    major, length = head[8:12], min(int.from_bytes(head[:4], "big"), len(head))
    if major in _BRANDS:
        return _BRANDS[major]
    compatible = {head[at : at + 4] for at in range(16, max(16, length - 3), 4)}
    return _BRANDS[b"avif"] if b"avif" in compatible else _HEIF if b"heic" in compatible else _MP4


def _guessed(head: bytes) -> Kind:
    if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html|head|body)\b", head, re.IGNORECASE):
        return HTML
    if b"<x:xmpmeta" in head or b"<rdf:RDF" in head:
        return XMP
    if (guess := filetype.guess(head)) is not None:
        return Kind(guess.extension, _media_type(guess.mime), guess.mime)
    if head and b"\x00" not in head and _decodes(head):
        return TEXT
    return UNKNOWN


def _media_type(mime: str) -> MediaType:
    family = mime.partition("/")[0]
    return MediaType(family) if family in {"image", "video", "audio"} else MediaType.DOCUMENT


def _decodes(head: bytes) -> bool:
    try:
        head[: HEAD_BYTES - 4].decode("utf-8")
    except UnicodeDecodeError as problem:
        return problem.start >= len(head) - 8
    return True

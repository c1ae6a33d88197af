"""Media type by looking at the bytes, dimensions, thumbnails."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

_FAILURES = (
    OSError,
    ValueError,
    SyntaxError,
    MemoryError,
    Image.DecompressionBombError,
    KeyError,
    TypeError,
    IndexError,
)
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF8", "image/gif"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"%PDF-", "application/pdf"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"BM", "image/bmp"),
    (0, b"PK\x03\x04", "application/zip"),
)
_BRANDS = {
    b"qt  ": "video/quicktime", b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heif",
    b"avif": "image/avif", b"M4A ": "audio/mp4", b"crx ": "image/x-canon-cr3",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """Media type, and width and height in pixels where it is an image that can be opened."""

    media_type: str
    width: int | None = None
    height: int | None = None

    @property
    def family(self) -> str:
        """`image`, `video`, `audio` or `document`."""
        head = self.media_type.partition("/")[0]
        return head if head in ("image", "video", "audio") else "document"


def sniff(head: bytes) -> str:
    """Return the media type of a file by its first kilobyte."""
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    for place, magic, media_type in _MAGIC:
        if head[place : place + len(magic)] == magic:
            if media_type == "image/tiff" and b"\x12\xc6" in head[:512]:
                return "image/x-adobe-dng"
            return media_type
    try:
        head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return "application/octet-stream"
    return "text/plain" if head else "application/octet-stream"


def inspect(path: Path) -> MediaInfo:
    """Return media type and dimensions of a file; a broken one has no dimensions."""
    with path.open("rb") as source:
        media_type = sniff(source.read(1024))
    if not media_type.startswith("image/"):
        return MediaInfo(media_type)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                width, height = image.size
    except _FAILURES:
        return MediaInfo(media_type)
    return MediaInfo(media_type, width, height)


def thumbnail(source: Path | bytes, pixels: int) -> bytes | None:
    """Return a JPEG at most `pixels` on its longer side, turned as its orientation says; None when that fails."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
                image.draft("RGB", (pixels * 2, pixels * 2))
                small = ImageOps.exif_transpose(image)
                small.thumbnail((pixels, pixels))
                out = io.BytesIO()
                small.convert("RGB").save(out, "JPEG", quality=82)
    except _FAILURES:
        return None
    return out.getvalue()

"""Is a file whole? Its own structure is followed to its end, without decoding; a doubt is settled by the decoder.

A cut original must not be archived as sound, and an odd but sound one must not be refused: so a structure that only looks
unusual (no end mark, a length that announces too much) is broken only if the image library cannot read the picture either.
Formats that carry no sign of their own length (MP3, plain text, camera raw of unknown makers) are taken as they are.
"""

from __future__ import annotations

import hashlib
import threading
import warnings
from collections.abc import Callable, Mapping
from io import BytesIO

from PIL import Image

from dambridge.files.doubt import Doubt
from dambridge.files.kinds import Kind
from dambridge.files.picture_structure import gif_doubt, jpeg_doubt, png_doubt, psd_doubt, tiff_doubt
from dambridge.files.stream_structure import boxes_doubt, pdf_doubt, riff_doubt, xmp_doubt, zip_doubt
from dambridge.files.tiff import Buffer
from dambridge.model.records import MediaType

Check = Callable[[Buffer], Doubt | None]

_CHECKS: Mapping[str, Check] = {
    "jpeg": jpeg_doubt,
    "png": png_doubt,
    "gif": gif_doubt,
    "psd": psd_doubt,
    "tiff": tiff_doubt,
    "dng": tiff_doubt,
    "cr2": tiff_doubt,
    "webp": riff_doubt,
    "wav": riff_doubt,
    "avi": riff_doubt,
    "mp4": boxes_doubt,
    "mov": boxes_doubt,
    "m4a": boxes_doubt,
    "heif": boxes_doubt,
    "avif": boxes_doubt,
    "cr3": boxes_doubt,
    "pdf": pdf_doubt,
    "zip": zip_doubt,
    "xmp": xmp_doubt,
}
_ONE_AT_A_TIME = threading.Lock()
_ENDINGS = (b"\x55" * 64 + b"\xff\xd9", b"\xaa" * 64 + b"\xff\xd9")
"""Two endings for a JPEG without an end mark. A whole picture needs neither and looks the same with both; in a cut one the
decoder takes them for the rest of the picture, and the two come out different."""
_DECODABLE = frozenset({"jpeg", "png", "gif", "tiff", "webp"})


def doubt(data: Buffer, kind: Kind) -> Doubt | None:
    """What is missing as far as the structure shows, None for a file that looks whole."""
    check = _CHECKS.get(kind.format)
    if check is None and kind.media_type is MediaType.RAW:
        check = tiff_doubt if bytes(data[:4]) in {b"II*\x00", b"MM\x00*"} else None
    return check(data) if check is not None else None


def decodes(data: Buffer, kind: Kind) -> bool:
    """True when the image library reads every pixel of every page, so that a doubt was unfounded."""
    if kind.format not in _DECODABLE:
        return False
    try:
        # The library tells of odd files by warnings too, and filters for those belong to the whole process.
        with _ONE_AT_A_TIME, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if kind.format == "jpeg":
                return _pixels(bytes(data) + _ENDINGS[0]) == _pixels(bytes(data) + _ENDINGS[1])
            _pixels(bytes(data))
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError):
        return False
    return True


def _pixels(content: bytes) -> bytes:
    """A digest of all pixels of all pages; raises whatever the image library raises."""
    digest = hashlib.sha256()
    with Image.open(BytesIO(content)) as picture:
        for page in range(getattr(picture, "n_frames", 1)):
            picture.seek(page)
            digest.update(picture.tobytes())
    return digest.digest()


def broken_because(data: Buffer, kind: Kind) -> tuple[str | None, str | None]:
    """(why it is broken, what is odd though sound): at most one of the two is there."""
    found = doubt(data, kind)
    if found is None:
        return None, None
    if not found.certain and decodes(data, kind):
        return None, f"Odd, but whole: {found.says}"
    return f"{found.says} The delivery was cut or damaged: have the original delivered again.", None

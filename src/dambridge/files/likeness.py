"""What a picture looks like, whatever its file: a perceptual hash, a closer look, and when it was taken.

The hash is ImageHash's pHash of 256 bits (docs/decisions/0007): the signs of the lowest frequencies of the picture's
brightness. It bears other sizes, qualities, formats and metadata; cuts, turns and montages it does not bear, as it should.
"""

from __future__ import annotations

import asyncio
import re
import warnings
from io import BytesIO

from PIL import ExifTags, Image, ImageOps, ImageStat

from dambridge.model.pairing import GRID, CloseLook, Likeness

HASH_SIDE = 16
WORK_SIDE = 512
"""Pixels of the longer side that are enough for either look; more is taken down first."""
FLAT = 3.0
"""Standard deviation of brightness below which a picture has no shapes to be known by."""
_CHROMA_SIDE = 8
_EXIF_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)")
_TURNS = (
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_180,
    Image.Transpose.ROTATE_270,
    Image.Transpose.FLIP_LEFT_RIGHT,
)


class FileEye:
    """Implements `ports.pairing.Eye`; the work is done beside the event loop."""

    async def likeness(self, data: bytes) -> Likeness | None:
        return await asyncio.to_thread(likeness_of, data)

    async def look(self, data: bytes) -> CloseLook | None:
        return await asyncio.to_thread(look_of, data)

    async def captured(self, head: bytes) -> str:
        return await asyncio.to_thread(captured_of, head)


def likeness_of(data: bytes) -> Likeness | None:
    """None for what is no picture, and for a plain surface, which is like every other."""
    picture = _opened(data)
    if picture is None:
        return None
    grey = picture.convert("L")
    if ImageStat.Stat(grey).stddev[0] < FLAT:
        return None
    turned = tuple(_bits(grey.transpose(it)) for it in _TURNS)
    return Likeness(bits=_bits(grey), turned=turned, aspect=round(picture.width / picture.height, 4))


def look_of(data: bytes) -> CloseLook | None:
    """None for what is no picture."""
    picture = _opened(data)
    if picture is None:
        return None
    luma, blue, red = picture.convert("YCbCr").split()
    cells = [it.resize((_CHROMA_SIDE, _CHROMA_SIDE), Image.Resampling.BOX).tobytes() for it in (blue, red)]
    return CloseLook(luma=luma.resize((GRID, GRID), Image.Resampling.BOX).tobytes(), chroma=b"".join(cells))


def captured_of(head: bytes) -> str:
    """Exif's DateTimeOriginal with fraction and offset where they stand there. The first bytes of a JPEG, TIFF or HEIF are
    enough: nothing is decoded."""
    try:
        with warnings.catch_warnings(), Image.open(BytesIO(head)) as picture:
            warnings.simplefilter("ignore")
            exif = picture.getexif().get_ifd(ExifTags.IFD.Exif)
    except Exception:  # noqa: BLE001 - Pillow raises whatever its decoders meet in a file that is cut or odd
        return ""
    found = _EXIF_TIME.match(str(exif.get(ExifTags.Base.DateTimeOriginal, "")))
    if found is None:
        return ""
    fraction = str(exif.get(ExifTags.Base.SubsecTimeOriginal, "")).strip("\0 ")
    offset = str(exif.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 ")
    told = f"{found[1]}-{found[2]}-{found[3]}T{found[4]}"
    told += f".{fraction}" if fraction.isdigit() else ""
    return told + (offset if re.fullmatch(r"Z|[+-]\d\d:\d\d", offset) else "")


def _opened(data: bytes) -> Image.Image | None:
    """The picture upright, in colours, no larger than is needed; None where it cannot be decoded."""
    try:
        with warnings.catch_warnings(), Image.open(BytesIO(data)) as picture:
            warnings.simplefilter("ignore")
            picture.draft("RGB", (WORK_SIDE * 2, WORK_SIDE * 2))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((WORK_SIDE, WORK_SIDE))
            if "A" in upright.getbands() or "transparency" in upright.info:
                return _on_white(upright)
            return upright.convert("RGB")
    except Exception:  # noqa: BLE001 - Pillow raises whatever its decoders meet in a file that is cut or odd
        return None


def _on_white(picture: Image.Image) -> Image.Image:
    """What shows through is white, as renditions have it."""
    clear = picture.convert("RGBA")
    ground = Image.new("RGBA", clear.size, "white")
    ground.alpha_composite(clear)
    return ground.convert("RGB")


def _bits(grey: Image.Image) -> int:
    import imagehash  # noqa: PLC0415 - it brings SciPy, which no other command needs

    found = imagehash.phash(grey, hash_size=HASH_SIDE)
    return int(str(found), 16)

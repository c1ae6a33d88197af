"""Pages and key frames of an asset (section 8.2): `constituent/page1`, `constituent/keyframe1`.

That the URLs exist is CONFIRMED. Frames of an image file are its own; a PDF's pages and a video's key frames are drawn cards
with their number, as nothing here renders those.
"""

from __future__ import annotations

import io
import re
from typing import Final

from PIL import Image, ImageDraw, UnidentifiedImageError

_PDF_PAGE: Final = re.compile(rb"/Type\s*/Page\b")
_NAME: Final = re.compile(r"(page|keyframe)([1-9]\d{0,4})")
_KEY_FRAMES: Final = 4
_SHEET, _SCREEN = (382, 540), (500, 281)


def named(word: str) -> tuple[str, int] | None:
    """The kind and number in `page1` or `keyframe1`; None when it is neither."""
    found = _NAME.fullmatch(word)
    return None if found is None else (found[1], int(found[2]))


def count(data: bytes, media_type: str) -> tuple[str, int]:
    """What the file consists of, and how many: pages of a PDF or of an image with several, key frames of a video."""
    if media_type == "application/pdf":
        return "page", len(_PDF_PAGE.findall(data))
    if media_type.startswith("video/"):
        return "keyframe", _KEY_FRAMES
    if media_type.startswith("image/"):
        try:
            with Image.open(io.BytesIO(data)) as image:
                frames = getattr(image, "n_frames", 1)
        except (UnidentifiedImageError, OSError, ValueError):
            return "page", 0
        return "page", frames if frames > 1 else 0
    return "page", 0


def picture(data: bytes, media_type: str, kind: str, number: int) -> bytes | None:
    """A JPEG of one page or key frame; None when the file has no such."""
    held, total = count(data, media_type)
    if kind != held or number > total:
        return None
    return _frame(data, number) if media_type.startswith("image/") else _card(kind, number)


def _frame(data: bytes, number: int) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        image.seek(number - 1)
        image.thumbnail((500, 500))
        return _jpeg(image.convert("RGB"))


def _card(kind: str, number: int) -> bytes:
    size, ink, ground = (_SHEET, "black", "white") if kind == "page" else (_SCREEN, "white", "black")
    image = Image.new("RGB", size, ground)
    ImageDraw.Draw(image).text((20, 20), f"{kind} {number}", fill=ink)
    return _jpeg(image)


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()

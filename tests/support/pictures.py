"""Small pictures and what people type beside them."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

IMAGE_DESCRIPTION = 270


@cache
def picture(seed: int, *, side: int = 48) -> bytes:
    """A small sound JPEG that differs for each seed, the same on every call."""
    drawn = Image.new("RGB", (side, side), ((seed * 37) % 256, (seed * 91) % 256, (seed * 53) % 256))
    ImageDraw.Draw(drawn).line((0, seed % side, side, side - seed % side), fill="white", width=3)
    out = BytesIO()
    drawn.save(out, "JPEG", quality=85, comment=f"picture {seed}".encode())
    return out.getvalue()


def captioned(seed: int, words: str) -> bytes:
    """The picture with a description of its own inside, as cameras and editors leave one."""
    drawn, exif, out = Image.open(BytesIO(picture(seed))), Image.Exif(), BytesIO()
    exif[IMAGE_DESCRIPTION] = words
    drawn.save(out, "JPEG", quality=85, exif=exif)
    return out.getvalue()


def approved(**more: Any) -> dict[str, Any]:
    """The IPTC fields of an asset that is ready to travel."""
    return {"edit_status": "approved", "credit": "Riverbend", "caption": "A boat", **more}


def approved_inside(seed: int = 1, word: str = "approved") -> bytes:
    """A picture in whose old IPTC block its maker says that it is approved."""
    said = word.encode()
    dataset = bytes([0x1C, 2, 7]) + len(said).to_bytes(2, "big") + said
    block = b"8BIM" + (0x0404).to_bytes(2, "big") + b"\x00\x00" + len(dataset).to_bytes(4, "big") + dataset
    block += b"\x00" * (len(dataset) % 2)
    body = b"Photoshop 3.0\x00" + block
    segment = b"\xff\xed" + (len(body) + 2).to_bytes(2, "big") + body
    plain = picture(seed)
    return plain[:2] + segment + plain[2:]

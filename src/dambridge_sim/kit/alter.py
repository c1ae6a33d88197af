"""What a server may do to a file on upload: rewrite its metadata, or make it anew (fault `alter_on_upload`)."""

from __future__ import annotations

import io

from PIL import Image, UnidentifiedImageError

_COMMENT = b"\xff\xfe\x00\x19rewritten by the server"


def altered(data: bytes, how: str) -> bytes:
    """Return a file with other bytes: `metadata` keeps the pixels, `reencode` makes the image anew without metadata."""
    if how == "reencode" and (made := _made_anew(data)) is not None:
        return made
    if data[:2] == b"\xff\xd8":
        return data[:2] + _COMMENT + data[2:]
    return data + b"\n"


def _made_anew(data: bytes) -> bytes | None:
    out = io.BytesIO()
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.convert("RGB").save(
                out, image.format if image.format in ("JPEG", "PNG", "WEBP") else "JPEG", quality=82
            )
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None
    return out.getvalue()

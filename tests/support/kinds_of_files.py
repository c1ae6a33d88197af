"""One small sound file of each kind that fields are written into, and some that nothing is written into."""

from __future__ import annotations

import io
import struct
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import av
import numpy as np
import pictures
import pillow_heif
from PIL import Image

SIDE = (64, 48)


@cache
def noise() -> Image.Image:
    """A picture with enough detail that a changed byte is seen, the same in every run."""
    values = np.random.default_rng(5).integers(0, 255, (SIDE[1], SIDE[0], 3), dtype=np.uint8)
    return Image.fromarray(values)


def _pillow(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    noise().save(out, kind, **options)
    return out.getvalue()


def _heic() -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(noise()).save(out)
    return out.getvalue()


def _pages() -> bytes:
    out, rest = io.BytesIO(), [noise().rotate(180), noise().rotate(90, expand=True)]
    noise().save(out, "TIFF", save_all=True, append_images=rest, compression="tiff_lzw")
    return out.getvalue()


def _sampled(kind: str, suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"sample{suffix}")
        pictures.save(noise().convert("RGB"), path, kind)
        return path.read_bytes()


def _film(container: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=container, options={"fflags": "+bitexact"}) as made:
        stream = made.add_stream("libx264", rate=4, options={"preset": "ultrafast", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = *SIDE, "yuv420p"
        for turn in range(4):
            frame = av.VideoFrame.from_ndarray(np.asarray(noise().rotate(90 * turn).resize(SIDE)), format="rgb24")
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return out.getvalue()


def _psd() -> bytes:
    """A flat Photoshop file: header, no colours, one resource, no layers, three planes."""
    planes = np.asarray(noise()).transpose(2, 0, 1).tobytes()
    header = b"8BPS\x00\x01" + bytes(6) + struct.pack(">HIIHH", 3, SIDE[1], SIDE[0], 8, 3)
    resource = (
        b"8BIM"
        + struct.pack(">H", 0x03ED)
        + b"\x00\x00"
        + struct.pack(">I", 16)
        + struct.pack(">IHHIHH", *(4718592, 1, 1) * 2)
    )
    return header + bytes(4) + struct.pack(">I", len(resource)) + resource + bytes(4) + b"\x00\x00" + planes


def _nef() -> bytes:
    """What of a camera's raw file can be told from outside: TIFF, and a name."""
    return _sampled("tiff", ".tif")


MAKERS: dict[str, Callable[[], bytes]] = {
    "a.jpg": lambda: _pillow("JPEG", quality=90),
    "a.tif": lambda: _pillow("TIFF"),
    "pages.tif": _pages,
    "a.png": lambda: _pillow("PNG"),
    "a.webp": lambda: _pillow("WEBP", quality=80),
    "lossless.webp": lambda: _pillow("WEBP", lossless=True),
    "a.heic": _heic,
    "a.avif": lambda: _pillow("AVIF"),
    "a.dng": lambda: _sampled("dng", ".dng"),
    "a.psd": _psd,
    "a.pdf": lambda: _sampled("pdf", ".pdf"),
    "a.mp4": lambda: _film("mp4"),
    "a.mov": lambda: _film("mov"),
}
"""File name to the function that makes it: what is written into."""
BESIDE: dict[str, Callable[[], bytes]] = {
    "a.nef": _nef,
    "a.gif": lambda: _pillow("GIF"),
    "a.jp2": lambda: _pillow("JPEG2000"),
}
"""The same for what gets a side-car."""


@cache
def sample(name: str) -> bytes:
    return {**MAKERS, **BESIDE}[name]()

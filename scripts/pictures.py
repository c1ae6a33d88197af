"""Make files of many kinds out of photographs, the same bytes every time: JPEG, TIFF, PNG, DNG, PDF, MP4, M4A."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import tifffile
from PIL import Image, ImageFilter
from reportlab.lib.pagesizes import A5  # type: ignore[import-untyped]
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

SUFFIX = {
    "jpeg": ".jpg",
    "tiff": ".tif",
    "tiff_lzw": ".tif",
    "png": ".png",
    "dng": ".dng",
    "pdf": ".pdf",
    "mp4": ".mp4",
    "m4a": ".m4a",
}
Crop = tuple[float, float, float, float]
WHOLE: Crop = (0.0, 0.0, 1.0, 1.0)


def load(path: Path) -> Image.Image:
    """A photograph, decoded, without the metadata of its file."""
    with Image.open(path) as opened:
        return opened.convert("L" if opened.mode == "L" else "RGB")


def shape(picture: Image.Image, *, crop: Crop = WHOLE, blur: float = 0, longest: int = 0) -> Image.Image:
    """Cut a share out of a picture, perhaps blur it, perhaps bring its longer side to `longest` pixels."""
    width, height = picture.size
    left, top, right, bottom = crop
    cut = picture.crop((round(left * width), round(top * height), round(right * width), round(bottom * height)))
    if blur:
        cut = cut.filter(ImageFilter.GaussianBlur(blur))
    if longest:
        share = longest / max(cut.size)
        cut = cut.resize(
            (max(1, round(cut.width * share)), max(1, round(cut.height * share))), Image.Resampling.LANCZOS
        )
    return cut


def save(picture: Image.Image | None, target: Path, kind: str) -> None:
    """Write `target` as `kind` (a key of SUFFIX); only sound needs no picture."""
    if kind == "m4a":
        _sound(target)
        return
    if picture is None:
        raise ValueError(f"{target.name}: a file of kind {kind} needs a photograph")
    match kind:
        case "jpeg":
            picture.save(target, "JPEG", quality=88)
        case "tiff":
            picture.save(target, "TIFF")
        case "tiff_lzw":
            picture.save(target, "TIFF", compression="tiff_lzw")
        case "png":
            picture.save(target, "PNG", compress_level=6)
        case "dng":
            _raw(picture, target)
        case "pdf":
            _page(picture, target)
        case "mp4":
            _film(picture, target)
        case _:
            raise ValueError(f"unknown kind of file: {kind}")


def _raw(picture: Image.Image, target: Path) -> None:
    """A DNG as a camera would write it: one value for each pixel behind an RGGB filter, 16 bits, undeveloped."""
    pixels = np.asarray(picture.convert("RGB"), dtype=np.uint16) * 257
    pixels = pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]
    mosaic = pixels[:, :, 1].copy()
    mosaic[0::2, 0::2] = pixels[0::2, 0::2, 0]
    mosaic[1::2, 1::2] = pixels[1::2, 1::2, 2]
    matrix = (10000, 10000, 0, 10000, 0, 10000, 0, 10000, 10000, 10000, 0, 10000, 0, 10000, 0, 10000, 10000, 10000)
    extra = [
        (33421, "H", 2, (2, 2), True),  # CFARepeatPatternDim
        (33422, "B", 4, (0, 1, 1, 2), True),  # CFAPattern: red, green, green, blue
        (50706, "B", 4, (1, 4, 0, 0), True),  # DNGVersion
        (50707, "B", 4, (1, 1, 0, 0), True),  # DNGBackwardVersion
        (50708, "s", 0, "Riverbend Field Camera", True),  # UniqueCameraModel
        (50717, "I", 1, 65535, True),  # WhiteLevel
        (50721, "2i", 9, matrix, True),  # ColorMatrix1
        (50728, "2I", 3, (1, 1, 1, 1, 1, 1), True),  # AsShotNeutral
        (50778, "H", 1, 21, True),  # CalibrationIlluminant1: D65
    ]
    tifffile.imwrite(target, mosaic, photometric="cfa", extratags=extra, metadata=None, software="", datetime=None)


def _page(picture: Image.Image, target: Path) -> None:
    page = Canvas(str(target), pagesize=A5, invariant=1)
    width, height = A5
    page.setFont("Helvetica-Bold", 20)
    page.drawString(36, height - 60, "Guide to the harbour")
    shown = width - 72
    page.drawImage(ImageReader(picture), 36, height - 90 - shown * 0.8, shown, shown * 0.8, preserveAspectRatio=True)
    page.setFont("Helvetica", 11)
    page.drawString(36, 120, "The ferry leaves at 8, 12 and 17 o'clock from the quay below the hill.")
    page.showPage()
    page.save()


def _film(picture: Image.Image, target: Path, *, seconds: int = 3, rate: int = 12) -> None:
    """A slow look across the photograph, H.264 in MP4."""
    wide = picture.convert("RGB").resize((960, 768), Image.Resampling.LANCZOS)
    with av.open(str(target), "w", options={"fflags": "+bitexact", "movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "veryfast", "threads": "1", "crf": "24"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        stream.thread_count = 1
        frames = seconds * rate
        for number in range(frames):
            share = number / (frames - 1)
            left, top = round(share * 320), round(share * 288)
            view = np.asarray(wide.crop((left, top, left + 640, top + 480)))
            frame = av.VideoFrame.from_ndarray(view, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _sound(target: Path, *, seconds: int = 2, rate: int = 44100) -> None:
    """Two long blasts of a horn, AAC in M4A."""
    with av.open(str(target), "w", format="ipod", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("aac", rate=rate, layout="mono")
        moments = np.arange(seconds * rate) / rate
        blast = ((moments % 1.0) < 0.8).astype(np.float32)
        horn = sum(np.sin(2 * math.pi * pitch * moments) / order for order, pitch in enumerate((110, 165, 220), 1))
        samples = (0.4 * blast * horn).astype(np.float32).reshape(1, -1)
        size = 1024
        for start in range(0, samples.shape[1], size):
            frame = av.AudioFrame.from_ndarray(samples[:, start : start + size].copy(), format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

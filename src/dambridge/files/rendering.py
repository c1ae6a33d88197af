"""One rendition, from file to file, in this very process. It is called in a process of its own (`rendering_worker`), because
a picture decides how much memory and time its decoding takes.

Only decoders of picture formats are let at a file, each at its own format: nothing is handed to an interpreter of pages, and
the small preview in a camera's raw file is never taken for the picture.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from dambridge.files.colours import eight_bits, in_profile, target_profile
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.outgoing import NotRendered

_DECODERS: Mapping[str, tuple[str, ...]] = {
    "jpeg": ("JPEG", "MPO"),
    "png": ("PNG",),
    "tiff": ("TIFF",),
    "webp": ("WEBP",),
    "gif": ("GIF",),
    "psd": ("PSD",),
    "bmp": ("BMP",),
    "jp2": ("JPEG2000",),
    "avif": ("AVIF",),
    "heif": ("HEIF",),
}
READABLE = frozenset(_DECODERS)
"""Kinds of files (`kinds.Kind.format`) that renditions are made of."""
_MOVING = frozenset({"gif", "webp", "png", "avif"})
"""Formats whose further pictures make it move. Those of a JPEG are previews, those of a Photoshop file its layers."""
_PAGED = frozenset({"tiff", "heif"})
_MARKS = ("PNG", "WEBP", "JPEG", "TIFF")
MARK_SHARE = 0.6
"""How much of the picture's width and height a watermark takes up, whichever it fills first."""
SUFFIXES: Mapping[str, str] = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "tiff": ".tif"}
"""What renditions can be, with the suffix that their names get."""
_ORIENTATION = 0x0112
_UPRIGHT: Mapping[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
RECIPE = 1
"""Raised when this module makes other pixels of the same file, so that what was published is made anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """`ports.outgoing.RenditionOrder` as it goes to the process that carries it out."""

    name: str
    longest: int | None
    format: str
    quality: int
    profile: str
    watermark: str
    opacity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    width: int
    height: int
    notes: tuple[str, ...]


def refuse_mistakes(order: Order) -> None:
    """Raises `CannotGoOn` for an order that no file could satisfy. The watermark is looked at when it is laid."""
    if order.format not in SUFFIXES:
        raise CannotGoOn(f"The rendition {order.name} is to be {order.format}: name one of {', '.join(SUFFIXES)}.")
    if not 1 <= order.quality <= 100 or not 0 < order.opacity <= 1 or (order.longest is not None and order.longest < 1):
        raise CannotGoOn(
            f"The rendition {order.name} cannot be made: `quality` is 1 to 100, `opacity` above 0 up to 1, `longest` 1 or more."
        )
    target_profile(order.profile)


def render_file(source: Path, target: Path, order: Order, *, kind: str, most_pixels: int) -> Made:
    """Make `target` of `source`, whose content is of this kind. Raises `NotRendered` and `CannotGoOn`."""
    refuse_mistakes(order)
    notes: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture = _decoded(source, order, kind, most_pixels, notes)
        if order.watermark:
            picture = _marked(picture, order)
        _save(picture, target, order)
    return Made(width=picture.width, height=picture.height, notes=tuple(notes))


def _decoded(source: Path, order: Order, kind: str, most_pixels: int, notes: list[str]) -> Image.Image:
    """The picture upright, at its size, in the colours of the order's profile."""
    Image.MAX_IMAGE_PIXELS = None  # the bound is ours, and it refuses with a sentence
    _ready_for(kind)
    try:
        with Image.open(source, formats=_DECODERS[kind]) as opened:
            _refuse_too_much(opened, most_pixels)
            _pick_the_picture(opened, kind, notes)
            profile = opened.info.get("icc_profile")
            if order.longest is not None:
                opened.draft(None, (order.longest * 2, order.longest * 2))
            opened.load()
            # Only now: a decoder that turns the picture itself (TIFF, AVIF, HEIC) has taken the mark away, and a PNG may
            # have it behind its pixels.
            turn = _UPRIGHT.get(_orientation(opened))
            picture = _fitted(eight_bits(opened), order.longest)
    except (NotRendered, CannotGoOn):
        raise
    except MemoryError as problem:
        raise NotRendered("it needs more memory than a rendition may take.") from problem
    except Exception as problem:  # Pillow raises whatever its decoders meet in a file that is cut or odd
        raise NotRendered(
            f"the image library cannot read it ({type(problem).__name__}: {_words(problem, source)})."
        ) from problem
    if turn is not None:
        picture = picture.transpose(turn)
    return in_profile(picture, profile if isinstance(profile, bytes) else None, order.profile, notes)


def _words(problem: Exception, source: Path) -> str:
    return str(problem).replace(str(source), "the file")[:160]


def _ready_for(kind: str) -> None:
    if kind not in _DECODERS:
        raise NotRendered(f"it is of the kind {kind} inside, of which no renditions are made.")
    if kind == "heif":
        try:
            import pi_heif  # noqa: PLC0415 - an extra of the package, for those who may use HEVC
        except ImportError as problem:
            raise NotRendered(
                "it is HEIC, and this installation cannot decode it: install `dambridge[heic]`, or publish another format."
            ) from problem
        pi_heif.register_heif_opener()


def _refuse_too_much(opened: Image.Image, most_pixels: int) -> None:
    pixels = opened.width * opened.height
    if pixels > most_pixels:
        raise NotRendered(
            f"it has {opened.width} × {opened.height} pixels, and at most {most_pixels // 1_000_000} million are decoded."
        )


def _pick_the_picture(opened: Image.Image, kind: str, notes: list[str]) -> None:
    frames = getattr(opened, "n_frames", 1)
    if frames > 1 and kind in _MOVING:
        raise NotRendered(f"it moves ({frames} pictures), and a rendition is one still picture.")
    if frames > 1 and kind in _PAGED:
        notes.append(f"The rendition is of the first of its {frames} pages.")


def _orientation(opened: Image.Image) -> int:
    found = opened.getexif().get(_ORIENTATION, 1)
    return found if isinstance(found, int) else 1


def _fitted(picture: Image.Image, longest: int | None) -> Image.Image:
    """No larger than told; never enlarged."""
    now = max(picture.size)
    if longest is None or now <= longest:
        return picture
    width, height = (max(1, round(it * longest / now)) for it in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _marked(picture: Image.Image, order: Order) -> Image.Image:
    """The watermark in the middle, as large as its share allows. Nothing leaves without the one that was ordered."""
    try:
        with Image.open(order.watermark, formats=_MARKS) as opened:
            mark = opened.convert("RGBA")
    except Exception as problem:  # whatever is the matter with it, it is a fault of the configuration
        raise CannotGoOn(
            f"The watermark {order.watermark} of the rendition {order.name} is no picture that can be read "
            f"({type(problem).__name__}: {problem}). Name a PNG, WebP, JPEG or TIFF."
        ) from problem
    scale = min(picture.width * MARK_SHARE / mark.width, picture.height * MARK_SHARE / mark.height)
    mark = mark.resize(
        (max(1, round(mark.width * scale)), max(1, round(mark.height * scale))), Image.Resampling.LANCZOS
    )
    mark.putalpha(mark.getchannel("A").point(lambda it: round(it * order.opacity)))
    over = Image.new("RGBA", picture.size)
    over.paste(mark, ((picture.width - mark.width) // 2, (picture.height - mark.height) // 2))
    laid = Image.alpha_composite(picture.convert("RGBA"), over)
    return laid if picture.mode == "RGBA" else laid.convert("RGB")


def _save(picture: Image.Image, target: Path, order: Order) -> None:
    made = _on_white(picture) if order.format == "jpeg" and picture.mode == "RGBA" else picture
    made.info.clear()
    profile = target_profile(order.profile)
    try:
        match order.format:
            case "jpeg":
                sampling = 0 if order.quality >= 90 else 2
                made.save(
                    target, "JPEG", quality=order.quality, subsampling=sampling, optimize=True, progressive=True,
                    icc_profile=profile,
                )  # fmt: skip
            case "webp":
                made.save(target, "WEBP", quality=order.quality, method=4, icc_profile=profile)
            case "png":
                made.save(target, "PNG", compress_level=6, icc_profile=profile)
            case "tiff":
                made.save(target, "TIFF", compression="tiff_adobe_deflate", icc_profile=profile)
    except (OSError, ValueError, SystemError) as problem:
        if isinstance(problem, OSError) and problem.errno is not None:
            raise CannotGoOn(f"The rendition {order.name} cannot be kept on disk: {problem.strerror}.") from problem
        raise NotRendered(
            f"no {order.format} can be made of {made.width} × {made.height} pixels ({problem})."
        ) from problem


def _on_white(picture: Image.Image) -> Image.Image:
    """What shows through is white."""
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture)
    return ground.convert("RGB")

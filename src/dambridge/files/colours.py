"""Colours into one profile: whatever a picture's numbers mean becomes 8 bits per channel of RGB, with transparency beside.

Conversion is relative colorimetric with black point compensation. What a picture does not say is not invented: without a
profile, RGB and grey are taken for sRGB as every viewer takes them, and CMYK is converted by rule of thumb, with a note.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms

from dambridge.ports.errors import CannotGoOn
from dambridge.ports.outgoing import NotRendered

SRGB = "srgb"
_SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK", "LAB": "Lab "}
_DATE = slice(24, 36)
"""Where a profile says when it was made. The library's own sRGB says *now*; equal renditions need equal profiles."""
_MADE = bytes.fromhex("07b2 0001 0001 0000 0000 0000")


@cache
def target_profile(name: str) -> bytes:
    """The profile that renditions get: `srgb`, or the RGB profile in the file of this path. Raises `CannotGoOn`."""
    if name.casefold() == SRGB:
        made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        return made[: _DATE.start] + _MADE + made[_DATE.stop :]
    try:
        data = Path(name).read_bytes()
        space = ImageCms.ImageCmsProfile(BytesIO(data)).profile.xcolor_space
    except (OSError, ImageCms.PyCMSError) as problem:
        raise CannotGoOn(
            f"The colour profile {name} of a rendition cannot be used: {problem}. Name `srgb`, or the path of an ICC file."
        ) from problem
    if space.strip() != "RGB":
        raise CannotGoOn(f"The colour profile {name} of a rendition is for {space.strip()}; name one for RGB.")
    return data


def eight_bits(picture: Image.Image) -> Image.Image:
    """The picture as L, LA, RGB, RGBA, CMYK or LAB. Raises `NotRendered` for numbers that mean no colour by themselves."""
    match picture.mode:
        case "L" | "LA" | "RGBA" | "CMYK" | "LAB":
            return picture if "transparency" not in picture.info else picture.convert("RGBA")
        case "RGB":
            return picture if "transparency" not in picture.info else picture.convert("RGBA")
        case "P":
            return picture.convert("RGBA" if "transparency" in picture.info else "RGB")
        case "1":
            return picture.convert("L")
        case "I;16" | "I;16L" | "I;16B" | "I;16N":
            return picture.convert("I").point(lambda it: it * (1 / 257) + 0.5).convert("L")
        case "I" | "F":
            raise NotRendered(
                "it has 32 bits per point, and nobody has said which of them is black and which is white."
            )
        case "La" | "RGBa":
            return picture.convert(picture.mode[:-1] + "A")
        case "PA":
            return picture.convert("RGBA")
    return picture.convert("RGB")


def in_profile(picture: Image.Image, embedded: bytes | None, target: str, notes: list[str]) -> Image.Image:
    """RGB or RGBA whose numbers mean what the target profile says. `picture` is as `eight_bits` gives it."""
    clear = picture.getchannel("A") if picture.mode in {"LA", "RGBA"} else None
    plain = picture.convert({"LA": "L", "RGBA": "RGB"}[picture.mode]) if clear is not None else picture
    source = _opened(embedded, plain.mode, notes)
    if source is None and plain.mode == "LAB":
        source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    if source is None and plain.mode == "CMYK":
        notes.append("It is CMYK without a colour profile: its colours are an approximation.")
    if source is None:
        plain, source = plain.convert("RGB"), ImageCms.ImageCmsProfile(BytesIO(target_profile(SRGB)))
        colours = plain if target.casefold() == SRGB else _converted(plain, source, target)
    else:
        colours = _converted(plain, source, target)
    if clear is not None:
        colours.putalpha(clear)
    return colours


def _opened(embedded: bytes | None, mode: str, notes: list[str]) -> ImageCms.ImageCmsProfile | None:
    """The embedded profile, None where there is none or none that fits the picture."""
    if not embedded:
        return None
    try:
        found = ImageCms.ImageCmsProfile(BytesIO(embedded))
        space = found.profile.xcolor_space
    except (OSError, ImageCms.PyCMSError):
        space = ""
    if space.strip() == _SPACES[mode].strip():
        return found
    notes.append("Its colour profile cannot be used, so its colours were taken as if it had none.")
    return None


def _converted(picture: Image.Image, source: ImageCms.ImageCmsProfile, target: str) -> Image.Image:
    wanted = ImageCms.ImageCmsProfile(BytesIO(target_profile(target)))
    try:
        made = ImageCms.profileToProfile(
            picture,
            source,
            wanted,
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except ImageCms.PyCMSError as problem:
        raise NotRendered(f"its colours cannot be converted ({problem}).") from problem
    assert made is not None  # noqa: S101 - None comes only where a picture is changed in place
    return made

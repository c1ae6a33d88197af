"""What a picture looks like: the same at every size, quality, format and orientation; another one for another picture."""

from __future__ import annotations

from io import BytesIO

import photographs
import pytest
from PIL import Image, ImageOps

from dambridge.files.likeness import captured_of, likeness_of, look_of
from dambridge.planning.likeness import RADIUS, is_close, same_colours, same_shape

ORIENTATION, EXIF, TAKEN, FRACTION, OFFSET = 0x0112, 0x8769, 0x9003, 0x9291, 0x9011


@pytest.fixture(scope="module")
def originals() -> list[Image.Image]:
    found = [Image.open(it).convert("RGB") for it in sorted(photographs.fetch().values())[:6]]
    for it in found:
        it.thumbnail((900, 900))
    return found


def saved(picture: Image.Image, kind: str = "JPEG", **how: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def distance(one: bytes, other: bytes) -> int:
    first, second = likeness_of(one), likeness_of(other)
    assert first is not None
    assert second is not None
    return (first.bits ^ second.bits).bit_count()


def test_a_picture_saved_anew_looks_the_same_at_a_glance_and_closely(originals: list[Image.Image]) -> None:
    for it in originals:
        whole = saved(it, quality=92)
        half = it.resize((it.width // 2, it.height // 2))
        for again in (saved(half, quality=65), saved(half, "PNG"), saved(it, "TIFF"), saved(it, "WEBP", quality=70)):
            assert distance(whole, again) <= 12
            one, other = look_of(whole), look_of(again)
            assert one is not None
            assert other is not None
            assert is_close(one, other)
            assert same_colours(one, other)


def test_different_pictures_are_far_apart(originals: list[Image.Image]) -> None:
    files = [saved(it) for it in originals]
    apart = [distance(one, other) for at, one in enumerate(files) for other in files[:at]]
    assert min(apart) > RADIUS * 2


def test_orientation_is_followed_and_a_turned_picture_is_known_as_such(originals: list[Image.Image]) -> None:
    upright = originals[0]
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # to be turned clockwise by a quarter
    lying = saved(upright.transpose(Image.Transpose.ROTATE_90), exif=exif, quality=92)
    assert distance(saved(upright, quality=92), lying) <= 12
    whole, turned = likeness_of(saved(upright)), likeness_of(saved(upright.transpose(Image.Transpose.ROTATE_90)))
    assert whole is not None
    assert turned is not None
    assert (whole.bits ^ turned.bits).bit_count() > RADIUS
    assert min((whole.bits ^ it).bit_count() for it in turned.turned) <= 12


def test_a_cut_a_grey_and_a_shifted_picture_are_told_from_the_whole(originals: list[Image.Image]) -> None:
    it = originals[0]
    whole = look_of(saved(it))
    cut = ImageOps.crop(it, it.height // 30).resize(it.size)
    grey = look_of(saved(it.convert("L")))
    shifted = Image.new("RGB", it.size)
    shifted.paste(it, (it.width // 60, 0))
    assert whole is not None
    assert grey is not None
    for other in (look_of(saved(cut)), look_of(saved(shifted))):
        assert other is not None
        assert not is_close(whole, other, allow=2.0)
    assert not same_colours(look_of(saved(it.convert("RGB").point(lambda v: v))) or whole, _tinted(it))
    assert grey.chroma == bytes([128]) * 128
    strip = likeness_of(saved(it.crop((0, 0, it.width, it.height // 2))))
    full = likeness_of(saved(it))
    assert strip is not None
    assert full is not None
    assert not same_shape(strip, full)


def _tinted(it: Image.Image):  # type: ignore[no-untyped-def]
    red, green, blue = it.split()
    found = look_of(saved(Image.merge("RGB", (red.point(lambda v: min(255, v + 40)), green, blue))))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF", b"%PDF-1.4", saved(Image.new("RGB", (300, 200), "teal"))[:200]],
    ids=["empty", "cut", "pdf", "torn"],
)
def test_what_is_no_picture_looks_like_nothing(data: bytes) -> None:
    assert likeness_of(data) is None
    assert look_of(data) is None
    assert captured_of(data) == ""


def test_a_plain_surface_is_known_by_nothing() -> None:
    assert likeness_of(saved(Image.new("RGB", (300, 200), "teal"))) is None


def test_transparency_counts_as_white(originals: list[Image.Image]) -> None:
    clear = originals[0].convert("RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, clear.width // 2, clear.height))
    white = originals[0].copy()
    white.paste((255, 255, 255), (0, 0, white.width // 2, white.height))
    assert distance(saved(clear, "PNG"), saved(white, "PNG")) <= 4


def test_the_moment_is_read_from_the_head_alone(originals: list[Image.Image]) -> None:
    exif = Image.Exif()
    inner = exif.get_ifd(EXIF)
    inner[TAKEN], inner[FRACTION], inner[OFFSET] = "2025:03:01 12:00:09", "37", "+02:00"
    whole = saved(originals[0], exif=exif)
    assert captured_of(whole) == "2025-03-01T12:00:09.37+02:00"
    assert captured_of(whole[:4000]) == "2025-03-01T12:00:09.37+02:00"
    assert captured_of(saved(originals[0])) == ""
    inner[TAKEN] = "0000:00:00 00:00:00"
    assert captured_of(saved(originals[0], exif=exif)).startswith("0000-00-00")

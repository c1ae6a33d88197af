"""Renditions: pixels as they should be, whatever the original was, and a sentence where none can be made."""

from __future__ import annotations

import asyncio
import io
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from dambridge.files import FileRenderer, RenderingOptions, renditions
from dambridge.files.colours import target_profile
from dambridge.files.rendering import Order, render_file
from dambridge.policy.outlets import Rendition
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.outgoing import NotRendered, Rendered
from support.kinds_of_files import noise, sample

EXACT = Rendition(name="exact", format="png")


@pytest.fixture(scope="module")
def renderer() -> Iterator[FileRenderer]:
    it = FileRenderer(RenderingOptions(workers=1))
    yield it
    asyncio.run(it.close())


Render = Callable[..., Any]


@pytest.fixture
def render(renderer: FileRenderer, tmp_path: Path) -> Render:
    """The rendition of some bytes: what was told of it, and its picture."""

    async def made(data: bytes, order: Rendition = EXACT, *, name: str = "a.png") -> tuple[Rendered, Image.Image]:
        source, target = tmp_path / "source", tmp_path / "target"
        source.write_bytes(data)
        told = await renderer.render(source, target, order, file_name=name)
        with Image.open(target) as picture:
            picture.load()
        assert (told.width, told.height) == picture.size
        assert picture.get_format_mimetype() == told.mime_type
        return told, picture

    return made


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def plain(colour: Any, mode: str = "RGB", size: tuple[int, int] = (16, 8)) -> Image.Image:
    return Image.new(mode, size, colour)


def near(picture: Image.Image, colour: tuple[int, ...], *, by: int = 2) -> bool:
    found = np.asarray(picture).reshape(-1, len(colour)).astype(int)
    return bool((abs(found - np.array(colour)) <= by).all())


@pytest.mark.parametrize(
    ("longest", "size"), [(None, (64, 48)), (100, (64, 48)), (64, (64, 48)), (32, (32, 24)), (10, (10, 8)), (1, (1, 1))]
)
async def test_the_longer_side_is_as_told_and_nothing_is_enlarged(
    render: Render, longest: int | None, size: tuple[int, int]
) -> None:
    for data in (sample("a.png"), sample("a.jpg")):
        assert (await render(data, Rendition(name="x", longest=longest, format="png")))[1].size == size


async def test_a_large_jpeg_is_as_good_decoded_smaller(render: Render) -> None:
    x, y = np.meshgrid(np.linspace(0, 255, 2400), np.linspace(0, 255, 1600))
    whole = Image.fromarray(np.dstack([x, y, 255 - x]).astype(np.uint8))
    _, small = await render(saved(whole, "JPEG", quality=95), Rendition(name="x", longest=300, format="png"))
    wanted = np.asarray(whole.resize((300, 200), Image.Resampling.BOX)).astype(int)
    assert abs(np.asarray(small).astype(int) - wanted).mean() < 1.5


UP = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(4, 6, 3) * 3
STORED = {
    1: UP,
    2: UP[:, ::-1],
    3: UP[::-1, ::-1],
    4: UP[::-1],
    5: UP.swapaxes(0, 1),
    6: UP[:, ::-1].swapaxes(0, 1),
    7: UP[::-1, ::-1].swapaxes(0, 1),
    8: UP[::-1].swapaxes(0, 1),
}
"""Exif 2.32, tag 0x0112: which side of the scene the first row and the first column of the stored picture are."""


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
async def test_a_picture_comes_out_upright(render: Render, orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(Image.fromarray(np.ascontiguousarray(STORED[orientation])), kind, exif=exif)
    _, picture = await render(data)
    assert (np.asarray(picture.convert("RGB")) == UP).all()
    assert picture.getexif().get(0x0112) is None, "nobody turns it a second time"


@pytest.mark.parametrize("odd", [0, 9, 65535])
async def test_an_orientation_that_is_none_turns_nothing(render: Render, odd: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = odd
    assert (np.asarray((await render(saved(Image.fromarray(UP), exif=exif)))[1]) == UP).all()


def swapped_profile() -> bytes:
    """sRGB in which red means blue and blue means red: where each tag's data stands is swapped."""
    data = bytearray(target_profile("srgb"))
    rows = {bytes(data[at : at + 4]): at for at in range(132, 132 + 12 * int.from_bytes(data[128:132], "big"), 12)}
    red, blue = rows[b"rXYZ"], rows[b"bXYZ"]
    data[red + 4 : red + 12], data[blue + 4 : blue + 12] = data[blue + 4 : blue + 12], data[red + 4 : red + 12]
    return bytes(data)


async def test_colours_are_converted_from_the_profile_that_the_picture_has(render: Render) -> None:
    told, picture = await render(saved(plain((250, 40, 10)), icc_profile=swapped_profile()))
    assert near(picture, (10, 40, 250))
    assert told.notes == ()
    clear = saved(plain((250, 40, 10, 77), "RGBA"), icc_profile=swapped_profile())
    assert near((await render(clear))[1], (10, 40, 250, 77)), "transparency is no colour"


async def test_colours_are_converted_to_the_profile_of_the_order(render: Render, tmp_path: Path) -> None:
    profile = tmp_path / "ours.icc"
    profile.write_bytes(swapped_profile())
    order = Rendition(name="x", format="png", profile=str(profile))
    _, picture = await render(saved(plain((250, 40, 10))), order)
    assert near(picture, (10, 40, 250))
    assert picture.info["icc_profile"] == swapped_profile()


@pytest.mark.parametrize("format_", ["jpeg", "png", "webp", "tiff"])
async def test_every_rendition_names_its_colours_and_never_the_time(render: Render, format_: str) -> None:
    _, picture = await render(sample("a.png"), Rendition(name="x", format=format_))
    profile = picture.info["icc_profile"]
    assert "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    assert profile[24:36] == bytes.fromhex("07b200010001000000000000"), "the library's own profile says now"


@pytest.mark.parametrize("broken", [b"no profile", swapped_profile()[:100]])
async def test_a_broken_profile_is_told_and_changes_no_colour(render: Render, broken: bytes) -> None:
    told, picture = await render(saved(plain((250, 40, 10)), icc_profile=broken))
    assert near(picture, (250, 40, 10))
    assert any("profile cannot be used" in it for it in told.notes)


def ink_profile() -> bytes:
    """A CMYK profile of our own making: each of the inks alone is a grey of half lightness, black and mixtures are black."""
    grid = [(100 if not any(inks) else 50 if sum(inks) == 1 and not inks[3] else 0) for inks in np.ndindex(2, 2, 2, 2)]
    steps, matrix = bytes(range(256)), struct.pack(">9i", *(65536 if at % 4 == 0 else 0 for at in range(9)))
    nodes = b"".join(bytes((round(it * 2.55), 128, 128)) for it in grid)
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + steps * 4 + nodes + steps * 3
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    start = 128 + 4 + 2 * 12
    tags = (
        struct.pack(">I", 2)
        + b"wtpt"
        + struct.pack(">II", start, 20)
        + b"A2B0"
        + struct.pack(">II", start + 20, len(table))
    )
    head = bytes(4) + bytes.fromhex("02400000") + b"scnrCMYKLab " + bytes(12) + b"acsp" + bytes(28) + white[8:20]
    body = head.ljust(124, b"\0") + tags + white + table
    return struct.pack(">I", len(body) + 4) + body


async def test_cmyk_is_converted_as_its_profile_says(render: Render) -> None:
    for inks, grey in (((255, 0, 0, 0), 119), ((0, 0, 255, 0), 119), ((0, 0, 0, 0), 255), ((0, 0, 0, 255), 0)):
        told, picture = await render(saved(plain(inks, "CMYK"), "TIFF", icc_profile=ink_profile()))
        assert told.notes == ()
        assert near(picture, (grey, grey, grey), by=3), inks


async def test_cmyk_without_a_profile_is_an_approximation_and_says_so(render: Render) -> None:
    for data in (
        saved(plain((0, 255, 255, 0), "CMYK"), "JPEG", quality=100),
        saved(plain((0, 255, 255, 0), "CMYK"), "TIFF"),
    ):
        told, picture = await render(data)
        assert picture.mode == "RGB"
        assert near(picture, (255, 0, 0), by=4)
        assert any("CMYK without a colour profile" in it for it in told.notes)
    wrong = saved(plain((0, 255, 255, 0), "CMYK"), "TIFF", icc_profile=swapped_profile())
    assert any("profile cannot be used" in it for it in (await render(wrong))[0].notes)


def deep_png(value: int) -> bytes:
    """A PNG of 16 bits per channel, which Pillow cannot make."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = (b"\0" + struct.pack(">HHH", value, 0, 65535 - value) * 4) * 4
    head = struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def deep_tiff(array: Any) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, array, photometric="rgb" if array.ndim == 3 else "minisblack")
    return out.getvalue()


async def test_sixteen_bits_become_eight_and_white_stays_white(render: Render) -> None:
    grey = np.full((4, 4), 0x8080, np.uint16)
    grey[0], grey[1] = 0, 65535
    found = np.asarray((await render(deep_tiff(grey)))[1].convert("L"))
    assert (found[0] == 0).all()
    assert (found[1] == 255).all()
    assert (found[2] == 0x80).all()
    for order in "<>":
        colours = np.zeros((4, 4, 3), f"{order}u2")
        colours[..., 0], colours[..., 2] = 65535, 0x4040
        assert near((await render(deep_tiff(colours)))[1], (255, 0, 0x40), by=1)
    assert near((await render(deep_png(0xC0C0)))[1], (0xC0, 0, 0x3F), by=1)


@pytest.mark.parametrize("kind", [np.int32, np.float32])
async def test_numbers_that_mean_no_brightness_are_refused(render: Render, kind: Any) -> None:
    with pytest.raises(NotRendered, match="32 bits per point"):
        await render(deep_tiff(np.ones((4, 4), kind)))


@pytest.mark.parametrize(
    ("picture", "options"),
    [
        (plain((200, 10, 10, 128), "RGBA"), {}),
        (plain((200, 10, 10)), {"transparency": (200, 10, 10)}),
        (plain((200, 10, 10)).quantize(4), {"transparency": 0}),
    ],
)
async def test_what_shows_through_stays_so_or_is_white(
    render: Render, picture: Image.Image, options: dict[str, Any]
) -> None:
    data = saved(picture, **options)
    for format_ in ("png", "webp", "tiff"):
        _, clear = await render(data, Rendition(name="x", format=format_, quality=100))
        assert clear.mode == "RGBA", format_
        assert np.asarray(clear)[..., 3].max() < 130
    _, white = await render(data, Rendition(name="x", quality=100))
    share = np.asarray(clear)[0, 0, 3] / 255
    wanted = (*(round(it * share + 255 * (1 - share)) for it in (200, 10, 10)),)
    assert white.mode == "RGB"
    assert near(white, wanted, by=4)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "YCbCr", "LAB", "RGB"])
async def test_every_mode_comes_out_in_colours(render: Render, mode: str) -> None:
    kind = "TIFF" if mode in {"YCbCr", "LAB"} else "PNG"
    grey = {"LAB": (128, 128, 128), "YCbCr": (128, 128, 128), "RGB": (128, 128, 128), "LA": (128, 255), "1": 1}.get(
        mode, 128
    )
    _, picture = await render(saved(plain(grey, mode), kind))
    assert picture.mode in {"RGB", "RGBA"}
    found = np.asarray(picture.convert("RGB")).astype(int)
    assert abs(found.max(axis=2) - found.min(axis=2)).max() <= 6, "grey stays grey"


def moving(kind: str) -> bytes:
    frames = [noise(), noise().rotate(90, expand=True).resize(noise().size)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
async def test_what_moves_is_refused(render: Render, kind: str) -> None:
    with pytest.raises(NotRendered, match=r"it moves \(2 pictures\)"):
        await render(moving(kind), name=f"a.{kind.lower()}")


async def test_of_several_pages_it_is_the_first_and_says_so(render: Render) -> None:
    told, picture = await render(sample("pages.tif"))
    assert (np.asarray(picture) == np.asarray(noise())).all()
    assert told.notes == ("The rendition is of the first of its 3 pages.",)


async def test_heic_is_rendered_where_it_can_be_decoded(render: Render) -> None:
    _, picture = await render(sample("a.heic"), name="a.heic")
    assert picture.size == noise().size


def test_heic_is_refused_in_words_where_it_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source"
    source.write_bytes(sample("a.heic"))
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    order = Order(name="x", longest=None, format="png", quality=88, profile="srgb", watermark="", opacity=0.3)
    with pytest.raises(NotRendered, match=r"dambridge\[heic\]"):
        render_file(source, tmp_path / "target", order, kind="heif", most_pixels=10**8)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a.nef", "developed by a person"),
        ("a.dng", "developed by a person"),
        ("a.pdf", "application/pdf"),
        ("a.mp4", "video/mp4"),
    ],
)
async def test_kinds_without_renditions_are_refused_in_words(
    render: Render, tmp_path: Path, name: str, why: str
) -> None:
    with pytest.raises(NotRendered, match=why):
        await render(sample(name), name=name)
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize(
    "data", [b"%!PS-Adobe-3.0\n%%EOF", b"<html></html>", b"", b"plain", sample("a.jpg")[:900], sample("a.png")[:-40]]
)
async def test_what_is_no_picture_or_is_cut_is_refused(render: Render, tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NotRendered) as caught:
        await render(data, name="a.jpg")
    assert caught.value.why.strip().endswith((".", ")."))
    assert str(tmp_path) not in caught.value.why
    assert {it.name for it in tmp_path.iterdir()} == {"source"}


def bomb(side: int) -> bytes:
    """A small file that says it is a large picture, and is one."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(side * 3 + 1)) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def test_a_picture_of_too_many_pixels_is_never_decoded(tmp_path: Path) -> None:
    renderer = FileRenderer(RenderingOptions(workers=1, most_pixels=1_000_000))
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bomb(1001))
    with pytest.raises(NotRendered, match="1001 × 1001 pixels, and at most 1 million"):
        await renderer.render(source, target, EXACT, file_name="a.png")
    source.write_bytes(bomb(1000))
    assert (await renderer.render(source, target, EXACT, file_name="a.png")).width == 1000
    await renderer.close()


async def test_memory_has_an_end_and_the_next_file_is_rendered(tmp_path: Path) -> None:
    renderer = FileRenderer(RenderingOptions(workers=1, memory_bytes=300 << 20, most_pixels=10**9))
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bomb(9000))
    with pytest.raises(NotRendered, match="memory"):
        await renderer.render(source, target, EXACT, file_name="a.png")
    assert not target.exists()
    source.write_bytes(sample("a.png"))
    assert (await renderer.render(source, target, EXACT, file_name="a.png")).width == 64
    await renderer.close()


async def test_a_watermark_lies_in_the_middle_as_strong_as_told(render: Render, tmp_path: Path) -> None:
    mark = tmp_path / "mark.png"
    plain((255, 255, 255), size=(10, 10)).save(mark)
    black = saved(plain((0, 0, 0), size=(100, 60)))
    found = np.asarray((await render(black, Rendition(name="x", format="png", watermark=str(mark), opacity=0.4)))[1])
    assert (found[30, 50] == 102).all()
    assert (found[:10] == 0).all()
    assert (found[:, :30] == 0).all()
    lit = np.argwhere(found[..., 0] > 0)
    assert (lit.max(axis=0) - lit.min(axis=0) + 1).tolist() == [36, 36], "0.6 of the shorter side, and square as it is"
    holes = Image.new("RGBA", (10, 10), (255, 255, 255, 0))
    holes.putpixel((0, 0), (255, 255, 255, 255))
    holes.save(mark)
    shown = np.asarray((await render(black, Rendition(name="x", format="png", watermark=str(mark), opacity=1)))[1])
    assert (shown[30:, 50:] == 0).all(), "what shows through in the mark shows through"
    assert shown.max() > 200


async def test_without_its_watermark_nothing_is_made(render: Render, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    for mark in ("text.png", "gone.png"):
        with pytest.raises(CannotGoOn, match=r"The watermark .* of the rendition web is no picture"):
            await render(sample("a.png"), Rendition(name="web", watermark=str(tmp_path / mark)))
        assert not (tmp_path / "target").exists()


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (Rendition(name="web", format="gif"), "name one of jpeg, png, webp, tiff"),
        (Rendition(name="web", quality=0), "`quality` is 1 to 100"),
        (Rendition(name="web", quality=101), "`quality` is 1 to 100"),
        (Rendition(name="web", longest=0), "`longest` 1 or more"),
        (Rendition(name="web", opacity=0), "`opacity` above 0"),
        (Rendition(name="web", profile="nowhere.icc"), "Name `srgb`, or the path of an ICC file"),
    ],
)
async def test_an_order_that_no_file_could_satisfy_stops_the_run(render: Render, order: Rendition, why: str) -> None:
    with pytest.raises(CannotGoOn, match=why):
        await render(sample("a.png"), order)


async def test_a_picture_too_wide_for_its_format_is_refused(render: Render) -> None:
    with pytest.raises(NotRendered, match="no webp can be made of 16384 × 1 pixels"):
        await render(saved(plain((1, 2, 3), size=(16384, 1))), Rendition(name="x", format="webp"))


FALSE_WORKER = """
import os, sys, time
def said(mark):
    marker = sys.argv[1]
    if not os.path.exists(marker):
        open(marker, "w").close()
        return True
    return mark == "always"
for line in sys.stdin:
    how = sys.argv[2]
    if said(how.partition("-")[2]):
        if how.startswith("die"): os._exit(9)
        if how.startswith("hang"): time.sleep(600)
        if how.startswith("nonsense"): print("this is no JSON", flush=True); continue
    print('{"made": {"width": 1, "height": 1, "notes": []}}', flush=True)
"""


@pytest.mark.parametrize("how", ["die", "hang", "nonsense"])
async def test_a_process_that_is_lost_once_is_replaced_and_twice_is_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    source = tmp_path / "source"
    source.write_bytes(sample("a.png"))
    for often in ("once", "always"):
        command = (sys.executable, "-c", FALSE_WORKER, str(tmp_path / f"{how}-{often}"), f"{how}-{often}")
        monkeypatch.setattr(renditions, "_COMMAND", command)
        renderer = FileRenderer(RenderingOptions(workers=1, patience=timedelta(seconds=2)))
        work = renderer.render(source, tmp_path / "target", EXACT, file_name="a.png")
        if often == "once":
            assert (await work).width == 1
        else:
            with pytest.raises(NotRendered, match="was lost twice"):
                await work
        await renderer.close()


async def test_processes_are_replaced_after_so_many_and_none_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[renditions._Process] = []

    class Counted(renditions._Process):
        def __init__(self, memory_bytes: int) -> None:
            super().__init__(memory_bytes)
            made.append(self)

    monkeypatch.setattr(renditions, "_Process", Counted)
    renderer = FileRenderer(RenderingOptions(workers=2, renditions_per_process=2))
    source = tmp_path / "source"
    source.write_bytes(sample("a.png"))
    turns = (renderer.render(source, tmp_path / f"{at}", EXACT, file_name="a.png") for at in range(6))
    await asyncio.gather(*turns)
    await renderer.close()
    await renderer.close()
    assert 3 <= len(made) <= 4
    assert all(it._process.poll() is not None for it in made)
    assert len({(tmp_path / f"{at}").read_bytes() for at in range(6)}) == 1

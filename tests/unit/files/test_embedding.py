"""Fields into copies of real files: read by other code than wrote them, pictures and films compared piece by piece."""

from __future__ import annotations

import asyncio
import hashlib
import io
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dambridge.files import ExifToolOptions, FileEmbedder
from dambridge.files.process import ExifToolProcess
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.files import NotEmbedded
from dambridge_sim.kit.embedded import read_embedded

TAGS: dict[str, Any] = {
    "XMP-dc:Title": {"x-default": "Ünï \t<b>&amp;", "de": "Hafen 日本"},
    "XMP-dc:Description": {"x-default": 'one\n-execute\n-o /tmp/x\n$x "q" \\'},
    "XMP-dc:Subject": ("a, b", "true", "1e5", "a; c"),
    "XMP-dc:Creator": ("B. Field", "A. Field"),
    "XMP-photoshop:Credit": "007",
    "XMP-photoshop:DateCreated": "2026-05-04",
}


def box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + name + body


FRAMES = bytes(range(256)) * 12
HEAD = box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2")


def film() -> bytes:
    """An MP4 with one track of three samples, its index before its data, so that a longer index would have to move it."""

    def index(at: int) -> bytes:
        stbl = box(
            b"stbl",
            box(b"stsd", struct.pack(">II", 0, 1), box(b"mp4v", bytes(78))),
            box(b"stts", struct.pack(">IIII", 0, 1, 3, 1)),
            box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 3, 1)),
            box(b"stsz", struct.pack(">III", 0, 1024, 3)),
            box(b"stco", struct.pack(">III", 0, 1, at)),
        )
        hdlr = box(b"hdlr", struct.pack(">II", 0, 0), b"vide", bytes(13))
        mdhd = box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 1000, 3, 0x55C4, 0))
        dinf = box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), box(b"url ", struct.pack(">I", 1))))
        minf = box(b"minf", box(b"vmhd", struct.pack(">IQ", 1, 0)), dinf, stbl)
        tkhd = box(b"tkhd", struct.pack(">IIIIII", 7, 0, 0, 1, 0, 3), bytes(60))
        mvhd = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, 3), bytes(80))
        return box(b"moov", mvhd, box(b"trak", tkhd, box(b"mdia", mdhd, hdlr, minf)))

    at = len(HEAD) + len(index(0)) + 8
    return HEAD + index(at) + box(b"mdat", FRAMES)


def frames(data: bytes) -> bytes:
    """What the film's index says its samples are."""
    at = data.index(b"stco")
    (start,) = struct.unpack(">I", data[at + 12 : at + 16])
    return data[start : start + len(FRAMES)]


def gif() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "GIF")
    return out.getvalue()


def signed(data: bytes) -> bytes:
    """A JPEG with the box in which a C2PA manifest stands, after its first two bytes."""
    label = bytes.fromhex("6332706100110010800000aa00389b71") + b"\x03c2pa\x00"
    segment = b"JP\x00\x01" + struct.pack(">I", 1) + box(b"jumb", box(b"jumd", label))
    return data[:2] + b"\xff\xeb" + struct.pack(">H", 2 + len(segment)) + segment + data[2:]


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).convert("RGB").tobytes()


@pytest.fixture
def embedder() -> Iterator[FileEmbedder]:
    it = FileEmbedder(ExifToolOptions(workers=1))
    yield it
    asyncio.run(it.close())


@pytest.fixture
def samples(encoded: Callable[..., bytes]) -> dict[str, bytes]:
    pages = io.BytesIO()
    noise = [Image.effect_noise((64, 48), 80) for _ in range(8)]
    noise[0].save(pages, "TIFF", save_all=True, append_images=noise[1:], compression="tiff_lzw")
    return {
        "a.jpg": encoded("JPEG"),
        "progressive.jpg": encoded("JPEG", progressive=True, comment=b"kept"),
        "a.tif": encoded("TIFF"),
        "pages.tif": pages.getvalue(),
        "a.png": encoded("PNG"),
        "a.pdf": encoded("PDF"),
        "a.mp4": film(),
    }


SOUND = ["a.jpg", "progressive.jpg", "a.tif", "pages.tif", "a.png", "a.pdf", "a.mp4"]


@pytest.mark.hazard("P14")
@pytest.mark.parametrize("name", SOUND)
async def test_the_copy_says_what_was_written_and_is_the_same_picture_film_or_pages(
    embedder: FileEmbedder, samples: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    data = samples[name]
    source, target, again = tmp_path / "source", tmp_path / "target.part", tmp_path / "again.part"
    source.write_bytes(data)
    essence = await embedder.embed(source, target, TAGS, file_name=name)
    assert source.read_bytes() == data
    copy = target.read_bytes()
    assert copy != data
    said = read_embedded(target)
    assert said.problem is None
    assert said.xmp["dc:title"] == TAGS["XMP-dc:Title"]
    assert said.xmp["dc:description"] == TAGS["XMP-dc:Description"]
    assert said.xmp["dc:subject"] == list(TAGS["XMP-dc:Subject"])
    assert said.xmp["dc:creator"] == list(TAGS["XMP-dc:Creator"])
    assert said.xmp["photoshop:Credit"] == "007"
    assert said.xmp["photoshop:DateCreated"] == "2026-05-04"
    if name == "a.pdf":
        assert copy.startswith(data)
        assert essence == hashlib.sha256(data).hexdigest()
    elif name == "a.mp4":
        assert frames(copy) == frames(data) == FRAMES
    elif name == "pages.tif":
        with Image.open(target) as new, Image.open(source) as old:
            assert new.n_frames == old.n_frames == 8  # type: ignore[attr-defined]
            for page in range(8):
                new.seek(page)
                old.seek(page)
                assert new.tobytes() == old.tobytes()
    else:
        assert pixels(copy) == pixels(data)
    assert len(essence) == 64
    assert await embedder.embed(source, again, TAGS, file_name=name) == essence
    assert again.read_bytes() == copy, "the same fields make the same file"
    assert sorted(it.name for it in tmp_path.iterdir()) == ["again.part", "source", "target.part"]


async def test_the_next_file_gets_nothing_of_the_last_ones_values(
    embedder: FileEmbedder, samples: dict[str, bytes], tmp_path: Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target.part"
    source.write_bytes(samples["a.jpg"])
    await embedder.embed(source, target, TAGS, file_name="a.jpg")
    await embedder.embed(source, target, {"XMP-photoshop:City": "Basel"}, file_name="a.jpg")
    assert {it for it in read_embedded(target).xmp if not it.startswith("x:")} == {"photoshop:City"}


async def test_other_languages_and_other_fields_of_the_file_stay(
    embedder: FileEmbedder, samples: dict[str, bytes], tmp_path: Path
) -> None:
    source, first, second = tmp_path / "source", tmp_path / "first", tmp_path / "second"
    source.write_bytes(samples["a.jpg"])
    before = await embedder.embed(source, first, TAGS, file_name="a.jpg")
    after = await embedder.embed(first, second, {"XMP-dc:Title": {"x-default": "New"}}, file_name="a.jpg")
    said = read_embedded(second).xmp
    assert said["dc:title"] == {"x-default": "New", "de": "Hafen 日本"}
    assert said["photoshop:Credit"] == "007"
    assert before == after


async def test_without_anything_to_say_there_is_only_the_hash(
    embedder: FileEmbedder, samples: dict[str, bytes], tmp_path: Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target.part"
    source.write_bytes(samples["a.jpg"])
    essence = await embedder.embed(source, target, {}, file_name="a.jpg")
    assert not target.exists()
    assert essence == await embedder.embed(source, target, TAGS, file_name="a.jpg")


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("a.jpg", lambda data: data[: len(data) // 2], "end"),
        ("a.jpg", lambda _: gif(), "image/gif"),
        ("a.jpg", signed, "C2PA"),
        ("a.webp", lambda _: b"RIFF\x1a\x00\x00\x00WEBPVP8L" + bytes(14), ""),
        ("a.tif", lambda data: data.replace(b"II*\x00", b"II+\x00", 1), ""),
        ("a.pdf", lambda data: data[:200], ""),
    ],
    ids=["cut", "another kind", "signed", "not written", "BigTIFF", "cut PDF"],
)
async def test_what_cannot_be_written_safely_is_refused_in_words_and_leaves_nothing(
    embedder: FileEmbedder, samples: dict[str, bytes], tmp_path: Path, name: str, change: Any, why: str
) -> None:
    source, target = tmp_path / "source", tmp_path / "target.part"
    source.write_bytes(change(samples.get(name, b"")))
    before = source.read_bytes()
    with pytest.raises(NotEmbedded) as refused:
        await embedder.embed(source, target, TAGS, file_name=name)
    assert why in refused.value.why
    assert refused.value.why.endswith((".", ")"))
    assert source.read_bytes() == before
    assert [it.name for it in tmp_path.iterdir()] == ["source"]


def altered(data: bytes) -> bytes:
    at = len(data) - 400
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.hazard("P14")
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (altered, "not those of the original"),
        (lambda data: data[:-600], "broken"),
        (lambda _: b"", "broken"),
        (lambda data: data.replace(b"007", b"008"), "XMP-photoshop:Credit"),
    ],
    ids=["one bit of the picture", "cut", "empty", "another value"],
)
async def test_a_copy_that_came_out_wrong_is_refused(
    embedder: FileEmbedder,
    samples: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Any,
    why: str,
) -> None:
    honest = ExifToolProcess.write

    def spoiled(self: ExifToolProcess, source: Path, values: Path, target: Path, *, seconds: float) -> str:
        said = honest(self, source, values, target, seconds=seconds)
        target.write_bytes(spoil(target.read_bytes()))
        return said

    monkeypatch.setattr(ExifToolProcess, "write", spoiled)
    source, target = tmp_path / "source", tmp_path / "target.part"
    source.write_bytes(samples["a.jpg"])
    with pytest.raises(NotEmbedded, match=why):
        await embedder.embed(source, target, TAGS, file_name="a.jpg")
    assert [it.name for it in tmp_path.iterdir()] == ["source"]


@pytest.mark.hazard("P31")
async def test_a_tag_that_exiftool_drops_without_a_word_is_missed(
    embedder: FileEmbedder, samples: dict[str, bytes], tmp_path: Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target.part"
    source.write_bytes(samples["a.jpg"])
    with pytest.raises(NotEmbedded, match="XMP-dc:Nonsense"):
        await embedder.embed(source, target, {**TAGS, "XMP-dc:Nonsense": "x"}, file_name="a.jpg")
    assert not target.exists()


async def test_a_program_that_dies_on_the_file_is_started_twice_and_then_it_is_refused(
    samples: dict[str, bytes], tmp_path: Path, fake_exiftool: Callable[..., Path]
) -> None:
    dying = FileEmbedder(ExifToolOptions(program=fake_exiftool()))
    source, target = tmp_path / "source", tmp_path / "target.part"
    source.write_bytes(samples["a.jpg"].replace(b"\xff\xd9", b"DIE-ALWAYS\xff\xd9"))
    with pytest.raises(NotEmbedded, match="could not get through"):
        await dying.embed(source, target, TAGS, file_name="a.jpg")
    assert (tmp_path / "asked.log").read_text().count(str(source)) == 2
    await dying.close()


@pytest.mark.hazard("P26")
@pytest.mark.parametrize(
    "iso", ["2026", "2026-05", "2026-05-04", "2026-05-04T12:30", "2026-05-04T12:30:01Z", "2026-05-04T12:30:01.25+09:30"]
)
async def test_a_date_keeps_its_precision(
    embedder: FileEmbedder, samples: dict[str, bytes], tmp_path: Path, iso: str
) -> None:
    source, target = tmp_path / "source", tmp_path / "target.part"
    source.write_bytes(samples["a.jpg"])
    await embedder.embed(source, target, {"XMP-photoshop:DateCreated": iso}, file_name="a.jpg")
    assert read_embedded(target).xmp["photoshop:DateCreated"] == iso


async def test_a_disk_without_room_stops_the_work_and_blames_no_file(
    embedder: FileEmbedder, samples: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "source", tmp_path / "target.part"
    source.write_bytes(samples["a.jpg"])
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(CannotGoOn, match="make room"):
        await embedder.embed(source, target, TAGS, file_name="a.jpg")
    assert not target.exists()

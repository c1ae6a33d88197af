"""Cut files are broken wherever they were cut; odd but whole ones are not."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dambridge.files.kinds import kind_of
from dambridge.files.soundness import broken_because, doubt

Encoder = Callable[..., bytes]

FORMATS = [
    pytest.param("JPEG", {"quality": 80}, id="jpeg"),
    pytest.param("JPEG", {"quality": 80, "progressive": True}, id="jpeg progressive"),
    pytest.param("PNG", {}, id="png"),
    pytest.param("GIF", {}, id="gif"),
    pytest.param("TIFF", {}, id="tiff"),
    pytest.param("TIFF", {"compression": "tiff_lzw"}, id="tiff lzw"),
    pytest.param("TIFF", {"compression": "tiff_adobe_deflate"}, id="tiff deflate"),
    pytest.param("TIFF", {"big_tiff": True}, id="bigtiff"),
    pytest.param("WEBP", {}, id="webp"),
    pytest.param("WEBP", {"lossless": True}, id="webp lossless"),
    pytest.param("AVIF", {}, id="avif"),
]


def verdict(content: bytes, name: str = "x") -> tuple[str | None, str | None]:
    return broken_because(content, kind_of(content, file_name=name))


@pytest.mark.parametrize(("kind", "options"), FORMATS)
def test_a_whole_file_is_sound(encoded: Encoder, kind: str, options: dict[str, object]) -> None:
    assert verdict(encoded(kind, **options)) == (None, None)


@pytest.mark.hazard("P05")
@pytest.mark.parametrize(("kind", "options"), FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.995])
def test_a_cut_file_is_broken(encoded: Encoder, kind: str, options: dict[str, object], share: float) -> None:
    whole = encoded(kind, **options)
    broken, odd = verdict(whole[: int(len(whole) * share)])
    assert broken is not None
    assert broken.endswith("have the original delivered again.")
    assert odd is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_junk_behind_a_whole_picture_does_no_harm(encoded: Encoder, kind: str) -> None:
    assert verdict(encoded(kind) + b"\x00" * 700 + b"<html>") == (None, None)


def test_a_jpeg_without_its_end_mark_but_with_all_its_picture_is_odd_and_sound(encoded: Encoder) -> None:
    broken, odd = verdict(encoded("JPEG").removesuffix(b"\xff\xd9"))
    assert broken is None
    assert odd is not None
    assert odd.startswith("Odd, but whole:")


def test_a_progressive_jpeg_without_its_end_mark_may_lack_whole_scans_and_is_broken(encoded: Encoder) -> None:
    broken, odd = verdict(encoded("JPEG", progressive=True).removesuffix(b"\xff\xd9"))
    assert broken is not None
    assert odd is None


def test_a_jpeg_cut_by_very_little_is_broken(encoded: Encoder) -> None:
    assert verdict(encoded("JPEG")[:-12])[0] is not None


def test_a_jpeg_whose_thumbnail_has_an_end_mark_is_still_seen_to_be_cut(encoded: Encoder) -> None:
    whole = encoded("JPEG")
    thumbnail = b"Exif\x00\x00" + whole[:40] + b"\xff\xd9"
    segment = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    assert verdict(whole[:2] + segment + whole[2:]) == (None, None)
    assert verdict((whole[:2] + segment + whole[2:])[: len(whole) // 2])[0] is not None


def test_a_png_with_a_flipped_bit_in_its_picture_is_broken(encoded: Encoder) -> None:
    whole = bytearray(encoded("PNG"))
    whole[len(whole) // 2] ^= 0x10
    broken, _ = verdict(bytes(whole))
    assert broken is not None
    assert "check sum" in broken


def test_a_png_with_a_wrong_sum_on_a_note_is_sound(encoded: Encoder) -> None:
    whole = encoded("PNG")
    note = struct.pack(">I", 4) + b"tEXt" + b"a\x00bc" + b"\x00\x00\x00\x00"
    assert verdict(whole[:33] + note + whole[33:]) == (None, None)


def test_a_tiff_with_many_pages_is_broken_when_the_last_page_is_cut() -> None:
    pages = [Image.effect_noise((200, 150), 60) for _ in range(4)]
    buffer = BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    assert verdict(buffer.getvalue()) == (None, None)
    assert verdict(buffer.getvalue()[:-3000])[0] is not None


def test_a_tiff_that_announces_more_bytes_than_its_picture_needs_is_sound() -> None:
    content = bytearray()
    tags = [(256, 3, 1, 4), (257, 3, 1, 4), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8)]
    tags += [(277, 3, 1, 1), (278, 3, 1, 4), (279, 4, 1, 9999)]
    content += struct.pack("<2sHI", b"II", 42, 24) + bytes(range(16))
    content += struct.pack("<H", len(tags))
    for tag, kind, count, value in tags:
        content += struct.pack("<HHII", tag, kind, count, value)
    content += struct.pack("<I", 0)
    assert verdict(bytes(content)) == (None, None)


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


FILM = box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2") + box(b"moov", b"m" * 300) + box(b"mdat", b"d" * 3000)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("film.mp4", FILM),
        ("last box to the end.mp4", FILM[:-3008] + struct.pack(">I", 0) + b"mdat" + b"d" * 3000),
        ("junk behind.mov", FILM + b"\x00" * 20),
        ("sound.wav", b"RIFF" + struct.pack("<I", 1028) + b"WAVEdata" + b"s" * 1020),
        ("streamed.wav", b"RIFF\xff\xff\xff\xffWAVEdata" + b"s" * 1020),
        ("page.pdf", b"%PDF-1.7\n" + b"x" * 4000 + b"\nstartxref\n9\n%%EOF\n"),
        ("junk behind.pdf", b"%PDF-1.7\n" + b"x" * 4000 + b"\nstartxref\n9\n%%EOF\n" + b"\x00" * 3000),
    ],
)
def test_films_sounds_and_documents_that_are_whole(name: str, content: bytes) -> None:
    assert verdict(content, name) == (None, None)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut film.mp4", FILM[:-500]),
        ("no index.mp4", box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2") + box(b"mdat", b"d" * 3000)),
        ("cut sound.wav", b"RIFF" + struct.pack("<I", 1028) + b"WAVEdata" + b"s" * 500),
        ("cut.pdf", b"%PDF-1.7\n" + b"x" * 4000),
        ("cut.pdf", b"%PDF-1.7\n1 0 obj <</Linearized 1 /L 9000 /H [1 2]>>\n%%EOF\n" + b"x" * 4000),
        (
            "cut.psd",
            b"8BPS\x00\x01" + b"\x00" * 6 + struct.pack(">HIIHH", 3, 100, 100, 8, 3) + b"\x00" * 14 + b"x" * 99,
        ),
    ],
)
def test_films_sounds_and_documents_that_are_cut(name: str, content: bytes) -> None:
    assert verdict(content, name)[0] is not None


def test_an_office_document_without_its_list_of_contents_is_cut() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "x" * 5000)
    assert verdict(buffer.getvalue(), "brief.docx") == (None, None)
    assert verdict(buffer.getvalue()[:-60], "brief.docx")[0] is not None


STARTS = [
    b"II*\x00",
    b"MM\x00*",
    b"II+\x00",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"8BPS",
    b"GIF89a",
    b"RIFF",
    b"%PDF-",
]


@given(st.sampled_from(STARTS), st.data())
def test_no_bytes_make_it_fail_or_run_for_ever(start: bytes, data: st.DataObject) -> None:
    content = start + data.draw(st.binary(max_size=600))
    doubt(content, kind_of(content, file_name="x"))

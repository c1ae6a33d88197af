"""What a file is, by its content."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dambridge.files.kinds import contradiction, kind_of
from dambridge.model.records import MediaType


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "TIFF", "WEBP", "AVIF", "BMP"])
def test_pictures_are_pictures_under_any_name(encoded: Callable[..., bytes], kind: str) -> None:
    found = kind_of(encoded(kind), file_name="holiday.mp4")
    assert found.media_type is MediaType.IMAGE
    assert found.format == kind.lower()
    assert contradiction(found, file_name="holiday.mp4") is None


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2", MediaType.VIDEO),
        (b"\x00\x00\x00\x18ftypqt  \x00\x00\x02\x00qt  ", MediaType.VIDEO),
        (b"\x00\x00\x00\x18ftypM4A \x00\x00\x02\x00isom", MediaType.AUDIO),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", MediaType.IMAGE),
        (b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x00crx isom", MediaType.RAW),
        (b"FUJIFILMCCD-RAW 0201", MediaType.RAW),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", MediaType.AUDIO),
        (b"RIFF\x10\x00\x00\x00AVI LIST", MediaType.VIDEO),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00", MediaType.AUDIO),
        (b"%PDF-1.7\n", MediaType.DOCUMENT),
        (b"Dear editor,\n", MediaType.DOCUMENT),
    ],
)
def test_other_kinds(head: bytes, media_type: MediaType) -> None:
    assert kind_of(head + b"\x20" * 64, file_name="x").media_type is media_type


def test_a_plain_tiff_named_as_raw_is_raw_and_under_another_name_a_picture(encoded: Callable[..., bytes]) -> None:
    content = encoded("TIFF")
    assert kind_of(content, file_name="DSC_1.NEF").media_type is MediaType.RAW
    assert kind_of(content, file_name="DSC_1.tif").media_type is MediaType.IMAGE


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<!DOCTYPE html><html><body>502 Bad Gateway", "a web page"),
        (b'{"errors": [{"status": 404}]}', "plain text"),
        (b"\x03\x00\xfe\x99" * 80, "nothing that is known"),
    ],
)
def test_an_error_page_is_no_photograph(content: bytes, says: str) -> None:
    sentence = contradiction(kind_of(content, file_name="harbour.JPG"), file_name="harbour.JPG")
    assert sentence is not None
    assert says in sentence
    assert "a picture (.jpg)" in sentence


def test_a_text_may_be_a_text() -> None:
    assert contradiction(kind_of(b"Dear editor,\n", file_name="letter.txt"), file_name="letter.txt") is None

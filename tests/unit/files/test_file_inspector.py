"""The inspector with the real ExifTool."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from dambridge.files import FileInspector, find_exiftool
from dambridge.model.records import Broken, EmbeddedMetadata, MediaType

TEXTS = [
    "Grüße aus Łódź",
    "長崎港の船",
    "ميناء عند الفجر",
    "⚓ 👨‍👩‍👧‍👦",
    'quo"te \\ $HOME\nsecond line -execute',
    "007",
    "true",
    "1e5",
]


def write(path: Path, **tags: object) -> None:
    write_each({path: tags})


def write_each(wanted: Mapping[Path, Mapping[str, object]]) -> None:
    """Write tags into files of one folder."""
    sheet = next(iter(wanted)).with_name("tags.json")
    # ExifTool does not join escaped surrogate pairs: emoji must stand in the file as they are.
    rows = [{"SourceFile": str(path), **tags} for path, tags in wanted.items()]
    sheet.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    program = find_exiftool().program
    subprocess.run(
        [program, "-config", "", f"-json={sheet}", "-overwrite_original", "-q", *wanted], check=True, timeout=60
    )


@pytest.fixture
def jpeg(tmp_path: Path, encoded: Callable[..., bytes]) -> Path:
    path = tmp_path / "original"
    path.write_bytes(encoded("JPEG"))
    return path


@pytest.mark.hazard("P30")
@pytest.mark.parametrize("text", TEXTS)
async def test_texts_come_back_as_they_were_written(inspector: FileInspector, jpeg: Path, text: str) -> None:
    tags = {"XMP-dc:Description-x-default": text, "XMP-dc:Subject": [text, "a, b"], "IPTC:CodedCharacterSet": "UTF8"}
    write(jpeg, **tags, **{"IPTC:Caption-Abstract": text, "IPTC:Keywords": [text, "a, b"]})
    read = await inspector.inspect(jpeg, file_name="picture.jpg")
    assert isinstance(read, EmbeddedMetadata)
    assert read.tags["XMP-dc:Description"] == {"x-default": text}
    assert read.tags["XMP-dc:Subject"] == (text, "a, b")
    assert read.tags["IPTC:Caption-Abstract"] == text
    assert read.tags["IPTC:Keywords"] == (text, "a, b")
    assert (read.mime_type, read.media_type) == ("image/jpeg", MediaType.IMAGE)
    assert read.disagreements == ()
    assert not read.guessed_charset


@pytest.mark.hazard("P29")
async def test_a_caption_longer_than_the_old_block_is_read_whole(inspector: FileInspector, jpeg: Path) -> None:
    long = "Détail d'une fleur. " * 300
    write(jpeg, **{"XMP-dc:Description-x-default": long.strip()})
    read = await inspector.inspect(jpeg, file_name="picture.jpg")
    assert isinstance(read, EmbeddedMetadata)
    assert read.tags["XMP-dc:Description"] == {"x-default": long.strip()}


async def test_a_file_without_metadata_is_sound_and_empty(inspector: FileInspector, jpeg: Path) -> None:
    read = await inspector.inspect(jpeg, file_name="picture.jpg")
    assert isinstance(read, EmbeddedMetadata)
    assert dict(read.tags) == {}


@pytest.mark.hazard("P05")
async def test_an_empty_file_is_broken_and_said_to_be_empty(inspector: FileInspector, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    told = await inspector.inspect(tmp_path / "empty", file_name="picture.jpg")
    assert isinstance(told, Broken)
    assert told.empty


async def test_a_cut_file_is_broken_although_its_metadata_could_be_read(inspector: FileInspector, jpeg: Path) -> None:
    write(jpeg, **{"XMP-dc:Title-x-default": "Half a picture"})
    jpeg.write_bytes(jpeg.read_bytes()[:-4000])
    told = await inspector.inspect(jpeg, file_name="picture.jpg")
    assert isinstance(told, Broken)
    assert not told.empty


async def test_a_web_page_delivered_as_a_photograph_is_broken(inspector: FileInspector, tmp_path: Path) -> None:
    (tmp_path / "page").write_text("<!doctype html><html>503 Service Unavailable</html>")
    told = await inspector.inspect(tmp_path / "page", file_name="IMG_0001.JPG")
    assert isinstance(told, Broken)
    assert "web page" in told.why


async def test_a_text_is_a_document_and_is_not_shown_to_exiftool(inspector: FileInspector, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear editor")
    read = await inspector.inspect(tmp_path / "letter", file_name="letter.txt")
    assert isinstance(read, EmbeddedMetadata)
    assert (read.media_type, read.mime_type) == (MediaType.DOCUMENT, "text/plain")
    assert inspector._pool._threads == []


async def test_many_at_once_each_get_their_own(inspector: FileInspector, tmp_path: Path, jpeg: Path) -> None:
    paths = [tmp_path / f"{number:02d}" for number in range(30)]
    for path in paths:
        path.write_bytes(jpeg.read_bytes())
    write_each({path: {"XMP-dc:Title-x-default": f"Title {number}"} for number, path in enumerate(paths)})
    read = await asyncio.gather(*(inspector.inspect(path, file_name="x.jpg") for path in paths))
    titles = [it.tags["XMP-dc:Title"] for it in read if isinstance(it, EmbeddedMetadata)]
    assert titles == [{"x-default": f"Title {number}"} for number in range(30)]


def test_one_inspector_serves_several_event_loops(inspector: FileInspector, jpeg: Path) -> None:
    for _ in range(2):
        read = asyncio.run(inspector.inspect(jpeg, file_name="picture.jpg"))
        assert isinstance(read, EmbeddedMetadata)

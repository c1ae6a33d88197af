"""What stood in a file before it is written into: the old IPTC block, structures, signatures."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, IptcImagePlugin

from dambridge.files import ExifToolOptions, FileEmbedder, FileInspector, find_exiftool
from dambridge.files.iim import parse_iim
from dambridge.files.iim_writing import BlockBroken, rewritten, twins
from dambridge.files.kinds import Kind
from dambridge.files.reading import metadata_from
from dambridge.mapping import embedded_fields, own_tags
from dambridge.model.records import EmbeddedMetadata, MediaType
from dambridge.model.values import DateValue, FieldName, LangAlt, Value
from dambridge.ports.files import NotEmbedded
from dambridge_sim.kit.embedded import read_embedded
from support.kinds_of_files import sample


@pytest.fixture(scope="module")
def embedder() -> Iterator[FileEmbedder]:
    it = FileEmbedder(ExifToolOptions(workers=1))
    yield it
    asyncio.run(it.close())


@pytest.fixture(scope="module")
def inspector() -> Iterator[FileInspector]:
    it = FileInspector(ExifToolOptions(workers=1))
    yield it
    asyncio.run(it.close())


def block(*items: tuple[int, int, bytes]) -> bytes:
    return b"".join(bytes((0x1C, record, number)) + struct.pack(">H", len(it)) + it for record, number, it in items)


def with_block(raw: bytes) -> bytes:
    """The JPEG with this IPTC block, put there by hand."""
    resource = b"8BIM\x04\x04\x00\x00" + struct.pack(">I", len(raw)) + raw + b"\x00" * (len(raw) % 2)
    body = b"Photoshop 3.0\x00" + resource
    data = sample("a.jpg")
    return data[:2] + b"\xff\xed" + struct.pack(">H", len(body) + 2) + body + data[2:]


LATIN = block(
    (2, 5, "Café".encode("latin-1")),
    (2, 25, "Hügel".encode("latin-1")),
    (2, 110, b"Old"),
    (2, 228, b"own"),
    (3, 10, b"\xff\x00"),
)
CUTS = "Riverbend Picture Desk Archive Éé"  # the limit of 32 bytes falls into a letter


def test_the_block_is_spelled_anew_in_utf8_and_says_so_and_keeps_what_nobody_wrote() -> None:
    made = rewritten(LATIN, {"Credit": (CUTS,), "Keywords": ("港", "a, b")})
    assert made.block.startswith(block((1, 0, b"\x00\x04"), (1, 90, b"\x1b%G"), (2, 0, b"\x00\x04")))
    read = parse_iim(made.block)
    assert (read.charset, read.guessed, read.warnings) == ("utf-8", False, ())
    assert read.values == {
        "ObjectName": "Café",
        "Keywords": ("港", "a, b"),
        "Credit": "Riverbend Picture Desk Archive ",
    }
    assert made.cut == ("Credit",)
    assert block((2, 228, b"own")) in made.block
    assert made.block.endswith(block((3, 10, b"\xff\x00")))
    assert rewritten(made.block, {"Credit": (CUTS,), "Keywords": ("港", "a, b")}).block == made.block


@pytest.mark.hazard("P29")
@pytest.mark.parametrize("limit_in_letter", ["é" * 40, "x" + "é" * 40, "港" * 20, "🌊" * 20])
def test_a_text_is_cut_between_letters_and_within_its_limit(limit_in_letter: str) -> None:
    read = parse_iim(rewritten(b"", {"Credit": (limit_in_letter,)}).block)
    value = read.values["Credit"]
    assert isinstance(value, str)
    assert read.warnings == (), "no letter is cut"
    assert limit_in_letter.startswith(value)
    assert 28 < len(value.encode()) <= 32


def test_a_block_that_breaks_off_is_not_rewritten() -> None:
    with pytest.raises(BlockBroken, match="2:110"):
        rewritten(block((2, 110, b"Old"))[:-1], {"Credit": ("New",)})


@pytest.mark.hazard("P26")
@pytest.mark.parametrize(
    ("iso", "day", "time"),
    [
        ("2026-05-04T12:30:01+02:00", ("20260504",), ("123001+0200",)),
        ("2026-05-04T12:30:01.5Z", ("20260504",), ("123001+0000",)),
        ("2026-05-04T12:30-03:30", ("20260504",), ("123000-0330",)),
        ("2026-05-04T12:30:01", ("20260504",), ()),
        ("2026-05-04", ("20260504",), ()),
        ("2026-05", (), ()),
    ],
)
def test_a_time_whose_offset_nobody_knows_has_no_place_in_the_block(iso: str, day: object, time: object) -> None:
    assert twins({"XMP-photoshop:DateCreated": iso}) == {"DateCreated": day, "TimeCreated": time}


def pillows(data: bytes) -> dict[tuple[int, int], bytes | list[bytes]]:
    """The block as Pillow reads it."""
    with Image.open(io.BytesIO(data)) as picture:
        return dict(IptcImagePlugin.getiptcinfo(picture) or {})


@pytest.mark.hazard("P30")
@pytest.mark.hazard("P29")
async def test_a_block_that_stands_there_keeps_step_and_other_readers_see_it(
    embedder: FileEmbedder, inspector: FileInspector, tmp_path: Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(with_block(LATIN))
    fields: dict[FieldName, Value] = {
        FieldName("credit"): CUTS,
        FieldName("keywords"): ("港", "a, b", "x|y"),
        FieldName("country_code"): "CH",
        FieldName("date_created"): DateValue("2026-05-04T12:30:01+02:00"),
    }
    await embedder.embed(source, target, own_tags(fields), file_name="a.jpg")
    theirs = pillows(target.read_bytes())
    assert theirs[1, 90] == b"\x1b%G"
    assert theirs[2, 5] == "Café".encode()
    assert theirs[2, 25] == ["港".encode(), b"a, b", b"x|y"]
    assert theirs[2, 100] == b"CHE", "a field of three letters"
    assert (theirs[2, 55], theirs[2, 60]) == (b"20260504", b"123001+0200")
    assert theirs[2, 110] == CUTS.encode()[:31]
    inside = await inspector.inspect(target, file_name="a.jpg")
    assert isinstance(inside, EmbeddedMetadata)
    assert inside.disagreements == ()
    assert inside.warnings == ()
    assert {it: embedded_fields(inside)[it] for it in fields} == fields, "the long value wins over its own cut"
    assert embedded_fields(inside)[FieldName("title")] == LangAlt.plain("Café")


CODED = block(
    (2, 4, b"001:Current"),
    (2, 12, b"IPR:06005000:Cultural:Film:"),
    (2, 12, b"IPTC:15054000:::"),
    (2, 100, b"CH "),
)


async def test_codes_of_the_block_are_read_as_xmp_has_them_and_none_stays_behind_when_another_is_written(
    embedder: FileEmbedder, inspector: FileInspector, tmp_path: Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(with_block(CODED))
    inside = await inspector.inspect(source, file_name="a.jpg")
    assert isinstance(inside, EmbeddedMetadata)
    assert {str(name): it for name, it in embedded_fields(inside).items()} == {
        "genre_legacy": "Current",
        "subject_code": ("06005000", "15054000"),
        "country_code": "CH ",
    }
    fields: dict[FieldName, Value] = {
        FieldName("genre_legacy"): "Feature",
        FieldName("subject_code"): ("04000000", "no code"),
        FieldName("country_code"): "CH",
    }
    await embedder.embed(source, target, own_tags(fields), file_name="a.jpg")
    theirs = pillows(target.read_bytes())
    assert (2, 4) not in theirs
    assert (theirs[2, 12], theirs[2, 100]) == (b"IPR:04000000:::", b"CHE")
    inside = await inspector.inspect(target, file_name="a.jpg")
    assert isinstance(inside, EmbeddedMetadata)
    assert embedded_fields(inside) == fields


@pytest.mark.parametrize(
    ("name", "xmp", "other"),
    [
        ("country_code", {"XMP-iptcCore:CountryCode": "CHE"}, {"XMP-iptcCore:CountryCode": "DEU"}),
        ("genre_legacy", {"XMP-iptcCore:IntellectualGenre": "Current"}, {"XMP-iptcCore:IntellectualGenre": "Feature"}),
        (
            "subject_code",
            {"XMP-iptcCore:SubjectCode": ["15054000", "06005000"]},
            {"XMP-iptcCore:SubjectCode": ["15054000"]},
        ),
    ],
)
def test_codes_that_mean_the_same_are_no_disagreement(
    name: str, xmp: dict[str, object], other: dict[str, object]
) -> None:
    old = {"IPTC:IPTC": f"base64:{base64.b64encode(CODED).decode()}"}
    assert metadata_from({**old, **xmp}, Kind("jpeg", MediaType.IMAGE, "image/jpeg")).disagreements == ()
    assert metadata_from({**old, **other}, Kind("jpeg", MediaType.IMAGE, "image/jpeg")).disagreements == (name,)


@pytest.mark.parametrize(
    ("name", "made"),
    [("a.jpg", True), ("a.tif", True), ("a.psd", True), ("a.dng", True), ("a.png", False), ("a.heic", False)],
)
async def test_an_embargo_gets_its_old_home_where_the_format_has_one(
    embedder: FileEmbedder, tmp_path: Path, name: str, made: bool
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(sample(name))
    await embedder.embed(source, target, {"XMP-photoshop:Credit": "C"}, file_name=name)
    assert read_embedded(target).iim == {}, "nothing else makes a block"
    await embedder.embed(source, target, {"XMP-pur:EmbargoDate": "2026-05-04T00:00:00+02:00"}, file_name=name)
    said = read_embedded(target).iim
    assert {it: said[it] for it in ("2:30", "2:35") if it in said} == (
        {"2:30": ["20260504"], "2:35": ["000000+0200"]} if made else {}
    )


def test_an_edit_by_software_that_does_not_know_xmp_is_told() -> None:
    raw = block((2, 110, b"Old"))
    answer = {
        "IPTC:IPTC": raw.decode(),
        "Photoshop:IPTCDigest": hashlib.md5(b"before", usedforsecurity=False).hexdigest(),
    }
    jpeg = Kind("jpeg", MediaType.IMAGE, "image/jpeg")
    assert metadata_from(answer, jpeg).warnings == (
        "the IPTC block was edited later by software that does not know XMP",
    )
    same = {**answer, "Photoshop:IPTCDigest": hashlib.md5(raw, usedforsecurity=False).hexdigest()}
    assert metadata_from(same, jpeg).warnings == ()


async def test_structures_that_keep_their_name_keep_what_else_they_say(
    embedder: FileEmbedder, inspector: FileInspector, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.jpg", tmp_path / "second"
    first.write_bytes(sample("a.jpg"))
    program = find_exiftool().program
    licensors = (
        "[{LicensorName=Desk,LicensorURL=https://a.example,LicensorTelephoneType1=Cell,LicensorTelephone1=12},"
        "{LicensorName=Agency,LicensorURL=https://b.example}]"
    )
    terms = "[{CvId=http://v,CvTermName-x-default=Tree,CvTermName-de=Baum,CvTermId=http://v/1},{CvTermName=House}]"
    subprocess.run(  # noqa: ASYNC221 - nothing else runs beside it
        [program, "-config", "", "-q", "-overwrite_original", f"-XMP-plus:Licensor={licensors}",
         f"-XMP-iptcExt:AboutCvTerm={terms}", "-XMP-iptcCore:CreatorWorkURL=https://c.example", first],
        check=True,
    )  # fmt: skip
    inside = await inspector.inspect(first, file_name="a.jpg")
    assert isinstance(inside, EmbeddedMetadata)
    assert inside.tags["XMP-plus:Licensor.LicensorTelephone1"] == ("12", ""), "the same place is the same licensor"
    assert inside.tags["XMP-iptcExt:AboutCvTerm.CvTermName-de"] == ("Baum", "")
    tags: dict[str, str | tuple[str, ...]] = {
        "XMP-plus:Licensor.LicensorName": ("New", "Desk"),
        "XMP-iptcExt:AboutCvTerm.CvTermName": ("House", "Tree"),
        "XMP-iptcCore:CreatorContactInfo.CiAdrCity": "Basel",
    }
    await embedder.embed(first, second, tags, file_name="a.jpg")
    said = read_embedded(second).xmp
    assert said["plus:Licensor"] == [
        {"plus:LicensorName": "New"},
        {
            "plus:LicensorName": "Desk",
            "plus:LicensorURL": "https://a.example",
            "plus:LicensorTelephoneType1": "http://ns.useplus.org/ldf/vocab/cell",
            "plus:LicensorTelephone1": "12",
        },
    ]
    assert said["Iptc4xmpExt:AboutCvTerm"][1]["Iptc4xmpExt:CvTermName"] == {"x-default": "Tree", "de": "Baum"}
    assert said["Iptc4xmpExt:AboutCvTerm"][1]["Iptc4xmpExt:CvTermId"] == "http://v/1"
    assert said["Iptc4xmpCore:CreatorContactInfo"] == {
        "Iptc4xmpCore:CiAdrCity": "Basel",
        "Iptc4xmpCore:CiUrlWork": "https://c.example",
    }


@pytest.mark.hazard("P27")
@pytest.mark.parametrize("text", ["2026-02-30", "2026-13", "soon", ""])
async def test_a_day_that_is_on_no_calendar_is_refused(embedder: FileEmbedder, tmp_path: Path, text: str) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(sample("a.jpg"))
    with pytest.raises(NotEmbedded, match="no date of the calendar"):
        await embedder.embed(source, target, {"XMP-photoshop:DateCreated": text}, file_name="a.jpg")
    assert [it.name for it in tmp_path.iterdir()] == ["source"]


def box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + name + body


MANIFEST = box(b"jumb", box(b"jumd", bytes.fromhex("6332706100110010800000aa00389b71") + b"\x03c2pa\x00"))
UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def signed(name: str) -> bytes:
    """The file with the container of a C2PA manifest where the specification puts it for its format (C2PA 2.1, annex A)."""
    data = sample(name)
    match Path(name).suffix:
        case ".jpg":
            body = b"JP\x00\x01" + struct.pack(">I", 1) + MANIFEST
            return data[:2] + b"\xff\xeb" + struct.pack(">H", 2 + len(body)) + body + data[2:]
        case ".png":
            chunk = b"caBX" + MANIFEST
            return (
                data[:33] + struct.pack(">I", len(MANIFEST)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:]
            )
        case ".webp":
            return (
                b"RIFF"
                + struct.pack("<I", len(data) + len(MANIFEST))
                + data[8:]
                + b"C2PA"
                + struct.pack("<I", len(MANIFEST))
                + MANIFEST
            )
        case ".mp4" | ".mov" | ".heic":
            return data + box(b"uuid", UUID, bytes(4), b"manifest\x00", bytes(8), MANIFEST)
        case ".pdf":
            return data.replace(b"%%EOF", b"% /AFRelationship /C2PA_Manifest\n%%EOF")
    raise AssertionError(name)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.mp4", "a.heic", "a.pdf"])
async def test_a_signed_file_is_left_alone_unless_we_are_told_and_a_side_car_takes_its_fields(
    embedder: FileEmbedder, tmp_path: Path, name: str
) -> None:
    source, target, beside = tmp_path / "source", tmp_path / "target", tmp_path / "NAME.xmp"
    source.write_bytes(signed(name))
    tags = {"XMP-photoshop:Credit": "C"}
    with pytest.raises(NotEmbedded, match="C2PA"):
        await embedder.embed(source, target, tags, file_name=name)
    assert not target.exists()
    await embedder.side_car(source, beside, tags, file_name=name)
    assert source.read_bytes() == signed(name)
    assert b"<photoshop:Credit>C<" in beside.read_bytes()
    told = FileEmbedder(ExifToolOptions(workers=1), break_signatures=True)
    try:
        await told.embed(source, target, tags, file_name=name)
    finally:
        await told.close()
    assert read_embedded(target).xmp["photoshop:Credit"] == "C"

"""Whatever goes out says whose it is, what may be done with it and until when: read by code that wrote nothing of it."""

from __future__ import annotations

import asyncio
import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from dambridge.files import ExifToolOptions, FileOutfitter, RenderingOptions
from dambridge.files.formats import BY_NAME, WRITABLE
from dambridge.mapping.outward import outward_tags
from dambridge.model.values import DateValue, FieldName, Fields, LangAlt
from dambridge.policy.outlets import Rendition
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.files import NotEmbedded
from dambridge.ports.outgoing import NotRendered, Outgoing
from support.inside_files import iim, xmp
from support.kinds_of_files import BESIDE, MAKERS, noise, sample

ZONE = ZoneInfo("Europe/Zurich")
PLUS = "http://ns.useplus.org/ldf/vocab/"


def named(**values: Any) -> Fields:
    return {FieldName(name): value for name, value in values.items()}


MASTER = named(
    credit="Riverbend Picture Desk / Émilie E",
    copyright_notice=LangAlt.of({"x-default": "© 2026 Riverbend", "fr": "© 2026 Riverbend, réservé"}),
    copyright_owner=("Riverbend Ltd",),
    usage_terms=LangAlt.plain("Press use in Europe. No resale."),
    web_statement="https://example.org/terms",
    contract_reference="HB-2026/17",
    expires_at=DateValue("2028-02-29"),
    licence_start=DateValue("2026-05-01"),
    licence_end=DateValue("2027-05-04T18:00"),
    licence_kind="rights managed",
    territories=("DE", "AT", "CH"),
    territories_excluded=("US",),
    channels=("press",),
    editorial_only=True,
    model_release=PLUS + "MR-LMR",
    data_mining="DMI-PROHIBITED",
    people_shown=("Ann, the elder",),
    consent="given",
)
SAID = named(title=LangAlt.plain("Hafen"), credit="Riverbend / E. E.")
TAGS = outward_tags(SAID, MASTER, ZONE)
XMP: dict[str, Any] = {
    "dc:title": {"x-default": "Hafen"},
    "photoshop:Credit": "Riverbend / E. E.",
    "dc:rights": {"x-default": "© 2026 Riverbend", "fr": "© 2026 Riverbend, réservé"},
    "plus:CopyrightOwner": [{"CopyrightOwnerName": "Riverbend Ltd"}],
    "xmpRights:UsageTerms": {"x-default": "Press use in Europe. No resale."},
    "xmpRights:WebStatement": "https://example.org/terms",
    "plus:LicenseID": "HB-2026/17",
    "pur:expirationDate": ["2027-05-04T18:00:00+02:00"],
    "plus:LicenseEndDate": "2027-05-04T18:00:00+02:00",
    "plus:LicenseStartDate": "2026-05-01",
    "plus:RegionConstraints": {"x-default": "Territories permitted: AT, CH, DE. Territories not permitted: US."},
    "plus:MediaConstraints": {"x-default": "Channels permitted: press."},
    "plus:OtherLicenseRequirements": {"x-default": "Licence: rights managed. Editorial use only."},
    "plus:ModelReleaseStatus": PLUS + "MR-LMR",
    "plus:DataMining": PLUS + "DMI-PROHIBITED",
}
IIM = {
    (2, 37): b"20270504",
    (2, 38): b"180000+0200",
    (2, 110): b"Riverbend / E. E.",
    (2, 116): "© 2026 Riverbend".encode(),
    (1, 90): b"\x1b%G",
}
OLD_BLOCK = {"jpg", "tif", "dng", "psd"}
"""Suffixes of the formats that have a place of their own for it."""
MADE = {"jpeg": "jpg", "png": "png", "webp": "webp", "tiff": "tif"}


@pytest.fixture(scope="module")
def outfitter() -> Iterator[FileOutfitter]:
    it = FileOutfitter(ExifToolOptions(workers=1), RenderingOptions(workers=1))
    yield it
    asyncio.run(it.close())


def bmp() -> bytes:
    out = io.BytesIO()
    noise().save(out, "BMP")
    return out.getvalue()


SOURCES = ["a.jpg", "a.tif", "a.png", "a.webp", "a.heic", "a.avif", "a.psd", "a.gif", "a.jp2", "a.bmp"]


def put(folder: Path, name: str) -> Path:
    source = folder / "source"
    source.write_bytes(bmp() if name == "a.bmp" else sample(name))
    return source


def carries(made: Outgoing, kind: str) -> None:
    """XMP in every format, the old block beside it where the format has a place for one."""
    told = xmp(made.path, kind)
    assert {name: told.get(name) for name in XMP} == XMP
    assert not {it for it in told if "PersonInImage" in it}, (
        "names of people go out only where the outlet asks for them"
    )
    block = iim(made.path, kind)
    assert {key: block.get(key) for key in IIM} == IIM if kind in OLD_BLOCK else block == {}


@pytest.mark.hazard("P33")
@pytest.mark.parametrize(
    ("made_of", "format_"), [*((it, "jpeg") for it in SOURCES), *(("a.png", it) for it in MADE if it != "jpeg")]
)
async def test_every_rendition_carries_rights_credit_and_end(
    outfitter: FileOutfitter, tmp_path: Path, made_of: str, format_: str
) -> None:
    source, target = put(tmp_path, made_of), tmp_path / "target"
    made = await outfitter.make(
        source, target, TAGS, file_name=made_of, order=Rendition(name="web", longest=40, format=format_)
    )
    assert made.file_name == f"a.{MADE[format_]}"
    carries(made, MADE[format_])
    with Image.open(target) as picture:
        assert picture.format == {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "tiff": "TIFF"}[format_]
        assert picture.size == (40, 30)
    assert made.digest.size == target.stat().st_size
    assert {it.name for it in tmp_path.iterdir()} == {"source", "target"}


@pytest.mark.hazard("P33")
@pytest.mark.parametrize("name", MAKERS)
async def test_every_original_that_goes_out_carries_them_too(
    outfitter: FileOutfitter, tmp_path: Path, name: str
) -> None:
    source, target = put(tmp_path, name), tmp_path / "target"
    before = source.read_bytes()
    made = await outfitter.make(source, target, TAGS, file_name=name)
    assert made.file_name == name
    carries(made, Path(name).suffix[1:])
    assert source.read_bytes() == before
    assert len(made.essence) == 64


def test_every_format_that_is_written_into_is_among_those_that_were_read() -> None:
    assert {Path(it).suffix[1:] for it in MAKERS} >= {BY_NAME[it].suffixes[0] for it in WRITABLE}
    assert len(XMP) >= 15


@pytest.mark.hazard("P33")
@pytest.mark.parametrize(
    ("name", "why"), [("a.nef", "image/x-nikon-nef"), ("a.gif", "image/gif"), ("a.jp2", "image/jp2")]
)
async def test_what_cannot_carry_them_does_not_go_out_and_says_why(
    outfitter: FileOutfitter, tmp_path: Path, name: str, why: str
) -> None:
    assert {it[2:] for it in BESIDE} == {"nef", "gif", "jp2"}
    with pytest.raises(NotEmbedded, match=why):
        await outfitter.make(put(tmp_path, name), tmp_path / "target", TAGS, file_name=name)
    assert {it.name for it in tmp_path.iterdir()} == {"source"}


def signed(data: bytes) -> bytes:
    """A JPEG with the box in which a C2PA manifest stands."""

    def box(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", 8 + len(body)) + name + body

    label = bytes.fromhex("6332706100110010800000aa00389b71") + b"\x03c2pa\x00"
    segment = b"JP\x00\x01" + struct.pack(">I", 1) + box(b"jumb", box(b"jumd", label))
    return data[:2] + b"\xff\xeb" + struct.pack(">H", 2 + len(segment)) + segment + data[2:]


@pytest.mark.hazard("P33")
async def test_a_signed_original_does_not_go_out_and_a_rendition_of_it_does(
    outfitter: FileOutfitter, tmp_path: Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(signed(sample("a.jpg")))
    with pytest.raises(NotEmbedded, match="signature"):
        await outfitter.make(source, target, TAGS, file_name="a.jpg")
    assert not target.exists()
    made = await outfitter.make(source, target, TAGS, file_name="a.jpg", order=Rendition(name="web"))
    carries(made, "jpg")
    assert b"c2pa" not in target.read_bytes()


@pytest.mark.hazard("P33")
@pytest.mark.parametrize("order", [None, Rendition(name="web")])
async def test_without_a_word_on_rights_nothing_goes_out(
    outfitter: FileOutfitter, tmp_path: Path, order: Rendition | None
) -> None:
    with pytest.raises(NotEmbedded, match="nothing is known"):
        await outfitter.make(put(tmp_path, "a.jpg"), tmp_path / "target", {}, file_name="a.jpg", order=order)
    assert {it.name for it in tmp_path.iterdir()} == {"source"}


async def test_an_original_with_other_rights_inside_says_the_new_ones_everywhere(
    outfitter: FileOutfitter, tmp_path: Path
) -> None:
    first = outward_tags({}, {**MASTER, **named(credit="Somebody else", expires_at=DateValue("2026-12-01"))}, ZONE)
    old = await outfitter.make(put(tmp_path, "a.jpg"), tmp_path / "old", first, file_name="a.jpg")
    assert iim(old.path, "jpg")[2, 37] == b"20261201"
    assert (2, 38) not in iim(old.path, "jpg"), "a day is a day"
    carries(await outfitter.make(old.path, tmp_path / "new", TAGS, file_name="a.jpg"), "jpg")


async def test_a_rendition_carries_nothing_else_that_stood_in_the_original(
    outfitter: FileOutfitter, tmp_path: Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera Maker"
    exif.get_ifd(0x8825)[1] = "N"
    noise().save(source, "JPEG", exif=exif, comment=b"for internal use")
    await outfitter.make(source, target, TAGS, file_name="a.jpg", order=Rendition(name="web"))
    with Image.open(target) as picture:
        assert "Secret Camera Maker" not in str(dict(picture.getexif()))
        assert not picture.getexif().get_ifd(0x8825)
        assert "comment" not in picture.info
    assert b"internal" not in target.read_bytes()


async def test_the_same_source_order_and_tags_make_the_same_file(outfitter: FileOutfitter, tmp_path: Path) -> None:
    source, digests = put(tmp_path, "a.png"), set()
    for turn in range(2):
        made = await outfitter.make(
            source, tmp_path / f"{turn}", TAGS, file_name="a.png", order=Rendition(name="web", longest=30)
        )
        digests.add(made.digest.sha256)
    assert len(digests) == 1


async def test_a_recipe_changes_with_all_that_changes_the_file_and_with_nothing_else(
    outfitter: FileOutfitter, tmp_path: Path
) -> None:
    mark = tmp_path / "mark.png"
    noise().save(mark)
    orders = [
        Rendition(name="web"),
        Rendition(name="web", longest=10),
        Rendition(name="web", format="png"),
        Rendition(name="web", quality=50),
        Rendition(name="web", watermark=str(mark)),
        Rendition(name="web", watermark=str(mark), opacity=0.5),
    ]
    recipes = [await outfitter.recipe(it) for it in orders]
    assert len({*recipes, await outfitter.recipe(None)}) == len(orders) + 1
    assert await outfitter.recipe(Rendition(name="other name")) == recipes[0]
    noise().rotate(90).save(mark)
    assert await outfitter.recipe(orders[4]) != recipes[4], "the watermark was drawn anew"
    with pytest.raises(CannotGoOn, match=r"watermark .*gone\.png of the rendition web cannot be read"):
        await outfitter.recipe(Rendition(name="web", watermark=str(tmp_path / "gone.png")))


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("HARBOUR.TIFF", "HARBOUR.jpg"),
        ("Report v1.2", "Report v1.2.jpg"),
        ("plain", "plain.jpg"),
        ("a.b.png", "a.b.jpg"),
    ],
)
async def test_a_rendition_is_named_for_what_it_is(
    outfitter: FileOutfitter, tmp_path: Path, name: str, becomes: str
) -> None:
    made = await outfitter.make(
        put(tmp_path, "a.png"), tmp_path / "target", TAGS, file_name=name, order=Rendition(name="web")
    )
    assert made.file_name == becomes


async def test_a_raw_file_has_no_rendition_either(outfitter: FileOutfitter, tmp_path: Path) -> None:
    with pytest.raises(NotRendered, match="developed by a person"):
        await outfitter.make(
            put(tmp_path, "a.nef"), tmp_path / "target", TAGS, file_name="a.nef", order=Rendition(name="web")
        )

"""Every canonical field into every format that is written into, read back by other code than wrote it, and by ourselves."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pikepdf
import pillow_heif
import pytest
import tifffile
from PIL import Image

from dambridge.files import ExifToolOptions, FileEmbedder, FileInspector
from dambridge.files.formats import BY_NAME, WRITABLE
from dambridge.mapping import EMBEDDABLE, FIELDS, embedded_fields, own_tags
from dambridge.mapping.fields import Kind
from dambridge.model.records import EmbeddedMetadata
from dambridge.model.values import DateValue, FieldName, LangAlt, Value
from dambridge.ports.files import NotEmbedded
from dambridge_sim.kit.embedded import read_embedded
from support.kinds_of_files import BESIDE, MAKERS, sample
from support.other_readers import packet_of, says

PLUS = "http://ns.useplus.org/ldf/vocab/"
CAPTION = ("Żółć – 港 🌊\n" * 300)[:2001]
_VALUES: dict[str, Value] = {
    "title": LangAlt.of({"x-default": "Harbour", "de": "Hafen — früh", "ja": "港の朝"}),
    "headline": "true",
    "description": LangAlt.plain(CAPTION),
    "description_writer": "007",
    "keywords": ("a, b", "c|d", "Nature/Water/River", "1e5", "港", "doubled", "doubled"),
    "creator": ("B. Field", "A. Field"),
    "creator_job_title": "Staff",
    "contact_address": "1 Quay\nBasin 2",
    "contact_city": "Basel",
    "contact_email": "a@example.org,b@example.org",
    "contact_url": "https://example.org/?a=1&b=2",
    "credit": "Riverbend Picture Desk / Émilie E",
    "source": "Riverbend",
    "copyright_notice": LangAlt.of({"x-default": "© 2026", "fr": "© 2026 réservé"}),
    "usage_terms": LangAlt.plain("<b>Editorial</b> &amp; more"),
    "web_statement": "https://example.org/terms",
    "rights_marked": True,
    "instructions": "-execute\n$x \\ \"q\" 'r'",
    "job_id": "null",
    "date_created": DateValue("2026-05-04T23:59:59.25-09:30"),
    "sublocation": "Quay",
    "city": "Łódź",
    "state": "[]",
    "country": "Côte d'Ivoire",
    "country_code": "CIV",
    "scene": ("011900", "010100"),
    "subject_code": ("06005000",),
    "topics": ("medtop/1", "ocean, deep"),
    "category": "SPO",
    "supp_categories": ("one", "two"),
    "urgency": 5,
    "rating": 3,
    "alt_text": LangAlt.of({"x-default": "A boat", "de": "Ein Boot"}),
    "model_release": PLUS + "MR-UMR",
    "property_release": PLUS + "PR-NON",
    "copyright_owner": ("Owner A", "Owner B"),
    "licensor": ("Desk", "Agency"),
    "licensor_url": ("https://a.example", "https://b.example"),
    "embargo_until": DateValue("2027-01-01T00:00:00+01:00"),
    "expires_at": DateValue("2028-02-29"),
    "licence_start": DateValue("2026-05"),
    "licence_end": DateValue("2027-05-04T10:00:00Z"),
    "contract_reference": "C-1",
    "people_shown": ("Ann, the elder", "Bea"),
    "digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
    "data_mining": PLUS + "DMI-PROHIBITED-SEECONSTRAINT",
    "other_constraints": LangAlt.plain("None"),
    "image_guid": "urn:x:1",
    "supplier_image_id": "S1",
    "ai_system": "Painter",
    "ai_system_version": "2.1",
    "ai_prompt": "a boat, at dawn\nno people",
    "ai_prompt_writer": "Émilie",
    "model_info": "Twins",
    "model_age": ("7", "9"),
    "model_minor_age": PLUS + "AG-U14",
    "model_release_id": ("MR 1", "MR 2"),
    "property_release_id": ("PR 1",),
    "people_described": ("Ann, the elder", "Bea"),
    "organisation": ("Riverbend, Inc.", "港湾局"),
    "organisation_code": ("RB",),
    "products_shown": ("Oar",),
    "artworks_shown": ("Nightwatch", "Mona; Lisa"),
    "event": LangAlt.of({"x-default": "Regatta", "fr": "Régate"}),
    "event_id": ("https://example.org/e?1",),
    "genre": ("feature", "actuality"),
    "location_created": ("Quay 3",),
    "location_created_city": ("Łódź",),
    "location_created_country": ("Polska",),
    "locations_shown_city": ("Basel", "Bern"),
    "locations_shown_country": ("Schweiz", "Suisse"),
    "contributors": ("R. Etoucher",),
    "image_creator": ("B. Field",),
    "image_supplier": ("Agency, Ltd.",),
    "registry_item": ("reg/1", "reg/2"),
    "max_height": 4000,
    "max_width": 6000,
    "rights_expression": ('{"@type": "Policy"}',),
    "rights_expression_url": ("https://example.org/policy",),
    "creative_commons": "https://creativecommons.org/licenses/by/4.0/",
    "copyright_status": PLUS + "CS-PRO",
    "credit_line_required": PLUS + "CR-CAI",
    "terms_text": LangAlt.of({"x-default": "As agreed", "de": "Wie vereinbart"}),
    "terms_url": "https://example.org/terms",
    "licence_conditions": LangAlt.plain("Not on covers"),
    "licence_requirements": LangAlt.plain("Send a copy"),
    "licensor_notes": LangAlt.plain("Call first"),
    "media_constraints": LangAlt.plain("No film"),
    "region_constraints": LangAlt.plain("Europe"),
    "product_constraints": LangAlt.plain("No toys"),
    "file_constraints": (PLUS + "IF-MFN", PLUS + "IF-MMD"),
    "alteration_constraints": (PLUS + "AL-CRP",),
    "duplication_constraints": PLUS + "DP-NDC",
    "prism_agreement": ("A-1, annex",),
    "prism_copyright": LangAlt.plain("© 2026"),
    "prism_credit_line": ("Riverbend", "Ülm"),
    "prism_permissions": ("web", "print, once"),
    "prism_restrictions": ("no resale",),
    "prism_reuse_prohibited": True,
    "prism_rights_agent": "Agency",
    "prism_rights_owner": "Owner",
    "exclusive_until": DateValue("2026-12-31"),
    "option_until": DateValue("2026-06-30T12:00:00+02:00"),
}
FIELDS_OF_ALL_KINDS = {FieldName(name): value for name, value in _VALUES.items()}


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


_SPELLED = {"DigitalImageGUID": "DigImageGUID", "AdditionalModelInformation": "AddlModelInfo"}
_LANGUAGES = {"CvTermName", "PersonName", "ProductName", "AOTitle", "LocationName", "Name"}
"""Members of structures that are texts by language (TechReference 2025.1)."""


def expected(name: FieldName, value: Value) -> dict[str, Any]:
    """What a reader of RDF must find for a field."""
    local = FIELDS[name].xmp.partition(":")[2]
    local = _SPELLED.get(local, local)
    match value:
        case LangAlt():
            return {local: dict(value.entries)}
        case DateValue():
            bag = FIELDS[name].xmp.startswith("XMP-pur:")
            return {local: [value.iso] if bag else value.iso}
        case tuple():
            texts: Any = list(value)
            return {local: [{"x-default": it} for it in texts] if local.partition(".")[2] in _LANGUAGES else texts}
    return {local: str(value)}


def essence(data: bytes, name: str) -> str:
    """Decoded pictures, film or pages, by libraries that know nothing of metadata."""
    digest = hashlib.sha256()
    match Path(name).suffix:
        case ".pdf":
            with pikepdf.open(io.BytesIO(data)) as document:
                for page in document.pages:
                    digest.update(page.Contents.read_bytes())
        case ".heic":
            digest.update(np.asarray(pillow_heif.open_heif(io.BytesIO(data))).tobytes())
        case ".tif" | ".dng":
            with tifffile.TiffFile(io.BytesIO(data)) as tiff:
                for sheet in tiff.pages:
                    for segment, _ in tiff.filehandle.read_segments(sheet.dataoffsets, sheet.databytecounts):
                        digest.update(segment or b"")  # type: ignore[arg-type]
        case ".mp4" | ".mov":
            with av.open(io.BytesIO(data), "r") as film:
                for packet in film.demux(video=0):
                    digest.update(bytes(packet))
        case _:
            with Image.open(io.BytesIO(data)) as picture:
                digest.update(picture.convert("RGB").tobytes())
    return digest.hexdigest()


def test_fields_of_every_kind_are_among_the_values() -> None:
    with_home = {name for name, field in FIELDS.items() if field.xmp}
    assert len(FIELDS_OF_ALL_KINDS) >= 100
    assert with_home - set(FIELDS_OF_ALL_KINDS) <= {
        "contact_region", "contact_postal_code", "contact_country", "contact_phone", "genre_legacy", "extended_description",
        "locations_shown",
    }  # fmt: skip
    assert {FIELDS[it].kind for it in FIELDS_OF_ALL_KINDS} == set(Kind)
    assert len(str(FIELDS_OF_ALL_KINDS[FieldName("credit")]).encode()) > 32


def test_names_and_contents_agree_on_what_is_written_into() -> None:
    assert {suffix for name in WRITABLE for suffix in BY_NAME[name].suffixes} == EMBEDDABLE
    assert {Path(it).suffix[1:] for it in MAKERS} | {"jpeg", "jpe", "tiff", "heif", "psb", "m4v"} == EMBEDDABLE


@pytest.mark.hazard("P26")
@pytest.mark.hazard("P28")
@pytest.mark.hazard("P29")
@pytest.mark.hazard("P30")
@pytest.mark.parametrize("name", MAKERS)
async def test_every_field_comes_back_equal_and_another_reader_finds_it(
    embedder: FileEmbedder, inspector: FileInspector, tmp_path: Path, name: str
) -> None:
    source, target = tmp_path / f"source{Path(name).suffix}", tmp_path / f"target{Path(name).suffix}"
    source.write_bytes(sample(name))
    tags = own_tags(FIELDS_OF_ALL_KINDS)
    assert len(await embedder.embed(source, target, tags, file_name=name)) == 64
    assert essence(target.read_bytes(), name) == essence(sample(name), name)
    inside = await inspector.inspect(target, file_name=name)
    assert isinstance(inside, EmbeddedMetadata)
    assert embedded_fields(inside) == FIELDS_OF_ALL_KINDS
    assert inside.disagreements == ()
    found = says(packet_of(target, name))
    folded = {it.casefold(): value for it, value in found.items()}
    for field, value in FIELDS_OF_ALL_KINDS.items():
        for local, wanted in expected(field, value).items():
            assert folded[local.casefold()] == wanted, field
    simulated = read_embedded(target)
    assert simulated.problem is None
    assert simulated.xmp["dc:title"] == {"x-default": "Harbour", "de": "Hafen — früh", "ja": "港の朝"}
    assert simulated.xmp["dc:description"] == {"x-default": CAPTION}


@pytest.mark.hazard("P27")
@pytest.mark.parametrize("name", ["a.jpg", "a.heic", "a.psd", "a.mov"])
async def test_what_is_written_again_makes_the_same_file(
    embedder: FileEmbedder, inspector: FileInspector, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "0"
    path.write_bytes(sample(name))
    tags, said = own_tags(FIELDS_OF_ALL_KINDS), set()
    for turn in range(1, 4):
        following = tmp_path / f"{turn}"
        said.add(await embedder.embed(path, following, tags, file_name=name))
        inside = await inspector.inspect(following, file_name=name)
        assert isinstance(inside, EmbeddedMetadata)
        assert embedded_fields(inside) == FIELDS_OF_ALL_KINDS
        tags, path = own_tags(embedded_fields(inside)), following
    assert len(said) == 1
    if name != "a.mov":
        assert (tmp_path / "3").read_bytes() == (tmp_path / "2").read_bytes()


@pytest.mark.parametrize("name", [*BESIDE, "a.jpg"])
async def test_a_side_car_says_all_beside_what_the_file_says_and_the_file_stays(
    embedder: FileEmbedder, inspector: FileInspector, tmp_path: Path, name: str
) -> None:
    source, target = tmp_path / "source", tmp_path / "NAME.xmp"
    source.write_bytes(sample(name))
    if name == "a.jpg":
        await embedder.embed(source, tmp_path / "said", {"XMP-xmp:CreatorTool": "Editor"}, file_name=name)
        source = tmp_path / "said"
    before = source.read_bytes()
    if name in BESIDE:
        with pytest.raises(NotEmbedded, match=r"nothing is written into files of that kind\."):
            await embedder.embed(source, target, own_tags(FIELDS_OF_ALL_KINDS), file_name=name)
        assert not target.exists()
    await embedder.side_car(source, target, own_tags(FIELDS_OF_ALL_KINDS), file_name=name)
    assert source.read_bytes() == before
    inside = await inspector.inspect(target, file_name="NAME.xmp")
    assert isinstance(inside, EmbeddedMetadata)
    assert embedded_fields(inside) == FIELDS_OF_ALL_KINDS
    assert (inside.tags.get("XMP-xmp:CreatorTool") == "Editor") is (name == "a.jpg")
    assert says(target.read_bytes())["title"] == {"x-default": "Harbour", "de": "Hafen — früh", "ja": "港の朝"}
    assert {it.name for it in tmp_path.iterdir()} <= {"source", "NAME.xmp", "said"}

"""Derivatives come without a word about rights: each is given those of its asset, and held against them before it goes out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dambridge.files import ExifToolOptions, FileEmbedder, FileInspector
from dambridge.mapping import SAID_BY_EVERY_FILE, own_tags, rights_lacking, rights_tags
from dambridge.model.records import EmbeddedMetadata, MediaType
from dambridge.model.values import DateValue, FieldName, Fields, LangAlt
from support.kinds_of_files import BESIDE, MAKERS, sample
from support.other_readers import packet_of, says

PLUS = "http://ns.useplus.org/ldf/vocab/"
RIGHTS: Fields = {
    FieldName("copyright_notice"): LangAlt.of({"x-default": "© 2026 Ülm", "fr": "© 2026 réservé"}),
    FieldName("copyright_owner"): ("Owner, A.",),
    FieldName("creator"): ("B. Field",),
    FieldName("credit"): "Riverbend",
    FieldName("licensor"): ("Desk",),
    FieldName("licensor_url"): ("https://example.org/licence",),
    FieldName("usage_terms"): LangAlt.plain("Editorial use only"),
    FieldName("other_constraints"): LangAlt.plain("Not in print"),
    FieldName("web_statement"): "https://example.org/terms",
    FieldName("embargo_until"): DateValue("2026-12-01T00:00:00+01:00"),
    FieldName("expires_at"): DateValue("2028-02-29"),
    FieldName("licence_end"): DateValue("2027-05-04T10:00:00Z"),
    FieldName("model_release"): PLUS + "MR-LMR",
    FieldName("people_shown"): ("Ann, the elder", "Bea"),
    FieldName("data_mining"): PLUS + "DMI-PROHIBITED",
    FieldName("digital_source_type"): "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
}
OTHERS: Fields = {FieldName("headline"): "Not about rights", FieldName("licence_kind"): "rights_managed"}
FOUND = {
    "rights": {"x-default": "© 2026 Ülm", "fr": "© 2026 réservé"},
    "CopyrightOwner.CopyrightOwnerName": ["Owner, A."],
    "creator": ["B. Field"],
    "Credit": "Riverbend",
    "Licensor.LicensorURL": ["https://example.org/licence"],
    "UsageTerms": {"x-default": "Editorial use only"},
    "WebStatement": "https://example.org/terms",
    "expirationDate": ["2028-02-29"],
    "DataMining": PLUS + "DMI-PROHIBITED",
}


@pytest.fixture(scope="module")
def tools() -> Iterator[tuple[FileEmbedder, FileInspector]]:
    both = FileEmbedder(ExifToolOptions(workers=1)), FileInspector(ExifToolOptions(workers=1))
    yield both
    for it in both:
        asyncio.run(it.close())


@pytest.mark.hazard("P33")
@pytest.mark.parametrize("name", [*MAKERS, *BESIDE])
async def test_every_rendition_says_the_rights_of_its_asset(
    tools: tuple[FileEmbedder, FileInspector], tmp_path: Path, name: str
) -> None:
    embedder, inspector = tools
    made, out = tmp_path / f"made{Path(name).suffix}", tmp_path / f"out{Path(name).suffix}"
    made.write_bytes(sample(name))
    bare = await inspector.inspect(made, file_name=name)
    assert isinstance(bare, EmbeddedMetadata)
    assert rights_lacking(RIGHTS, bare) == tuple(sorted(RIGHTS)), "as a system makes it, it says nothing"
    tags = rights_tags({**RIGHTS, **OTHERS})
    if name in MAKERS:
        await embedder.embed(made, out, tags, file_name=name)
    else:
        out = tmp_path / "out.xmp"
        await embedder.side_car(made, out, tags, file_name=name)
    full = await inspector.inspect(out, file_name=out.name)
    assert isinstance(full, EmbeddedMetadata)
    assert rights_lacking({**RIGHTS, **OTHERS}, full) == ()
    found = says(packet_of(out, name) if name in MAKERS else out.read_bytes())
    assert {it: found.get(it) for it in FOUND} == FOUND
    assert "Headline" not in found


@pytest.mark.hazard("P33")
@pytest.mark.parametrize("field", sorted(RIGHTS))
def test_a_single_right_that_lacks_or_differs_is_named(field: FieldName) -> None:
    nothing = EmbeddedMetadata(mime_type="image/jpeg", media_type=MediaType.IMAGE, tags={})
    without = {name: it for name, it in RIGHTS.items() if name != field}
    assert rights_lacking(RIGHTS, _saying(nothing, without)) == (field,)
    assert rights_lacking(RIGHTS, _saying(nothing, RIGHTS)) == ()


def _saying(nothing: EmbeddedMetadata, fields: Fields) -> EmbeddedMetadata:
    return replace(nothing, tags=own_tags(fields))


def test_whatever_the_gate_rests_on_is_said_where_a_file_has_a_place_for_it() -> None:
    assert set(RIGHTS) <= SAID_BY_EVERY_FILE
    assert len(SAID_BY_EVERY_FILE) >= 25

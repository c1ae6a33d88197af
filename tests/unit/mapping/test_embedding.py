"""Which fields go into a file under which XMP names, and how they are spelled there."""

from __future__ import annotations

from typing import Any

import pytest

from dambridge.mapping import FIELDS, default_map, embedded_fields, may_embed, same, to_xmp, with_home, xmp_field
from dambridge.model.identity import System
from dambridge.model.records import EmbeddedMetadata, MediaType
from dambridge.model.values import DateValue, FieldName, LangAlt, Value

NETX = default_map(System.NETX)
HOMES = {
    "Title": "dc:title",
    "Caption": "dc:description",
    "Keywords": "dc:subject",
    "Creator": "dc:creator",
    "Credit": "photoshop:Credit",
    "Date Created": "photoshop:DateCreated",
    "City": "Iptc4xmpCore:Location",
    "Rating": "xmp:Rating",
    "Source Id": "dc:identifier",
}
EMPTY = EmbeddedMetadata(mime_type="image/jpeg", media_type=MediaType.IMAGE, tags={})


def f(**values: Any) -> dict[FieldName, Value]:
    return {FieldName(name): value for name, value in values.items()}


def test_each_kind_of_value_has_its_spelling() -> None:
    fields = f(
        title=LangAlt.of({"x-default": "Harbour", "de": "Hafen"}),
        description=LangAlt.plain("one\r\ntwo\rthree"),
        keywords=("a, b", "a"),
        creator=("A. Field", "B. Field"),
        credit="007",
        date_created=DateValue("2026-05-04T12:00:00+02:00"),
        rating=3,
        city="Basel",
    )
    assert to_xmp(fields, EMPTY, NETX, HOMES) == {
        "XMP-dc:Title": {"x-default": "Harbour", "de": "Hafen"},
        "XMP-dc:Description": {"x-default": "one\ntwo\nthree"},
        "XMP-dc:Subject": ("a, b", "a"),
        "XMP-dc:Creator": ("A. Field", "B. Field"),
        "XMP-photoshop:Credit": "007",
        "XMP-photoshop:DateCreated": "2026-05-04T12:00:00+02:00",
        "XMP-xmp:Rating": "3",
        "XMP-iptcCore:Location": "Basel",
    }


def test_a_field_without_a_home_stays_out_and_one_with_a_home_goes_in() -> None:
    fields = f(credit="C", headline="H", state="S")
    assert set(to_xmp(fields, EMPTY, NETX, HOMES)) == {"XMP-photoshop:Credit"}
    assert with_home(fields, NETX, HOMES) == f(credit="C")


def test_what_the_files_xmp_says_already_is_left_with_its_languages_and_precision() -> None:
    inside = EmbeddedMetadata(
        mime_type="image/jpeg",
        media_type=MediaType.IMAGE,
        tags={
            "XMP-dc:Title": {"x-default": "Harbour", "de": "Hafen"},
            "XMP-photoshop:DateCreated": "2026-05-04T12:00:00+02:00",
            "IPTC:Credit": "C",
        },
    )
    fields = f(title=LangAlt.plain("Harbour"), date_created=DateValue("2026-05-04"), credit="C")
    assert to_xmp(fields, inside, NETX, HOMES) == {"XMP-photoshop:Credit": "C"}, "what IIM alone says is no XMP"
    assert "XMP-dc:Title" in to_xmp(f(title=LangAlt.plain("Other")), inside, NETX, HOMES)


@pytest.mark.parametrize(
    "name",
    [
        *("dc:title", "DC:Title", "photoshop:Credit", "Iptc4xmpCore:Location", "iptcCore:Location"),
        *("Iptc4xmpExt:DigImageGUID", "pur:embargoDate", "plus:DataMining", "xmpRights:Marked", "photoshop:Urgency"),
    ],
)
def test_names_are_known_however_they_are_spelled(name: str) -> None:
    assert xmp_field(name) is not None


@pytest.mark.parametrize("name", ["dc:identifier", "plus:Licensor", "Iptc4xmpCore:CreatorContactInfo", "title", ""])
def test_names_of_structures_and_names_that_nobody_knows_are_not_written(name: str) -> None:
    assert xmp_field(name) is None


def test_every_home_reads_back_as_what_was_spelled() -> None:
    samples: dict[str, Value] = {
        "text": "Some words", "lang": LangAlt.plain("Some words"), "bag": ("b", "a"), "seq": ("b", "a"),
        "date": DateValue("2026-05-04"), "uri": "https://example.org/x", "int": 3,
    }  # fmt: skip
    homes = {rule.native: FIELDS[rule.field].xmp.removeprefix("XMP-") for rule in NETX.rules if rule.field in FIELDS}
    known = [rule.field for rule in NETX.rules if rule.write and xmp_field(homes.get(rule.native, ""))]
    assert len(known) >= 18
    for name in known:
        value = samples[FIELDS[name].kind]
        tags = to_xmp({name: value}, EMPTY, NETX, homes)
        there = embedded_fields(EmbeddedMetadata(mime_type="image/jpeg", media_type=MediaType.IMAGE, tags=tags))
        assert same(name, value, there.get(name)), name


@pytest.mark.parametrize(
    ("file_name", "may"),
    [("a.JPG", True), ("a.pdf", True), ("a.nef", False), ("a.webp", True), ("a.gif", False), ("a", False)],
)
def test_the_kind_of_a_file_says_whether_it_may_be_written_into(file_name: str, may: bool) -> None:
    assert may_embed(file_name) is may

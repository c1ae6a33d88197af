"""ExifTool's answers in our spelling."""

from __future__ import annotations

import base64

import pytest

from dambridge.files.kinds import Kind
from dambridge.files.reading import iso_date, metadata_from
from dambridge.model.records import MediaType

JPEG = Kind("jpeg", MediaType.IMAGE, "image/jpeg")


@pytest.mark.hazard("P26")
@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("2026:03:14 07:42:10+09:00", "2026-03-14T07:42:10+09:00"),
        ("2026:03:14 07:42:10", "2026-03-14T07:42:10"),
        ("2026:03:14 07:42:10.25Z", "2026-03-14T07:42:10.25Z"),
        ("2026:03:14 07:42", "2026-03-14T07:42"),
        ("2026:03:14", "2026-03-14"),
        ("2026:03", "2026-03"),
        ("2026", "2026"),
        ("0000:00:00 00:00:00", None),
        ("    :  :     :  :  ", None),
        ("yesterday", None),
    ],
)
def test_a_date_keeps_its_precision_and_never_gains_an_offset(theirs: str, ours: str | None) -> None:
    assert iso_date(theirs) == ours


def test_languages_become_one_map_and_the_bare_one_is_the_default() -> None:
    it = metadata_from(
        {"XMP-dc:Title": "Bear's breeches", "XMP-dc:Title-de": "Bärenklau", "XMP-dc:Title-pt-BR": "Acanto"}, JPEG
    )
    assert it.tags["XMP-dc:Title"] == {"x-default": "Bear's breeches", "de": "Bärenklau", "pt-BR": "Acanto"}


def test_a_tag_whose_name_ends_like_a_language_is_not_taken_for_one() -> None:
    it = metadata_from({"XMP-photoshop:City": "Bern"}, JPEG)
    assert it.tags == {"XMP-photoshop:City": "Bern"}


def test_plus_codes_get_their_vocabulary_once() -> None:
    full = "http://ns.useplus.org/ldf/vocab/MR-UMR"
    it = metadata_from({"XMP-plus:ModelReleaseStatus": "MR-UMR", "XMP-plus:PropertyReleaseStatus": full}, JPEG)
    assert it.tags["XMP-plus:ModelReleaseStatus"] == full
    assert it.tags["XMP-plus:PropertyReleaseStatus"] == full


def test_structures_become_dotted_names() -> None:
    it = metadata_from(
        {
            "XMP-iptcCore:CreatorContactInfo": {"CiEmailWork": "a@b.example", "CiAdrCity": "Bern"},
            "XMP-plus:Licensor": [{"LicensorName": "One"}, {"LicensorName": "Two"}],
        },
        JPEG,
    )
    assert it.tags["XMP-iptcCore:CreatorContactInfo.CiEmailWork"] == "a@b.example"
    assert it.tags["XMP-plus:Licensor.LicensorName"] == ("One", "Two")


def test_blank_values_are_absent() -> None:
    it = metadata_from({"XMP-photoshop:City": "  ", "XMP-dc:Subject": ["", " "], "IFD0:Artist": ""}, JPEG)
    assert it.tags == {}


def iim(*items: tuple[int, str]) -> str:
    block = b"\x1c\x01\x5a\x00\x03\x1b%G"
    for number, text in items:
        value = text.encode()
        block += bytes((0x1C, 2, number)) + len(value).to_bytes(2, "big") + value
    return "base64:" + base64.b64encode(block).decode()


def test_iim_dates_and_times_are_spelled_as_iso() -> None:
    it = metadata_from({"IPTC:IPTC": iim((55, "20260314"), (60, "074210+0900"), (30, "20260000"))}, JPEG)
    assert it.tags["IPTC:DateCreated"] == "2026-03-14"
    assert it.tags["IPTC:TimeCreated"] == "07:42:10+09:00"
    assert it.tags["IPTC:ReleaseDate"] == "2026"


@pytest.mark.hazard("P29")
def test_a_cut_iim_value_is_no_disagreement() -> None:
    long = "Riverbend Picture Desk / Archive of Émile"
    it = metadata_from(
        {"XMP-photoshop:Credit": long, "IPTC:IPTC": iim((110, long.encode()[:32].decode("utf-8", "ignore")))}, JPEG
    )
    assert it.disagreements == ()


@pytest.mark.hazard("P30")
def test_other_values_are_a_disagreement_and_all_are_kept() -> None:
    it = metadata_from(
        {
            "XMP-dc:Description": "The true caption",
            "XMP-dc:Creator": ["Ann", "Bea"],
            "IPTC:IPTC": iim((120, "An older caption"), (80, "Ann"), (80, "Bea")),
            "IFD0:ImageDescription": "OLYMPUS DIGITAL CAMERA",
            "IFD0:Artist": "Ann; Bea",
        },
        JPEG,
    )
    assert it.disagreements == ("description",)
    assert it.tags["XMP-dc:Description"] == {"x-default": "The true caption"}
    assert it.tags["IPTC:Caption-Abstract"] == "An older caption"
    assert it.tags["IFD0:ImageDescription"] == "OLYMPUS DIGITAL CAMERA"


@pytest.mark.hazard("P23")
def test_other_spellings_of_one_text_do_not_disagree() -> None:
    it = metadata_from({"XMP-dc:Title": "Blüte\r\n", "IPTC:IPTC": iim((5, "Blu\u0308te"))}, JPEG)
    assert it.disagreements == ()


@pytest.mark.hazard("P26")
@pytest.mark.parametrize(("exif", "differs"), [("2026:03:14 07:42:10", False), ("2026:03:14 08:42:10", True)])
def test_dates_are_compared_by_wall_clock_when_an_offset_is_missing(exif: str, differs: bool) -> None:
    it = metadata_from(
        {"XMP-photoshop:DateCreated": "2026:03:14 07:42:10+09:00", "ExifIFD:DateTimeOriginal": exif}, JPEG
    )
    assert it.disagreements == (("date_created",) if differs else ())


def test_what_exiftool_complains_of_is_told() -> None:
    it = metadata_from({"ExifTool:Warning": "JPEG format error", "File:MIMEType": "image/jpeg"}, JPEG)
    assert it.warnings == ("JPEG format error",)

"""What stands inside a file fills canonical fields: XMP before IIM before Exif, careful dates, never an approval."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dambridge.mapping import FIELDS, embedded_fields, settled_by_file
from dambridge.model.records import EmbeddedMetadata, MediaType
from dambridge.model.values import DateValue, FieldName, LangAlt, Value

Tag = str | tuple[str, ...] | Mapping[str, str]


def inside(**tags: Tag) -> Mapping[FieldName, Value]:
    spelled = {name.replace("__", ":").replace("_", "-"): value for name, value in tags.items()}
    return embedded_fields(EmbeddedMetadata(mime_type="image/jpeg", media_type=MediaType.IMAGE, tags=spelled))


def test_languages_lists_dates_and_texts() -> None:
    assert inside(
        XMP_dc__Title={"x-default": "Harbour", "de": "Hafen"},
        XMP_dc__Subject=("a,b", "c"),
        XMP_dc__Creator=("Jane", "Joe"),
        XMP_photoshop__DateCreated="2026-03-14T07:42:10+09:00",
        XMP_photoshop__Credit="Desk",
        XMP_xmp__Rating="5",
        XMP_xmpRights__Marked="True",
    ) == {
        "title": LangAlt.of({"x-default": "Harbour", "de": "Hafen"}),
        "keywords": ("a,b", "c"),
        "creator": ("Jane", "Joe"),
        "date_created": DateValue("2026-03-14T07:42:10+09:00"),
        "credit": "Desk",
        "rating": 5,
        "rights_marked": True,
    }


@pytest.mark.hazard("P29")
@pytest.mark.hazard("P30")
def test_xmp_wins_over_a_cut_iim_and_iim_over_exif() -> None:
    cut, whole = "x" * 32, "x" * 40
    assert inside(XMP_photoshop__Credit=whole, IPTC__Credit=cut) == {"credit": whole}
    assert inside(IPTC__Credit=cut) == {"credit": cut}
    both = inside(IPTC__By_line="Jane", IFD0__Artist="camera owner")
    assert both == {"creator": ("Jane",)}
    assert inside(IFD0__Artist="Jane; Joe") == {"creator": ("Jane", "Joe")}


def test_a_blank_home_gives_way_to_the_next() -> None:
    assert inside(XMP_photoshop__Credit=" ", IPTC__Credit="Desk") == {"credit": "Desk"}
    assert inside(XMP_dc__Title={"x-default": " "}, IPTC__ObjectName="T") == {"title": LangAlt.plain("T")}
    assert inside(XMP_xmp__Rating="lots") == {}


@pytest.mark.hazard("P26")
@pytest.mark.parametrize(
    ("tags", "iso"),
    [
        ({"IPTC__DateCreated": "2026-03-14", "IPTC__TimeCreated": "07:42:10+09:00"}, "2026-03-14T07:42:10+09:00"),
        ({"IPTC__DateCreated": "2026-03-14"}, "2026-03-14"),
        ({"IPTC__DateCreated": "2026", "IPTC__TimeCreated": "07:42:10"}, "2026"),
        ({"ExifIFD__DateTimeOriginal": "2026-03-14T07:42:10"}, "2026-03-14T07:42:10"),
        (
            {
                "ExifIFD__DateTimeOriginal": "2026-03-14T07:42:10",
                "ExifIFD__SubSecTimeOriginal": "50",
                "ExifIFD__OffsetTimeOriginal": "+09:00",
            },
            "2026-03-14T07:42:10.50+09:00",
        ),
    ],
)
def test_dates_are_put_together_and_no_zone_is_invented(tags: dict[str, Tag], iso: str) -> None:
    assert inside(**tags) == {"date_created": DateValue(iso)}


def test_of_several_rights_dates_the_careful_one_counts() -> None:
    assert inside(XMP_pur__EmbargoDate=("2026-05-01", "2026-06-01"), IPTC__ReleaseDate="2026-04-01") == {
        "embargo_until": DateValue("2026-06-01")
    }
    assert inside(XMP_pur__ExpirationDate="2027-05-01", XMP_prism__OffSaleDate="2027-04-01") == {
        "expires_at": DateValue("2027-04-01")
    }


def test_an_approval_never_comes_from_inside_a_file() -> None:
    assert inside(IPTC__EditStatus="approved", IPTC__Credit="Desk") == {"credit": "Desk"}


def test_every_other_field_of_files_can_be_read_from_its_first_home() -> None:
    examples = {"date": "2026-03-14", "int": "3", "bool": "True"}
    for name, field in FIELDS.items():
        if name != "edit_status" and (field.xmp or field.iim):
            tags = {field.xmp or field.iim: examples.get(field.kind, "x")}
            found = embedded_fields(EmbeddedMetadata(mime_type="", media_type=MediaType.IMAGE, tags=tags))
            assert list(found) == [name]


@pytest.mark.hazard("P28")
@pytest.mark.parametrize(
    ("shown", "in_file", "settled"),
    [
        (("a", "b", "c"), ("a,b", "c"), {"keywords": ("a,b", "c")}),
        (
            ("Acanthus mollis", "L.", "garden"),
            ("Acanthus mollis, L.", "garden"),
            {"keywords": ("Acanthus mollis, L.", "garden")},
        ),
        (("a", "b", "c", "new"), ("a,b", "c"), {}),
        (("c", "a", "b"), ("a,b", "c"), {}),
        (("a", "b"), ("a", "b"), {}),
    ],
)
def test_a_list_that_came_apart_at_commas_is_settled_by_the_file_unless_people_edited_it(
    shown: tuple[str, ...], in_file: tuple[str, ...], settled: dict[str, tuple[str, ...]]
) -> None:
    name = FieldName("keywords")
    assert settled_by_file({name: shown}, {name: in_file}) == settled
    assert settled_by_file({name: shown}, {}) == {}

"""Whose side-car a file is, and what it and its file say together."""

from __future__ import annotations

import pytest

from dambridge.mapping import (
    belongs,
    embedded_fields,
    has_side_car,
    is_side_car,
    side_car_names,
    with_side_car,
    words_for,
)
from dambridge.model.records import EmbeddedMetadata, MediaType
from dambridge.model.values import DateValue


def says(*warnings: str, differ: tuple[str, ...] = (), **tags: str | tuple[str, ...]) -> EmbeddedMetadata:
    named = {name.replace("XMP__", "XMP-").replace("__", ":"): it for name, it in tags.items()}
    return EmbeddedMetadata(
        mime_type="image/x", media_type=MediaType.RAW, tags=named, warnings=warnings, disagreements=differ
    )


@pytest.mark.parametrize(
    ("side_car", "file", "whose"),
    [
        ("A_1.xmp", "A_1.NEF", True),
        ("A_1.NEF.xmp", "A_1.NEF", True),
        ("a_1.XMP", "A_1.nef", True),
        ("E\u0301.xmp", "\u00c9.CR3", True),
        ("A_1.xmp", "A_10.NEF", False),
        ("A_1.NEF.xmp", "A_1.CR2", False),
        ("A.b.xmp", "A.b.NEF", True),
        ("A.xmp", "A.b.NEF", False),
    ],
)
def test_whose_it_is_is_told_by_the_name(side_car: str, file: str, whose: bool) -> None:
    assert is_side_car(side_car)
    assert belongs(side_car, file) is whose


def test_camera_raw_has_one_and_what_is_written_into_has_none() -> None:
    assert has_side_car(MediaType.RAW, "a.nef")
    assert not has_side_car(MediaType.RAW, "a.dng")
    assert not has_side_car(MediaType.IMAGE, "a.jpg")
    assert not has_side_car(None, "a.nef")
    assert all(belongs(it, "A.b.NEF") and is_side_car(it) for it in side_car_names("A.b.NEF"))
    assert (words_for("A_1.xmp"), words_for("A_1.NEF.xmp"), words_for("A.b.xmp")) == ("A_1", "A_1", "A")


def test_it_counts_before_all_that_stands_in_the_file_and_what_differs_is_named() -> None:
    inside = says(
        "odd",
        differ=("title",),
        XMP__photoshop__City="Bern",
        IPTC__City="Bern",
        XMP__photoshop__Credit="Desk",
        IPTC__Headline="Old",
    )
    beside = says("late", XMP__photoshop__City="Basel", XMP__photoshop__Headline="New", XMP__photoshop__Source="Desk")
    both = with_side_car(inside, beside)
    found = {str(name): it for name, it in embedded_fields(both).items()}
    assert found == {"city": "Basel", "credit": "Desk", "headline": "New", "source": "Desk"}
    assert both.disagreements == ("city", "headline", "title")
    assert both.warnings == ("odd", "side-car: late")
    assert both.tags["IPTC:City"] == "Bern", "what the file says is kept"
    assert with_side_car(inside, says()) == inside


def test_what_both_say_alike_is_no_disagreement() -> None:
    both = with_side_car(says(XMP__dc__Subject=("a", "b")), says(XMP__dc__Subject=("b", "a")))
    assert both.disagreements == ()


def test_of_several_dates_of_rights_the_careful_one_is_found_whichever_says_it() -> None:
    early, late = "2026-01-01", "2027-01-01"
    for inside, beside in ((early, late), (late, early)):
        both = with_side_car(
            says(XMP__pur__EmbargoDate=inside, XMP__pur__ExpirationDate=(inside,)),
            says(XMP__pur__EmbargoDate=beside, XMP__pur__ExpirationDate=(beside,)),
        )
        found = embedded_fields(both)
        assert {str(name): it for name, it in found.items()} == {
            "embargo_until": DateValue(late),
            "expires_at": DateValue(early),
        }
        assert both.disagreements == ("embargo_until", "expires_at")

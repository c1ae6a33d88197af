"""The IPTC record: out of embedded metadata, changed by people, and back into a JPEG."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dambridge_sim.kit.embedded import read_embedded
from dambridge_sim.photoshelter.embedding import with_record
from dambridge_sim.photoshelter.facts import described
from dambridge_sim.photoshelter.iptc import FIELDS, attributes, merged, record_from_embedded

CONTACT = "Iptc4xmpCore:CreatorContactInfo"


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 10), "olive").save(out, "JPEG")
    return out.getvalue()


def test_xmp_wins_over_iim_and_iim_over_exif() -> None:
    xmp = {"dc:description": {"x-default": "from XMP", "de": "aus XMP"}}
    iim = {"2:120": ["from IIM"], "2:80": ["IIM author"]}
    exif = {"ImageDescription": "from Exif", "Artist": "Exif author", "Copyright": "Exif copyright"}
    record = record_from_embedded(xmp, iim, exif)
    assert record == {"caption": "from XMP", "author": "IIM author", "copyright": "Exif copyright"}


@pytest.mark.hazard("P28")
def test_lists_stay_lists_and_only_keywords_are_one() -> None:
    xmp = {
        "dc:subject": ["a, with comma", "b|c", "d/e"],
        "dc:creator": ["Ann", "Bob"],
        CONTACT: {"Iptc4xmpCore:CiAdrCity": "Leeds"},
    }
    record = record_from_embedded(xmp, {}, {})
    assert record == {"keywords": ["a, with comma", "b|c", "d/e"], "author": "Ann, Bob", "ci_city": "Leeds"}
    assert attributes(record, "text")["keywords"] == "a, with comma, b|c, d/e"
    assert attributes(record, "list")["keywords"] == ["a, with comma", "b|c", "d/e"]


def test_an_approval_that_came_inside_the_file_is_read_like_any_other_field() -> None:
    assert record_from_embedded({}, {"2:07": ["approved"]}, {}) == {"edit_status": "approved"}


def test_the_record_shows_every_name() -> None:
    assert list(attributes({}, "text")) == FIELDS
    assert set(attributes({}, "text").values()) == {None}


@pytest.mark.parametrize("empty", ["", "  ", None, []])
def test_an_empty_value_clears_and_unknown_names_are_left_out(empty: object) -> None:
    assert merged({"title": "t", "city": "c", "keywords": ["k"]}, {"title": empty, "keywords": empty, "soul": "x"}) == {
        "city": "c"
    }


words = st.text(st.characters(exclude_categories=["Cc", "Cs", "Co", "Cn"]), min_size=1).filter(
    lambda text: text == text.strip()
)


@given(
    st.dictionaries(st.sampled_from(["title", "caption", "credit", "rights", "city", "author"]), words), st.lists(words)
)
def test_a_record_written_into_a_jpeg_reads_back(record: dict[str, str], keywords: list[str]) -> None:
    whole: dict[str, object] = {**record, **({"keywords": keywords} if keywords else {})}
    written = with_record(picture(), whole)
    found = read_embedded(written)
    assert record_from_embedded(found.xmp, found.iim, found.exif) == whole
    assert Image.open(io.BytesIO(written)).tobytes() == Image.open(io.BytesIO(picture())).tobytes()


def test_embedding_replaces_what_was_there_and_leaves_other_files_alone() -> None:
    twice = with_record(with_record(picture(), {"title": "old", "city": "Leeds"}), {"title": "new"})
    found = read_embedded(twice)
    assert record_from_embedded(found.xmp, found.iim, found.exif) == {"title": "new"}
    assert with_record(b"%PDF-1.4", {"title": "t"}) == b"%PDF-1.4"


def test_the_day_a_picture_was_taken_comes_from_xmp_exif_or_iim() -> None:
    written = with_record(picture(), {"title": "t"})
    assert described(read_embedded(written), image=True)["taken_ms"] is None
    from dambridge_sim.kit.embedded import Embedded

    day = 1_756_684_800_000
    for embedded in (
        Embedded(xmp={"photoshop:DateCreated": "2025-09-01"}),
        Embedded(exif={"DateTimeOriginal": "2025:09:01 00:00:00"}),
        Embedded(iim={"2:55": ["20250901"]}),
    ):
        assert described(embedded, image=True)["taken_ms"] == day
    assert described(Embedded(iim={"2:55": ["20250000"]}), image=True)["taken_ms"] is None
    assert described(Embedded(xmp={"xmp:Rating": "4"}), image=True)["rating"] == 4
    assert "rating" not in described(Embedded(xmp={"xmp:Rating": "4"}), image=False)

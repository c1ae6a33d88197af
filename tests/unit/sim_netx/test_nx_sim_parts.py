"""The pure parts: folder tree, values out of files, maps, envelopes, what searches still see."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from dambridge_sim.kit.embedded import Embedded, read_embedded
from dambridge_sim.netx import library
from dambridge_sim.netx.attributes import Attribute, Checked, Vocabularies, is_day, is_number, taken_from_file
from dambridge_sim.netx.embedding import packet, with_metadata
from dambridge_sim.netx.errors import Refusal
from dambridge_sim.netx.folders import ROOT, FolderTree, path_names
from dambridge_sim.netx.metadata_map import embedded_values, exported
from dambridge_sim.netx.query import Group, read_query
from dambridge_sim.netx.site import MapRow, default_description, merged, read_site


class TestFolderTree:
    def tree(self) -> FolderTree:
        tree = FolderTree()
        for number, (name, parent) in enumerate([("A", ROOT), ("B", 10), ("C", 11), ("D", ROOT)], start=10):
            tree.make(name, parent, number)
        return tree

    def test_paths_have_no_leading_slash(self) -> None:
        tree = self.tree()
        assert [tree.path(one) for one in (ROOT, 10, 11, 12, 13)] == ["", "A", "A/B", "A/B/C", "D"]
        found = tree.find("A/B/C")
        assert found is not None
        assert found.id == 12
        assert tree.find("a") is None
        assert tree.find("") == tree.get(ROOT)

    def test_a_rename_moves_all_paths_below(self) -> None:
        tree = self.tree()
        tree.change(10, name="Z", description=None)
        assert tree.path(12) == "Z/B/C"
        assert tree.find("A") is None

    def test_below_and_lineage(self) -> None:
        tree = self.tree()
        assert tree.below(10) == {10, 11, 12}
        assert list(tree.lineage(12)) == [12, 11, 10, ROOT]

    @pytest.mark.parametrize("path", ["/A", "A/", "A//B", " ", 3, None, ["A"]])
    def test_odd_paths_are_refused(self, path: object) -> None:
        with pytest.raises(Refusal):
            path_names(path)


FILE = Embedded(
    xmp={
        "dc:title": {"x-default": "Titel", "en": "Title"},
        "dc:subject": ["b", "a, c", " "],
        "dc:rights": {"de": "Rechte"},
        "photoshop:Headline": "",
        "xmp:Rating": "4",
        "plus:Licensor": [{"plus:LicensorName": "L"}],
        "photoshop:DateCreated": "2026-02-03T23:30:00+01:00",
    },
    iim={"2:105": ["From IIM"], "2:80": ["Jo", "Mo"], "2:05": ["Not this"], "2:55": ["20260102"]},
    exif={"Artist": "Not this either", "ImageDescription": "From Exif"},
)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("dc:title", ["Titel"]),
        ("dc:subject", ["b", "a, c"]),
        ("dc:rights", ["Rechte"]),
        ("photoshop:Headline", ["From IIM"]),
        ("dc:creator", ["Jo", "Mo"]),
        ("dc:description", ["From Exif"]),
        ("xmp:Rating", ["4"]),
        ("plus:Licensor", []),
        ("photoshop:DateCreated", ["2026-02-03T23:30:00+01:00"]),
        ("photoshop:City", []),
    ],
)
def test_values_of_a_file_are_xmp_then_iim_then_exif(field: str, values: list[str]) -> None:
    assert embedded_values(FILE, field) == values


def test_an_iim_date_is_spelt_as_a_day() -> None:
    assert embedded_values(Embedded(iim={"2:55": ["20260102"]}), "photoshop:DateCreated") == ["2026-01-02"]


@pytest.mark.parametrize(
    ("attribute", "given", "stored"),
    [
        ({"type": "text"}, ["a", "b"], ("a, b",)),
        ({"type": "textarea"}, ["0123456789ABC"], ("0123456789",)),
        ({"type": "date"}, ["2026-02-03T23:30:00+01:00"], ("2026-02-03",)),
        ({"type": "date"}, ["2026:02:03 10:00:00"], ("2026-02-03",)),
        ({"type": "date"}, ["2026-02"], ()),
        ({"type": "number"}, [" 4 "], ("4",)),
        ({"type": "number"}, ["four"], ()),
        ({"type": "tag", "vocabulary": "v"}, ["red", "blue"], ("red",)),
        ({"type": "tag", "vocabulary": "v", "open": True}, ["red", "blue"], ("red", "blue")),
        ({"type": "pulldown", "vocabulary": "v"}, ["red", "green"], ("red",)),
        ({"type": "pulldown", "vocabulary": "v"}, ["blue"], ()),
        ({"type": "text"}, ["", "  "], ()),
    ],
)
def test_a_sync_never_fails_and_leaves_out_what_does_not_fit(
    attribute: dict[str, Any], given: list[str], stored: tuple[str, ...]
) -> None:
    one = Attribute(id=1, name="N", **attribute)
    vocabularies = Vocabularies({"v": ["red", "green"]})
    checked: Checked = taken_from_file(one, given, vocabularies, unknown_term="error", limit=10)
    assert checked.values == stored


def test_export_maps_append_in_their_order() -> None:
    rows = [
        MapRow(field="dc:subject", attribute="B", exports=True),
        MapRow(field="dc:title", attribute="B"),
        MapRow(field="dc:subject", attribute="A", exports=True),
        MapRow(field="dc:rights", attribute="C", exports=True),
    ]
    assert exported(rows, {"A": ("1",), "B": ("2", "3")}) == {"dc:subject": ["2", "3", "1"]}


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_embedding_keeps_what_else_the_file_says(kind: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, kind)
    plain = out.getvalue()
    first = with_metadata(plain, {"dc:title": ["Old"], "dc:subject": ["a", "b"], "photoshop:Credit": ["C"]})
    second = with_metadata(first, {"dc:title": ["New"], "dc:rights": ["R"]})
    assert read_embedded(second).xmp == {
        "dc:title": {"x-default": "New"}, "dc:subject": ["a", "b"], "photoshop:Credit": "C", "dc:rights": {"x-default": "R"},
    }  # fmt: skip
    assert second.count(b"W5M0MpCehiHzreSzNTczkc9d") == 1
    shorthand = first.replace(b"<photoshop:Credit>C</photoshop:Credit>", b"<photoshop:Credit>\xff</photoshop:Credit>")
    assert read_embedded(with_metadata(shorthand, {"dc:title": ["New"]})).xmp == {"dc:title": {"x-default": "New"}}
    with Image.open(io.BytesIO(second)) as picture:
        picture.load()


def test_embedding_replaces_a_property_that_is_written_as_an_attribute() -> None:
    old = packet({"photoshop:Credit": ["C"]}).replace('rdf:about=""', 'rdf:about="" photoshop:City="Old"')
    blank = io.BytesIO()
    Image.new("RGB", (8, 8)).save(blank, "JPEG")
    payload = b"http://ns.adobe.com/xap/1.0/\x00" + old.encode()
    data = blank.getvalue()[:2] + b"\xff\xe1" + (len(payload) + 2).to_bytes(2, "big") + payload + blank.getvalue()[2:]
    assert read_embedded(data).xmp == {"photoshop:Credit": "C", "photoshop:City": "Old"}
    assert read_embedded(with_metadata(data, {"photoshop:City": ["New"]})).xmp == {
        "photoshop:Credit": "C", "photoshop:City": "New",
    }  # fmt: skip


def test_embedding_leaves_other_containers_alone() -> None:
    assert with_metadata(b"%PDF-1.7", {"dc:title": ["x"]}) == b"%PDF-1.7"
    assert with_metadata(b"\xff\xd8\xff\xd9", {}) == b"\xff\xd8\xff\xd9"
    assert "&lt;b&gt; &amp;" in packet({"dc:title": ["<b> &"], "odd:name": ["x"]})


@pytest.mark.parametrize(
    ("text", "fits"), [("2024-02-29", True), ("2023-02-29", False), ("2024-2-9", False), ("0001-01-01", True)]
)
def test_days(text: str, fits: bool) -> None:
    assert is_day(text) is fits


@pytest.mark.parametrize(
    ("text", "fits"), [("1", True), ("-1.50", True), ("1e3", True), ("inf", False), ("", False), ("1 ", False)]
)
def test_numbers(text: str, fits: bool) -> None:
    assert is_number(text) is fits


def test_or_clauses_are_counted_at_every_depth() -> None:
    leaf = {"operator": "or", "exact": {"field": "name", "value": "x"}}
    query = {"query": [leaf, {"operator": "and", "subquery": {"query": [leaf, leaf]}}]}
    assert isinstance(read_query(query, or_limit=3), Group)
    with pytest.raises(Refusal, match="3 or clauses"):
        read_query(query, or_limit=2)


def test_a_site_lies_over_the_default_by_names() -> None:
    more = {"attributes": [{"name": "Title", "type": "textarea"}, {"name": "New", "type": "date"}], "permissions": []}
    site = read_site(merged(default_description(), more))
    assert (site.attributes["Title"].type, site.attributes["New"].type) == ("textarea", "date")
    assert len(site.attributes) == len(default_description()["attributes"]) + 1
    assert (site.permissions, len(site.users)) == ((), 6)
    assert len({one.id for one in site.attributes.values()}) == len(site.attributes)


def test_earlier_states_are_kept_as_long_as_a_search_may_see_them() -> None:
    old = {"id": 1, "written_ms": 50, "past": [{"id": 1, "written_ms": 10}, {"id": 1, "written_ms": 30}]}
    assert [state.get("written_ms") for state in library._past(old, 5)] == [10, 30, 50]
    assert [state.get("written_ms") for state in library._past(old, 30)] == [30, 50]
    assert [state.get("written_ms") for state in library._past(old, 60)] == [50]
    assert library._past(None, 60) == []
    assert library._past({"id": 1}, 60) == [{"id": 1}]

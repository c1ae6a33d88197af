"""What people do (control calls and seeds), what is remembered, and the computed library."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from dambridge_sim.kit.serving import serve
from dambridge_sim.kit.simulator import Options
from dambridge_sim.netx import make_vendor

if TYPE_CHECKING:
    from contract.sim.netx.conftest import Site

EVERYTHING = {"operator": "and", "folder": {"folderId": 1, "recursive": True}}


def test_a_person_places_and_edits(site: Site) -> None:
    meta: dict[str, Any] = {
        "file_name": "harbour.jpg",
        "folders": ["Editorial/Harbour", "Released"],
        "name": "Harbour at dusk",
        "attributes": {"Title": "Dusk", "Keywords": ["a", "b"], "Rating": 4},
        "creation_date": "2020-01-01T10:00:00+01:00",
        "import_date": "2021-01-01T00:00:00Z",
        "mod_date": 1733241600000,
        "views": [{"name": "model-release", "file_name": "release.pdf", "description": "signed", "content": "%PDF-"}],
    }
    asset = site.place(meta, b"first")
    shown = site.result(
        "getAssets", [asset], {"data": ["asset.base", "asset.folders", "asset.attributes", "asset.views"]}
    )[0]
    assert (shown["name"], shown["fileName"], shown["creationDate"]) == (
        "Harbour at dusk",
        "harbour.jpg",
        1577869200000,
    )
    assert (shown["importDate"], shown["modDate"]) == (1609459200000, 1733241600000)
    assert [one["path"] for one in shown["folders"]] == ["Editorial/Harbour", "Released"]
    assert (shown["attributes"]["Keywords"], shown["attributes"]["Rating"]) == (["a", "b"], ["4"])
    assert [one["name"] for one in shown["views"]] == ["model-release"]
    edit = {"folders": ["Public"], "attributes": {"Title": None, "Caption": "c"}, "file_name": "new.jpg"}
    assert site.edit(asset, edit, b"second").status == 200
    line = site.state(asset)
    assert (line["containers"], line["attributes"]["Caption"], line["file_name"]) == (["Public"], ["c"], "new.jpg")
    assert "Title" not in line["attributes"]
    assert (line["version_count"], line["size"], line["visible_to"]) == (2, 6, ["staff", "public"])
    assert site.result("getAssets", [asset], None)[0]["modDate"] > 1733241600000
    assert site.get(f"/api/file/asset/{asset}").body == b"second"
    site.control("DELETE", f"assets/{asset}")
    assert site.error("getAssets", [asset], None) == 3004
    assert [(one["id"], one["deleted"]) for one in site.control("GET", "state")] == [(str(asset), True)]


@pytest.mark.parametrize(
    ("meta", "word"),
    [
        ({"attributes": {"No Such": "x"}}, "No Such"),
        ({"attributes": {"Lifecycle Status": "nope"}}, "nope"),
        ({"folders": []}, "folders"),
        ({"folders": ["/x"]}, "folder name"),
        ({"mod_date": "yesterday"}, "yesterday"),
        ({"mod_date": "2026-01-01T00:00:00"}, "2026-01-01T00:00:00"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_meta_that_cannot_be_is_refused_and_places_nothing(site: Site, meta: dict[str, Any], word: str) -> None:
    whole = {"folders": ["Fresh/Place"], "file_name": "a.jpg", **meta}
    answer = site.upload("/__sim__/assets", [("meta", json.dumps(whole)), ("file", b"x")])
    assert answer.status == 400
    assert word in answer.json()["error"]
    assert site.result("getFolderByPath", "Fresh/Place", None) is None
    assert site.query(EVERYTHING) == []
    assert site.place({"folders": ["Fresh/Place"]})


def test_a_seed_brings_files_attributes_people_and_permissions(site: Site, tmp_path: Path) -> None:
    (tmp_path / "Press").mkdir()
    (tmp_path / "Press" / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    library = {
        "containers": ["Empty/Shelf"],
        "vocabularies": {"moods": ["calm", "wild"]},
        "attributes": [{"name": "Mood", "type": "tag", "vocabulary": "moods"}],
        "groups": [{"name": "Partners"}],
        "users": [{"login": "partner", "level": 2, "groups": ["Partners"], "token": "nx-partner-token"}],
        "permissions": [{"group": "Integration", "folder": ""}, {"group": "Partners", "folder": "Press"}],
        "metadata_map": [{"field": "dc:title", "attribute": "Headline"}],
        "profiles": [{"folder": "Press", "attribute": "Mood", "action": "append", "values": ["calm"]}],
        "switches": {"default_page_size": 7},
        "files": {"b.txt": {"folders": ["Other"], "attributes": {"Mood": ["wild"]}}},
    }
    (tmp_path / "library.yaml").write_text(yaml.safe_dump(library))
    site.control("POST", "reset", {"seed": str(tmp_path)})
    lines = {one["file_name"]: one for one in site.control("GET", "state")}
    assert {name: (one["containers"], one["attributes"]) for name, one in lines.items()} == {
        "a.txt": (["Press"], {"Mood": ["calm"]}),
        "b.txt": (["Other"], {"Mood": ["wild"]}),
    }
    assert lines["a.txt"]["visible_to"] == ["staff", "group:Partners"]
    assert site.result("getFolderByPath", "Empty/Shelf", None)["path"] == "Empty/Shelf"
    shown = site.result("getAssetsByFolder", 1, True, None, token="nx-partner-token")
    assert [one["fileName"] for one in shown["results"]] == ["a.txt"]


@pytest.mark.parametrize(
    ("part", "word"),
    [
        ({"attributes": [{"name": "x" * 101, "type": "text"}]}, "100"),
        ({"attributes": [{"name": "A", "type": "colour"}]}, "colour"),
        ({"attributes": [{"name": "A", "type": "tag"}]}, "vocabulary"),
        ({"users": [{"login": "u", "groups": ["None"]}]}, "None"),
        ({"users": [{"login": "u", "level": 5}]}, "level"),
        ({"permissions": [{"group": "None", "folder": ""}]}, "None"),
        ({"metadata_map": [{"field": "dc:title", "attribute": "None"}]}, "None"),
        ({"metadata_map": [{"field": "title", "attribute": "Title"}]}, "schema:field"),
        ({"profiles": [{"folder": "x", "attribute": "Title", "action": "drop"}]}, "replace"),
        ({"vocabularies": {"v": [10100]}}, "quotes"),
    ],
)
def test_a_seed_that_cannot_be_names_its_mistake(site: Site, tmp_path: Path, part: dict[str, Any], word: str) -> None:
    (tmp_path / "library.yaml").write_text(yaml.safe_dump(part))
    answer = site.send("POST", "/__sim__/reset", json.dumps({"seed": str(tmp_path)}).encode())
    assert answer.status == 400
    assert word in answer.json()["error"]


def test_everything_is_there_after_a_restart(tmp_path: Path, site: Site) -> None:
    options = Options(data=tmp_path / "data")
    with serve(make_vendor(), options) as served:
        first = type(site)(served)
        folder = first.folder("Kept/Deep")
        asset = first.imported(folder, "a.jpg", b"bytes")
        first.result("updateAsset", {"id": asset, "attributes": {"Keywords": ["fresh term"]}}, None)
        first.close()
    with serve(make_vendor(), options) as served:
        again = type(site)(served)
        assert again.result("getFolderByPath", "Kept/Deep", None)["id"] == folder
        assert again.result("getAssetAttributes", asset)["Keywords"] == ["fresh term"]
        assert again.get(f"/api/file/asset/{asset}").body == b"bytes"
        assert again.folder("Kept/Other") > folder
        assert again.imported(folder) > asset
        assert again.query({"operator": "and", "exact": {"attribute": "Keywords", "value": "fresh term"}}) == [asset]
        again.close()


def test_people_see_the_library_as_pages(site: Site) -> None:
    asset = site.place({"file_name": "harbour.jpg", "attributes": {"Title": "Dusk <b>"}})
    assert b"harbour.jpg" in site.send("GET", "/").body
    page = site.send("GET", f"/?asset={asset}")
    assert b"Dusk &lt;b&gt;" in page.body


def test_the_credentials_open_the_site(site: Site) -> None:
    given = site.served.credentials
    assert given["base_url"] == site.served.url
    assert site.result("getSelf", token=given["token"])["login"] == "integration"


@pytest.fixture
def big(site: Site) -> Iterator[Site]:
    """A site of a million, there at once."""
    with serve(make_vendor(), Options(seed=f"synthetic:{TestComputedLibrary.COUNT}")) as served:
        one = type(site)(served)
        yield one
        one.close()


class TestComputedLibrary:
    """A million assets that nobody stored."""

    COUNT = 1_000_000

    def listed(
        self, big: Site, *clauses: object, start: int = 0, size: int = 2, **opt: object
    ) -> tuple[list[int], int]:
        options = {"page": {"startIndex": start, "size": size}, "data": ["asset.id"], **opt}
        found = big.result("getAssetsByQuery", {"query": list(clauses)}, options)
        return [one["id"] for one in found["results"]], found["size"]

    def test_pages_spans_and_look_ups_cost_next_to_nothing(self, big: Site) -> None:
        began = time.monotonic()
        first = 10_000_000
        assert self.listed(big, EVERYTHING) == ([first, first + 1], self.COUNT)
        assert self.listed(big, EVERYTHING, start=self.COUNT - 1) == ([first + self.COUNT - 1], self.COUNT)
        by_time = {"field": "modDate", "order": "asc"}
        last = big.result("getAssets", [first + self.COUNT - 3], None)[0]["modDate"]
        newer = {"operator": "and", "range": {"field": "modDate", "min": last, "max": None, "includeMin": True}}
        assert self.listed(big, newer, size=9, sort=by_time) == ([first + self.COUNT - place for place in (3, 2, 1)], 3)
        library = big.result("getFolderByPath", "Library", None)["id"]
        within = {"operator": "and", "folder": {"folderId": library, "recursive": True}}
        assert self.listed(big, within, newer, size=9, sort=by_time)[1] == 3
        assert self.listed(big, within, start=500_000)[0] == [first + 500_000, first + 500_001]
        either = [
            {"operator": "or", "exact": {"field": "assetId", "value": first + place}} for place in (5, 7, self.COUNT)
        ]
        assert self.listed(big, {"operator": "and", "subquery": {"query": either}}) == ([first + 5, first + 7], 2)
        title = {"operator": "and", "exact": {"attribute": "Title", "value": "Harbour 0000008"}}
        assert self.listed(big, title) == ([first + 8], 1)
        assert time.monotonic() - began < 5

    def test_edits_and_deletes_lie_over_the_computed_ones(self, big: Site) -> None:
        edited, gone = 10_000_123, 10_000_124
        total = self.listed(big, EVERYTHING)[1]
        big.result("updateAsset", {"id": edited, "attributes": {"Source Id": ["S1"]}}, None)
        big.result("deleteAsset", gone)
        assert self.listed(big, EVERYTHING)[1] == total - 1
        assert self.listed(big, {"operator": "and", "exact": {"attribute": "Source Id", "value": "S1"}}) == (
            [edited],
            1,
        )
        assert self.listed(big, EVERYTHING, start=122, size=4)[0] == [10_000_122, 10_000_123, 10_000_125, 10_000_126]
        assert big.error("getAssets", [gone], None) == 3004
        newest = self.listed(big, EVERYTHING, size=1, sort={"field": "modDate", "order": "desc"})[0]
        assert newest == [edited]

    def test_bytes_and_checksum_of_a_computed_asset_agree(self, big: Site) -> None:
        asset = 10_500_000
        shown = big.result("getAssets", [asset], {"data": ["asset.base", "asset.file", "asset.attributes"]})[0]
        data = big.get(f"/api/file/asset/{asset}").body
        assert shown["file"]["checksum"] == hashlib.md5(data, usedforsecurity=False).hexdigest()
        assert (shown["file"]["size"], shown["attributes"]["Credit"]) == (len(data), ["Computed Pictures"])
        assert big.get(f"/api/file/asset/{asset}/thumbnail").status == 200

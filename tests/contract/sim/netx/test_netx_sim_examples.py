"""Every example of the reference on the wire (sections 3, 5.6, 6 and 7), with the ids that this site gave."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.sim.netx.conftest import Site

PAGE_500: dict[str, Any] = {"page": {"startIndex": 0, "size": 500}}
DUSK = b"\xff\xd8 the bytes of dusk"


@dataclass(frozen=True)
class Harbour:
    """The library of the examples: two pictures in a folder, a folder for what is released."""

    site: Site
    dusk: int
    dawn: int
    editorial: int
    harbour: int
    year: int
    released: int


@pytest.fixture
def harbour(site: Site) -> Harbour:
    year = site.folder("Editorial/Harbour/2024")
    parent = site.result("getFolderByPath", "Editorial/Harbour", None)
    dusk = site.imported(year, "harbour_0417.jpg", DUSK)
    dawn = site.imported(year, "harbour_0418.jpg")
    site.result("updateAsset", {"id": dusk, "name": "Harbour at dusk", "attributes": {"Title": ["Harbour at dusk"],
                                "Keywords": ["harbour", "dusk"], "Lifecycle Status": ["approved"]}}, None)  # fmt: skip
    site.result("updateAsset", {"id": dawn, "name": "Harbour at dawn"}, None)
    released = site.result("getFolderByPath", "Released", None)["id"]
    return Harbour(site, dusk, dawn, parent["parentId"], parent["id"], year, released)


def has(actual: Any, expected: Any) -> bool:
    """Whether `actual` has all that an example shows; examples are shortened, replies may hold more members."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            name in actual and has(actual[name], expected[name]) for name in expected
        )
    if isinstance(expected, list):
        return isinstance(actual, list) and len(actual) == len(expected) and all(map(has, actual, expected))
    return type(actual) is type(expected) and bool(actual == expected)


def shows(site: Site, method: str, params: list[Any], expected: Any, identifier: int | str = 1) -> Any:
    """Make the call of an example and hold the reply against it."""
    answer = site.post_rpc({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params})
    assert answer.status == 200
    reply = answer.json()
    assert (reply["jsonrpc"], reply["id"]) == ("2.0", identifier)
    shown = {"error": reply["error"]} if "error" in reply else reply["result"]
    assert has(shown, expected), shown
    return shown


def test_section_3_get_assets(harbour: Harbour) -> None:
    h = harbour
    shown = shows(
        h.site, "getAssets", [[h.dusk, h.dawn], {"data": ["asset.id", "asset.base"]}],
        [{"id": h.dusk, "name": "Harbour at dusk"}, {"id": h.dawn, "name": "Harbour at dawn"}], "req-771",
    )  # fmt: skip
    assert set(shown[0]) == {"id", "name", "fileName", "creationDate", "importDate", "modDate"}


def test_section_4_asset(harbour: Harbour) -> None:
    h = harbour
    h.site.place({"folders": ["Editorial/Harbour/2024"], "file_name": "wide.jpg", "name": "Wide"})
    wide = h.site.query({"operator": "and", "exact": {"field": "name", "value": "wide"}})[0]
    data = ["asset.id", "asset.base", "asset.file", "asset.folders", "asset.proxies", "asset.attributes",
            "asset.relatedFolders", "asset.metadata"]  # fmt: skip
    shown = shows(
        h.site, "getAssets", [[wide], {"data": data}],
        [{"id": wide, "name": "Wide", "fileName": "wide.jpg",
          "file": {"name": "wide.jpg", "width": 60, "height": 40, "url": f"/file/asset/{wide}/original"},
          "folders": [{"id": h.year, "name": "2024", "path": "Editorial/Harbour/2024", "parentId": h.harbour}],
          "proxies": [{"name": "Thumbnail", "file": {"url": f"/file/asset/{wide}/thumb"}},
                      {"name": "Preview", "file": {"url": f"/file/asset/{wide}/preview"}},
                      {"name": "Zoom", "file": {"url": f"/file/asset/{wide}/zoom"}}],
          "attributes": {"Title": [], "Caption": [], "Keywords": []}}],
    )  # fmt: skip
    assert "relatedFolders" not in shown[0]
    assert all(isinstance(shown[0][name], int) for name in ("creationDate", "importDate", "modDate"))


def test_example_1_get_assets_by_folder(harbour: Harbour) -> None:
    h = harbour
    options = {"page": {"startIndex": 0, "size": 1}, "data": ["asset.id", "asset.base", "asset.file"]}
    file = {"name": "harbour_0417.jpg", "size": len(DUSK)}
    expected = {"size": 2, "results": [{"id": h.dusk, "name": "Harbour at dusk", "file": file}]}
    shows(h.site, "getAssetsByFolder", [h.editorial, True, options], expected)
    shows(h.site, "getAssetsByFolder", [h.editorial, False, options], {"size": 0, "results": []})


def test_example_2_get_asset_attributes(harbour: Harbour) -> None:
    expected = {"Title": ["Harbour at dusk"], "Keywords": ["harbour", "dusk"], "Caption": []}
    shows(harbour.site, "getAssetAttributes", [harbour.dusk], expected)


def test_example_3_update_asset(harbour: Harbour) -> None:
    asset = {"id": harbour.dusk, "name": "Harbour, dusk", "fileName": "harbour_0417.jpg"}
    expected = {"id": harbour.dusk, "name": "Harbour, dusk"}
    shown = shows(harbour.site, "updateAsset", [asset, {"data": ["asset.base"]}], expected)
    assert isinstance(shown["modDate"], int)


def test_example_4_update_attributes(harbour: Harbour) -> None:
    asset = {"id": harbour.dusk, "attributes": {"Lifecycle Status": ["rejected"]}}
    expected = {"id": harbour.dusk, "attributes": {"Lifecycle Status": ["rejected"], "Title": ["Harbour at dusk"]}}
    shows(harbour.site, "updateAsset", [asset, {"data": ["asset.id", "asset.attributes"]}], expected)


def test_examples_5_and_6_folder_membership(harbour: Harbour) -> None:
    h = harbour
    options = {"data": ["asset.id", "asset.folders"]}
    both = [{"id": h.year, "path": "Editorial/Harbour/2024"}, {"id": h.released, "path": "Released"}]
    shows(h.site, "addAssetToFolder", [h.dusk, h.released, options], {"id": h.dusk, "folders": both})
    error = {"error": {"code": 1000, "message": "asset is not in folder"}}
    shows(h.site, "removeAssetFromFolder", [h.dusk, 999, options], error)
    shows(h.site, "removeAssetFromFolder", [h.dusk, h.year, options], {"id": h.dusk, "folders": both[1:]})


def test_example_7_delete_asset(harbour: Harbour) -> None:
    shows(harbour.site, "deleteAsset", [harbour.dawn], {})
    assert harbour.site.error("getAssets", [harbour.dawn], None) == 3004
    assert harbour.site.error("deleteAsset", harbour.dawn) == 3004


def test_examples_8_9_and_24_folders(harbour: Harbour) -> None:
    h = harbour
    options: dict[str, Any] = {"data": ["folder.id", "folder.base", "folder.children"]}
    expected = {"id": h.harbour, "name": "Harbour", "description": "", "path": "Editorial/Harbour",
                "parentId": h.editorial, "children": [h.year]}  # fmt: skip
    shows(h.site, "getFolderByPath", ["Editorial/Harbour", options], expected)
    options = {**PAGE_500, "data": ["folder.id", "folder.base"]}
    names = ["Intake", "Released", "Public", "Editorial"]
    shows(h.site, "getFoldersByParent", [1, options], {"size": 4, "results": [{"name": name} for name in names]})
    expected = {"size": 1, "results": [{"id": h.harbour, "name": "Harbour", "path": "Editorial/Harbour"}]}
    shows(h.site, "getFoldersByNameFilter", ["harb", options], expected)


def test_examples_10_and_25_creating_folders(harbour: Harbour) -> None:
    site = harbour.site
    made = shows(site, "createFolderFromPath", ["Intake/PhotoShelter/2026-11", {"data": ["folder.id"]}], {})
    assert set(made) == {"id"}
    again = shows(site, "createFolderFromPath", ["Intake/PhotoShelter/2026-11", {"data": ["folder.id"]}], made)
    assert again == made
    options = {"data": ["folder.id", "folder.base"]}
    made = shows(site, "createFolder", [{"name": "Inbox", "parentId": 1}, options], {"name": "Inbox", "path": "Inbox"})
    assert site.result("getFolder", made["id"], options) == made
    assert site.error("createFolder", {"name": "Inbox", "parentId": 1}, options) == 1000


def test_examples_11_to_14_and_21_to_23_collections(harbour: Harbour) -> None:
    h, site = harbour, harbour.site
    options: dict[str, Any] = {"data": ["collection.id", "collection.base"]}
    made = shows(
        site,
        "createCollection",
        [{"title": "Press kit"}, [h.dusk, h.dawn], options],
        {"title": "Press kit", "itemCount": 2},
    )
    number = made["id"]
    updated = {"id": number, "title": "Press kit"}
    shows(site, "updateCollection", [updated, [h.dawn], {"data": ["collection.base"]}], {"itemCount": 1})
    one = {"id": number, "title": "Press kit", "itemCount": 1}
    shows(site, "getCollections", [{**options, "page": {"startIndex": 0, "size": 8}}], {"size": 1, "results": [one]})
    shows(site, "getAssetsByCollection", [number, {"data": ["asset.id"]}], {"size": 1, "results": [{"id": h.dawn}]})
    everything = {"data": [*options["data"], "collection.permissions"]}
    shows(site, "getCollection", [number, everything], {**one, "permissions": []})
    shows(site, "getCollectionsByUser", [41, None], {"size": 1, "results": [one]})
    shows(site, "deleteCollection", [number], {})
    assert site.error("getCollection", number) == 3004
    site.switch(unknown_object="failure")
    assert site.error("getCollection", number) == 1000
    assert site.result("getAssets", [h.dawn], {"data": ["asset.id"]}) == [{"id": h.dawn}]


def test_examples_15_and_16_attributes_and_terms(harbour: Harbour) -> None:
    site = harbour.site
    listed = shows(site, "getAttributes", [{"page": {"startIndex": 0, "size": 200}}], {})
    status = next(one for one in listed["results"] if one["name"] == "Lifecycle Status")
    assert status["type"] == "pulldown"
    assert listed["size"] == len(listed["results"])
    terms = ["draft", "in_review", "approved", "rejected", "archived", "expired"]
    expected = {"size": 6, "results": [{"value": term} for term in terms]}
    shows(site, "getValuesByAttribute", [status["id"], PAGE_500], expected)
    title = next(one for one in listed["results"] if one["name"] == "Title")
    shows(site, "getValuesByAttribute", [title["id"], PAGE_500], {"size": 0, "results": []})
    assert site.error("getValuesByAttribute", 99999, PAGE_500) == 3004
    site.switch(unknown_object="failure")
    assert site.error("getValuesByAttribute", 99999, PAGE_500) == 1000


def test_examples_17_and_28_views(harbour: Harbour) -> None:
    h, site = harbour, harbour.site
    parts: list[tuple[str, str | bytes]] = [
        ("file", b"%PDF-1.4 release"), ("fileName", "release.pdf"), ("viewName", "model-release"),
        ("description", "signed 2024-12-01"),
    ]  # fmt: skip
    view = site.upload(f"/api/import/asset/{h.dusk}/view", parts).json()["id"]
    options = {"data": ["view.id", "view.base", "view.file"]}
    expected = {
        "id": view,
        "name": "model-release",
        "description": "signed 2024-12-01",
        "file": {"name": "release.pdf"},
    }
    shows(site, "getViewsByAsset", [h.dusk, options], {"size": 1, "results": [expected]})
    data = ["asset.id", "asset.proxies", "asset.views", "asset.relatedAssets"]
    expected = {"id": h.dusk, "views": [{"id": view, "name": "model-release"}], "relatedAssets": []}
    shows(site, "getAssets", [[h.dusk], {"data": data}], [expected])
    assert site.result("getAssetsByFolder", h.year, False, {"data": ["asset.id"]})["size"] == 2  # views are no assets


def test_examples_18_to_20_users(harbour: Harbour) -> None:
    site = harbour.site
    me = {"userId": 41, "name": "I. Ntegration", "level": 7}
    groups = shows(site, "getGroupsByUser", [41, {"page": {"startIndex": 0, "size": 30}}], {"size": 1})
    assert groups["results"] == [{"groupId": 6, "name": "Integration"}]
    options = {"page": {"startIndex": 0, "size": 70}}
    shows(site, "getUsersByGroup", [6, options], {"size": 1, "results": [me]})
    shows(site, "getSelf", [None], {"userId": 41})
    shows(site, "getSelf", [], {"userId": 41})


def test_examples_26_and_27_queries(harbour: Harbour) -> None:
    h, site = harbour, harbour.site
    checksum = hashlib.md5(DUSK, usedforsecurity=False).hexdigest()
    query: dict[str, Any] = {"query": [{"operator": "and", "exact": {"field": "fileChecksum", "value": checksum}}]}
    options = {"page": {"startIndex": 0, "size": 10}, "data": ["asset.id"]}
    shows(site, "getAssetsByQuery", [query, options], {"size": 1, "results": [{"id": h.dusk}]})
    site.result("deleteAsset", h.dawn)
    ids = [{"operator": "or", "exact": {"field": "assetId", "value": one}} for one in (h.dusk, h.dawn)]
    query = {"query": [{"operator": "and", "subquery": {"query": ids}}]}
    shows(site, "getAssetsByQuery", [query, options], {"size": 1, "results": [{"id": h.dusk}]})
    shows(site, "getAssetsByQuery", [query, None, options], {"size": 1, "results": [{"id": h.dusk}]})


def test_section_6_the_large_query(harbour: Harbour) -> None:
    h, site = harbour, harbour.site
    text = [{"operator": "or", "contains": {"field": "name", "value": "harbour"}},
            {"operator": "or", "exact": {"attribute": "Keywords", "value": "harbour"}}]  # fmt: skip
    span = {"field": "modDate", "min": 1733230800000, "max": None, "includeMin": True, "includeMax": False}
    query = {"query": [
        {"operator": "and", "folder": {"folderId": h.editorial, "recursive": True}},
        {"operator": "and", "exact": {"attribute": "Lifecycle Status", "value": "approved"}},
        {"operator": "not", "exact": {"attribute": "Genre", "value": "Feature"}},
        {"operator": "and", "range": span},
        {"operator": "and", "subquery": {"query": text}},
    ]}  # fmt: skip
    options = {"sort": {"field": "modDate", "order": "asc"}, "page": {"startIndex": 0, "size": 200},
               "data": ["asset.id", "asset.base", "asset.file", "asset.attributes"]}  # fmt: skip
    shows(
        site, "getAssetsByQuery", [query, options], {"size": 1, "results": [{"id": h.dusk, "name": "Harbour at dusk"}]}
    )
    site.result("updateAsset", {"id": h.dusk, "attributes": {"Genre": ["Feature"]}}, None)
    shows(site, "getAssetsByQuery", [query, options], {"size": 0, "results": []})


def test_section_7_import(site: Site) -> None:
    folder = site.folder("Intake/PhotoShelter")
    parts: list[tuple[str, str | bytes]] = [("folderId", str(folder)), ("fileName", "harbour_0417.jpg"), ("file", DUSK)]
    first = site.upload("/api/import/asset", parts)
    assert first.status == 200
    assert first.headers["content-type"] == "application/json"
    assert first.json()["name"] == "harbour_0417"
    second = site.upload("/api/import/asset", parts[::-1])  # the file first, as another client sends it
    assert second.json()["id"] == first.json()["id"] + 1

"""The examples of the NetX reference as they stand there, each with its section; `...` in a list stands for what is left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PAGE_500 = {"startIndex": 0, "size": 500}
CHECKSUM = "9f1c0a7e5b0d4c1f8e2a6b7c3d4e5f60"


@dataclass(frozen=True, kw_only=True)
class Example:
    """One call and what comes back. `given` is how its site differs from the one of the others."""

    section: str
    method: str
    params: list[Any]
    identifier: int | str
    result: Any = None
    error: dict[str, Any] | None = None
    given: dict[str, Any] = field(default_factory=dict)


def rpc(section: str, identifier: int | str, method: str, params: list[Any], result: Any, **given: Any) -> Example:
    return Example(section=section, method=method, params=params, identifier=identifier, result=result, given=given)


DUSK: dict[str, Any] = {
    "id": 4101, "name": "Harbour at dusk", "fileName": "harbour_0417.jpg",
    "creationDate": 1733234400000, "importDate": 1733238000000, "modDate": 1733241600000,
    "file": {"name": "harbour_0417.jpg", "size": 8123456, "checksum": CHECKSUM, "width": 6000, "height": 4000,
             "url": "/file/asset/4101/original"},
    "folders": [{"id": 310, "name": "2024", "path": "Editorial/Harbour/2024", "parentId": 309}],
    "proxies": [{"name": "Thumbnail", "file": {"url": "/file/asset/4101/thumb"}},
                {"name": "Preview", "file": {"url": "/file/asset/4101/preview"}},
                {"name": "Zoom", "file": {"url": "/file/asset/4101/zoom"}}],
    "attributes": {"Title": ["Harbour at dusk"], "Keywords": ["harbour", "dusk"], "Rights Status": ["Cleared"],
                   "Expiry Date": ["2027-06-30"], "Caption": []},
}  # fmt: skip
KIT = {"id": 77, "title": "Press kit", "itemCount": 1}
COLLECTION = {"data": ["collection.id", "collection.base"]}
LARGE_QUERY = {"query": [
    {"operator": "and", "folder": {"folderId": 300, "recursive": True}},
    {"operator": "and", "exact": {"attribute": "Rights Status", "value": "Cleared"}},
    {"operator": "not", "exact": {"attribute": "Lifecycle", "value": "Expired"}},
    {"operator": "and", "range": {"field": "modDate", "min": 1733230800000, "max": None,
                                  "includeMin": True, "includeMax": False}},
    {"operator": "and", "subquery": {"query": [
        {"operator": "or", "contains": {"field": "name", "value": "harbour"}},
        {"operator": "or", "exact": {"attribute": "Keywords", "value": "harbour"}}]}}]}  # fmt: skip

EXAMPLES = (
    rpc("3", "req-771", "getAssets", [[4101, 4102], {"data": ["asset.id", "asset.base"]}],
        [{"id": 4101, "name": "Harbour at dusk"}, {"id": 4102, "name": "Harbour at dawn"}]),
    Example(section="3.1", identifier="req-9", method="getAssetAttributes", params=[9],
            error={"code": 3004, "message": "Access not allowed", "data": None}),
    rpc("3.2", "o1", "getAssetsByFolder", [310, False, {"sort": {"field": "modDate", "order": "asc"},
        "page": {"startIndex": 0, "size": 200}, "data": ["asset.id", "asset.base", "asset.attributes"]}],
        {"size": 3, "results": [{"id": 4101, "attributes": {"Title": ["Harbour at dusk"]}}, ...]}),
    rpc("4.1", "a1", "getAssets", [[4101], {"data": ["asset.id", "asset.base", "asset.file", "asset.attributes",
        "asset.folders", "asset.proxies"]}], [DUSK]),
    rpc("4.6", "d1", "getAttributes", [None],
        {"results": [{"id": 23, "name": "Rights Status", "type": "pulldown", "objectType": "asset"}, ...]}),
    rpc("5.6.1", 1, "getAssetsByFolder", [310, True, {"page": {"startIndex": 0, "size": 100},
        "data": ["asset.id", "asset.base", "asset.file"]}],
        {"size": 212, "results": [{"id": 4101, "name": "Harbour at dusk", "modDate": 1733241600000,
                                   "file": {"name": "harbour_0417.jpg", "size": 8123456}}, ...]}, crowd=209),
    rpc("5.6.2", 2, "getAssetAttributes", [4101],
        {"Title": ["Harbour at dusk"], "Keywords": ["harbour", "dusk"], "Caption": []}),
    rpc("5.6.3", 3, "updateAsset", [{"id": 4101, "name": "Harbour, dusk", "fileName": "harbour_0417.jpg"},
        {"data": ["asset.base"]}], {"id": 4101, "name": "Harbour, dusk", "modDate": 1733245200000}),
    rpc("5.6.4", 4, "updateAsset", [{"id": 4101, "attributes": {"Rights Status": ["Restricted"]}},
        {"data": ["asset.id", "asset.attributes"]}],
        {"id": 4101, "attributes": {"Rights Status": ["Restricted"], "Title": ["Harbour at dusk"]}}),
    rpc("5.6.5", 5, "addAssetToFolder", [4101, 555, {"data": ["asset.id", "asset.folders"]}],
        {"id": 4101, "folders": [{"id": 310, "path": "Editorial/Harbour/2024"}, {"id": 555, "path": "Released"}]}),
    Example(section="5.6.6", identifier=6, method="removeAssetFromFolder",
            params=[4101, 999, {"data": ["asset.id", "asset.folders"]}],
            error={"code": 1000, "message": "asset is not in folder"}),
    rpc("5.6.7", 7, "deleteAsset", [4102], {}),
    rpc("5.6.8", 8, "getFolderByPath", ["Editorial/Harbour", {"data": ["folder.id", "folder.base", "folder.children"]}],
        {"id": 309, "name": "Harbour", "description": "", "path": "Editorial/Harbour", "children": [310, 311]}),
    rpc("5.6.9", 9, "getFoldersByParent", [1, {"page": PAGE_500, "data": ["folder.id", "folder.base"]}],
        {"size": 2, "results": [{"id": 300, "name": "Editorial"}, {"id": 555, "name": "Released"}]}),
    rpc("5.6.10", 10, "createFolderFromPath", ["Intake/PhotoShelter/2026-11", {"data": ["folder.id"]}], {"id": 612},
        next_folder=610),
    rpc("5.6.11", 11, "createCollection", [{"title": "Press kit"}, [4101, 4105], COLLECTION],
        {"id": 77, "title": "Press kit", "itemCount": 2}),
    rpc("5.6.12", 12, "updateCollection", [{"id": 77, "title": "Press kit"}, [4105], {"data": ["collection.base"]}], KIT,
        collection=[4101, 4105]),
    rpc("5.6.13", 13, "getCollections", [{"page": {"startIndex": 0, "size": 8}, **COLLECTION}],
        {"size": 1, "results": [KIT]}, collection=[4105]),
    rpc("5.6.14", 14, "getAssetsByCollection", [77, {"data": ["asset.id"]}], {"size": 1, "results": [{"id": 4105}]},
        collection=[4105]),
    rpc("5.6.15", 15, "getAttributes", [{"page": {"startIndex": 0, "size": 200}}],
        {"size": 1, "results": [{"id": 23, "name": "Rights Status", "type": "pulldown"}]}, hidden_attributes=True),
    rpc("5.6.16", 16, "getValuesByAttribute", [23, {"page": PAGE_500}],
        {"size": 2, "results": [{"value": "Cleared"}, {"value": "Restricted"}]}),
    rpc("5.6.17", 17, "getViewsByAsset", [4101, {"data": ["view.id", "view.base", "view.file"]}],
        {"size": 1, "results": [{"id": 88, "name": "model-release", "description": "signed 2024-12-01",
                                 "file": {"name": "release.pdf"}}]}),
    rpc("5.6.18", 18, "getUsersByGroup", [6, {"page": {"startIndex": 0, "size": 70}}],
        {"size": 1, "results": [{"userId": 41, "name": "A. Editor", "level": 4}]}, level=4),
    rpc("5.6.19", 19, "getGroupsByUser", [41, {"page": {"startIndex": 0, "size": 30}}],
        {"size": 1, "results": [{"groupId": 6, "name": "Integration"}]}),
    rpc("5.6.20", 20, "getSelf", [None], {"userId": 41}),
    rpc("5.6.21", 21, "getCollection", [77, {"data": [*COLLECTION["data"], "collection.permissions"]}],
        {**KIT, "permissions": []}, collection=[4105]),
    rpc("5.6.22", 22, "getCollectionsByUser", [41, None], {"size": 1, "results": [KIT]}, collection=[4105]),
    rpc("5.6.23", 23, "deleteCollection", [77], {}, collection=[4105]),
    rpc("5.6.24", 24, "getFoldersByNameFilter", ["harb", {"page": PAGE_500, "data": ["folder.id", "folder.base"]}],
        {"size": 1, "results": [{"id": 309, "name": "Harbour", "path": "Editorial/Harbour"}]}),
    rpc("5.6.25", 25, "createFolder", [{"name": "Intake", "parentId": 1}, {"data": ["folder.id", "folder.base"]}],
        {"id": 611, "name": "Intake"}, next_folder=611),
    rpc("5.6.26", 26, "getAssetsByQuery", [
        {"query": [{"operator": "and", "exact": {"field": "fileChecksum", "value": CHECKSUM}}]},
        {"page": {"startIndex": 0, "size": 10}, "data": ["asset.id"]}], {"size": 1, "results": [{"id": 4101}]}),
    rpc("5.6.27", 27, "getAssetsByQuery", [{"query": [{"operator": "and", "subquery": {"query": [
        {"operator": "or", "exact": {"field": "assetId", "value": 4101}},
        {"operator": "or", "exact": {"field": "assetId", "value": 4102}}]}}]},
        {"page": {"startIndex": 0, "size": 2}, "data": ["asset.id"]}], {"size": 1, "results": [{"id": 4101}]},
        without=4102),
    rpc("5.6.28", 28, "getAssets", [[4101], {"data": ["asset.id", "asset.proxies", "asset.views", "asset.relatedAssets"]}],
        [{"id": 4101, "proxies": [..., {"name": "Zoom", "file": {"url": "/file/asset/4101/zoom"}}],
          "views": [{"id": 88, "name": "model-release"}], "relatedAssets": []}]),
    rpc("6", "q1", "getAssetsByQuery", [LARGE_QUERY, {"sort": {"field": "modDate", "order": "asc"},
        "page": {"startIndex": 0, "size": 200}, "data": ["asset.id", "asset.base", "asset.file", "asset.attributes"]}],
        {"size": 1, "results": [{"id": 4101, "attributes": {"Rights Status": ["Cleared"]}}]}),
)  # fmt: skip

IMPORT_PARTS: list[tuple[str, str | bytes]] = [
    ("folderId", "612"),
    ("fileName", "harbour_0417.jpg"),
    ("file", b"\xff\xd8 some bytes"),
]
IMPORT_REPLY = {"id": 4110, "name": "harbour_0417"}
WEBHOOK = {"event": "asset.update", "timestamp": 1733245200000, "data": {"asset": {"id": 4101}}}

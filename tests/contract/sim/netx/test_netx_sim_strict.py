"""Every operation has a mark, and strict mode serves the confirmed ones alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.netx import make_vendor
from dambridge_sim.netx.methods import TABLE

if TYPE_CHECKING:
    from contract.sim.netx.conftest import Site

CONFIRMED_METHODS = {
    "getAssets", "getAssetsByFolder", "getAssetsByQuery", "getAssetAttributes", "updateAsset", "deleteAsset",
    "getFolderByPath", "getFoldersByParent",
}  # fmt: skip
SINGLE_METHODS = {
    "getAssetsByCollection", "addAssetToFolder", "removeAssetFromFolder", "getFoldersByNameFilter", "createFolderFromPath",
    "getCollections", "getCollection", "getCollectionsByUser", "createCollection", "updateCollection", "deleteCollection",
    "getAttributes", "getValuesByAttribute", "getViewsByAsset", "getSelf", "getUsersByGroup", "getGroupsByUser",
}  # fmt: skip


def test_the_table_of_methods_is_the_references() -> None:
    by_mark = {mark: {one.name for one in TABLE.methods.values() if one.confidence is mark} for mark in Confidence}
    assert by_mark[Confidence.CONFIRMED] == CONFIRMED_METHODS
    assert by_mark[Confidence.SINGLE] == SINGLE_METHODS
    assert by_mark[Confidence.INFERRED] == {
        "createFolder", "getFolder", "getFolderById", "getRootFolders", "updateFolder", "deleteFolder", "deleteView",
        "updateView", "getVersionsByAsset", "updateAssetAttributes", "setAssetAttributes",
    }  # fmt: skip
    assert all(one.reference.startswith("NX ") for one in TABLE.methods.values())


def test_every_url_has_a_mark_and_a_section() -> None:
    marks = {(one.method, one.path): str(one.confidence) for one in make_vendor().operations()}
    assert all(one.reference.startswith("NX ") for one in make_vendor().operations())
    assert marks == {
        ("POST", "/api/rpc"): "CONFIRMED",
        ("POST", "/external/api/json"): "SINGLE",
        ("POST", "/api/import/asset"): "CONFIRMED",
        ("PUT", "/api/import/asset/{id}"): "SINGLE",
        ("POST", "/api/import/asset/{id}/version"): "SINGLE",
        ("POST", "/api/import/asset/{id}/view"): "SINGLE",
        ("GET", "/api/file/asset/{id}"): "CONFIRMED",
        ("GET", "/api/file/asset/{id}/{name}"): "CONFIRMED",
        ("GET", "/api/file/asset/{id}/view/{viewId}"): "SINGLE",
        ("POST", "/api/file/asset/{id}"): "SINGLE",
        ("POST", "/api/file/asset/{id}/{name}"): "SINGLE",
        ("POST", "/api/file/asset/{id}/view/{viewId}"): "SINGLE",
        ("GET", "/file/asset/{id}/{rest:path}"): "CONFIRMED",
        ("GET", "/session/{key}/{name}"): "SINGLE",
        ("GET", "/portals/{slug}"): "CONFIRMED",
        ("GET", "/iiif/manifest/asset/{id}"): "SINGLE",
        ("GET", "/cantaloupe/iiif/2/{image}/info.json"): "SINGLE",
        ("GET", "/cantaloupe/iiif/2/{image}/{region}/{size}/{rotation}/{file}"): "SINGLE",
        ("POST", "/x7/v1.2/json/{method}"): "CONFIRMED",
        ("POST", "/x7/json"): "SINGLE",
        ("GET", "/xml/login"): "SINGLE",
        ("GET", "/xml/asset/{id}"): "SINGLE",
        ("GET", "/xml/asset/{id}/attribute/{name}/{value:path}"): "SINGLE",
        ("GET", "/xml/asset/{id}/addCategory/{catId}"): "SINGLE",
        ("GET", "/xml/list/{rest:path}"): "SINGLE",
        ("GET", "/xml/category/{id}"): "SINGLE",
        ("GET", "/xml/category/create/{path:path}"): "SINGLE",
        ("POST", "/servlet/FileUploader"): "SINGLE",
        ("GET", "/xml/import/{rest:path}"): "SINGLE",
        ("GET", "/app"): "SINGLE",
        ("POST", "/a/t"): "SINGLE",
        ("GET", "/health/{token}"): "CONFIRMED",
    }


@pytest.mark.parametrize("name", sorted(TABLE.methods))
def test_strict_mode_knows_the_confirmed_methods_alone(strict_site: Site, name: str) -> None:
    reply = strict_site.call(name)
    unknown = reply.get("error", {}).get("code") == -32601
    assert unknown == (name not in CONFIRMED_METHODS)


@pytest.mark.parametrize("operation", make_vendor().operations(), ids=lambda one: f"{one.method} {one.path}")
def test_strict_mode_knows_the_confirmed_urls_alone(strict_site: Site, operation: object) -> None:
    method, path = operation.method, operation.path  # type: ignore[attr-defined]
    confidence: Confidence = operation.confidence  # type: ignore[attr-defined]
    path = re.sub(r"\{[^}]+\}", "9", path.replace("{rest:path}", "original"))
    headers = {"Authorization": f"apiToken {strict_site.token}", "Content-Type": "multipart/form-data; boundary=B"}
    answer = strict_site.send(method, path, b"" if method == "GET" else b"--B--\r\n", headers)
    nowhere = strict_site.send(method, "/nowhere/at/all", b"", headers)
    same_as_nowhere = (answer.status, answer.body) == (nowhere.status, nowhere.body)
    other_verb = (
        answer.status == 405 and answer.headers["allow"] == "GET, HEAD" and path.startswith("/api/file/asset/9")
    )
    assert (same_as_nowhere or other_verb) == (not confidence.in_strict)


def test_in_strict_mode_attributes_are_not_written_and_the_three_parameter_query_is_refused(strict_site: Site) -> None:
    asset = strict_site.imported(1)
    edit = {"id": asset, "name": "New", "attributes": {"Title": ["x"], "No Such": ["x"]}}
    shown = strict_site.result("updateAsset", edit, {"data": ["asset.base", "asset.attributes"]})
    assert (shown["name"], shown["attributes"]["Title"]) == ("New", [])
    query = {"query": [{"operator": "and", "exact": {"field": "assetId", "value": asset}}]}
    assert strict_site.result("getAssetsByQuery", query, None)["size"] == 1
    assert strict_site.error("getAssetsByQuery", query, None, None) == -32602


def test_attribute_writes_say_that_they_are_inferred(site: Site) -> None:
    asset = site.imported(1)

    def mark(members: dict[str, object]) -> str:
        body = {"jsonrpc": "2.0", "id": 1, "method": "updateAsset", "params": [{"id": asset, **members}, None]}
        return site.post_rpc(body).headers["x-sim-confidence"]

    assert mark({"name": "x"}) == "CONFIRMED"
    assert mark({"attributes": {"Title": ["x"]}}) == "INFERRED"

"""Section 11: levels, permission rows, attributes that are hidden or read-only, and who is exposed to what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.sim.netx.conftest import Site

OPTIONS = {"page": {"startIndex": 0, "size": 100}, "data": ["asset.id"]}
LEVELS = {"browser": 1, "viewer": 2, "importer": 3, "producer": 4, "integration": 7, "admin": 9}


def token(login: str) -> str:
    return f"nx-{login}-token"


@pytest.fixture
def asset(site: Site) -> int:
    return site.place({"folders": ["Released"], "file_name": "a.jpg", "views": [{"name": "release"}]})


@pytest.mark.parametrize(
    ("needed", "name", "params"),
    [
        (4, "updateAsset", [{"id": "ASSET", "attributes": {"Title": ["x"]}}]),
        (4, "updateAsset", [{"id": "ASSET", "name": "x", "fileName": "a.jpg"}]),
        (7, "updateAsset", [{"id": "ASSET", "fileName": "b.jpg"}]),
        (4, "updateView", [{"id": "VIEW", "description": "x"}]),
        (4, "deleteView", ["VIEW"]),
        (1, "getAssets", [["ASSET"]]),
        (1, "getAssetAttributes", ["ASSET"]),
        (1, "getVersionsByAsset", ["ASSET"]),
        (1, "getViewsByAsset", ["ASSET"]),
        (1, "getFolder", ["FOLDER"]),
        (1, "createCollection", [{"title": "x"}, ["ASSET"]]),
        (7, "deleteAsset", ["ASSET"]),
        (7, "addAssetToFolder", ["ASSET", "FOLDER"]),
        (7, "removeAssetFromFolder", ["ASSET", "FOLDER"]),
        (7, "createFolderFromPath", ["Released/New"]),
        (7, "createFolder", [{"name": "New", "parentId": "FOLDER"}]),
        (7, "updateFolder", [{"id": "FOLDER", "description": "x"}]),
        (7, "deleteFolder", ["FOLDER"]),
        (8, "getUsersByGroup", [7]),
        (8, "getGroupsByUser", [40]),
    ],
)
@pytest.mark.parametrize("login", sorted(LEVELS))
def test_each_call_needs_its_level(
    site: Site, asset: int, login: str, *, needed: int, name: str, params: list[Any]
) -> None:
    released = site.result("getFolderByPath", "Released", None)["id"]

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [filled(one) for one in value]
        return {"ASSET": asset, "FOLDER": released, "VIEW": 88}.get(value, value) if isinstance(value, str) else value

    reply = site.call(name, *map(filled, params), token=token(login))
    own_group = name == "getUsersByGroup" and login in {"producer", "importer"}
    if LEVELS[login] >= needed or own_group:
        assert reply.get("error", {}).get("code", 1000) == 1000  # allowed, if not always possible
    else:
        assert reply["error"]["code"] == 3004


@pytest.mark.parametrize("login", sorted(LEVELS))
def test_uploading_and_downloading_need_their_levels(site: Site, asset: int, login: str) -> None:
    released = site.result("getFolderByPath", "Released", None)["id"]
    parts: list[tuple[str, str | bytes]] = [("folderId", str(released)), ("fileName", "n.jpg"), ("file", b"bytes")]
    answer = site.upload("/api/import/asset", parts, token=token(login))
    assert answer.status == (200 if LEVELS[login] >= 4 else 403)
    answer = site.upload(f"/api/import/asset/{asset}/version", parts[1:], token=token(login))
    assert answer.status == (200 if LEVELS[login] >= 4 else 403)
    assert site.get(f"/api/file/asset/{asset}", token=token(login)).status == (200 if LEVELS[login] >= 2 else 403)


def test_importers_upload_into_their_own_folder_alone(site: Site) -> None:
    own = site.folder("Users/M. Porter/today")
    other = site.folder("Users/Somebody")
    for folder, status in ((own, 200), (other, 403)):
        parts: list[tuple[str, str | bytes]] = [("folderId", str(folder)), ("fileName", "n.jpg"), ("file", b"bytes")]
        assert site.upload("/api/import/asset", parts, token=token("importer")).status == status


def test_what_one_may_not_see_is_left_out_of_lists_and_refused_by_id(site: Site, asset: int) -> None:
    hidden = site.place({"folders": ["Intake"]})
    assert site.error("getAssets", [hidden], OPTIONS, token=token("viewer")) == 3004
    assert site.error("getAssetAttributes", hidden, token=token("viewer")) == 3004
    assert site.get(f"/api/file/asset/{hidden}", token=token("viewer")).status == 403
    assert site.result("getAssets", [hidden, asset], OPTIONS, token=token("viewer")) == [{"id": asset}]
    everything: dict[str, Any] = {"query": [{"operator": "and", "folder": {"folderId": 1, "recursive": True}}]}
    assert site.result("getAssetsByQuery", everything, OPTIONS, token=token("viewer")) == {
        "results": [{"id": asset}],
        "size": 1,
    }
    assert site.result("getAssetsByQuery", everything, OPTIONS)["size"] == 2
    assert site.result("getFolderByPath", "Intake", None, token=token("viewer")) is None
    folders = site.result("getFoldersByParent", 1, None, token=token("viewer"))["results"]
    assert [one["path"] for one in folders] == ["Released", "Public"]


@pytest.mark.parametrize(
    ("policy", "single", "several"), [("error", 3004, 3004), ("error_if_single", 3004, []), ("omit", [], [])]
)
def test_get_assets_of_unknown_ids_by_switch(site: Site, policy: str, single: object, several: object) -> None:
    site.switch(get_assets_missing=policy)
    for ids, expected in (([1], single), ([1, 2], several)):
        reply = site.call("getAssets", ids, OPTIONS)
        assert (reply["result"] if "result" in reply else reply["error"]["code"]) == expected


def test_an_unknown_id_may_differ_from_a_hidden_one(site: Site) -> None:
    assert (site.error("getAssetAttributes", 9), site.error("getFoldersByParent", 9, None)) == (3004, 3004)
    site.switch(unknown_object="failure")
    assert (site.error("getAssetAttributes", 9), site.error("getFoldersByParent", 9, None)) == (1000, 1000)
    assert site.get("/api/file/asset/9").status == 404


def test_permissions_add_up_over_folders_and_rows(site: Site) -> None:
    asset = site.place({"folders": ["Intake"]})
    assert site.call("getAssets", [asset], OPTIONS, token=token("viewer"))["error"]["code"] == 3004
    site.result("addAssetToFolder", asset, site.folder("Released/Deep"), None)
    assert site.result("getAssets", [asset], OPTIONS, token=token("viewer")) == [{"id": asset}]
    one = site.place({"folders": ["Intake"]})
    rows = [
        {"group": "Integration", "folder": ""},
        {"user": "viewer", "asset": one},
        {"group": "Viewers", "folder": "Intake/Flat", "recursive": False},
    ]
    site.extend({"permissions": rows})
    flat, deep = site.place({"folders": ["Intake/Flat"]}), site.place({"folders": ["Intake/Flat/Deep"]})
    seen = site.result("getAssets", [asset, one, flat, deep], OPTIONS, token=token("viewer"))
    assert [found["id"] for found in seen] == [one, flat]


def test_attributes_are_hidden_and_read_only_by_level_and_group(site: Site, asset: int) -> None:
    attributes = [
        {"name": "Secret", "type": "text", "view_level": 9},
        {"name": "Press Only", "type": "text", "view_groups": ["Viewers"]},
        {"name": "Locked", "type": "text", "edit_level": 9},
        {"name": "Theirs", "type": "text", "edit_groups": ["Producers"]},
    ]
    site.extend({"attributes": attributes})
    names = {one["name"] for one in site.result("getAttributes", {"page": {"startIndex": 0, "size": 200}})["results"]}
    assert names >= {"Locked", "Theirs"}
    assert not names & {"Secret", "Press Only"}
    assert "Secret" not in site.result("getAssetAttributes", asset)
    assert "Press Only" in site.result("getAssetAttributes", asset, token=token("viewer"))
    assert site.error("updateAsset", {"id": asset, "attributes": {"Secret": ["x"]}}, None) == 1000
    for name in ("Locked", "Theirs"):
        assert site.error("updateAsset", {"id": asset, "attributes": {name: ["x"], "Title": ["x"]}}, None) == 3004
    assert site.result("getAssetAttributes", asset)["Title"] == []  # a refused call changes nothing
    admin = token("admin")
    values = {"Secret": ["s"], "Locked": ["l"], "Theirs": ["t"]}
    shown = site.result("updateAsset", {"id": asset, "attributes": values}, {"data": ["asset.attributes"]}, token=admin)
    assert {name: shown["attributes"][name] for name in values} == values


def test_exposure_says_who_could_see_and_when(site: Site) -> None:
    site.control("POST", "clock", {"now": "2026-03-01T10:00:00Z", "freeze": True})
    asset = site.imported(site.folder("Intake"))
    assert site.state(asset)["visible_to"] == ["staff"]
    assert site.control("GET", "exposure") == []
    public = site.result("getFolderByPath", "Public", None)["id"]
    released = site.result("getFolderByPath", "Released", None)["id"]
    site.result("addAssetToFolder", asset, public, None)
    assert site.state(asset)["visible_to"] == ["staff", "public"]
    site.advance(60)
    site.result("addAssetToFolder", asset, released, None)
    site.result("removeAssetFromFolder", asset, public, None)
    site.advance(60)
    site.result("deleteAsset", asset)
    spans = [
        (one["from"][11:19], one["to"][11:19], one["to_whom"])
        for one in site.control("GET", "exposure")[0]["intervals"]
    ]
    lasting = [span for span in spans if span[0] != span[1]]
    assert lasting == [("10:00:00", "10:01:00", ["public"]), ("10:01:00", "10:02:00", ["group:Viewers"])]


def test_the_journal_names_caller_method_ids_and_change(site: Site, asset: int) -> None:
    before = site.control("GET", "journal")[-1]["seq"] if site.control("GET", "journal") else 0
    site.result("getAssets", [asset], OPTIONS)
    site.result("updateAsset", {"id": asset, "attributes": {"Title": ["x"]}}, None)
    site.error("deleteAsset", asset, token=token("viewer"))
    lines = [
        (one["rpc"], one["caller"], one["ids"], one["changed"])
        for one in site.control("GET", f"journal?after={before}")
    ]
    assert lines == [
        ("getAssets", "integration", [str(asset)], False),
        ("updateAsset", "integration", [str(asset)], True),
        ("deleteAsset", "viewer", [str(asset)], False),
    ]
    assert "token" not in str(site.control("GET", "journal"))

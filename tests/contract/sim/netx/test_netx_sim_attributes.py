"""Writing attributes: what each type takes, what is refused, and the switches on what nobody knows (section 5.1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.sim.netx.conftest import Site

EXTRA = [
    {"name": "Flavours", "type": "multiselect", "vocabulary": ["sweet", "sour", "salt"]},
    {"name": "Origin", "type": "text", "default": ["unknown"]},
]


@pytest.fixture
def asset(site: Site) -> int:
    site.extend({"attributes": EXTRA})
    number = site.place({})
    write(site, number, {"Title": ["kept"], "Caption": ["before"]})
    return number


def write(site: Site, asset: int, values: object) -> dict[str, Any]:
    return site.call("updateAsset", {"id": asset, "attributes": values}, {"data": ["asset.attributes"]})


def held(site: Site, asset: int, name: str) -> list[str]:
    values: list[str] = site.result("getAssetAttributes", asset)[name]
    return values


@pytest.mark.parametrize(
    ("name", "values", "stored"),
    [
        ("Caption", ["two\nlines"], ["two\nlines"]),
        ("Caption", ["<b>&amp; ünï 文 🌊"], ["<b>&amp; ünï 文 🌊"]),
        ("Caption", [], []),
        ("Caption", [""], []),
        ("Caption", [" "], [" "]),
        ("Lifecycle Status", ["approved"], ["approved"]),
        ("Scene", ["010100", "011200"], ["010100", "011200"]),
        ("Scene", ["010100", "010100"], ["010100"]),
        ("Scene", [], []),
        ("Flavours", ["salt", "sweet"], ["salt", "sweet"]),
        ("Keywords", ["new, with comma", "New"], ["new, with comma", "New"]),
        ("Rating", ["4"], ["4"]),
        ("Rating", ["-1.5"], ["-1.5"]),
        ("Expiry Date", ["2028-02-29"], ["2028-02-29"]),
    ],
)
def test_values_replace_and_unnamed_attributes_stay(
    site: Site, asset: int, name: str, values: list[str], stored: list[str]
) -> None:
    shown = write(site, asset, {name: values})["result"]["attributes"]
    assert (shown[name], shown["Title"], shown["Origin"]) == (stored, ["kept"], ["unknown"])
    assert held(site, asset, name) == stored


@pytest.mark.hazard("P31")
@pytest.mark.parametrize(
    ("values", "code"),
    [
        (None, -32602),
        (["Title"], -32602),
        ({"Title": "bare"}, -32602),
        ({"Title": [1]}, -32602),
        ({"Title": None}, -32602),
        ({"Title": [None]}, -32602),
        ({"Title": ["one", "two"]}, 1000),
        ({"title": ["x"]}, 1000),
        ({"No Such": ["x"]}, 1000),
        ({"Lifecycle Status": ["Approved"]}, 1000),
        ({"Lifecycle Status": ["approved", "draft"]}, 1000),
        ({"Lifecycle Status": [""]}, 1000),
        ({"Scene": ["010100", "999999"]}, 1000),
        ({"Rating": ["many"]}, 1000),
        ({"Rating": ["NaN"]}, 1000),
        ({"Rating": [" 4"]}, 1000),
        ({"Expiry Date": ["2027-02-29"]}, 1000),
        ({"Expiry Date": ["30.06.2027"]}, 1000),
        ({"Expiry Date": ["2027-06-30T10:00:00Z"]}, 1000),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(site: Site, asset: int, values: object, code: int) -> None:
    both = {"Caption": ["after"], **values} if isinstance(values, dict) else values
    assert write(site, asset, both)["error"]["code"] == code
    assert held(site, asset, "Caption") == ["before"]


@pytest.mark.parametrize(
    ("position", "stored"), [("error", None), ("ignore", ["010100"]), ("create", ["010100", "999999"])]
)
def test_an_unknown_term_by_switch(site: Site, asset: int, position: str, stored: list[str] | None) -> None:
    site.switch(unknown_term=position)
    reply = write(site, asset, {"Scene": ["010100", "999999"]})
    assert ("error" in reply) == (stored is None)
    assert held(site, asset, "Scene") == (stored or [])
    scene = next(
        one for one in site.result("getAttributes", {"page": {"size": 99}})["results"] if one["name"] == "Scene"
    )
    terms = site.result("getValuesByAttribute", scene["id"], {"page": {"size": 99}})["results"]
    assert ({"value": "999999"} in terms) == (position == "create")


def test_an_unknown_attribute_may_be_passed_over(site: Site, asset: int) -> None:
    site.switch(unknown_attribute="ignore")
    assert "result" in write(site, asset, {"No Such": ["x"], "Caption": ["after"]})
    assert held(site, asset, "Caption") == ["after"]


@pytest.mark.hazard("P29")
@pytest.mark.parametrize(("position", "stored"), [("truncate", ["01234"]), ("error", ["before"])])
def test_a_value_over_the_limit_by_switch(site: Site, asset: int, position: str, stored: list[str]) -> None:
    site.switch(value_limit=5, value_over_limit=position)
    assert ("error" in write(site, asset, {"Caption": ["0123456789"]})) == (position == "error")
    assert held(site, asset, "Caption") == stored


def test_where_attributes_are_written_by_switch(site: Site, asset: int) -> None:
    options = {"data": ["asset.attributes"]}
    assert site.error("updateAssetAttributes", asset, {"Caption": ["x"]}, options) == -32601
    for position in ("separate_method", "absent"):
        site.switch(attribute_write=position)
        assert "result" in write(site, asset, {"Caption": ["ignored"]})
        assert held(site, asset, "Caption") == ["before"]
    assert site.error("updateAssetAttributes", asset, {"Caption": ["x"]}, options) == -32601
    site.switch(attribute_write="separate_method")
    shown = site.result("updateAssetAttributes", asset, {"Caption": ["x"]}, options)
    assert (shown["attributes"]["Caption"], shown["attributes"]["Title"]) == (["x"], ["kept"])
    assert site.error("updateAssetAttributes", asset, {"Rating": ["many"]}, options) == 1000


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"name": "x"}, -32602),
        ({"id": "4101", "name": "x"}, -32602),
        ({"id": True, "name": "x"}, -32602),
        ({"id": 9, "name": "x"}, 3004),
        ({"name": ""}, -32602),
        ({"name": 5}, -32602),
        ({"name": "n" * 256}, 1000),
        ({"fileName": "a/b.jpg"}, -32602),
        ({"fileName": ""}, -32602),
        ({"fileName": "n" * 256}, 1000),
    ],
)
def test_names_that_are_refused(site: Site, asset: int, members: dict[str, Any], code: int) -> None:
    whole = members if "id" in members or members == {"name": "x"} else {"id": asset, **members}
    assert site.error("updateAsset", whole, None) == code


@pytest.mark.hazard("P10")
def test_what_moves_the_modification_time_by_switch(site: Site, asset: int) -> None:
    site.control("POST", "clock", {"freeze": True})
    released = site.result("getFolderByPath", "Released", None)["id"]

    def modified() -> int:
        at: int = site.result("getAssets", [asset], {"data": ["asset.base"]})[0]["modDate"]
        return at

    def moves(name: str, *params: object) -> bool:
        site.advance(1)
        before = modified()
        site.result(name, *params)
        return modified() > before

    edit = {"id": asset, "attributes": {"Caption": ["x"]}}
    assert moves("updateAsset", edit, None)
    assert not moves("addAssetToFolder", asset, released, None)
    assert not moves("removeAssetFromFolder", asset, released, None)
    site.switch(modified_moves_on_attributes=False, modified_moves_on_membership=True)
    assert not moves("updateAsset", edit, None)
    assert moves("updateAsset", {"id": asset, "name": "Renamed"}, None)
    assert moves("addAssetToFolder", asset, released, None)
    assert moves("removeAssetFromFolder", asset, released, None)


def test_the_last_folder_is_kept_unless_the_site_allows(site: Site, asset: int) -> None:
    intake = site.result("getFolderByPath", "Intake", None)["id"]
    assert site.error("removeAssetFromFolder", asset, intake, None) == 1000
    site.switch(remove_last_folder="allow")
    assert site.result("removeAssetFromFolder", asset, intake, {"data": ["asset.folders"]}) == {"folders": []}


@pytest.mark.parametrize(
    ("path", "code"),
    [("", -32602), ("/Lead", -32602), ("A//B", -32602), ("A/", -32602), (5, -32602), ("n" * 256, 1000)],
)
def test_folder_paths_that_are_refused(site: Site, path: object, code: int) -> None:
    assert site.error("createFolderFromPath", path, None) == code
    assert site.result("getFoldersByParent", 1, None)["size"] == 3


def test_folders_are_renamed_described_and_deleted_when_empty(site: Site) -> None:
    folder = site.folder("Old/Deep")
    parent = site.result("getFolderByPath", "Old", None)["id"]
    data = {"data": ["folder.base", "folder.children"]}
    shown = site.result("updateFolder", {"id": parent, "name": "New", "description": "about"}, data)
    assert (shown["path"], shown["description"], shown["children"]) == ("New", "about", [folder])
    assert site.result("getFolderByPath", "Old/Deep", None) is None
    assert site.result("getFolderByPath", "New/Deep", None)["id"] == folder
    site.switch(missing_folder_path="error", folder_children="objects")
    assert site.error("getFolderByPath", "Old/Deep", None) == 1000
    assert site.result("getFolder", parent, data)["children"] == [{"id": folder, "name": "Deep"}]
    assert site.error("deleteFolder", parent) == 1000
    asset = site.imported(folder)
    assert site.error("deleteFolder", folder) == 1000
    site.result("deleteAsset", asset)
    assert (site.result("deleteFolder", folder), site.result("deleteFolder", parent)) == ({}, {})
    assert site.error("deleteFolder", 1) == 1000
    assert site.error("updateFolder", {"id": site.folder("X"), "name": "Intake"}, None) == 1000

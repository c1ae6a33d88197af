"""NetX's shapes: as the reference shows them, and as they are when members are missing or more."""

from __future__ import annotations

import pytest

from dambridge.connectors.netx import wire

WHOLE = {
    "id": 4101,
    "name": "Harbour at dusk",
    "fileName": "harbour_0417.jpg",
    "creationDate": 1733234400000,
    "importDate": 1733238000000,
    "modDate": 1733241600000,
    "file": {
        "name": "harbour_0417.jpg",
        "size": 8123456,
        "checksum": "9F1C0A7E5B0D4C1F8E2A6B7C3D4E5F60",
        "width": 6000,
        "height": 4000,
        "url": "/file/asset/4101/original",
    },
    "folders": [{"id": 310, "name": "2024", "path": "Editorial/Harbour/2024", "parentId": 309}],
    "attributes": {"Title": ["Harbour at dusk"], "Keywords": ["harbour", "dusk"], "Caption": []},
    "proxies": [],
}


def test_a_whole_asset_is_read() -> None:
    asset = wire.parse_asset(WHOLE)
    assert (asset.id, asset.name, asset.file_name) == ("4101", "Harbour at dusk", "harbour_0417.jpg")
    assert asset.modified_ms == 1733241600000
    assert asset.file == wire.WireFile("harbour_0417.jpg", 8123456, "9f1c0a7e5b0d4c1f8e2a6b7c3d4e5f60", 6000, 4000)
    assert asset.folders == (wire.WireFolder("310", "2024", "Editorial/Harbour/2024"),)
    assert asset.attributes == {"Title": ("Harbour at dusk",), "Keywords": ("harbour", "dusk"), "Caption": ()}


def test_a_group_that_was_not_sent_is_unread_and_not_empty() -> None:
    asset = wire.parse_asset({"id": "7"})
    assert asset.attributes is None
    assert asset.folders is None
    assert asset.file is None
    assert asset.modified_ms is None


def test_the_files_own_name_stands_in_for_a_missing_file_name() -> None:
    assert wire.parse_asset({"id": 1, "file": {"name": "a.jpg"}}).file_name == "a.jpg"


def test_a_file_without_checksum_has_none() -> None:
    for absent in ({}, {"checksum": None}, {"checksum": ""}):
        file = wire.parse_asset({"id": 1, "file": {"name": "a.jpg", **absent}}).file
        assert file is not None
        assert file.checksum is None


@pytest.mark.parametrize("raw", [None, [], "x", {}, {"id": None}, {"id": True}, {"id": ""}, {"id": {}}])
def test_an_asset_without_an_id_is_a_bad_reply(raw: object) -> None:
    with pytest.raises(wire.BadReply):
        wire.parse_asset(raw)


@pytest.mark.parametrize("sent", [1733241600000, "1733241600000", 1733241600000.0])
def test_times_come_as_numbers_or_text(sent: object) -> None:
    assert wire.parse_asset({"id": 1, "modDate": sent}).modified_ms == 1733241600000


@pytest.mark.parametrize("sent", ["soon", True, [], float("inf")])
def test_a_time_that_is_none_is_absent(sent: object) -> None:
    assert wire.parse_asset({"id": 1, "modDate": sent}).modified_ms is None


def test_bare_values_and_numbers_in_attributes_become_texts() -> None:
    asset = wire.parse_asset({"id": 1, "attributes": {"A": "x", "B": [3, None, ""], "C": None}})
    assert asset.attributes == {"A": ("x",), "B": ("3",), "C": ()}


def test_the_size_of_a_list_is_that_of_all_matches() -> None:
    assert wire.parse_list({"results": [1], "size": 212}) == wire.WireList([1], 212)
    assert wire.parse_list({"results": [1, 2]}).size == 2


@pytest.mark.parametrize("raw", [None, [], {"results": None}, {"size": 1}])
def test_what_is_no_list_is_a_bad_reply(raw: object) -> None:
    with pytest.raises(wire.BadReply):
        wire.parse_list(raw)


def test_assets_come_bare_or_in_a_list() -> None:
    assert [it.id for it in wire.parse_assets([{"id": 1}])] == ["1"]
    assert [it.id for it in wire.parse_assets({"results": [{"id": 1}], "size": 1})] == ["1"]
    with pytest.raises(wire.BadReply):
        wire.parse_assets(None)


def test_definitions_terms_and_users_are_read_with_little() -> None:
    assert wire.parse_attribute({"id": 23, "name": "Rights", "type": "Pulldown"}) == wire.WireAttribute(
        "23", "Rights", "pulldown"
    )
    assert wire.parse_attribute({"id": 23}) == wire.WireAttribute("23", "", "")
    assert wire.parse_term({"value": "Cleared"}) == "Cleared"
    assert wire.parse_self({"userId": 41}) == wire.WireSelf("41", "", "")
    with pytest.raises(wire.BadReply):
        wire.parse_term({"count": 1})

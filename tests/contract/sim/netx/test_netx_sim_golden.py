"""The reference's own examples, replayed byte for byte in what they send and held to what they show (sections 3 to 7, 13.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contract.sim.netx.golden import CHECKSUM, DUSK, EXAMPLES, IMPORT_PARTS, IMPORT_REPLY, WEBHOOK, Example
from dambridge_sim.kit.blobs import Blob
from dambridge_sim.netx.folders import Folder
from dambridge_sim.netx.records import Asset, Collection, StoredFile, View

if TYPE_CHECKING:
    from contract.sim.netx.conftest import Site

NOW = "2024-12-03T17:00:00Z"  # the instant of the reference's updates, 1733245200000
FOLDERS = ((300, "Editorial", 1), (309, "Harbour", 300), (310, "2024", 309), (311, "2025", 309), (555, "Released", 1))
FLOOR = 33  # examples with a call; 28 of them are those of section 5.6


def described(given: dict[str, Any]) -> dict[str, Any]:
    """The site of the examples, as its administrator wrote it."""
    more = {"view_level": 9} if given.get("hidden_attributes") else {}
    free = [("Title", "text"), ("Keywords", "tag"), ("Expiry Date", "date"), ("Caption", "textarea")]
    return {
        "groups": [{"name": "Administrators", "staff": True}, {"name": "Integration", "staff": True}],
        "users": [
            {"login": "admin", "level": 9, "groups": ["Administrators"], "token": "nx-admin-token"},
            {"login": "integration", "name": "A. Editor", "level": given.get("level", 7), "groups": ["Integration"],
             "token": "nx-integration-token"},
        ],
        "permissions": [{"group": "Integration", "folder": "", "recursive": True}],
        "attributes": [
            *({"name": name, "type": kind, "open": kind == "tag", **more} for name, kind in free),
            {"id": 23, "name": "Rights Status", "type": "pulldown", "vocabulary": ["Cleared", "Restricted"]},
            {"id": 30, "name": "Lifecycle", "type": "pulldown", "vocabulary": ["Active", "Expired"], **more},
        ],
    }  # fmt: skip


def asset(number: int, name: str, **more: Any) -> Asset:
    digest = f"{number:032x}" if number != 4101 else CHECKSUM
    size = DUSK["file"]["size"] if number == 4101 else 5
    file = StoredFile(
        name=f"file_{number}.jpg" if number != 4101 else DUSK["fileName"],
        blob=Blob("0" * 64, digest, size),
        media_type="image/jpeg",
        width=6000,
        height=4000,
    )
    times = (DUSK["creationDate"], DUSK["importDate"], DUSK["modDate"])
    return Asset(
        id=number, name=name, created_ms=times[0], imported_ms=times[1], modified_ms=times[2], file=file,
        folders=(310,), **more,
    )  # fmt: skip


def prepare(site: Site, given: dict[str, Any]) -> None:
    """Build the library of the examples, ids included, behind the API's back."""
    site.control("POST", "clock", {"now": NOW, "freeze": True})
    library = site.served.simulator.vendor.library  # type: ignore[attr-defined]  # the NetX vendor
    world = site.served.world
    for kind in ("folder", "asset"):
        for one in list(world.documents.stored(kind)):
            world.documents.delete(kind, one)
    library._take(described(given))
    for number, name, parent in FOLDERS:
        library.tree.put(Folder(id=number, name=name, parent=parent))
        library.keep_folder(library.tree.get(number))
    release = StoredFile(name="release.pdf", blob=Blob("1" * 64, "1" * 32, 9), media_type="application/pdf")
    view = View(id=88, name="model-release", description="signed 2024-12-01", file=release)
    values = {name: tuple(held) for name, held in DUSK["attributes"].items() if held}
    library.put(asset(4101, "Harbour at dusk", attributes=values, views=(view,)))
    library.put(asset(4102, "Harbour at dawn"))
    library.put(asset(4105, "Pier"))
    for number in range(given.get("crowd", 0)):
        library.put(asset(5000 + number, f"Crowd {number}"))
    if "without" in given:
        library.delete(library.find(given["without"]))
    if "collection" in given:
        library.keep_collection(Collection(id=77, title="Press kit", assets=tuple(given["collection"]), owner=41))
    if "next_folder" in given:
        world.documents.set_setting("number:folder", given["next_folder"])


def has(actual: Any, expected: Any) -> bool:
    """Whether `actual` shows all of `expected`: objects may hold more, lists only where the example says `...`."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            name in actual and has(actual[name], one) for name, one in expected.items()
        )
    if isinstance(expected, list):
        wanted = [one for one in expected if one is not ...]
        if not isinstance(actual, list) or (len(wanted) == len(expected) and len(actual) != len(expected)):
            return False
        rest = iter(actual)
        return all(any(has(one, each) for one in rest) for each in wanted)
    return type(actual) is type(expected) and bool(actual == expected)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.section}-{one.method}")
def test_an_example_of_the_reference(site: Site, example: Example) -> None:
    prepare(site, example.given)
    call = {"jsonrpc": "2.0", "id": example.identifier, "method": example.method, "params": example.params}
    answer = site.post_rpc(call)
    assert answer.status == 200
    reply = answer.json()
    assert (reply["jsonrpc"], reply["id"]) == ("2.0", example.identifier)
    if example.error is None:
        assert has(reply["result"], example.result), reply
        assert set(reply) == {"jsonrpc", "id", "result"}
    else:
        assert set(reply) == {"jsonrpc", "id", "error"}
        message = example.error["message"]
        assert reply["error"]["message"].startswith(message)
        assert has(reply["error"], {**example.error, "message": reply["error"]["message"]})


def test_the_import_of_section_7(site: Site) -> None:
    prepare(site, {})
    library = site.served.simulator.vendor.library  # type: ignore[attr-defined]  # the NetX vendor
    library.tree.put(Folder(id=612, name="Intake", parent=1))
    library.keep_folder(library.tree.get(612))
    site.served.world.documents.set_setting("number:asset", 4110)
    answer = site.upload("/api/import/asset", IMPORT_PARTS, filename="harbour_0417.jpg")
    assert (answer.status, answer.json()) == (200, IMPORT_REPLY)


def test_the_webhook_of_section_13_1(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(site, {})
    told: list[Any] = []
    hooks = site.served.world.webhooks
    monkeypatch.setattr(type(hooks), "send", lambda _self, _target, _event, _asset, body: told.append(body))
    site.control("POST", "webhooks", {"targets": [{"url": "http://127.0.0.1:9/hook"}]})
    site.result("updateAsset", {"id": 4101, "name": "x"}, None)
    assert told == [WEBHOOK]


def test_all_examples_are_here() -> None:
    sections = [one.section for one in EXAMPLES]
    print(f"\n{len(sections)} calls of the reference replayed, and the import and the webhook")
    assert len(sections) == len(set(sections)) >= FLOOR
    assert [one for one in sections if one.startswith("5.6.")] == [f"5.6.{number}" for number in range(1, 29)]
    assert {one.partition(".")[0] for one in sections} == {"3", "4", "5", "6"}


@pytest.mark.parametrize(
    ("actual", "expected", "holds"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True), ({"a": 1}, {"a": 1, "b": 2}, False), ({"a": "1"}, {"a": 1}, False),
        ([1, 2], [1], False), ([1, 2], [1, ...], True), ([1, 2], [..., 2], True), ([2, 1], [1, 2], False),
        ([1, 2], [..., 3], False), ({"a": True}, {"a": 1}, False), ([], [], True), ([1], [], False),
    ],
)  # fmt: skip
def test_the_comparison_can_fail(actual: Any, expected: Any, holds: bool) -> None:
    assert has(actual, expected) is holds

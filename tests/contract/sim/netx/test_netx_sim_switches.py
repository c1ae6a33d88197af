"""Section 17 and the unknowns of section 16: every switch in both of its positions."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contract.sim.netx.test_netx_sim_files import Parts, attributes_of
from dambridge_sim.netx.hooks import digest
from dambridge_sim.netx.switches import SWITCHES

if TYPE_CHECKING:
    from contract.sim.netx.conftest import Site

HERE = Path(__file__).parent


def write(site: Site, asset: int, attributes: dict[str, Any]) -> dict[str, Any]:
    return site.call("updateAsset", {"id": asset, "attributes": attributes}, None)


@pytest.fixture
def asset(site: Site) -> int:
    number = site.imported(1)
    write(site, number, {"Title": ["Dusk"], "Keywords": ["harbour"], "Genre": ["Feature"]})
    return number


class TestWritingAttributes:
    """What nobody knows of a write (section 5.1.1)."""

    @pytest.mark.parametrize(
        ("position", "served"),
        [
            ("update_asset", "updateAsset"), ("separate_method", "updateAssetAttributes"),
            ("set_method", "setAssetAttributes"), ("absent", None),
        ],
    )  # fmt: skip
    def test_by_one_method_or_none(self, site: Site, asset: int, position: str, served: str | None) -> None:
        site.switch(attribute_write=position)
        for number, name in enumerate(("updateAsset", "updateAssetAttributes", "setAssetAttributes")):
            values = {"Title": [f"By {number}"]}
            params = [{"id": asset, "attributes": values}] if name == "updateAsset" else [asset, values]
            reply = site.call(name, *params, None)
            assert ("result" in reply) == (name in {"updateAsset", served})
            assert (attributes_of(site, asset)["Title"] == [f"By {number}"]) == (name == served)

    def test_values_replace_or_join(self, site: Site, asset: int) -> None:
        write(site, asset, {"Keywords": ["dusk"]})
        assert attributes_of(site, asset)["Keywords"] == ["dusk"]
        site.switch(attribute_values="append")
        write(site, asset, {"Keywords": ["tide", "dusk"], "Title": ["Dawn"]})
        assert attributes_of(site, asset)["Keywords"] == ["dusk", "tide"]
        assert attributes_of(site, asset)["Title"] == ["Dawn"]

    @pytest.mark.parametrize(
        ("position", "left"), [("clear", None), ("ignore", ["Dusk"]), ("error", ["Dusk"])]
    )  # fmt: skip
    def test_an_empty_array(self, site: Site, asset: int, position: str, left: list[str] | None) -> None:
        site.switch(empty_array=position)
        reply = write(site, asset, {"Title": []})
        assert ("error" in reply) == (position == "error")
        assert attributes_of(site, asset).get("Title") == left

    def test_what_is_not_named_stays_or_goes(self, site: Site, asset: int) -> None:
        write(site, asset, {"Title": ["Dawn"]})
        assert attributes_of(site, asset) == {"Title": ["Dawn"], "Keywords": ["harbour"], "Genre": ["Feature"]}
        site.switch(unnamed_attributes="clear")
        write(site, asset, {"Title": ["Noon"]})
        assert attributes_of(site, asset) == {"Title": ["Noon"]}
        site.result("updateAsset", {"id": asset, "name": "without attributes"}, None)
        assert attributes_of(site, asset) == {"Title": ["Noon"]}

    def test_a_mandatory_attribute_is_not_emptied(self, site: Site, asset: int) -> None:
        site.extend({"attributes": [{"name": "Title", "type": "text", "mandatory": True}]})
        assert write(site, asset, {"Title": []})["error"]["code"] == 1000
        site.switch(unnamed_attributes="clear")
        write(site, asset, {"Credit": ["x"]})
        assert attributes_of(site, asset) == {"Title": ["Dusk"], "Credit": ["x"]}

    @pytest.mark.parametrize(("position", "code"), [("error", 1000), ("ignore", None)])
    def test_an_unknown_attribute(self, site: Site, asset: int, position: str, code: int | None) -> None:
        site.switch(unknown_attribute=position)
        reply = write(site, asset, {"No Such": ["x"], "Title": ["y"]})
        assert reply.get("error", {}).get("code") == code
        assert attributes_of(site, asset)["Title"] == (["Dusk"] if code else ["y"])

    def test_attributes_without_a_value_are_shown_or_left_out(self, site: Site, asset: int) -> None:
        options = {"data": ["asset.attributes"]}
        assert site.result("getAssets", [asset], options)[0]["attributes"]["Caption"] == []
        site.switch(attributes_shown="set")
        shown = site.result("getAssets", [asset], options)[0]["attributes"]
        assert shown == {"Title": ["Dusk"], "Keywords": ["harbour"], "Genre": ["Feature"]}


def test_what_a_sync_flag_keeps_out(site: Site) -> None:
    from contract.sim.netx.test_netx_sim_files import picture

    site.extend({"attributes": [{"name": "Credit", "type": "text", "sync": False}]})
    fields = {"dc:title": ["Dusk"], "photoshop:Credit": ["Aker"]}
    assert attributes_of(site, site.imported(1, "a.jpg", picture(fields))) == {"Title": ["Dusk"]}


def test_a_page_over_the_largest_is_cut_or_refused(site: Site) -> None:
    for number in range(3):
        site.imported(1, f"{number}.jpg", bytes([number]))
    site.switch(max_page_size=2, default_page_size=1)
    ask: list[Any] = [1, False, {"page": {"startIndex": 0, "size": 3}, "data": ["asset.id"]}]
    assert len(site.result("getAssetsByFolder", *ask)["results"]) == 2
    site.switch(page_over_max="error")
    assert site.error("getAssetsByFolder", *ask) == -32602
    ask[2]["page"]["size"] = 2
    assert len(site.result("getAssetsByFolder", *ask)["results"]) == 2
    assert len(site.result("getAssetsByFolder", 1, False, None)["results"]) == 1


class TestImport:
    """What an import answers and does with what is there already (section 7)."""

    @pytest.mark.parametrize(("form", "members"), [("id_name", {"id", "name"}), ("id", {"id"})])
    def test_the_reply(self, site: Site, form: str, members: set[str]) -> None:
        site.switch(import_reply=form)
        parts: Parts = [("folderId", "1"), ("fileName", "a.jpg"), ("file", b"x")]
        made = site.upload("/api/import/asset", parts).json()
        assert set(made) == members
        again = site.upload(f"/api/import/asset/{made['id']}/version", parts[1:]).json()
        assert again == made
        view = site.upload(f"/api/import/asset/{made['id']}/view", [*parts[1:], ("viewName", "v")]).json()
        assert set(view) == members

    def test_the_reply_may_be_the_asset(self, site: Site) -> None:
        site.switch(import_reply="asset")
        parts: Parts = [("folderId", "1"), ("fileName", "a.jpg"), ("file", b"x")]
        made = site.upload("/api/import/asset", parts).json()
        assert made == site.result("getAssets", [made["id"]], {"data": ["asset.base", "asset.file"]})[0]

    @pytest.mark.parametrize(
        ("action", "status", "folders"),
        [("join_folder", 200, ["Here", "There"]), ("same_id", 200, ["Here"]), ("refuse", 400, ["Here"])],
    )
    def test_identical_bytes(self, site: Site, action: str, status: int, folders: list[str]) -> None:
        here, there = site.folder("Here"), site.folder("There")
        first = site.imported(here, "a.jpg", b"same")
        site.switch(duplicate_detection=True, duplicate_action=action)
        parts: Parts = [("folderId", str(there)), ("fileName", "b.jpg"), ("file", b"same")]
        answer = site.upload("/api/import/asset", parts)
        assert answer.status == status
        if status == 200:
            assert answer.json()["id"] == first
        shown = site.result("getAssets", [first], {"data": ["asset.folders", "asset.base"]})[0]
        assert ([one["path"] for one in shown["folders"]], shown["fileName"]) == (folders, "a.jpg")
        assert len(site.control("GET", "state")) == 1

    @pytest.mark.parametrize(("position", "status"), [("allow", 200), ("refuse", 400)])
    def test_a_file_name_that_is_taken(self, site: Site, position: str, status: int) -> None:
        site.switch(duplicate_file_names=position)
        here, there = site.folder("Here"), site.folder("There")
        site.imported(here, "a.jpg", b"1")
        for folder, name, expected in ((here, "A.JPG", status), (here, "b.jpg", 200), (there, "a.jpg", 200)):
            parts: Parts = [("folderId", str(folder)), ("fileName", name), ("file", f"{folder}{name}".encode())]
            assert site.upload("/api/import/asset", parts).status == expected


def test_an_unhealthy_site(site: Site) -> None:
    site.switch(health_token="abc", healthy=False)
    assert site.send("GET", "/health/abc").status == 500
    assert site.send("GET", "/health/x").status == 401
    site.switch(healthy=True)
    assert site.send("GET", "/health/abc").status == 200


class TestWebhooks:
    """Names, paths, type and signature of a webhook are all a site's own (section 13.1)."""

    @pytest.fixture
    def told(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        came: list[Any] = []
        hooks = site.served.world.webhooks
        monkeypatch.setattr(type(hooks), "send", lambda _self, _target, event, _asset, body: came.append((event, body)))
        site.control("POST", "webhooks", {"targets": [{"url": "http://127.0.0.1:9/hook"}]})
        return came

    def test_events_have_the_names_that_the_site_gives_them(self, site: Site, told: list[Any]) -> None:
        site.switch(webhook_event_create="AssetAdded", webhook_event_update="", webhook_event_delete="AssetGone")
        asset = site.imported(1)
        site.result("updateAsset", {"id": asset, "name": "x"}, None)
        site.result("deleteAsset", asset)
        assert [event for event, _ in told] == ["AssetAdded", "AssetGone"]
        assert told[0][1]["event"] == "AssetAdded"

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ({"webhook_payload": "nested"}, {"event": "asset.create", "data": {"asset": {"id": 4101}}}),
            ({"webhook_payload": "flat"}, {"event": "asset.create", "assetId": 4101}),
            ({"webhook_payload": "paths", "webhook_event_path": "meta.type", "webhook_id_path": "meta.object.key"},
             {"meta": {"type": "asset.create", "object": {"key": 4101}}}),
        ],
    )  # fmt: skip
    def test_the_payload(self, site: Site, told: list[Any], values: dict[str, str], expected: dict[str, Any]) -> None:
        site.switch(**values)
        site.imported(1)
        body = told[0][1]
        assert isinstance(body.pop("timestamp"), int)
        assert body == expected

    def test_the_type_and_the_header(self, site: Site) -> None:
        from dambridge_sim.kit.bodies import WebhookTarget

        target = WebhookTarget(url="http://127.0.0.1:9/", secret="whisper")
        hooks = site.served.simulator.vendor.hooks  # type: ignore[attr-defined]  # the NetX vendor
        assert set(hooks.signed(target, b"{}")) == {"content-type", "x-netx-signature"}
        site.switch(webhook_content_type="text/plain", webhook_signature_header="X-Proof", webhook_signature="secret")
        assert hooks.signed(target, b"{}") == {"content-type": "text/plain", "X-Proof": "whisper"}
        site.switch(webhook_signature_header="")
        assert hooks.signed(target, b"{}") == {"content-type": "text/plain"}

    def test_digests(self) -> None:
        made = {name: hmac.new(b"k", b"body", name) for name in ("sha1", "sha256", "sha512")}
        expected = {
            "sha256_hex": made["sha256"].hexdigest(),
            "sha256_base64": base64.b64encode(made["sha256"].digest()).decode(),
            "sha256_prefixed": "sha256=" + made["sha256"].hexdigest(),
            "sha1_hex": made["sha1"].hexdigest(),
            "sha512_hex": made["sha512"].hexdigest(),
            "secret": "k",
        }
        choices = next(one.choices for one in SWITCHES if one.name == "webhook_signature")
        assert {how: digest(how, "k", b"body") for how in choices} == expected
        assert hashlib.sha256(b"body").hexdigest() != expected["sha256_hex"]

    def test_the_test_button(self, site: Site, told: list[Any]) -> None:
        assert site.control("POST", "buttons/webhook-test") == {"sent": 1}
        assert told[0][1]["event"] == "test"


class TestCustomActions:
    """A person sends a selection to an endpoint (section 13.2)."""

    ACTIONS = (
        {"name": "Send to PhotoShelter", "url": "http://127.0.0.1:9/hook", "groups": ["Producers"], "secret": "s",
         "target_url": "https://example.org/after"},
        {"name": "Off", "url": "http://127.0.0.1:9/hook", "enabled": False},
    )  # fmt: skip

    def press(self, site: Site, **body: Any) -> Any:
        return site.send("POST", "/__sim__/buttons/custom-action", json.dumps(body).encode())

    def test_a_selection_is_posted_to_the_endpoint(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        sent: list[Any] = []
        hooks = site.served.world.webhooks
        monkeypatch.setattr(
            type(hooks), "send", lambda _self, target, _event, _asset, body: sent.append((target, body))
        )
        site.control("POST", "buttons/configure", {"custom_actions": list(self.ACTIONS)})
        one, two = site.place({}), site.place({}, b"2")
        answer = self.press(site, name="Send to PhotoShelter", user="producer", assets=[one, two])
        assert answer.json() == {"assets": [one, two], "target_url": "https://example.org/after"}
        target, body = sent[0]
        assert (target.url, target.secret) == ("http://127.0.0.1:9/hook", "s")
        assert body["data"] == {"assets": [{"id": one}, {"id": two}]}
        assert body["user"]["login"] == "producer"

    @pytest.mark.parametrize(
        "body",
        [
            {"name": "Send to PhotoShelter", "user": "viewer", "assets": [1]},
            {"name": "Send to PhotoShelter", "user": "producer", "assets": []},
            {"name": "Send to PhotoShelter", "user": "producer", "assets": [9]},
            {"name": "Off", "user": "admin", "assets": [9]},
            {"name": "None", "user": "admin", "assets": [9]},
        ],
    )
    def test_what_no_person_could_do_is_refused(self, site: Site, body: dict[str, Any]) -> None:
        site.control("POST", "buttons/configure", {"custom_actions": list(self.ACTIONS)})
        assert self.press(site, **body).status == 400
        assert site.control("GET", "webhooks")["deliveries"] == []

    def test_an_endpoint_elsewhere_or_an_unknown_button_is_refused(self, site: Site) -> None:
        actions = [{**self.ACTIONS[0], "url": "https://example.org/hook"}]
        answer = site.send("POST", "/__sim__/buttons/configure", json.dumps({"custom_actions": actions}).encode())
        assert answer.status == 400
        assert site.send("POST", "/__sim__/buttons/self-destruct", b"{}").status == 404
        assert site.send("POST", "/__sim__/buttons/configure", b"[]").status == 400


class TestQueries:
    """What the reference leaves open of the query language (section 6)."""

    @pytest.mark.parametrize(
        ("clauses", "solr", "in_order"),
        [
            ([("or", "a"), ("or", "b")], "ab", "ab"),
            ([("and", "a"), ("or", "b")], "a", "ab"),
            ([("or", "a"), ("and", "b")], "b", ""),
            ([("not", "a")], "bc", "bc"),
            ([("not", "a"), ("or", "a")], "", "abc"),
            ([("or", "a"), ("or", "b"), ("not", "b")], "a", "a"),
            ([("or", "a"), ("not", "a"), ("or", "c")], "c", "c"),
            ([("not", "a"), ("and", "b")], "b", "b"),
        ],
    )
    def test_how_operators_bind(self, site: Site, clauses: list[tuple[str, str]], solr: str, in_order: str) -> None:
        ids = {name: site.place({"name": name, "folders": ["Intake"]}, name.encode()) for name in "abc"}
        query = [{"operator": operator, "exact": {"field": "name", "value": name}} for operator, name in clauses]
        for position, expected in (("solr", solr), ("left_to_right", in_order)):
            site.switch(clause_binding=position)
            assert site.query(*query) == [ids[name] for name in expected], position
            inside = {"operator": "and", "subquery": {"query": query}}  # what clients do binds the same in either
            assert site.query(inside) == [ids[name] for name in expected]

    def test_many_or_clauses_bind_in_order_too(self, site: Site) -> None:
        site.switch(clause_binding="left_to_right", or_limit=300)
        asset = site.place({})
        ids = [{"operator": "or", "exact": {"field": "assetId", "value": number}} for number in (*range(1, 250), asset)]
        assert site.query({"operator": "and", "subquery": {"query": ids}}) == [asset]
        site.switch(or_limit=249)
        assert site.error("getAssetsByQuery", {"query": ids}, None) == 1000

    def test_exact_may_look_at_capital_letters(self, site: Site) -> None:
        asset = site.place({"attributes": {"Title": "Dusk"}})
        clauses = [{"operator": "and", "exact": {"attribute": "Title", "value": value}} for value in ("dusk", "Dusk")]
        assert [site.query(one) for one in clauses] == [[asset], [asset]]
        site.switch(exact_case="match")
        assert [site.query(one) for one in clauses] == [[], [asset]]

    def test_without_checksums_none_is_found(self, site: Site) -> None:
        asset = site.place({}, b"bytes")
        checksum = hashlib.md5(b"bytes", usedforsecurity=False).hexdigest()
        clause = {"operator": "and", "exact": {"field": "fileChecksum", "value": checksum}}
        assert site.query(clause) == [asset]
        site.switch(**{"metadata.checksumEnabled": False})
        assert site.query(clause) == []


def test_a_file_over_the_limit_is_refused(site: Site) -> None:
    site.switch(upload_limit_bytes=4)
    parts: Parts = [("folderId", "1"), ("fileName", "a.bin"), ("file", b"12345")]
    assert site.upload("/api/import/asset", parts).status == 413
    assert site.upload("/api/import/asset", [*parts[:2], ("file", b"1234")]).status == 200
    assert len(site.control("GET", "state")) == 1


@pytest.mark.parametrize("path", ["/api/file/asset/{}", "/file/asset/{}/original/attachment"])
def test_files_may_come_by_a_redirect(site: Site, path: str) -> None:
    site.switch(token_on_file_urls=True)
    asset = site.imported(1, 'ä "b".bin', b"bytes")
    plain = site.get(path.format(asset))
    assert plain.body == b"bytes"
    if path.endswith("attachment"):
        assert plain.headers["content-disposition"] == 'attachment; filename="_ _b_.bin"'
    site.switch(file_redirects=True)
    answer = site.get(path.format(asset))
    assert (answer.status, answer.body) == (302, b"")
    target = answer.headers["location"].removeprefix(site.served.url)
    assert target.startswith("/session/")
    followed = site.send("GET", target)
    assert (followed.body, followed.headers["content-disposition"]) == (b"bytes", plain.headers["content-disposition"])
    assert site.send("GET", target.replace("/session/", "/session/9")).status == 404
    assert site.send("GET", path.format(asset)).status == 401


class TestVersionsByHand:
    """A person promotes an earlier version, or has a file's metadata read again."""

    def press(self, site: Site, name: str, **body: Any) -> Any:
        return site.send("POST", f"/__sim__/buttons/{name}", json.dumps(body).encode())

    def test_promotion(self, site: Site) -> None:
        asset = site.imported(1, "a.bin", b"first")
        for data in (b"second", b"third"):
            site.upload(f"/api/import/asset/{asset}/version", [("fileName", "a.bin"), ("file", data)])
        assert self.press(site, "promote-version", asset=asset, version=1).json() == {"asset": asset, "versions": 3}
        assert site.get(f"/api/file/asset/{asset}").body == b"first"
        assert self.press(site, "promote-version", asset=asset, version=2).status == 200
        assert site.get(f"/api/file/asset/{asset}").body == b"third"
        for version in (0, 3, "1"):
            assert self.press(site, "promote-version", asset=asset, version=version).status == 400
        assert self.press(site, "promote-version", asset=9, version=1).status == 400

    def test_resync(self, site: Site) -> None:
        from contract.sim.netx.test_netx_sim_files import picture

        asset = site.imported(1, "a.jpg", picture({"dc:title": ["Dusk"]}))
        write(site, asset, {"Title": ["Ours"], "Credit": ["Kept"]})
        assert self.press(site, "resync", asset=asset).json() == {"asset": asset, "changed": True}
        assert attributes_of(site, asset) == {"Title": ["Dusk"], "Credit": ["Kept"]}
        assert self.press(site, "resync", asset=asset).json()["changed"] is False
        site.edit(asset, {"checked_out": True})
        assert self.press(site, "resync", asset=asset).status == 400


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda one: one.name)
def test_every_switch_is_turned_by_some_test(switch: Any) -> None:
    tests = [*HERE.glob("test_*.py"), *(HERE.parents[2] / "unit" / "sim_netx").glob("test_*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in tests)
    turned = (f"{switch.name}=", f'"{switch.name}":')
    assert any(one in text for one in turned), f"no test turns {switch.name}"

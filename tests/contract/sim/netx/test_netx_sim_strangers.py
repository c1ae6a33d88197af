"""What clients send that nobody here wrote: odd bodies, numbers, names, addresses and forms. None of it breaks the site."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from PIL import Image

from contract.sim.netx.conftest import jpeg
from dambridge_sim.netx.digits import number_of

if TYPE_CHECKING:
    from contract.sim.netx.conftest import Answer, Site

SUPERSCRIPT, ARABIC, HUGE, LONGEST = "²", "٤١٠١", "9" * 30, "9" * 5000
FORM = "multipart/form-data; boundary=B"
NO_NUMBERS = [SUPERSCRIPT, ARABIC, HUGE, LONGEST]


def envelope(params: str = "[]", call_id: str = "1", method: str = '"getSelf"') -> bytes:
    return f'{{"jsonrpc":"2.0","id":{call_id},"method":{method},"params":{params}}}'.encode()


def clause(**criterion: object) -> dict[str, object]:
    return {"operator": "and", **criterion}


def code_of(answer: Answer) -> int:
    assert answer.status == 200, answer.body
    reply = json.loads(answer.body, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    number: int = reply["error"]["code"]
    return number


class TestBodies:
    """What is no JSON is refused as such, and leaves nothing behind."""

    @pytest.mark.parametrize(
        "body",
        [
            envelope(call_id="NaN"),
            envelope(call_id="-Infinity"),
            envelope(call_id="1e400"),
            envelope(call_id=r'"\ud800"'),
            envelope(params=r'["\udfff"]', method='"createFolderFromPath"'),
            envelope().replace(b'"1"', b"1").replace(b"getSelf", b"\xed\xa0\x80"),
            envelope(params="[" * 100_000 + "]" * 100_000),
            envelope(params="[" + LONGEST + "]"),
            b"",
        ],
        ids=["NaN", "infinity", "1e400", "half a pair", "half a pair in a name", "in UTF-8", "deep", "digits", "empty"],
    )
    @pytest.mark.parametrize("path", ["/api/rpc", "/external/api/json", "/x7/v1.2/json/getSelf"])
    def test_refused(self, site: Site, body: bytes, path: str) -> None:
        assert code_of(site.post_rpc(body, path=path)) == -32700
        assert site.result("getFoldersByParent", 1, None)["size"] == 3

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_whole_pairs_and_every_encoding_are_text(self, site: Site, encoding: str) -> None:
        path = "🚢 Å"
        body = json.dumps({"jsonrpc": "2.0", "id": "🚢", "method": "createFolderFromPath", "params": [path]})
        for text in (body, json.dumps(json.loads(body), ensure_ascii=False)):
            reply = site.post_rpc(text.encode(encoding)).json()
            assert (reply["id"], reply["result"]["path"]) == ("🚢", path)

    def test_a_large_number_is_echoed_and_a_fraction_too(self, site: Site) -> None:
        for number in ("123456789012345678901234567890", "1.5", "-3"):
            assert f'"id":{number},'.encode() in site.post_rpc(envelope(call_id=number)).body

    @pytest.mark.parametrize("path", ["//api/rpc", "/api/rpc//"])
    def test_slashes_at_the_ends_say_nothing(self, site: Site, path: str) -> None:
        assert site.post_rpc(envelope(), path=path).json()["result"]["userId"] == 41
        assert code_of(site.post_rpc(envelope(), token="", path=path)) == 10000

    def test_nor_do_they_at_the_other_addresses(self, site: Site) -> None:
        assert code_of(site.post_rpc(envelope(), path="/external/api/json/")) == -32602
        parts: list[tuple[str, str | bytes]] = [("folderId", "1"), ("file", b"x")]
        site.token = None
        assert site.upload("//api/import/asset", parts).status == 401

    def test_a_notification_with_a_bad_token_hears_of_it_where_the_status_tells(self, site: Site) -> None:
        body = b'{"jsonrpc":"2.0","method":"getSelf"}'
        assert site.post_rpc(body, token="").status == 204
        site.switch(bad_token_status=401)
        answer = site.post_rpc(body, token="")
        assert (answer.status, answer.json()["id"], answer.json()["error"]["code"]) == (401, None, 10000)

    @pytest.mark.parametrize(
        ("body", "kind"),
        [(b"--B\r\n", FORM), (b"x", "multipart/form-data"), (b"x", FORM)],
    )
    def test_a_broken_form_is_refused_in_the_sites_words(self, site: Site, body: bytes, kind: str) -> None:
        headers = {"Content-Type": kind, "Authorization": f"apiToken {site.token}"}
        answer = site.send("POST", "/api/import/asset", body, headers)
        assert (answer.status, answer.json()["error"]["code"]) == (400, -32602)


class TestNumbers:
    """Ids and bounds are plain digits within 64 bits."""

    def test_plain_digits_alone(self) -> None:
        assert [number_of(one) for one in ("0", "4101", "007", "9" * 18)] == [0, 4101, 7, 10**18 - 1]
        assert [number_of(one) for one in ("", "-1", "1.0", " 1", "9" * 19, *NO_NUMBERS)] == [None] * 9

    @pytest.mark.parametrize("text", NO_NUMBERS, ids=["superscript", "arabic", "huge", "longest"])
    def test_everywhere(self, site: Site, text: str) -> None:
        asset = site.imported(1)
        assert asset == 4101
        assert site.query(clause(exact={"field": "assetId", "value": text})) == []
        parts: list[tuple[str, str | bytes]] = [("folderId", text), ("fileName", "a.jpg"), ("file", b"x")]
        assert site.upload("/api/import/asset", parts).status == 400
        assert site.upload(f"/api/import/asset/{quote(text)}", parts, method="PUT").status == 403
        for path in ("/api/file/asset/{}", "/file/asset/{}/original"):
            assert site.get(path.format(quote(text))).status in {401, 404}
        key = site.post_rpc(
            envelope('["integration","nx-integration-password"]', method='"authenticate"'), path="/external/api/json"
        )
        cookie = {"Cookie": f"sessionKey={key.json()['result']['sessionKey']}"}
        for path in ("asset/{}", "asset/4101/addCategory/{}", "list/category/id/{}", "list/category/id/1/page/{}"):
            assert site.send("GET", f"/xml/{path.format(quote(text))}", None, cookie).status in {400, 403}

    @pytest.mark.parametrize("number", [2**63, 10**30, -(2**63) - 1])
    @pytest.mark.parametrize("name", ["deleteView", "getAssetAttributes", "getCollection", "getFoldersByParent"])
    def test_an_id_beyond_64_bits_is_no_id(self, site: Site, name: str, number: int) -> None:
        assert site.error(name, number) == -32602
        assert site.error(name, 2**63 - 1) == 3004

    @pytest.mark.parametrize("bound", ["nan", "inf", "1_0", "٣", "x", "", 10**400, True])
    def test_bounds(self, site: Site, bound: object) -> None:
        asset = site.place({"attributes": {"Rating": 3}})
        for target in ({"field": "modDate"}, {"field": "assetId"}, {"attribute": "Rating"}):
            wanted = {"query": [clause(range={**target, "min": bound, "max": None})]}
            refused = site.call("getAssetsByQuery", wanted, None)
            assert refused["error"]["code"] == -32602, target
            site.switch(unknown_query_attribute="empty")
        for low in (0, "0", "1.5", 2.5, "-3", "+1e0"):
            for target in ({"field": "modDate"}, {"attribute": "Rating"}):
                assert site.query(clause(range={**target, "min": low, "max": None})) == [asset]

    def test_bounds_of_a_date_are_days(self, site: Site) -> None:
        asset = site.place({"attributes": {"Expiry Date": "2027-06-30"}})
        ask: Any = {"attribute": "Expiry Date", "min": "2027-06-30", "max": "2027-06-30"}
        assert site.query(clause(range=ask)) == [asset]
        for odd in (1733230800000, "1733230800000", "2027", "2027-02-30"):
            assert site.error("getAssetsByQuery", {"query": [clause(range={**ask, "min": odd})]}, None) == -32602

    def test_values_of_a_number(self, site: Site) -> None:
        asset = site.imported(1)

        def taken(value: str) -> bool:
            return "result" in site.call("updateAsset", {"id": asset, "attributes": {"Rating": [value]}}, None)

        assert [one for one in ("3", "-3.50", "1e3", ".5", "+7.") if not taken(one)] == []
        assert [one for one in ("1_0", "٣", "NaN", "inf", "3,5", " 3", "0x1", "e3", ".") if taken(one)] == []


class TestStrict:
    """No method is surer than its address."""

    BETA = b'{"jsonrpc":"2.0","id":1,"method":"getFoldersByParent","params":["KEY",1]}'

    def test_the_beta_address_is_not_there_for_confirmed_methods_either(self, strict_site: Site) -> None:
        nowhere = strict_site.send("POST", "/nowhere", self.BETA)
        for path in ("/external/api/json", "/x7/json/"):
            for body in (self.BETA, b"{", b"[]"):
                answer = strict_site.send("POST", path, body)
                assert (answer.status, answer.body) == (nowhere.status, nowhere.body)

    def test_where_it_is_the_reply_says_how_sure_that_is(self, site: Site) -> None:
        login = envelope('["integration","nx-integration-password"]', method='"authenticate"')
        key = site.post_rpc(login, path="/external/api/json").json()["result"]["sessionKey"]
        answer = site.post_rpc(self.BETA.replace(b"KEY", key.encode()), path="/external/api/json")
        assert (answer.json()["result"]["size"], answer.headers["x-sim-confidence"]) == (3, "SINGLE")
        x7 = site.send("POST", "/x7/json/", envelope(), {"Cookie": f"sessionKey={key}"})
        assert (x7.json()["result"]["userId"], x7.headers["x-sim-confidence"]) == (41, "SINGLE")
        versioned = site.post_rpc(envelope(f'["{key}"]'), path="/x7/v1.2/json/getSelf")
        assert (versioned.json()["result"]["userId"], versioned.headers["x-sim-confidence"]) == (41, "CONFIRMED")

    def test_what_is_not_served_asks_for_no_token(self, strict_site: Site) -> None:
        nowhere = strict_site.send("PUT", "/nowhere", b"")
        answer = strict_site.send("PUT", "/api/import/asset/4101", b"")
        assert (answer.status, answer.body) == (nowhere.status, nowhere.body)
        assert strict_site.send("POST", "/api/import/asset", b"").status == 401


class TestFiles:
    """Names, attachments and parts of files."""

    def named(self, site: Site, disposition: str) -> str:
        part = "--B\r\nContent-Disposition: form-data; name="
        body = f'{part}"folderId"\r\n\r\n1\r\n{part}"file"; {disposition}\r\n\r\nabc\r\n--B--\r\n'
        headers = {"Content-Type": FORM, "Authorization": f"apiToken {site.token}"}
        answer = site.send("POST", "/api/import/asset", body.encode(), headers)
        assert answer.status == 200, answer.body
        name: str = site.result("getAssets", [answer.json()["id"]], {"data": ["asset.file"]})[0]["file"]["name"]
        return name

    @pytest.mark.parametrize(
        ("disposition", "name"),
        [
            ("filename*=UTF-8''%c3%a4%20b.jpg", "ä b.jpg"),
            ("filename*=utf-8'en'%E2%82%AC.jpg", "€.jpg"),
            ("filename*=ISO-8859-1''%e4.jpg", "ä.jpg"),
            ("filename=\"x.jpg\"; filename*=UTF-8''%c3%a4.jpg", "ä.jpg"),
            ("filename=\"a; filename*=UTF-8''b.jpg\"", "a; filename*=UTF-8''b.jpg"),
            ('filename="ä.jpg"', "ä.jpg"),
            ('filename="/tmp/deep/a.jpg"', "a.jpg"),
            (r'filename="C:\tmp\a.jpg"', "a.jpg"),
        ],
    )
    def test_a_name_in_every_spelling(self, site: Site, disposition: str, name: str) -> None:
        assert self.named(site, disposition) == name

    def test_attachment_and_file_name_in_either_order(self, site: Site) -> None:
        site.switch(token_on_file_urls=True)
        asset = site.place({"views": [{"name": "release", "content": "signed", "file_name": "r.txt"}]}, picture())
        base = f"/file/asset/{asset}"
        for what in ("original", "thumb", "preview", "zoom", "view/release"):
            plain = site.get(f"{base}/{what}").body
            for tail in ("attachment/new.jpg", "new.jpg/attachment"):
                answer = site.get(f"{base}/{what}/{tail}")
                assert answer.body == plain
                assert answer.headers["content-disposition"] == 'attachment; filename="new.jpg"'
            assert site.get(f"{base}/{what}/attachment/a/b").status == 404

    def test_an_attachment_is_one_when_export_rewrites_the_file_too(self, site: Site) -> None:
        site.extend({"metadata_map": [{"field": "dc:title", "attribute": "Title", "export": True}]})
        site.switch(token_on_file_urls=True, export_on_download=True)
        asset = site.place({"file_name": "a.jpg", "attributes": {"Title": "T"}}, picture())
        answer = site.get(f"/file/asset/{asset}/original/attachment")
        assert answer.headers["content-disposition"] == 'attachment; filename="a.jpg"'
        assert answer.body != picture()
        assert site.get(f"/api/file/asset/{asset}/b.jpg").headers["content-disposition"].endswith("''b.jpg")

    @pytest.mark.parametrize(
        ("wanted", "status"),
        [("bytes=0-9", 206), ("BYTES=0-9", 206), ("bytes=-9", 206), ("bytes=9-", 206), ("bytes=99999999-", 416),
         ("bytes=5-2", 200), ("bytes=-", 200), ("bytes=0-1,3-4", 200), ("items=0-1", 200), (f"bytes={LONGEST}-", 200),
         ("bytes=\xb2-", 200)],
    )  # fmt: skip
    def test_ranges(self, site: Site, wanted: str, status: int) -> None:
        asset = site.imported(1, data=picture())
        site.switch(range_requests=True)
        assert site.get(f"/api/file/asset/{asset}", {"Range": wanted}).status == status
        assert site.get(f"/api/file/asset/{asset}", {"Range": wanted, "If-Range": '"x"'}).status == 200
        site.switch(range_requests=False)
        assert site.get(f"/api/file/asset/{asset}", {"Range": wanted}).status == 200


def test_without_checksums_none_is_found(site: Site) -> None:
    asset = site.imported(1)
    questions = [
        clause(exact={"field": "fileChecksum", "value": site.state(asset)["md5"]}),
        clause(contains={"field": "fileChecksum", "value": site.state(asset)["md5"][:5]}),
        clause(range={"field": "fileChecksum", "min": "0", "max": None}),
    ]
    assert [site.query(one) for one in questions] == [[asset]] * 3
    site.switch(**{"metadata.checksumEnabled": False})
    assert [site.query(one) for one in questions] == [[]] * 3


class TestSecrets:
    """What a user does not see he cannot find out by asking."""

    def test_an_attribute_that_he_does_not_see(self, site: Site) -> None:
        site.extend({"attributes": [{"name": "Secret", "type": "text", "view_level": 9, "edit_level": 9}]})
        asset = site.place({"file_name": "a.png", "attributes": {"Secret": "x"}})
        wanted = {"query": [clause(exact={"attribute": "Secret", "value": "x"})]}
        sorting = {"sort": {"field": "Secret", "order": "asc"}}
        everything = {"query": [clause(folder={"folderId": 1, "recursive": True})]}
        for position in ("error", "empty"):
            site.switch(unknown_query_attribute=position)
            assert site.error("getAssetsByQuery", wanted, None) == -32602
            assert site.error("getAssetsByQuery", everything, sorting) == -32602
            assert site.error("getAssetsByFolder", 1, False, sorting) == -32602
        found = site.result("getAssetsByQuery", wanted, sorting, token="nx-admin-token")
        assert [one["id"] for one in found["results"]] == [asset]
        for kind in ("exact", "contains"):
            anywhere = {"query": [clause(**{kind: {"field": "keywords", "value": "x"}})]}
            assert site.result("getAssetsByQuery", anywhere, None)["size"] == 0
            assert site.result("getAssetsByQuery", anywhere, None, token="nx-admin-token")["size"] == 1

    @pytest.mark.parametrize(("position", "code"), [("access", 3004), ("failure", 1000)])
    def test_what_is_not_there_looks_like_what_is_not_his(self, site: Site, position: str, code: int) -> None:
        theirs = site.result("createCollection", {"title": "x"}, [], None, token="nx-producer-token")["id"]
        site.switch(unknown_object=position)
        assert site.error("getCollection", theirs) == 3004
        for name in (
            "getCollection",
            "getAssetsByCollection",
            "getFoldersByParent",
            "getViewsByAsset",
            "getValuesByAttribute",
            "deleteView",
        ):
            assert site.error(name, 99999) == code, name
        assert site.error("getUsersByGroup", 99999, token="nx-admin-token") == code
        assert site.error("getGroupsByUser", 99999, token="nx-admin-token") == code


def test_children_stay_in_the_order_of_making(site: Site) -> None:
    options = {"data": ["folder.id"]}
    before = site.result("getFoldersByParent", 1, options)
    site.result("updateFolder", {"id": before["results"][0]["id"], "name": "Zed"}, None)
    assert site.result("getFoldersByParent", 1, options) == before


def test_a_folder_is_not_moved_in_silence(site: Site) -> None:
    first, second = site.folder("A"), site.folder("B")
    assert site.error("updateFolder", {"id": first, "parentId": second}, None) == 1000
    assert site.result("updateFolder", {"id": first, "parentId": 1, "name": "C"}, None)["path"] == "C"


def test_permissions_and_profiles_are_tied_to_a_folder_and_not_to_its_name(site: Site) -> None:
    site.extend(
        {"profiles": [{"folder": "Released/Deep", "attribute": "Credit", "action": "replace", "values": ["ACME"]}]}
    )
    released, deep = site.folder("Released"), site.folder("Released/Deep")
    first = site.imported(deep)

    def seen(asset: int) -> tuple[bool, list[str], bool]:
        shown = "result" in site.call("getAssets", [asset], None, token="nx-viewer-token")
        return shown, site.state(asset)["visible_to"], site.state(asset)["exposure"][-1]["to"] is None

    assert seen(first) == (True, ["staff", "group:Viewers"], True)
    site.result("updateFolder", {"id": released, "name": "Out"}, None)
    assert site.result("getFolder", deep, None)["path"] == "Out/Deep"
    second = site.imported(deep)
    assert site.result("getAssetAttributes", second)["Credit"] == ["ACME"]
    assert [seen(first), seen(second)] == [(True, ["staff", "group:Viewers"], True)] * 2
    third = site.imported(site.folder("Released"))
    assert "error" in site.call("getAssets", [third], None, token="nx-viewer-token")
    assert site.state(third)["visible_to"] == ["staff"]
    site.extend({"vocabularies": {}})
    assert [one["path"] for one in site.result("getRootFolders", None)["results"]] == [
        "Intake",
        "Out",
        "Public",
        "Released",
    ]


def test_a_folder_made_anew_under_an_old_name_is_another_one(site: Site) -> None:
    site.result("deleteFolder", site.folder("Public"))
    asset = site.imported(site.folder("Public"))
    assert site.state(asset)["visible_to"] == ["staff"]
    assert site.send("GET", f"/file/asset/{asset}/original").status == 401


def test_other_permissions_show_at_once_who_can_see_what_is_there(site: Site) -> None:
    asset = site.imported(site.folder("Public"))
    rows = [{"group": "Integration", "folder": ""}]
    site.control("POST", "buttons/configure", {"permissions": rows})
    assert site.state(asset)["exposure"][-1]["to"] is not None
    assert site.state(asset)["visible_to"] == ["staff"]
    site.control("POST", "buttons/configure", {"permissions": [*rows, {"group": "Viewers", "folder": "Public"}]})
    assert site.state(asset)["exposure"][-1] == {
        "from": site.state(asset)["exposure"][-1]["from"], "to": None, "to_whom": ["group:Viewers"],
    }  # fmt: skip


def test_x7_refuses_what_is_no_search(site: Site) -> None:
    login = envelope('["integration","nx-integration-password"]', method='"authenticate"')
    key = site.post_rpc(login, path="/external/api/json").json()["result"]["sessionKey"]

    def search(kinds: object, values: object, sub: object = (0,)) -> dict[str, Any]:
        params = json.dumps([key, "name", 0, 0, kinds, sub, [0], values, [""], [""], 1, 10, [], "hybrid"])
        reply: dict[str, Any] = site.post_rpc(envelope(params), path="/x7/v1.2/json/facetedSearch").json()
        return reply

    asset = site.imported(1)
    assert search([1], ["harbour"])["result"]["assetIds"] == [asset]
    for kinds, values in (([[]], ["a"]), ([1], 5), ([1], "a"), (5, ["a"]), (["1"], ["a"]), ([10], [SUPERSCRIPT])):
        assert search(kinds, values)["error"]["code"] == -32602
    assert search([1], ["a"], [[]])["error"]["code"] == -32602
    assert search([5], [SUPERSCRIPT])["result"]["assetIds"] == []


def test_xml_spells_out_what_it_cannot_say(site: Site) -> None:
    asset = site.imported(1)
    site.result("updateAsset", {"id": asset, "attributes": {"Title": ["a\x01b\x0b<c"]}}, None)
    login = base64.b64encode(b"integration:nx-integration-password").decode()
    body = site.send("GET", f"/xml/asset/{asset}", None, {"Authorization": f"Basic {login}"}).body
    assert b'a<char code="#1"/>b<char code="#b"/>&lt;c' in body


@pytest.mark.parametrize(
    ("target", "status"),
    [("http://127.0.0.1/back", 302), ("app.example://back", 302), ("http://x/#part", 400), ("javascript:alert(1)", 400),
     ("/back", 400), ("http://[", 400)],
)  # fmt: skip
def test_oauth_sends_a_browser_only_to_an_address(site: Site, target: str, status: int) -> None:
    query = urlencode({"response_type": "code", "client_id": "nx-oauth-client", "redirect_uri": target})
    assert site.send("GET", f"/app?{query}").status == status


class TestControl:
    """A person's mistakes are answered, never swallowed."""

    def refused(self, site: Site, method: str, path: str, body: object) -> str:
        answer = site.send(method, f"/__sim__/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
        assert answer.status == 400, answer.body
        text: str = answer.json()["error"]
        return text

    @pytest.mark.parametrize(
        "meta",
        [{"file_name": "\ud800.jpg"}, {"related": ["x"]}, {"views": [{"description": "x"}]}, {"views": "x"},
         {"dates": {"nope": "2026-01-01T00:00:00Z"}}, {"dates": {"creationDate": 10**20}}, {"metadata": {"dc:title": "x"}},
         {"approval": "perhaps"}],
    )  # fmt: skip
    def test_meta(self, site: Site, meta: dict[str, object]) -> None:
        assert self.refused(site, "POST", "assets", {"file_name": "a.jpg", **meta})
        assert site.control("GET", "state") == []

    def test_native_metadata_dates_and_approval_have_their_places(self, site: Site) -> None:
        asset = site.place({"metadata": {"name": "Dusk", "fileName": "d.jpg", "creationDate": "1950-01-01T00:00:00Z"},
                            "dates": {"importDate": 1733238000000}, "approval": "approved"})  # fmt: skip
        shown = site.result("getAssets", [asset], {"data": ["asset.base", "asset.attributes"]})[0]
        assert (shown["name"], shown["fileName"], shown["creationDate"]) == ("Dusk", "d.jpg", -631152000000)
        assert (shown["importDate"], shown["attributes"]["Lifecycle Status"]) == (1733238000000, ["approved"])

    @pytest.mark.parametrize(
        "body",
        [{"folders": ["/x/"]}, {"nope": 1}, {"attributes": "x"}, {"folders": ["Kept"], "attributes": [{"name": "x"}]}],
    )
    def test_a_site_that_cannot_be_is_not_half_set_up(self, site: Site, body: dict[str, object]) -> None:
        assert self.refused(site, "POST", "buttons/configure", body)
        assert site.result("getFoldersByParent", 1, None)["size"] == 3

    @pytest.mark.parametrize(
        "values",
        [{"webhook_event_path": "a", "webhook_id_path": "a.b"}, {"webhook_event_path": "a.b", "webhook_id_path": "a"}],
    )
    def test_paths_of_a_webhook_that_cross_do_not_break_the_call(self, site: Site, values: dict[str, object]) -> None:
        site.control("POST", "webhooks", {"targets": [{"url": "http://127.0.0.1:1/hook"}]})
        site.switch(webhook_payload="paths", **values)
        assert site.imported(1) == 4101


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), (10, 120, 200)).save(out, "JPEG")
    assert out.getvalue() != jpeg()
    return out.getvalue()


def test_a_verb_that_an_address_does_not_take(site: Site, strict_site: Site) -> None:
    for verb, path, allowed in (
        ("POST", "/api/import/asset/4101", "PUT"),
        ("PUT", "/api/import/asset/4101/version", "POST"),
        ("DELETE", "/api/file/asset/4101", "GET, HEAD, POST"),
        ("POST", "/file/asset/4101/original", "GET, HEAD"),
    ):
        answer = site.send(verb, path)
        assert (answer.status, answer.headers["allow"]) == (405, allowed)
    assert strict_site.send("DELETE", "/api/file/asset/4101").headers["allow"] == "GET, HEAD"
    for one, path in ((site, "/api/nowhere"), (strict_site, "/api/import/asset/4101"), (site, "/file")):
        assert one.send("DELETE", path).status == 404


def test_an_image_is_not_blown_up_beyond_all_bounds(site: Site) -> None:
    asset = site.place({"folders": ["Public"]}, jpeg(size=(2, 900)))
    manifest = site.send("GET", f"/iiif/manifest/asset/{asset}").json()
    service = urlsplit(manifest["sequences"][0]["canvases"][0]["images"][0]["resource"]["service"]["@id"]).path
    assert site.send("GET", f"{service}/full/4,/0/default.jpg").status == 200
    assert site.send("GET", f"{service}/full/9999,/0/default.jpg").status == 400

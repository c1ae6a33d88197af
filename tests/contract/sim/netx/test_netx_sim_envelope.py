"""Section 3: what is a call, what is refused, what is echoed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.sim.netx.conftest import Site


def call(**members: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": "req-771", "method": "getSelf", "params": [None], **members}


@pytest.mark.parametrize("path", ["/api/rpc", "/api/rpc/"])
def test_both_spellings_of_the_path_are_served(site: Site, path: str) -> None:
    answer = site.post_rpc(call(), path=path)
    assert (answer.status, answer.json()["result"]["userId"]) == (200, 41)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("identifier", ["req-771", 7, 0, "", None])
def test_the_id_is_echoed_unchanged(site: Site, identifier: object) -> None:
    reply = site.post_rpc(call(id=identifier)).json()
    assert reply["id"] == identifier
    assert type(reply["id"]) is type(identifier)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", -32700),
        ([{"jsonrpc": "2.0", "id": 1, "method": "getSelf", "params": []}], -32600),
        ([], -32600),
        ("text", -32600),
        ({"id": 1, "method": "getSelf"}, -32600),
        ({"jsonrpc": "1.0", "id": 1, "method": "getSelf"}, -32600),
        ({"jsonrpc": "2.0", "id": 1}, -32600),
        ({"jsonrpc": "2.0", "id": {}, "method": "getSelf"}, -32600),
        ({"jsonrpc": "2.0", "id": True, "method": "getSelf"}, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "getAssets", "params": {"ids": [1]}}, -32602),
        ({"jsonrpc": "2.0", "id": 1, "method": "getAssets", "params": "x"}, -32602),
        ({"jsonrpc": "2.0", "id": 1, "method": "getAsset", "params": [1]}, -32601),
        ({"jsonrpc": "2.0", "id": 1, "method": "deleteFolderFromPath", "params": ["Intake"]}, -32601),
        ({"jsonrpc": "2.0", "id": 1, "method": "authenticate", "params": ["integration", "x"]}, -32601),
    ],
)
def test_what_is_no_call_is_refused_with_http_200(site: Site, body: object, code: int) -> None:
    answer = site.post_rpc(body)
    assert answer.status == 200
    reply = answer.json()
    assert reply["error"]["code"] == code
    assert reply["error"]["message"]
    assert "result" not in reply


def test_a_notification_is_done_and_not_answered(site: Site) -> None:
    body = {"jsonrpc": "2.0", "method": "createFolderFromPath", "params": ["Quiet"]}
    answer = site.post_rpc(body)
    assert (answer.status, answer.body) == (204, b"")
    assert site.result("getFolderByPath", "Quiet")["path"] == "Quiet"


def test_data_context_is_accepted_and_ignored(site: Site) -> None:
    assert site.post_rpc(call(dataContext="json")).json()["result"]["userId"] == 41


def test_a_method_in_an_array_is_taken_unless_the_site_is_strict_about_it(site: Site, strict_site: Site) -> None:
    listing = call(method=["getFoldersByParent"], params=[1])
    answer = site.post_rpc(listing)
    assert (answer.json()["result"]["size"], answer.headers["x-sim-confidence"]) == (3, "SINGLE")
    assert site.post_rpc(call(method=["getSelf", "getAssets"])).json()["error"]["code"] == -32600
    site.switch(method_array=False)
    for one in (site, strict_site):
        assert one.post_rpc(listing).json()["error"]["code"] == -32600


def test_the_rpc_path_takes_posts_alone(site: Site) -> None:
    for verb in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = site.send(verb, "/api/rpc", None, {"Authorization": f"apiToken {site.token}"})
        assert (answer.status, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "authorization", [None, "Bearer nx-integration-token", "apiToken wrong", "apiToken ", "apiToken"]
)
def test_without_a_valid_token_the_code_is_10000(site: Site, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    body = b'{"jsonrpc":"2.0","id":"x","method":"getSelf","params":[]}'
    answer = site.send("POST", "/api/rpc", body, headers)
    assert (answer.status, answer.json()["error"]["code"], answer.json()["id"]) == (200, 10000, "x")
    site.switch(bad_token_status=401)
    answer = site.send("POST", "/api/rpc", body, headers)
    assert (answer.status, answer.json()["error"]["code"], answer.json()["id"]) == (401, 10000, "x")


@pytest.mark.parametrize(
    "options",
    [
        [],
        "x",
        {"page": {"startIndex": -1, "size": 1}},
        {"page": {"startIndex": "0", "size": 1}},
        {"page": [0, 1]},
        {"page": {"startIndex": 0, "size": True}},
        {"sort": {"order": "asc"}},
        {"sort": {"field": "modDate", "order": "up"}},
        {"sort": {"field": "no such field"}},
        {"data": "asset.id"},
        {"data": [1]},
    ],
)
def test_options_of_the_wrong_shape_are_refused(site: Site, options: object) -> None:
    assert site.error("getAssetsByFolder", 1, True, options) == -32602


def test_surplus_and_missing_parameters_are_refused(site: Site) -> None:
    assert site.error("getAssetAttributes", 4101, None) == -32602
    assert site.error("getAssetsByFolder", 1) == -32602
    assert site.error("getAssets", "4101") == -32602
    assert site.error("getAssets", ["4101"]) == -32602
    assert site.error("getAssetsByFolder", 1, "true") == -32602


def test_no_options_give_the_default_page_and_id_and_base(site: Site) -> None:
    folder = site.folder("Many")
    for number in range(4):
        site.imported(folder, f"{number}.jpg")
    site.switch(default_page_size=3, max_page_size=2)
    listed = site.result("getAssetsByFolder", folder, False)
    assert (len(listed["results"]), listed["size"]) == (2, 4)
    site.switch(max_page_size=10)
    listed = site.result("getAssetsByFolder", folder, False, None)
    assert (len(listed["results"]), listed["size"]) == (3, 4)
    assert set(listed["results"][0]) == {"id", "name", "fileName", "creationDate", "importDate", "modDate"}
    listed = site.result(
        "getAssetsByFolder", folder, False, {"page": {"startIndex": 3, "size": 5}, "data": ["asset.id"]}
    )
    assert (len(listed["results"]), listed["size"], set(listed["results"][0])) == (1, 4, {"id"})
    listed = site.result("getAssetsByFolder", folder, False, {"page": {"startIndex": 9, "size": 5}})
    assert (listed["results"], listed["size"]) == ([], 4)


def test_the_confidence_of_each_reply_is_said(site: Site) -> None:
    assert site.post_rpc(call(method="getAssets", params=[[]])).headers["x-sim-confidence"] == "CONFIRMED"
    assert site.post_rpc(call()).headers["x-sim-confidence"] == "SINGLE"
    assert site.post_rpc(call(method="getRootFolders", params=[])).headers["x-sim-confidence"] == "INFERRED"


def test_the_session_key_of_the_beta_edition_comes_first(site: Site) -> None:
    def beta(method: str, *params: object) -> dict[str, Any]:
        body = {"jsonrpc": "2.0", "id": 1, "dataContext": "json", "method": method, "params": list(params)}
        reply: dict[str, Any] = site.post_rpc(body, token="", path="/external/api/json").json()
        return reply

    assert beta("authenticate", "integration", "wrong")["error"]["code"] == 3004
    key = beta("authenticate", "integration", "nx-integration-password")["result"]["sessionKey"]
    assert beta("getSelf", key)["result"]["userId"] == 41
    assert beta("getFoldersByParent", key, 1)["result"]["size"] == 3
    assert beta("getFoldersByParent", 1)["error"]["code"] == -32602
    assert beta("getSelf", "stale")["error"]["code"] == 10000
    assert site.error("getSelf", token=key) == 10000
    site.switch(legacy_api=False)
    assert site.post_rpc(call(), path="/external/api/json").status == 404


def test_oauth_gives_a_token_that_expires_and_is_refreshed(site: Site) -> None:
    target = "http://127.0.0.1:9/back"
    browser = f"/app?response_type=code&client_id=nx-oauth-client&state=s1&scope=&redirect_uri={target}"
    answer = site.send("GET", browser)
    assert answer.status == 302
    location = answer.headers["location"]
    assert location.startswith(f"{target}?code=")
    assert location.endswith("&state=s1")
    code = location.split("code=")[1].split("&")[0]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    client = "client_id=nx-oauth-client&client_secret=nx-oauth-secret"
    exchange = f"grant_type=authorization_code&{client}&redirect_uri={target}&scope=&code={code}".encode()
    wrong = exchange.replace(b"nx-oauth-secret", b"guess")
    assert site.send("POST", "/a/t", wrong, form).status == 401
    tokens = site.send("POST", "/a/t", exchange, form).json()
    assert site.result("getSelf", token=tokens["access_token"])["userId"] == 41
    assert site.send("POST", "/a/t", exchange, form).json() == {"error": "invalid_grant"}
    assert site.error("getSelf", token=tokens["refresh_token"]) == 10000
    site.advance(tokens["expires_in"])
    assert site.error("getSelf", token=tokens["access_token"]) == 10000
    refresh = f"grant_type=refresh_token&{client}&refresh_token={tokens['refresh_token']}".encode()
    renewed = site.send("POST", "/a/t", refresh, form).json()
    assert site.result("getSelf", token=renewed["access_token"])["userId"] == 41
    assert site.result("getSelf", token="nx-integration-token")["userId"] == 41  # API tokens do not expire

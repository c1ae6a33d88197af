"""Keys, sessions, organizations and OAuth, as sections 4 and 5 of the reference have them."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from .conftest import V3, V4, Site


def test_a_wrong_or_missing_key_is_refused_before_anything_else(site: Site) -> None:
    for path in (f"{V4}/library", f"{V4}/no/such/path", f"{V3}/mem/user/session"):
        for key in (None, "wrong.key.1"):
            answer = site.send("GET", path, None, {"X-PS-Api-Key": key, "X-PS-Auth-Token": site.token})
            assert answer.status == 403, path
            assert answer.error["id"] == "ApiKeyInvalidException"


def test_each_generation_takes_its_own_key_alone(site: Site) -> None:
    known = site.served.credentials
    assert known["api_key"] != known["api_key_v3"]
    for base, good, bad in ((V4, "api_key", "api_key_v3"), (V3, "api_key_v3", "api_key")):
        path = f"{base}/{'version' if base == V4 else 'mem/user/session'}"
        assert site.send("GET", path, None, {"X-PS-Api-Key": known[good], "X-PS-Auth-Token": site.token}).status == 200
        assert site.send("GET", path, None, {"X-PS-Api-Key": known[bad], "X-PS-Auth-Token": site.token}).status == 403


def test_the_key_may_stand_in_the_query_and_the_token_in_either_header(site: Site) -> None:
    query = f"{V4}/library?api_key={site.key}"
    assert site.send("GET", query, None, {"X-PS-Auth-Token": site.token}).status == 200
    assert site.send("GET", query, None, {"Authorization": f"Bearer {site.token}"}).status == 200


def test_login_answers_at_the_top_level(site: Site) -> None:
    known = site.served.credentials
    body = site.call("POST", "/authenticate", {"email": known["email"], "password": known["password"]}).json()
    assert set(body) == {"token", "org", "two_factor"}
    assert body["org"] == [{"id": known["org_id"], "name": "Acme Pictures"}]
    assert body["two_factor"] is False


@pytest.mark.parametrize("how", ["query", "json", "form"])
def test_login_parameters_may_come_in_any_way(site: Site, how: str) -> None:
    known = site.served.credentials
    pair = {"email": str(known["email"]), "password": str(known["password"])}
    if how == "query":
        answer = site.call("POST", "/authenticate", None, **pair)
    elif how == "form":
        answer = site.call("POST", "/authenticate", pair)
    else:
        headers = {"X-PS-Api-Key": site.key, "Content-Type": "application/json"}
        answer = site.send("POST", f"{V4}/authenticate", json.dumps(pair).encode(), headers)
    assert answer.json()["token"]


def test_a_wrong_password_and_a_missing_parameter_are_refused(site: Site) -> None:
    email = site.served.credentials["email"]
    assert site.call("POST", "/authenticate", {"email": email, "password": "no"}).status == 401
    assert site.call("POST", "/authenticate", {"email": email}).status == 400


def test_the_library_is_invisible_before_the_organization_is_entered(site: Site) -> None:
    site.put()
    site.sign_in(enter=False)
    assert site.get("/library").error["id"] == "AcsPermissionException"
    site.switch(before_organization="empty")
    assert site.get("/library").data == []
    assert site.call("POST", "/organization/authenticate", {"org_id": site.org}).json()["meta"]["status"] == "OK"
    assert len(site.get("/library").data) == 1


def test_an_unknown_organization_is_not_found_and_leaving_works_both_ways(site: Site) -> None:
    assert site.call("POST", "/organization/authenticate", {"org_id": "O0000nobodyknows"}).status == 404
    for method in ("GET", "POST"):
        site.call("POST", "/organization/authenticate", {"org_id": site.org})
        assert site.call(method, "/organization/logout").status == 200
        assert site.get("/library").status == 401


def test_a_session_ends_by_the_simulated_clock_and_by_logging_out(site: Site) -> None:
    assert site.get("/library").status == 200
    site.advance(43_201)
    assert site.get("/library").error["id"] == "AcsPermissionException"
    site.sign_in()
    assert site.call("POST", "/authenticate/logout").status == 200
    assert site.get("/library").status == 401


def test_the_session_says_who_is_there(site: Site) -> None:
    session = site.get("/user/session", include="organizations").data
    assert session["id"] == session["attributes"]["user_id"]
    assert session["attributes"]["org_id"] == site.org
    assert session["includes"]["organizations"]["data"][0]["attributes"] == {"name": "Acme Pictures"}
    assert "includes" not in site.get("/user/session").data


def _register(site: Site, **more: str) -> dict[str, str]:
    form = {"application_name": "DAM connector", "name": "Acme", "description": "sync", "email": "it@acme.example"}
    answer = site.call("POST", "/oauth/register", {**form, **more})
    found: dict[str, str] = answer.data["attributes"]
    return found


def _code(site: Site, client: dict[str, str]) -> str:
    answer = site.get(
        "/oauth/authorize",
        response_type="code",
        client_id=client["client_id"],
        redirect_uri=client["redirect_uri"],
        state="s-1",
    )
    assert answer.status == 302
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["state"] == ["s-1"]
    return query["code"][0]


def _exchange(site: Site, client: dict[str, str], **more: str) -> dict[str, object]:
    names = ("client_id", "client_secret", "redirect_uri")
    answer = site.call("POST", "/oauth/token", {**{name: client[name] for name in names}, **more})
    body: dict[str, object] = answer.json()
    return {"status": answer.status, **body}


@pytest.mark.parametrize("name", ["redirect_uri", "callback_url"])
def test_oauth_from_registration_to_a_call(site: Site, name: str) -> None:
    client = _register(site, **{name: "https://connector.acme.example/cb"})
    pair = _exchange(site, client, grant_type="authorization_code", code=_code(site, client))
    assert set(pair) == {"status", "token_type", "expires_in", "access_token", "refresh_token"}
    headers = {"X-PS-Api-Key": site.key, "Authorization": f"Bearer {pair['access_token']}"}
    assert site.send("GET", f"{V4}/user/session", None, headers).status == 200
    headers["X-PS-Api-Key"] = str(site.served.credentials["api_key_v3"])
    assert site.send("GET", f"{V3}/mem/user/session", None, headers).status == 200


def test_an_oauth_token_expires_and_its_refresh_token_rotates(site: Site) -> None:
    client = _register(site, redirect_uri="https://connector.acme.example/cb")
    code = _code(site, client)
    pair = _exchange(site, client, grant_type="authorization_code", code=code)
    assert _exchange(site, client, grant_type="authorization_code", code=code)["status"] == 401
    site.advance(3601)
    headers = {"X-PS-Api-Key": site.key, "Authorization": f"Bearer {pair['access_token']}"}
    late = site.send("GET", f"{V4}/user/session", None, headers)
    assert late.error["id"] == "OAuthServerException"
    assert late.headers["www-authenticate"] == "Bearer"
    old = str(pair["refresh_token"])
    fresh = _exchange(site, client, grant_type="refresh_token", refresh_token=old)
    assert fresh["status"] == 200
    assert fresh["refresh_token"] != old
    assert _exchange(site, client, grant_type="refresh_token", refresh_token=old)["status"] == 401


def test_a_user_who_refuses_sends_no_code_and_a_foreign_address_gets_nothing(site: Site) -> None:
    client = _register(site, redirect_uri="https://connector.acme.example/cb")
    site.switch(oauth_consent="denied")
    query = {"response_type": "code", "client_id": client["client_id"], "redirect_uri": client["redirect_uri"]}
    answer = site.get("/oauth/authorize", **query)
    assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == ["access_denied"]
    assert site.get("/oauth/authorize", **{**query, "redirect_uri": "https://evil.example"}).status == 400


@pytest.mark.hazard("P44")
def test_the_fault_expire_token_ends_the_session_in_the_middle(site: Site) -> None:
    rule = {"match": {"path": "*/library"}, "action": "expire_token", "times": 1}
    site.control("POST", "/faults", {"rules": [rule]})
    assert site.get("/library").status == 401
    assert site.get("/library").status == 401
    site.sign_in()
    assert site.get("/library").status == 200


def test_v3_signs_in_and_enters_by_either_method(site: Site) -> None:
    known = site.served.credentials
    for method in ("GET", "POST"):
        answer = site.v3("POST", "/mem/authenticate", email=known["email"], password=known["password"], mode="token")
        data = answer.json()["data"]
        assert data["org"][0]["id"] == site.org
        site.token = data["token"]
        assert site.v3("GET", "/mem/collection/root/children").status == 401
        assert site.v3(method, f"/mem/organization/{site.org}/authenticate").status == 200
        assert site.v3("GET", "/mem/collection/root/children").json()["status"] == "ok"


def test_a_stale_token_does_not_hinder_a_new_login(site: Site) -> None:
    site.advance(43_201)
    assert site.get("/library").status == 401
    site.sign_in()
    assert site.get("/library").status == 200


def test_cookie_mode_carries_the_session_in_a_cookie(site: Site) -> None:
    known = site.served.credentials
    form = {"email": known["email"], "password": known["password"], "mode": "cookie", "org_id": site.org}
    cookie = site.call("POST", "/authenticate", form).headers["set-cookie"].partition(";")[0]
    assert site.send("GET", f"{V4}/library", None, {"X-PS-Api-Key": site.key, "Cookie": cookie}).status == 200

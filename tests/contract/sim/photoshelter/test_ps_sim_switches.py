"""Every switch in every position: what nobody could confirm, told apart on the wire."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dambridge_sim.photoshelter.switches import SWITCHES

from .conftest import V3, V4, Answer, Site, jpeg

PDF = b"%PDF-1.4\n"
CLIP = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"


def test_every_switch_is_set_by_some_test() -> None:
    set_somewhere: set[str] = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        for call in re.findall(r"\.switch\((.*?)\)\n", text, re.DOTALL):
            set_somewhere |= set(re.findall(r"(\w+)=", call))
        set_somewhere |= set(re.findall(r"\"(\w+_moves_\w+)\"", text))  # parameters of one test
    assert {each.name for each in SWITCHES} - set_somewhere == set()
    assert len(SWITCHES) >= 53


@pytest.mark.parametrize("switch", [each for each in SWITCHES if each.choices], ids=lambda each: each.name)
def test_a_switch_takes_its_choices_and_nothing_else(site: Site, switch: Any) -> None:
    assert switch.default in switch.choices
    assert len(switch.choices) >= 2
    for choice in switch.choices:
        site.switch(**{switch.name: choice})
    assert site.control("POST", "/switches", {switch.name: "nonsense"}).status == 400


# What moves the modified time


@pytest.mark.parametrize(
    ("switch", "change"),
    [
        ("iptc_moves_modified", lambda site, file: site.call("PATCH", f"/media/{file}/iptc", {"title": "new"})),
        ("custom_moves_modified", lambda site, file: site.edit(file, custom={"permit_no": "P-119"})),
        ("rating_moves_modified", lambda site, file: site.call("PATCH", f"/media/{file}", {"rating": "1"})),
        ("license_moves_modified", lambda site, file: site.edit(file, license_expires="2030-01-01")),
        ("membership_moves_modified", lambda site, file: site.edit(file, containers=["Elsewhere/One"])),
    ],
)
@pytest.mark.parametrize("moves", [True, False])
def test_what_moves_the_modified_time(
    site: Site, switch: str, change: Callable[[Site, str], object], moves: bool
) -> None:
    site.set_clock("2025-01-01T00:00:00Z")
    file = site.put(custom={"permit_no": "P-118"})
    site.switch(**{switch: moves})
    site.advance(60)
    change(site, file)
    shown = site.get(f"/media/{file}").data["attributes"]["updated_at"]
    assert shown == f"2025-01-01 00:0{int(moves)}:00 GMT"


@pytest.mark.parametrize("moves", [True, False])
def test_whether_a_file_that_comes_moves_its_gallery(site: Site, moves: bool) -> None:
    site.set_clock("2025-01-01T00:00:00Z")
    site.put()
    site.switch(membership_moves_container=moves)
    site.advance(60)
    site.put(jpeg(1))
    shown = site.get(f"/galleries/{site.gallery()}").data["attributes"]["modified_at"]
    assert shown == f"2025-01-01T00:0{int(moves)}:00.000000"


# Times


def test_container_times_are_utc_or_in_the_accounts_zone_and_the_v3_session_names_it(site: Site) -> None:
    site.set_clock("2025-07-01T00:00:00Z")
    file = site.put()
    site.switch(account_time_zone="America/New_York")
    path = f"/galleries/{site.gallery()}"
    assert site.get(path).data["attributes"]["created_at"] == "2025-07-01T00:00:00.000000"
    assert site.v3("GET", "/mem/user/session").json()["data"]["Session"]["tz"] == "America/New_York"
    site.switch(container_times="account")
    assert site.get(path).data["attributes"]["created_at"] == "2025-06-30T20:00:00.000000"
    assert site.get("/library").data[0]["attributes"]["modified_at"] == "2025-06-30T20:00:00.000000"
    record = site.v3("GET", f"/mem{path.replace('galleries', 'gallery')}").json()["data"]["Gallery"]
    assert record["created_at"] == "2025-07-01 00:00:00 GMT"  # v3 writes all its times as those of media
    assert site.get(f"/media/{file}").data["attributes"]["uploaded_at"] == "2025-07-01 00:00:00 GMT"
    site.set_clock("2025-01-01T00:00:00Z")
    winter = site.call("POST", "/galleries", {"name": "Winter"}).data
    assert winter["attributes"]["created_at"] == "2024-12-31T19:00:00.000000"


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ("all", {"uploaded_at", "updated_at", "created_at", "modified_at"}),
        ("uploaded_updated", {"uploaded_at", "updated_at"}),
        ("created_modified", {"created_at", "modified_at"}),
    ],
)
def test_the_names_of_a_files_times(site: Site, names: str, shown: set[str]) -> None:
    site.switch(media_time_names=names)
    assert {name for name in site.get(f"/media/{site.put()}").data["attributes"] if name.endswith("_at")} == shown


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("media", "2026-01-31 12:00:00 GMT"),
        ("date", "2026-01-31"),
        ("epoch", 1769860800),
        ("container", "2026-01-31T12:00:00.000000"),
    ],
)
def test_how_the_end_of_a_licence_is_written(site: Site, form: str, shown: object) -> None:
    file = site.put(license_expires="2026-01-31T12:00:00Z")
    site.switch(license_format=form)
    assert site.get(f"/media/{file}/license").data["attributes"] == {"license_etime": shown}
    extend = json.dumps({"License": {}})
    media = site.v3("GET", f"/gallery/{site.gallery()}/media", extend=extend).json()["data"]["GalleryMedia"]
    assert media[0]["GalleryImage"]["License"] == {"license_etime": shown}
    site.switch(v4_license=False)
    assert site.get(f"/media/{file}/license").status == 404


# Signing in


@pytest.mark.parametrize("slides", [True, False])
def test_a_session_that_is_used_lives_on_if_the_lifetime_slides(site: Site, slides: bool) -> None:
    site.switch(session_slides=slides, session_lifetime_s=100)
    site.sign_in()
    for _ in range(3):
        site.advance(60)
        last = site.get("/library").status
    assert last == (200 if slides else 401)


def _login(site: Site) -> Answer:
    known = site.served.credentials
    return site.call("POST", "/authenticate", {"email": known["email"], "password": known["password"]})


def test_a_two_factor_account_gets_a_token_that_opens_nothing_or_none(site: Site) -> None:
    assert _login(site).json()["two_factor"] is False
    site.switch(two_factor_everybody=True)
    body = _login(site).json()
    assert body["two_factor"] is True
    site.token = body["token"]
    for path in ("/user/session", "/library"):
        assert site.get(path).error["id"] == "AcsPermissionException"
    assert site.call("POST", "/organization/authenticate", {"org_id": site.org}).status == 401
    assert site.call("POST", "/authenticate/logout").status == 200
    site.switch(two_factor_login="no_token")
    assert _login(site).json()["token"] is None
    site.switch(two_factor_everybody=False)
    assert _login(site).json()["token"]


def _oauth(site: Site) -> tuple[dict[str, str], dict[str, Any]]:
    form = {
        "application_name": "a",
        "name": "n",
        "description": "d",
        "email": "e@x.example",
        "redirect_uri": "https://x.example/cb",
    }
    made = site.call("POST", "/oauth/register", form).data["attributes"]
    client = {name: made[name] for name in ("client_id", "client_secret", "redirect_uri")}
    where = {name: client[name] for name in ("client_id", "redirect_uri")}
    location = site.get("/oauth/authorize", response_type="code", state="s", **where).headers["location"]
    code = re.search(r"code=([^&]+)", location)
    assert code is not None
    pair = site.call("POST", "/oauth/token", {**client, "grant_type": "authorization_code", "code": code[1]}).json()
    return client, pair


@pytest.mark.parametrize("rotates", [True, False])
def test_a_refresh_token_rotates_or_stays(site: Site, rotates: bool) -> None:
    site.switch(refresh_rotates=rotates, oauth_lifetime_s=120)
    client, pair = _oauth(site)
    assert pair["expires_in"] == 120
    form = {**client, "grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    fresh = site.call("POST", "/oauth/token", form).json()
    assert (fresh["refresh_token"] != pair["refresh_token"]) is rotates
    assert site.call("POST", "/oauth/token", form).status == (401 if rotates else 200)


def test_a_refresh_token_may_end_and_an_oauth_error_have_another_status(site: Site) -> None:
    client, pair = _oauth(site)
    site.advance(10**8)
    form = {**client, "grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    fresh = site.call("POST", "/oauth/token", form)
    assert fresh.status == 200
    site.switch(refresh_lifetime_s=3600, oauth_error_status=400)
    pair = site.call("POST", "/oauth/token", {**form, "refresh_token": fresh.json()["refresh_token"]}).json()
    site.advance(3601)
    late = site.call("POST", "/oauth/token", {**form, "refresh_token": pair["refresh_token"]})
    assert (late.status, late.error["id"]) == (400, "OAuthServerException")


# Envelope


def test_errors_are_an_array_or_the_bare_object_of_2019(site: Site) -> None:
    assert isinstance(site.get("/galleries/G0000nobodyknows").json()["errors"], list)
    site.switch(errors_form="object")
    assert site.get("/galleries/G0000nobodyknows").json()["errors"]["id"] == "ResourceNotFoundException"
    site.key = "wrong.key.1"
    assert site.get("/library").json()["error"]["id"] == "ApiKeyInvalidException"


def test_a_client_that_takes_xml_alone_is_refused_or_gets_json(site: Site) -> None:
    def status(accept: str) -> int:
        headers = {"X-PS-Api-Key": site.key, "X-PS-Auth-Token": site.token, "Accept": accept}
        return site.send("GET", f"{V4}/library", None, headers).status

    assert [status(each) for each in ("application/xml", "text/xml")] == [415, 415]
    assert [status(each) for each in ("application/json", "*/*", "application/xml, application/json;q=0.5")] == [
        200,
        200,
        200,
    ]
    site.switch(accept_xml="json")
    assert status("application/xml") == 200


def test_a_429_says_when_to_come_back_or_does_not_and_meta_counts_or_does_not(site: Site) -> None:
    site.control("POST", "/traffic", {"rate_per_s": 0.1, "burst": 2, "window_s": 60})
    assert site.get("/version").json()["meta"]["rate_limit"]["limit"] == 2
    site.switch(rate_limit_in_meta=False)
    assert "rate_limit" not in site.get("/version").json()["meta"]
    assert int(site.get("/version").headers["retry-after"]) > 0
    site.switch(retry_after=False)
    refused = site.get("/version")
    assert (refused.status, "retry-after" in refused.headers) == (429, False)


def test_a_page_is_cut_to_what_the_site_gives_at_most(seeded: Callable[[str], Site]) -> None:
    site = seeded("synthetic:1200")
    path = f"/galleries/{site.gallery('Lot 000000')}/children"
    assert len(site.get(path, page=1, per_page=5000).data) == 1000
    assert len(site.get("/media", org_id=site.org, page=1, per_page=1001).data) == 1000
    site.switch(most_per_page=500)
    assert len(site.get(path, page=1, per_page=5000).data) == 500
    assert len(site.get(path).data) == 50


def test_v3_numbers_as_numbers_or_as_text(site: Site) -> None:
    file = site.put(rating=3)
    record = site.v3("GET", f"/mem/image/{file}").json()["data"]["Image"]
    assert (record["rating"], record["width"]) == (3, 60)
    site.switch(v3_numbers="strings")
    record = site.v3("GET", f"/mem/image/{file}").json()["data"]["Image"]
    assert (record["rating"], record["width"], record["f_searchable"], record["photographer_id"]) == (
        "3",
        "60",
        "f",
        None,
    )


# Reading


def test_a_path_begins_with_the_leaf_or_the_root(site: Site) -> None:
    site.put()
    path = f"/galleries/{site.gallery()}/path"
    assert [each["attributes"]["name"] for each in site.get(path).data] == ["Harvest 2025", "Riverbend"]
    site.switch(path_order="root_first")
    assert [each["attributes"]["name"] for each in site.get(path).data] == ["Riverbend", "Harvest 2025"]


def test_the_hash_of_a_document_is_there_or_null_and_an_image_has_none(site: Site) -> None:
    paper, image = site.put(PDF, "contract.pdf"), site.put()
    assert len(site.get(f"/media/{paper}").data["attributes"]["hash"]) == 40
    site.switch(hash_present=False)
    assert site.get(f"/media/{paper}").data["attributes"]["hash"] is None
    assert "hash" not in site.get(f"/media/{image}").data["attributes"]


def test_a_search_hit_has_the_live_type_or_that_of_2019(site: Site) -> None:
    site.put(PDF, "contract.pdf")
    assert site.get("/media", org_id=site.org).data[0]["type"] == "document"
    site.switch(search_item_type="media")
    (hit,) = site.get("/media", org_id=site.org).data
    assert (hit["type"], hit["attributes"]["type"]) == ("media", "doc")


def test_the_modified_window_is_honoured_or_ignored_by_either_search(site: Site) -> None:
    site.set_clock("2025-01-01T00:00:00Z")
    site.put()
    window = {"modify_start": "2025-06-01 00:00:00 GMT", "org_id": site.org}

    def found(path: str) -> int:
        return len(site.get(path, **window).data)

    assert [found("/media"), found("/search")] == [0, 0]
    site.switch(media_modified_window=False)
    assert [found("/media"), found("/search")] == [1, 0]
    site.switch(media_modified_window=True, search_filters="no_modified_window")
    assert [found("/media"), found("/search")] == [0, 1]
    assert len(site.get("/search", org_id=site.org, terms="nothing").data) == 0
    site.switch(search_filters="none")
    assert len(site.get("/search", org_id=site.org, terms="nothing").data) == 1
    assert len(site.get("/search", org_id=site.org, media_type="video").data) == 0


# Downloading


def test_a_download_is_sent_or_redirected_to_an_address_of_its_own(site: Site) -> None:
    file = site.put(jpeg(3))
    path = f"/media/{file}/download"
    assert site.get(path).body == jpeg(3)
    site.switch(download_redirects=True)
    answer = site.get(path, download_filetype="original", token="share")
    assert answer.status == 302
    where = answer.headers["location"].removeprefix(site.served.url)
    assert str(site.key) not in where
    assert "token" not in where
    assert site.send("GET", where).body == jpeg(3)
    assert site.send("GET", where.partition("?")[0]).status == 404


def test_ranges_are_answered_or_ignored(site: Site) -> None:
    file = site.put(jpeg(3))
    headers = {"X-PS-Api-Key": site.key, "X-PS-Auth-Token": site.token, "Range": "bytes=0-9"}
    assert site.send("GET", f"{V4}/media/{file}/download", None, headers).status == 206
    site.switch(download_ranges=False)
    whole = site.send("GET", f"{V4}/media/{file}/download", None, headers)
    assert (whole.status, whole.body) == (200, jpeg(3))


# Writing


def test_the_iptc_record_can_be_written_or_not(site: Site) -> None:
    file = site.put()
    assert site.call("PATCH", f"/media/{file}/iptc", {"title": "x"}).status == 200
    site.switch(iptc_write="absent")
    assert site.call("PATCH", f"/media/{file}/iptc", {"title": "y"}).status == 404
    assert site.get(f"/media/{file}/iptc").data["attributes"]["title"] == "x"


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        ("option_ids", {"custom_metadata": '{"permit_no": "opt_b"}'}),
        ("values", {"custom_metadata": '{"permit_no": "B"}'}),
        ("flat", {"permit_no": "opt_b", "other": "ignored"}),
    ],
)
def test_the_form_of_a_custom_metadata_write(site: Site, form: str, sent: dict[str, str]) -> None:
    file = site.put(custom={"permit_no": "A"})
    site.put(jpeg(1), custom={"permit_no": "B"})
    path = f"/media/{file}/custom-metadata"
    for other in ("option_ids", "values", "flat"):
        site.switch(custom_metadata_write=other)
        status = site.call("PATCH", path, sent).status
        assert status == (200 if other == form else 400), other
        assert site.state()[file]["custom"] == {"permit_no": "B" if status == 200 else "A"}
        site.edit(file, custom={"permit_no": "A"})
    site.switch(custom_metadata_write="absent")
    assert site.call("PATCH", path, sent).status == 404


@pytest.mark.parametrize("taken", ["any", "form", "json", "query"])
def test_where_a_patch_looks_for_its_parameters(site: Site, taken: str) -> None:
    file = site.put()
    path = f"/media/{file}/iptc"
    site.switch(patch_body=taken)
    headers = {"X-PS-Api-Key": site.key, "X-PS-Auth-Token": site.token, "Content-Type": "application/json"}
    ways: dict[str, Callable[[str], object]] = {
        "form": lambda title: site.call("PATCH", path, {"title": title}),
        "json": lambda title: site.send("PATCH", V4 + path, json.dumps({"title": title}).encode(), headers),
        "query": lambda title: site.call("PATCH", path, None, title=title),
    }
    for way, send in ways.items():
        send(way)
        title = site.get(path).data["attributes"]["title"]
        assert (title == way) is (taken in ("any", way))


def test_v4_takes_a_mode_or_ignores_it_and_v3_can_set_one_or_not(site: Site) -> None:
    gallery = site.call("POST", "/galleries", {"name": "Press"}).data["id"]

    def mode() -> str:
        return str(site.get(f"/galleries/{gallery}/access").data["attributes"]["native_mode"])

    site.switch(v4_visibility_write=False)
    assert site.call("PATCH", f"/galleries/{gallery}", {"mode": "everyone", "description": "d"}).status == 200
    assert mode() == "private"
    site.switch(v4_visibility_write=True)
    site.call("PATCH", f"/galleries/{gallery}", {"mode": "everyone"})
    assert mode() == "everyone"
    path = f"/mem/gallery/{gallery}/visibility/update"
    assert site.v3("POST", path, visibility="permission").status == 200
    site.switch(v3_visibility_write=False)
    assert site.v3("POST", path, visibility="private").status == 404
    assert mode() == "permission"


def test_permission_entries_can_be_written_or_not(site: Site) -> None:
    gallery = site.call("POST", "/galleries", {"name": "Press", "mode": "permission"}).data["id"]
    path = f"/galleries/{gallery}/permissions"
    entries = [{"type": "password", "password": "open sesame", "expires": "2030-01-01 00:00:00 GMT"}]
    answer = site.call("PATCH", path, {"permissions": json.dumps(entries)})
    assert answer.headers["x-sim-confidence"] == "INFERRED"
    (native,) = answer.data["attributes"]["native"]
    assert (native["type"], native["attributes"]["password"]) == ("password", "open sesame")
    assert native["attributes"]["expires"] == "2030-01-01T00:00:00.000000"
    refused: list[Any] = [[{"type": "king"}], ["x"], {}]
    refused += [[{"type": "password", "password": "x" * 21}], [{"type": "token", "token": "x" * 33}]]
    for bad in refused:
        assert site.call("PATCH", path, {"permissions": json.dumps(bad)}).status == 400, bad
    assert site.call("PATCH", path, {}).status == 400
    site.switch(permission_write=False)
    assert site.call("PATCH", path, {"permissions": "[]"}).status == 404
    assert len(site.get(path).data["attributes"]["native"]) == 1


# Uploads


def _v3_upload(site: Site, name: str, data: bytes, gallery: str) -> Answer:
    return site.upload(
        f"{V3}/mem/image/upload", (name, data), str(site.served.credentials["api_key_v3"]), gallery_id=gallery
    )


def test_v4_has_uploads_under_one_name_or_another_or_none(site: Site) -> None:
    site.put()
    gallery = site.gallery()
    assert site.upload(f"{V4}/media", ("a.jpg", jpeg(1)), gallery_id=gallery).status == 200
    site.switch(v4_upload_gallery="parent_id")
    assert site.upload(f"{V4}/media", ("a.jpg", jpeg(1)), gallery_id=gallery).status == 400
    assert site.upload(f"{V4}/media", ("a.jpg", jpeg(1)), parent_id=gallery).status == 200
    assert _v3_upload(site, "a.jpg", jpeg(1), gallery).status == 200
    site.switch(v4_upload_file="media")
    assert site.upload(f"{V4}/media", ("a.jpg", jpeg(1)), parent_id=gallery).status == 400
    site.switch(v4_upload_file="file", v4_upload_types="images")
    assert site.upload(f"{V4}/media", ("a.pdf", PDF), parent_id=gallery).status == 415
    site.switch(v4_upload=False)
    assert site.upload(f"{V4}/media", ("a.jpg", jpeg(1)), parent_id=gallery).status == 404
    assert len(site.get(f"/galleries/{gallery}/children").data) == 4


def test_an_upload_over_the_limit_is_refused_and_leaves_nothing(site: Site) -> None:
    site.put()
    gallery = site.gallery()
    assert _v3_upload(site, "big.pdf", PDF * 100, gallery).status == 200
    site.switch(upload_limit_bytes=500)
    v4 = site.upload(f"{V4}/media", ("b.pdf", PDF * 100), gallery_id=gallery)
    for answer in (_v3_upload(site, "big.pdf", PDF * 100, gallery), v4):
        assert answer.status == 413
        assert answer.json()["errors"][0]["status"] == "413"
    assert _v3_upload(site, "small.pdf", PDF, gallery).status == 200
    assert len(site.get(f"/galleries/{gallery}/children").data) == 3


def test_an_upload_is_there_at_once_or_when_it_was_processed(site: Site) -> None:
    site.set_clock("2025-01-01T00:00:00Z")
    site.put()
    gallery = site.gallery()
    site.switch(upload_processing_s=30.0)
    file = _v3_upload(site, "late.jpg", jpeg(8), gallery).json()["data"]["Image"]["image_id"]
    soon = site.upload(f"{V4}/media", ("soon.jpg", jpeg(9)), gallery_id=gallery).data["id"]
    for _ in range(2):
        assert site.get(f"/media/{file}").error["id"] == "ResourceNotFoundException"
        assert len(site.get(f"/galleries/{gallery}/children").data) == 1
        assert len(site.get("/media", org_id=site.org).data) == 1
        site.advance(14)
    site.advance(2)
    assert set(site.state()) >= {file, soon}
    assert site.get(f"/media/{file}/download").body == jpeg(8)
    assert len(site.get(f"/galleries/{gallery}/children").data) == 3
    journal = [json.loads(line) for line in site.control("GET", "/journal").body.splitlines()]
    assert not any(line["changed"] for line in journal if line["method"] == "GET")
    site.switch(upload_processing_s=0.0)
    at_once = _v3_upload(site, "now.jpg", jpeg(10), gallery).json()["data"]["Image"]["image_id"]
    assert site.get(f"/media/{at_once}").status == 200


def test_versions_are_there_or_not_and_active_at_once_or_when_told(site: Site) -> None:
    file = site.put(jpeg(1))
    site.switch(version_active_on_create=False)
    made = site.upload(f"{V4}/media/{file}/versions", ("v2.jpg", jpeg(2))).data
    assert made["attributes"]["active"] is False
    assert site.get(f"/media/{file}/download").body == jpeg(1)
    assert site.call("POST", f"/media/{file}/versions/{made['id']}/activate").data["attributes"]["active"] is True
    assert site.get(f"/media/{file}/download").body == jpeg(2)
    site.switch(versions=False)
    assert site.get(f"/media/{file}/versions").status == 404
    assert site.upload(f"{V4}/media/{file}/versions", ("v3.jpg", jpeg(3))).status == 404
    assert site.get(f"/media/{file}/download").body == jpeg(2)


def test_a_person_can_take_a_file_out_of_the_trash_or_not(site: Site) -> None:
    file = site.put()
    for restorable in (True, False):
        site.switch(trash_restorable=restorable)
        assert site.call("DELETE", f"/media/{file}").status == 200
        answer = site.control("PATCH", f"/assets/{file}", {"trash": False})
        assert answer.status == (200 if restorable else 400)
        assert site.state()[file]["trash"] is not restorable


def test_native_in_the_access_of_a_container_is_its_mode_or_its_entries(site: Site) -> None:
    site.put()
    path = f"/galleries/{site.gallery()}"
    entries = json.dumps([{"type": "password", "password": "abc"}])
    assert site.call("PATCH", f"{path}/permissions", {"permissions": entries}).status == 200
    assert site.get(f"{path}/access").data["attributes"]["native"] == "private"
    assert site.get(path, include="access").data["includes"]["access"]["data"]["attributes"]["native"] == "private"
    site.switch(access_native="entries")
    assert [each["type"] for each in site.get(f"{path}/access").data["attributes"]["native"]] == ["password"]

"""Who can see what, roles, rates, strict mode, seeds, and the rest of v3."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.serving import serve
from dambridge_sim.photoshelter import make_vendor

from .conftest import V4, Site, jpeg

Start = Callable[..., Site]


def exposure(site: Site, file: str) -> list[dict[str, object]]:
    lines = map(json.loads, site.control("GET", "/exposure").body.splitlines())
    return next((line["intervals"] for line in lines if line["id"] == file), [])


def test_a_new_gallery_inherits_and_the_root_is_private(site: Site) -> None:
    file = site.put()
    assert site.state()[file]["visible_to"] == ["staff"]
    top = site.get("/library").data[0]["id"]
    assert site.get(f"/galleries/{site.gallery()}/access").data["attributes"]["effective_mode"] == "private"
    site.call("PATCH", f"/collections/{top}", {"mode": "everyone"})
    assert site.state()[file]["visible_to"] == ["staff", "public"]
    assert exposure(site, file) != []


def test_the_most_restrictive_parent_wins_unless_a_context_is_named(site: Site) -> None:
    site.put(containers=["Closed/Press"])
    opened = site.call("POST", "/collections", {"name": "Open", "mode": "everyone"}).data["id"]
    gallery = site.gallery("Press")
    site.call("POST", f"/galleries/{gallery}/parents", {"collection_id": opened})
    assert site.get(f"/galleries/{gallery}/permissions").data["attributes"]["mode"] == "private"
    through = site.get(f"/galleries/{gallery}/permissions", collection_id=opened).data["attributes"]
    assert through["mode"] == "everyone"
    assert [each["collection_id"] for each in through["inherited"]] == [opened]
    assert len(site.get(f"/galleries/{gallery}/parents").data) == 2


def test_exposure_counts_the_widest_way_in(site: Site) -> None:
    site.set_clock("2025-01-01T00:00:00Z")
    file = site.put(containers=["Closed/Press"])
    opened = site.call("POST", "/collections", {"name": "Open", "mode": "everyone"}).data["id"]
    gallery = site.gallery("Press")
    assert exposure(site, file) == []
    site.call("POST", f"/galleries/{gallery}/parents", {"collection_id": opened})
    site.advance(10)
    site.call("DELETE", f"/galleries/{gallery}/parents/{opened}")
    (interval,) = exposure(site, file)
    assert (interval["from"], interval["to"]) == ("2025-01-01T00:00:00.000Z", "2025-01-01T00:00:10.000Z")


@pytest.mark.hazard("P37")
def test_the_end_of_a_licence_hides_nothing(site: Site) -> None:
    site.set_clock("2025-01-01T00:00:00Z")
    file = site.put(license_expires="2025-01-02", visibility="everyone")
    site.switch(root_visibility="everyone")
    site.advance(5 * 86_400)
    site.sign_in()
    assert site.state()[file]["visible_to"] == ["staff", "public"]
    assert site.get(f"/media/{file}/download").status == 200
    assert site.get(f"/media/{file}/license").data["attributes"] == {"license_etime": "2025-01-02 00:00:00 GMT"}


def test_a_seed_folder_with_library_yaml(seeded: Start, tmp_path: Path) -> None:
    (tmp_path / "Intake").mkdir()
    (tmp_path / "Intake" / "Harbour").mkdir()
    (tmp_path / "Intake" / "Harbour" / "a.jpg").write_bytes(jpeg(1))
    (tmp_path / "b.jpg").write_bytes(jpeg(2))
    (tmp_path / "library.yaml").write_text(
        """
containers:
  - path: Partners/Press
    visibility: permission
    permissions: [{type: group, name: press, expires: 2030-01-01T00:00:00Z, download_image_size: 2400}]
attributes:
  - {id: approval, name: Approval, options: {opt_yes: "Yes", opt_no: "No"}}
users:
  - {email: ed@acme.example, password: pw-1, role: tagger}
  - {email: ned@other.example, password: pw-2, organization: Other House}
files:
  b.jpg: {containers: [Partners/Press], custom: {approval: "Yes"}, rating: 4, uploaded_at: 2024-01-01T00:00:00Z}
"""
    )
    site = seeded(str(tmp_path))
    state = {line["file_name"]: line for line in site.state().values()}
    assert state["a.jpg"]["containers"] == ["Intake/Harbour"]
    assert state["b.jpg"]["visible_to"] == ["staff", "group:press"]
    assert (state["b.jpg"]["custom"], state["b.jpg"]["rating"]) == ({"approval": "Yes"}, 4)
    shown = site.get(f"/media/{state['b.jpg']['id']}").data["attributes"]
    assert shown["uploaded_at"] == "2024-01-01 00:00:00 GMT"
    entry = site.get(f"/galleries/{site.gallery('Press')}/permissions").data["attributes"]["native"][0]
    assert (entry["type"], entry["attributes"]["download_image_size"]) == ("group", 2400)
    _check_roles(site, state["b.jpg"]["id"])


def _check_roles(site: Site, file: str) -> None:
    token = site.call("POST", "/authenticate", {"email": "ed@acme.example", "password": "pw-1"}).json()["token"]
    tagger = Site(site.served, key=site.key, token=token)
    tagger.call("POST", "/organization/authenticate", {"org_id": site.org})
    assert tagger.call("PATCH", f"/media/{file}/iptc", {"title": "tagged"}).status == 200
    assert tagger.call("DELETE", f"/media/{file}").status == 401
    body = site.call("POST", "/authenticate", {"email": "ned@other.example", "password": "pw-2"}).json()
    stranger = Site(site.served, key=site.key, token=body["token"])
    assert stranger.call("POST", "/organization/authenticate", {"org_id": site.org}).status == 401
    stranger.call("POST", "/organization/authenticate", {"org_id": body["org"][0]["id"]})
    assert stranger.get(f"/media/{file}").status == 404
    assert stranger.get("/library").data == []
    tagger.close()
    stranger.close()


def test_a_permission_that_ends_takes_the_audience_with_it(seeded: Start, tmp_path: Path) -> None:
    (tmp_path / "b.jpg").write_bytes(jpeg(2))
    entry = "{type: group, name: press, expires: 2030-01-01T00:00:00Z}"
    (tmp_path / "library.yaml").write_text(
        f"containers:\n  - {{path: Press, visibility: permission, permissions: [{entry}]}}\n"
        "defaults: {containers: [Press]}\n"
    )
    site = seeded(str(tmp_path))
    (file,) = site.state()
    assert site.state()[file]["visible_to"] == ["staff", "group:press"]
    site.set_clock("2030-01-01T00:00:01Z")
    assert site.state()[file]["visible_to"] == ["staff"]
    assert exposure(site, file)[0]["to"] == "2030-01-01T00:00:00.000Z"


def test_over_the_rate_the_server_says_429_and_meta_counts(site: Site) -> None:
    assert "rate_limit" not in site.get("/version").json()["meta"]
    site.control("POST", "/traffic", {"rate_per_s": 3, "burst": 3, "window_s": 60})
    seen = [site.get("/version") for _ in range(3)]
    assert [each.json()["meta"]["rate_limit"]["current"] for each in seen] == [1, 2, 3]
    assert seen[0].json()["meta"]["rate_limit"]["limit"] == 3
    refused = site.get("/version")
    assert (refused.status, refused.error["id"]) == (429, "TooManyRequestsException")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    site.control("POST", "/traffic", {})
    assert site.get("/version").headers["x-ps-api-version"] == "2019_05_01"


def test_every_operation_has_a_mark_and_a_reference() -> None:
    with serve(make_vendor()) as served:
        operations = served.simulator.vendor.operations()
    assert len(operations) > 150
    for each in operations:
        assert isinstance(each.confidence, Confidence)
        assert each.reference.startswith("PS ")


def test_strict_mode_serves_what_is_confirmed_and_nothing_else(seeded: Start) -> None:
    site = seeded("", strict=True)
    file = site.put()
    gallery = site.gallery()
    unknown = site.get("/no/such/thing").error
    for operation in site.control("GET", "/operations").json()["operations"]:
        path = operation["path"]
        for name in ("{id}", "{media_id}", "{child_id}", "{version_id}", "{collection_id}", "{org_id}"):
            path = path.replace(name, gallery if "/galleries/" in path and name == "{id}" else file)
        path = path.replace("{shape}", "fit=10x10")
        if operation["method"] == "DELETE" or operation["path"].endswith(("/logout", "/authenticate")):
            continue
        key = site.served.credentials["api_key_v3" if "/v3" in path else "api_key"]
        answer = site.send(operation["method"], path, None, {"X-PS-Api-Key": key, "X-PS-Auth-Token": site.token})
        confirmed = operation["confidence"] in ("CONFIRMED", "CONFIRMED-2019")
        assert operation["served"] is confirmed
        assert answer.headers["x-sim-confidence"] == ("CONFIRMED" if confirmed else operation["confidence"]), path
        if not confirmed:
            assert answer.status == 404, path
            assert answer.json()["errors"][0]["detail"] == unknown["detail"]
    guessed = site.get(f"/media/{file}", include="iptc,custom-metadata").data["includes"]
    assert set(guessed) == {"iptc"}


def test_without_strict_a_reply_names_the_weakest_thing_that_it_served(site: Site) -> None:
    file = site.put(custom={"approval": "Yes"})
    assert site.get(f"/media/{file}", include="iptc").headers["x-sim-confidence"] == "CONFIRMED"
    guessed = site.get(f"/media/{file}", include="iptc,custom-metadata")
    assert guessed.headers["x-sim-confidence"] == "INFERRED"
    assert set(guessed.data["includes"]) == {"iptc", "custom-metadata"}


def test_the_journal_tells_reads_from_changes(site: Site) -> None:
    file = site.put()
    site.get(f"/media/{file}", include="iptc")
    site.call("PATCH", f"/media/{file}/iptc", {"title": "x"})
    site.call("PATCH", f"/media/{file}/iptc", {"title": "x"})
    lines = [json.loads(line) for line in site.control("GET", "/journal").body.splitlines()]
    calls = [(line["method"], line["changed"]) for line in lines if file in line["path"]]
    assert calls == [("GET", False), ("PATCH", True), ("PATCH", False)]
    assert lines[-1]["caller"] == site.served.credentials["email"]
    assert file in lines[-1]["ids"]


def test_meta_of_a_person_is_checked(site: Site) -> None:
    file = site.put()
    for meta in (
        {"capton": "x"},
        {"iptc": {"soul": "x"}},
        {"rating": 9},
        {"uploaded_at": "soon"},
        {"visibility": "open"},
    ):
        answer = site.control("PATCH", f"/assets/{file}", meta)
        assert answer.status == 400, meta
    assert site.control("POST", "/assets", {"file_name": "x.jpg"}).status == 400


def test_v3_browses_and_reads(site: Site) -> None:
    file = site.put(iptc={"caption": "c", "keywords": ["a"]}, license_expires="2026-12-31", searchable=True)
    paper = site.put(b"%PDF-1.4\n", "contract.pdf")
    top = site.v3("GET", "/mem/collection/root/children").json()["data"]["Children"]["Collection"][0]
    kids = site.v3("GET", f"/mem/collection/{top['collection_id']}/children").json()["data"]["Children"]
    gallery = kids["Gallery"][0]["gallery_id"]
    assert kids["Gallery"][0]["f_list"] == "f"
    images = site.v3("GET", f"/mem/gallery/{gallery}/images").json()["data"]["GalleryImage"]
    assert [(each["image_id"], each["f_visible"]) for each in images] == [(file, "t")]
    extend = json.dumps({"Image": {"fields": "file_name,updated_at"}, "License": {}, "Iptc": {}})
    records = site.v3("GET", f"/gallery/{gallery}/media", extend=extend).json()["data"]["GalleryMedia"]
    assert set(records[0]["GalleryImage"]["Image"]) == {"file_name", "updated_at"}
    assert records[0]["GalleryImage"]["License"]["license_etime"] == "2026-12-31 00:00:00 GMT"
    assert records[1]["GalleryDoc"]["doc_id"] == paper
    image = site.v3("GET", f"/mem/image/{file}").json()["data"]["Image"]
    assert (image["image_id"], image["f_searchable"], image["flagged"]) == (file, "t", "f")
    assert site.v3("GET", f"/mem/image/{file}/iptc").json()["data"]["Iptc"]["keyword"] == "a"
    assert site.v3("GET", f"/mem/image/{file}/download").body == jpeg()
    assert site.v3("GET", f"/mem/image/{file}/download", f_embed="").body != jpeg()
    assert site.v3("GET", "/mem/user/session").json()["data"]["Session"]["tz"] == "UTC"
    assert site.v3("GET", f"/organization/{site.org}").json()["data"]["Organization"]["name"] == "Acme Pictures"


def test_v3_pages_until_there_is_no_next(site: Site) -> None:
    for seed in range(3):
        site.put(jpeg(seed))
    path = f"/mem/gallery/{site.gallery()}/images"
    first = site.v3("GET", path, page=1, per_page=2).json()["data"]
    assert (len(first["GalleryImage"]), first["Paging"]["next"]) == (2, 2)
    assert "next" not in site.v3("GET", path, page=2, per_page=2).json()["data"]["Paging"]


def test_v3_changes_visibility_and_makes_galleries(site: Site) -> None:
    file = site.put()
    top = site.get("/library").data[0]["id"]
    answer = site.v3("POST", f"/mem/collection/{top}/visibility/update", visibility="everyone")
    assert answer.json()["data"]["Collection"]["mode"] == "everyone"
    assert site.state()[file]["visible_to"] == ["staff", "public"]
    made = site.v3("GET", "/mem/gallery/insert", name="By v3", parent=top, f_list="t").json()["data"]["Gallery"]
    assert (made["f_list"], made["effective_mode"]) == ("t", "everyone")
    assert site.v3("POST", f"/mem/collection/{top}/visibility/update", visibility="open").status == 400


def test_state_survives_a_restart(tmp_path: Path) -> None:
    from dambridge_sim.kit.simulator import Options

    with serve(make_vendor(), Options(data=tmp_path)) as served:
        site = Site(served)
        site.sign_in()
        file, token = site.put(iptc={"title": "kept"}), site.token
        site.close()
    with serve(make_vendor(), Options(data=tmp_path)) as served:
        again = Site(served, key=str(served.credentials["api_key"]), token=token)
        assert again.get(f"/media/{file}/iptc").data["attributes"]["title"] == "kept"
        assert again.send("GET", f"{V4}/media/{file}/download", None, {"X-PS-Api-Key": again.key}).status == 401
        again.close()


@pytest.mark.hazard("P34")
def test_the_contributors_uploader_adds_its_keyword(site: Site) -> None:
    file = site.put(containers=["Intake/Crew"], contributor="Harbour day, pier 4", iptc={"city": "Leeds"})
    state = site.state()[file]
    assert state["containers"] == ["Intake/Crew Harbour day, pier 4"]
    assert state["metadata"] == {"keywords": ["Harbour day, pier 4"], "city": "Leeds"}
    assert site.get(f"/media/{file}/iptc").data["attributes"]["keywords"] == "Harbour day, pier 4"

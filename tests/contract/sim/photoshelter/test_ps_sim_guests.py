"""Organizations, roles, and guests: visitors of the portal, invited people, passwords and share tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import V4, Site, jpeg

Start = Callable[..., Site]
LIBRARY = """
organizations: [Second House, {name: Third House}]
integrations: [{name: Newsroom feed}, {name: Elsewhere, organization: Second House}]
contacts:
  - {email: pat@press.example, name: Pat Reporter, groups: [press]}
  - {email: sol@second.example, organization: Second House}
users:
  - {email: ad@acme.example, password: pw, role: admin}
  - {email: ed@acme.example, password: pw, role: editor}
  - {email: ta@acme.example, password: pw, role: tagger}
  - {email: co@acme.example, password: pw, role: contributor}
  - {email: pat@press.example, password: pw, role: invited}
  - {email: ann@client.example, password: pw, role: invited}
  - {email: two@acme.example, password: pw, role: editor, two_factor: true}
  - {email: ed@acme.example, password: pw, role: admin, organization: Second House}
containers:
  - {path: Public, type: collection, visibility: everyone}
  - {path: Public/Open}
  - path: Public/Hidden
    visibility: private
  - path: Clients/Press
    visibility: permission
    permissions:
      - {type: group, name: press, expires: 2030-01-01T00:00:00Z, max_downloads: 2, download_image_filetype: jpeg,
         download_image_size: 20}
      - {type: contact, contact_email: ann@client.example, download_image_filetype: original}
      - {type: password, password: open sesame}
      - {type: token, token: share-1}
  - {path: Own, organization: Second House}
files:
  a.jpg: {containers: [Public/Open], searchable: true, iptc: {title: Open}}
  b.jpg: {containers: [Clients/Press], iptc: {title: Press}}
  c.jpg: {containers: [Public/Hidden]}
  d.jpg: {containers: [Own], organization: Second House}
"""


@pytest.fixture
def house(seeded: Start, tmp_path: Path) -> Site:
    for number, name in enumerate("abcd"):
        (tmp_path / f"{name}.jpg").write_bytes(jpeg(number))
    (tmp_path / "library.yaml").write_text(LIBRARY)
    site = seeded(str(tmp_path))
    site.call("PATCH", f"/collections/{_named(site, '/library', 'Clients')}", {"mode": "everyone"})
    return site


def _named(site: Site, path: str, name: str) -> str:
    return str(next(each["id"] for each in site.get(path).data if each["attributes"]["name"] == name))


def _files(site: Site) -> dict[str, str]:
    return {line["file_name"][0]: line["id"] for line in site.state().values()}


def _as(site: Site, email: str | None, organization: str | None = None) -> Site:
    other = Site(site.served, key=site.key, _lines=site._lines)
    if email is not None:
        other.token = other.call("POST", "/authenticate", {"email": email, "password": "pw"}).json()["token"]
    if organization is not None:
        assert other.call("POST", "/organization/authenticate", {"org_id": organization}).status == 200
    return other


def test_the_role_decides_what_staff_may_do(house: Site) -> None:
    file, gallery = _files(house)["b"], house.gallery("Press")
    allowed: dict[str, list[bool]] = {}
    for who in ("ad", "ed", "ta", "co"):
        site = _as(house, f"{who}@acme.example", house.org)
        answers = [
            site.get(f"/media/{file}"),
            site.call("PATCH", f"/media/{file}/iptc", {"title": f"by {who}"}),
            site.call("PATCH", f"/galleries/{gallery}", {"description": f"by {who}"}),
            site.upload(f"{V4}/media", ("new.jpg", jpeg(9)), gallery_id=gallery),
            site.get("/library"),
            site.get("/search", org_id=house.org),
        ]
        assert {each.status for each in answers} <= {200, 401}
        allowed[who] = [each.status == 200 for each in answers]
        assert site.call("POST", "/authenticate/logout").status == 200
    #                 read   tag    edit   upload browse search
    assert allowed == {
        "ad": [True, True, True, True, True, True],
        "ed": [True, True, True, True, True, True],
        "ta": [True, True, False, False, True, True],
        "co": [False, False, False, True, False, False],
    }


def test_one_session_is_in_one_organization_and_a_second_entering_takes_it_over(house: Site) -> None:
    known = {each["name"]: each["id"] for each in house.served.credentials["organizations"]}
    assert set(known) == {"Acme Pictures", "Second House", "Third House"}
    files = _files(house)
    editor = _as(house, "ed@acme.example", house.org)
    assert {each["name"] for each in _as_orgs(house)} == {"Acme Pictures", "Second House"}
    assert editor.get(f"/media/{files['b']}").status == 200
    assert editor.get(f"/media/{files['d']}").status == 404
    editor.call("POST", "/organization/authenticate", {"org_id": known["Second House"]})
    assert editor.get(f"/media/{files['b']}").status == 404
    assert editor.get(f"/media/{files['d']}").status == 200
    assert editor.get("/media", org_id=house.org).error["id"] == "AcsPermissionException"
    assert [each["attributes"]["file_name"] for each in editor.get("/search", org_id=known["Second House"]).data] == [
        "d.jpg"
    ]
    assert editor.get("/user/session").data["attributes"]["org_id"] == known["Second House"]
    other = _as(house, "ed@acme.example", house.org)
    assert (other.get(f"/media/{files['b']}").status, editor.get(f"/media/{files['d']}").status) == (200, 200)
    assert editor.call("POST", "/organization/authenticate", {"org_id": known["Third House"]}).status == 401
    assert editor.get(f"/media/{files['d']}").status == 200
    assert editor.get("/contacts").data[0]["attributes"]["email"] == "sol@second.example"
    assert [each["attributes"]["name"] for each in editor.get("/integrations").data] == ["Elsewhere"]


def _as_orgs(house: Site) -> list[dict[str, Any]]:
    body = house.call("POST", "/authenticate", {"email": "ed@acme.example", "password": "pw"}).json()
    found: list[dict[str, Any]] = body["org"]
    return found


def test_a_user_with_two_factor_waits_while_others_do_not(house: Site) -> None:
    login = house.call("POST", "/authenticate", {"email": "two@acme.example", "password": "pw"}).json()
    assert login["two_factor"] is True
    assert _as(house, "two@acme.example").get("/user/session").status == 401
    assert _as(house, "ed@acme.example").get("/user/session").status == 200


def test_a_visitor_sees_what_is_open_to_everyone_without_the_owners_fields(house: Site) -> None:
    files, visitor = _files(house), _as(house, None)
    public = _named(house, "/library", "Public")
    shown = visitor.get(f"/collections/{public}").data["attributes"]
    assert shown["name"] == "Public"
    assert {shown[name] for name in ("created_at", "modified_at", "access_id")} == {None}
    assert house.get(f"/collections/{public}").data["attributes"]["access_id"] is not None
    kids = visitor.get(f"/collections/{public}/children").data
    assert [each["attributes"]["name"] for each in kids] == ["Open"]
    assert len(house.get(f"/collections/{public}/children").data) == 2
    opened = kids[0]["id"]
    assert [each["id"] for each in visitor.get(f"/galleries/{opened}/children").data] == [files["a"]]
    picture = visitor.get(f"/media/{files['a']}").data["attributes"]
    assert (picture["file_name"], picture["rating"], picture["creator_id"]) == ("a.jpg", None, None)
    for path in (
        f"/media/{files['b']}",
        f"/media/{files['c']}",
        f"/galleries/{house.gallery('Hidden')}",
        "/library",
        "/collections",
    ):
        assert visitor.get(path).error["id"] == "AcsPermissionException", path
    assert visitor.get(f"/media/{files['a']}/download").status == 401
    assert [each["id"] for each in visitor.get("/media", org_id=house.org).data] == [files["a"]]
    assert visitor.call("PATCH", f"/media/{files['a']}/iptc", {"title": "x"}).status == 401


def test_a_password_or_a_share_token_lets_in_and_neither_is_shown(house: Site) -> None:
    files, visitor, gallery = _files(house), _as(house, None), house.gallery("Press")
    path = f"/galleries/{gallery}/children"
    assert visitor.get(path).status == 401
    assert visitor.get(path, password="closed").status == 401
    for brought in ({"password": "open sesame"}, {"token": "share-1"}):
        assert [each["id"] for each in visitor.get(path, **brought).data] == [files["b"]]
        assert visitor.get(f"/media/{files['b']}/download", **brought).body == jpeg(1)
        entries = visitor.get(f"/galleries/{gallery}/permissions", **brought).data["attributes"]["native"]
        assert {each["attributes"][name] for each in entries for name in ("password", "token")} == {None}
    own = house.get(f"/galleries/{gallery}/permissions").data["attributes"]["native"]
    assert {each["attributes"]["password"] for each in own} == {"open sesame", None}


def test_invited_people_see_and_download_what_their_entry_gives_until_it_ends(house: Site) -> None:
    files, gallery = _files(house), house.gallery("Press")
    house.set_clock("2029-12-31T23:00:00Z")
    pat, ann = _as(house, "pat@press.example"), _as(house, "ann@client.example")
    assert pat.call("POST", "/organization/authenticate", {"org_id": house.org}).status == 401
    for guest in (pat, ann):
        (shared,) = guest.get("/user/invites").data
        assert (shared["id"], shared["attributes"]["access_id"]) == (gallery, None)
        assert guest.get(f"/media/{files['b']}").data["attributes"]["file_name"] == "b.jpg"
        assert len(guest.get(f"/media/{files['b']}/galleries", mode="invited").data) == 1
        assert guest.get(f"/media/{files['c']}").status == 401
    assert ann.get(f"/media/{files['b']}/download").body == jpeg(1)
    small = pat.get(f"/media/{files['b']}/download")
    assert small.status == 200
    assert small.body != jpeg(1)
    assert [pat.get(f"/media/{files['b']}/download").status for _ in range(2)] == [200, 401]
    house.advance(7200)
    assert pat.get("/user/invites").data == []
    assert pat.get(f"/media/{files['b']}").status == 401
    assert len(ann.get("/user/invites").data) == 1


def test_search_in_mode_invited_finds_what_was_shared_with_the_caller(house: Site) -> None:
    files, gallery = _files(house), house.gallery("Press")
    assert house.get("/search", org_id=house.org, mode="invited").data == []
    entry = [{"type": "contact", "contact_email": str(house.served.credentials["email"])}]
    house.call("PATCH", f"/galleries/{gallery}/permissions", {"permissions": json.dumps(entry)})
    assert [each["id"] for each in house.get("/search", org_id=house.org, mode="invited").data] == [files["b"]]
    assert len(house.get("/search", org_id=house.org, mode="library").data) == 3


def test_a_gallery_in_several_collections_is_as_closed_as_the_strictest_unless_one_is_named(house: Site) -> None:
    visitor, opened = _as(house, None), house.gallery("Open")
    closed = house.call("POST", "/collections", {"name": "Vault", "mode": "private"}).data["id"]
    public = _named(house, "/library", "Public")
    assert visitor.get(f"/galleries/{opened}").status == 200
    house.call("POST", f"/galleries/{opened}/parents", {"collection_id": closed})
    assert visitor.get(f"/galleries/{opened}").status == 401
    assert visitor.get(f"/galleries/{opened}", collection_id=public).status == 200
    assert visitor.get(f"/galleries/{opened}/children", collection_id=closed).status == 401
    assert visitor.get(f"/galleries/{opened}/children", collection_id=public).status == 200


def test_a_file_in_two_galleries_is_seen_through_the_open_one(house: Site) -> None:
    file, visitor = _files(house)["c"], _as(house, None)
    assert visitor.get(f"/media/{file}").status == 401
    opened, hidden = house.gallery("Open"), house.gallery("Hidden")
    house.call("POST", f"/galleries/{opened}/children", {"media_id": file})
    assert visitor.get(f"/media/{file}").status == 200
    assert visitor.get(f"/media/{file}", gallery_id=hidden).status == 401
    house.call("DELETE", f"/galleries/{opened}/children/{file}")
    assert visitor.get(f"/media/{file}").status == 401


def test_the_address_book(house: Site) -> None:
    book = {each["attributes"]["name"]: each for each in house.get("/contacts").data}
    assert set(book) == {"press", "Pat Reporter", "ann@client.example"}
    assert book["press"]["id"].startswith("CTG00")
    assert book["Pat Reporter"]["id"].startswith("CT000")
    assert book["Pat Reporter"]["attributes"]["group_ids"] == [book["press"]["id"]]
    native = house.get(f"/galleries/{house.gallery('Press')}/permissions").data["attributes"]["native"]
    assert native[0]["attributes"]["group_id"] == book["press"]["id"]
    assert native[1]["attributes"]["contact_id"] == book["ann@client.example"]["id"]
    assert [each["attributes"]["name"] for each in house.get("/contacts", query="REPORT").data] == ["Pat Reporter"]
    assert len(house.get("/contacts", email="pat@press.example").data) == 1
    assert house.get(f"/contacts/{book['press']['id']}").data["type"] == "group"
    assert house.get("/contacts/CT000nobodyknows").status == 404
    assert len(house.get("/contacts", page=1, per_page=2).data) == 2


def test_the_portal_shows_listed_open_roots_of_whoever_is_meant(house: Site) -> None:
    visitor, public = _as(house, None), _named(house, "/library", "Public")
    assert visitor.get("/portal").data == []
    house.call("PATCH", f"/collections/{public}", {"is_listed": "true"})
    user = house.get("/user/session").data["id"]
    for query in ({}, {"org_id": house.org}, {"user_id": user}):
        assert [each["id"] for each in visitor.get("/portal", **query).data] == [public]
    assert visitor.get("/portal", user_id="U0000nobodyknows").status == 404


def test_a_cookie_session_gets_its_cookie_anew_with_each_response(house: Site) -> None:
    form = {"email": "ed@acme.example", "password": "pw", "mode": "cookie", "org_id": house.org}
    first = house.call("POST", "/authenticate", form).headers["set-cookie"]
    cookie = first.partition(";")[0]
    again = house.send("GET", f"{V4}/library", None, {"X-PS-Api-Key": house.key, "Cookie": cookie})
    assert (again.status, again.headers["set-cookie"]) == (200, first)
    assert "set-cookie" not in house.get("/library").headers


@pytest.mark.parametrize(
    "wrong",
    ["organizations: [{title: x}]", "contacts: [{name: x}]", "users: [{email: a@b.example, role: king}]",
     "containers: [{path: A, permissions: [{type: king}]}]"],
)  # fmt: skip
def test_a_library_that_cannot_be_is_refused(house: Site, tmp_path: Path, wrong: str) -> None:
    folder = tmp_path / "wrong"
    folder.mkdir()
    (folder / "library.yaml").write_text(wrong)
    assert house.control("POST", "/reset", {"seed": str(folder)}).status == 400


def test_the_library_in_the_documentation_loads(site: Site, tmp_path: Path) -> None:
    page = Path(__file__).parents[4] / "docs" / "reference" / "simulator-photoshelter.md"
    example = page.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "library.yaml").write_text(example)
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    assert site.control("POST", "/reset", {"seed": str(tmp_path)}).status == 200
    (line,) = site.state().values()
    assert sorted(line["containers"]) == ["Clients/Press", "Partners/Press"]
    assert line["visible_to"] == ["staff", "group:ann@client.example", "group:password", "group:press"]
    assert line["custom"] == {"approval": "Yes"}
    reviews = {
        "Spring campaign": {"thumb": "down", "comment": "no release", "by": "kim@acme.example"},
        "Summer": "up",
        "Winter": None,
    }
    site.edit(line["id"], reviews=reviews)
    assert site.state()[line["id"]]["reviews"] == {"Spring campaign": "down", "Summer": "up"}


def test_a_website_lists_open_galleries_with_a_key_and_an_organization(house: Site) -> None:
    visitor = _as(house, None)
    found = visitor.get("/galleries", org_id=house.org, include="key-image,link").data
    assert [each["attributes"]["name"] for each in found] == ["Open"]
    assert visitor.get("/galleries").status == 401
    assert len(house.get("/galleries", org_id=house.org).data) == 3


def test_a_collection_has_one_parent(house: Site, tmp_path: Path) -> None:
    folder = tmp_path / "wrong"
    folder.mkdir()
    (folder / "library.yaml").write_text("containers: [{path: A/B, type: collection, also_in: [C]}]")
    assert house.control("POST", "/reset", {"seed": str(folder)}).status == 400


def test_who_consents_to_oauth_is_whom_the_switch_names(house: Site) -> None:
    form = {
        "application_name": "a",
        "name": "n",
        "description": "d",
        "email": "e@x.example",
        "redirect_uri": "https://x.example/",
    }
    client = house.call("POST", "/oauth/register", form).data["attributes"]
    known = {name: client[name] for name in ("client_id", "client_secret", "redirect_uri")}

    def consents() -> str:
        ask = {"response_type": "code", "client_id": client["client_id"], "redirect_uri": client["redirect_uri"]}
        code = _as(house, None).get("/oauth/authorize", **ask).headers["location"].partition("code=")[2]
        pair = house.call("POST", "/oauth/token", {**known, "grant_type": "authorization_code", "code": code}).json()
        headers = {"X-PS-Api-Key": house.key, "Authorization": f"Bearer {pair['access_token']}"}
        return str(house.send("GET", f"{V4}/user/session", None, headers).data["attributes"]["email"])

    assert consents() == house.served.credentials["email"]
    house.switch(oauth_user="ed@acme.example")
    assert consents() == "ed@acme.example"
    house.switch(oauth_user="gone@acme.example")
    assert _as(house, None).get("/oauth/authorize", response_type="code", **known).status == 400

"""What a client meets that nobody here wrote: odd numbers, odd bodies, odd parts, odd ranges (PS 4.1, 4.4, 4.6, E28, 7)."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from .conftest import V3, V4, Site, jpeg


def _json(site: Site, method: str, path: str, body: bytes) -> Any:
    headers = {"X-PS-Api-Key": site.key, "X-PS-Auth-Token": site.token, "Content-Type": "application/json"}
    return site.send(method, V4 + path, body, headers)


# Bodies


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": {"a": 1}}',
        b'{"name": ["a"]}',
        b'{"name": "half \\ud83d of a pair"}',
        b'["name"]',
        b'"name"',
        b"[" * 100_000,
    ],
)
def test_json_that_is_no_object_of_single_values_is_refused_and_makes_nothing(site: Site, body: bytes) -> None:
    answer = _json(site, "POST", "/collections", body)
    assert (answer.status, answer.error["id"]) == (400, "BadRequestException")
    assert site.get("/collections").data == []


@pytest.mark.parametrize("nothing", [b"[]", b"{}", b"null", b""])
def test_json_of_nothing_is_nothing_as_php_writes_it(site: Site, nothing: bytes) -> None:
    assert _json(site, "POST", "/organization/logout", nothing).status == 200
    assert site.get("/library").status == 401


def test_json_of_single_values_is_taken(site: Site) -> None:
    made = _json(
        site, "POST", "/galleries", b'{"name": "Fl\\ud83d\\ude00", "is_listed": true, "display_order": 3}'
    ).data
    shown = made["attributes"]
    assert (shown["name"], shown["is_listed"], shown["display_order"]) == ("Fl\U0001f600", True, 3)


@pytest.mark.parametrize("value", ['{"a": 1}', '["a", "b"]'])
def test_a_text_of_the_record_is_no_list_and_no_object(site: Site, value: str) -> None:
    identifier = site.put(iptc={"caption": "before", "keywords": ["one"]})
    assert _json(site, "PATCH", f"/media/{identifier}/iptc", b'{"caption": %s}' % value.encode()).status == 400
    assert _json(site, "PATCH", f"/media/{identifier}/iptc", b'{"keywords": [%s]}' % value.encode()).status == 400
    record = site.get(f"/media/{identifier}/iptc").data["attributes"]
    assert (record["caption"], record["keywords"]) == ("before", "one")
    assert _json(site, "PATCH", f"/media/{identifier}/iptc", b'{"keywords": ["a", "b"], "urgency": 5}').status == 200
    record = site.get(f"/media/{identifier}/iptc").data["attributes"]
    assert (record["keywords"], record["urgency"]) == ("a, b", "5")


def test_a_password_is_compared_to_the_letter(site: Site) -> None:
    known = site.served.credentials
    for padded, status in ((f" {known['password']}", 401), (f"{known['password']} ", 401), (known["password"], 200)):
        assert site.call("POST", "/authenticate", {"email": known["email"], "password": padded}).status == status


def test_a_boundary_beyond_reason_is_a_bad_request(site: Site) -> None:
    kind = f"multipart/form-data; boundary={'x' * 3000}"
    answer = site.send("POST", f"{V4}/authenticate", b"--x", {"X-PS-Api-Key": site.key, "Content-Type": kind})
    assert answer.status == 400


# Numbers and pages


@pytest.mark.parametrize("page", ["1_0", "\u0663", "1.5", "abc", "9" * 30, "0x1"])
def test_a_page_that_is_no_plain_number_is_refused(site: Site, page: str) -> None:
    assert site.get("/library", page=page, per_page=10).status == 400


@pytest.mark.parametrize(("page", "number"), [("0", 1), ("-1", 1), (" 2 ", 2), ("9" * 18, int("9" * 18))])
def test_a_page_out_of_bounds_is_a_page(site: Site, page: str, number: int) -> None:
    site.put()
    answer = site.get("/search", org_id=site.org, page=page, per_page=10)
    assert answer.json()["meta"]["paging"]["page"] == number
    assert len(answer.data) == (1 if number == 1 else 0)


@pytest.mark.parametrize(
    ("order", "status"), [("0", 200), ("99999999", 200), ("-1", 400), ("100000000", 400), ("x", 400)]
)
def test_the_order_of_a_container_is_bounded(site: Site, order: str, status: int) -> None:
    assert site.call("POST", "/galleries", {"name": "G", "display_order": order}).status == status


@pytest.mark.parametrize("size", ["\u0666\u0660x\u0664\u0660", "600", "600X400"])
def test_a_size_that_is_not_written_in_digits_is_refused(site: Site, size: str) -> None:
    assert site.get(f"/media/{site.put()}/link", image_size=size).status == 400


def test_a_video_is_had_in_the_three_qualities_alone(site: Site) -> None:
    identifier = site.put(b"\0\0\0\x18ftypisom\0\0\0\0isommp41", "drone.mp4")
    for quality, status in (
        ("hd1080", 200),
        ("hd720", 200),
        ("sd480", 200),
        ("original", 200),
        ("", 200),
        ("uhd", 400),
    ):
        answer = site.get(f"/media/{identifier}/download", download_filetype="mp4", download_quality=quality)
        assert answer.status == status, quality


# What is asked for under a wrong name


def test_a_key_image_is_that_of_the_kind_in_the_address(site: Site) -> None:
    site.put()
    gallery = site.gallery()
    collection = site.get("/collections").data[0]["id"]
    assert site.get(f"/galleries/{gallery}/key-image").status == 200
    assert site.get(f"/collections/{collection}/key-image").status == 200
    assert site.get(f"/collections/{gallery}/key-image").status == 404
    assert site.get(f"/galleries/{collection}/key-image").status == 404


def test_nobody_has_the_portal_of_an_organization_that_is_not_there(visitor: Site) -> None:
    assert visitor.get("/portal", org_id="O0000nobodyhere0").status == 404
    assert visitor.get("/portal", org_id=visitor.org).status == 200


def test_outside_any_organization_nothing_is_made_though_everything_looks_empty(site: Site) -> None:
    site.switch(before_organization="empty")
    site.sign_in(enter=False)
    assert site.get("/library").data == []
    assert site.call("POST", "/galleries", {"name": "nowhere"}).status == 401
    assert site.call("POST", "/embed-tokens", {"name": "nowhere"}).status == 401
    assert site.get("/library").data == []


@pytest.mark.parametrize(
    "entry",
    [
        {"max_downloads": "x"},
        {"max_downloads": -1},
        {"max_downloads": True},
        {"download_image_size": 0},
        {"download_image_embed": "yes"},
        {"attributes": 5},
    ],
)
def test_a_permission_entry_of_wrong_types_is_refused(site: Site, entry: dict[str, Any]) -> None:
    site.put()
    path = f"/galleries/{site.gallery()}/permissions"
    whole = {"type": "password", "password": "abc", "max_downloads": 3, "download_image_size": 600}
    assert _json(site, "PATCH", path, json.dumps({"permissions": [whole]}).encode()).status == 200
    assert _json(site, "PATCH", path, json.dumps({"permissions": [{**whole, **entry}]}).encode()).status == 400
    assert site.get(path).data["attributes"]["native"][0]["attributes"]["max_downloads"] == 3


def test_faults_of_listings_strike_lists_without_pages_too(site: Site) -> None:
    identifier = site.put()
    gallery = site.gallery()
    lists = [f"/galleries/{gallery}/cover", f"/galleries/{gallery}/path", f"/media/{identifier}/versions"]
    for path in lists:
        whole = site.get(path).data
        for action, count in (("empty_list", 0), ("half_list", len(whole) // 2), ("duplicate_item", len(whole) + 1)):
            site.control("POST", "/faults", {"rules": [{"action": action, "times": 1}]})
            assert len(site.get(path).data) == count, (path, action)
        assert site.get(path).data == whole


def test_emptiness_is_asked_of_the_fields_that_are_listed(site: Site) -> None:
    site.put(iptc={"country": "Norway"})
    assert len(site.get("/media", org_id=site.org, not_empty="country").data) == 1
    assert site.get("/media", org_id=site.org, not_empty="country_iso").status == 400


# Downloads


@pytest.mark.parametrize(
    ("wanted", "status", "start", "stop"),
    [
        ("Bytes=0-1", 206, 0, 2),
        ("bytes=0-" + "9" * 40, 206, 0, None),
        ("bytes=5-2", 200, 0, None),
        ("bytes=-", 200, 0, None),
        ("bytes=\u00b2-", 200, 0, None),
        ("bytes=0-0,5-6", 200, 0, None),
    ],
)
def test_a_range_is_answered_or_ignored(site: Site, wanted: str, status: int, start: int, stop: int | None) -> None:
    data = jpeg(7)
    path = f"{V4}/media/{site.put(data)}/download"
    answer = site.send("GET", path, None, {"X-PS-Api-Key": site.key, "X-PS-Auth-Token": site.token, "Range": wanted})
    assert (answer.status, answer.body) == (status, data[start:stop])


def test_a_range_on_a_condition_that_cannot_hold_is_the_whole_file(site: Site) -> None:
    data = jpeg(8)
    path = f"{V4}/media/{site.put(data)}/download"
    headers = {"X-PS-Api-Key": site.key, "X-PS-Auth-Token": site.token, "Range": "bytes=2-3"}
    assert site.send("GET", path, None, headers).body == data[2:4]
    assert site.send("GET", path, None, {**headers, "If-Range": '"abc"'}).body == data


def test_every_download_names_the_file_in_ascii_and_in_full(site: Site) -> None:
    identifier = site.put(file_name='gr"\u00f6\u00dfe.jpg')
    full = "filename*=UTF-8''gr%22%C3%B6%C3%9Fe.jpg"
    for query in ({}, {"download_image_embed": "true"}, {"download_filetype": "jpeg"}):
        header = site.get(f"/media/{identifier}/download", **query).headers["content-disposition"]
        assert header == f'attachment; filename="gr___e.jpg"; {full}'


# Parts


def _part(site: Site, path: str, key: str | None, *parts: tuple[str, bytes]) -> Any:
    body = b"".join(b"--x\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (h.encode(), d) for h, d in parts)
    kind = "multipart/form-data; boundary=x"
    headers = {"X-PS-Api-Key": key, "X-PS-Auth-Token": site.token, "Content-Type": kind}
    return site.send("POST", path, body + b"--x--\r\n", headers)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("name=\"file\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.jpg", "gr\u00f6\u00dfe.jpg"),
        ("name=\"file\"; filename*=iso-8859-1'de'gr%F6%DFe.jpg", "gr\u00f6\u00dfe.jpg"),
        ("filename*=utf-8''a%20b.jpg; name=file", "a b.jpg"),
        ('name="file"; filename="plain.jpg"; filename*=UTF-8\'\'full.jpg', "full.jpg"),
        ("name=\"file\"; filename*=klingon''a%20b.jpg", None),
        ('name="file"', None),
        ('name="file"; filename=""', None),
    ],
)
def test_a_part_is_a_file_when_it_names_one(site: Site, header: str, name: str | None) -> None:
    site.put()
    gallery = ('name="gallery_id"', site.gallery().encode())
    answer = _part(site, f"{V4}/media", site.key, gallery, (header, jpeg(9)))
    if name is None:
        assert answer.status == 400
    else:
        assert answer.data["attributes"]["file_name"] == name


@pytest.mark.parametrize("names", [("file", "file"), ("file[]", "file[]"), ("file[0]", "file[1]")])
def test_v3_takes_an_array_of_files(site: Site, names: tuple[str, str]) -> None:
    site.put()
    gallery = ('name="gallery_id"', site.gallery().encode())
    files = [(f'name="{name}"; filename="{place}.jpg"', jpeg(place)) for place, name in enumerate(names)]
    answer = _part(site, f"{V3}/mem/image/upload", str(site.served.credentials["api_key_v3"]), gallery, *files)
    assert [each["file_name"] for each in answer.data["Image"]] == ["0.jpg", "1.jpg"]


@pytest.mark.parametrize(
    "files",
    [
        ['name="picture"; filename="a.jpg"'],
        ['name="file"; filename="a.jpg"', f'name="file"; filename="{"x" * 256}"'],
        ['name="file"; filename="a.jpg"', 'name="file"; filename=""'],
    ],
)
def test_v3_takes_all_files_of_an_upload_or_none(site: Site, files: list[str]) -> None:
    site.put()
    gallery = ('name="gallery_id"', site.gallery().encode())
    key = str(site.served.credentials["api_key_v3"])
    answer = _part(site, f"{V3}/mem/image/upload", key, gallery, *((header, jpeg(3)) for header in files))
    assert answer.status == 400
    assert len(site.state()) == 1


# v3


def test_v3_pages_the_children_of_a_collection_until_there_is_no_next(site: Site) -> None:
    for name in ("Riverbend/A", "Riverbend/B/C", "Riverbend/D"):
        site.put(containers=[name])
    top = site.get("/collections", name="Riverbend").data[0]["id"]
    for path, count in ((f"/mem/collection/{top}/children", 3), ("/mem/collection/root/children", 1)):
        page, names, more = 1, list[str](), True
        while more:
            data = site.v3("GET", path, page=page, per_page=2).data
            names += [each["name"] for kind in ("Collection", "Gallery") for each in data["Children"][kind]]
            more, page = "next" in data["Paging"], page + 1
        assert len(names) == len(set(names)) == count == data["Paging"]["total"]


def test_v3_names_the_children_of_a_gallery_by_their_kind(site: Site) -> None:
    shown = [site.put(), site.put(b"%PDF-1.4\n%%EOF", "contract.pdf")]
    path = f"/mem/gallery/{site.gallery()}/children"
    data = site.v3("GET", path, page=1, per_page=1).data
    assert [each["image_id"] for each in data["GalleryImage"]] == shown[:1]
    assert data["Paging"]["next"] == 2
    data = site.v3("GET", path, page=2, per_page=1).data
    assert (data["GalleryImage"], data["GalleryDoc"][0]["doc_id"]) == ([], shown[1])
    assert "next" not in data["Paging"]


def test_v3_images_call_their_small_copy_thumb(site: Site) -> None:
    image = site.v3("GET", f"/mem/image/{site.put(jpeg(1, (400, 200)))}").data["Image"]
    assert (image["thumb_width"], image["thumb_height"]) == (200, 100)
    assert not any(name.startswith("thumbnail") for name in image)


def test_v3_leaves_out_what_an_extend_says_in_no_known_form(site: Site) -> None:
    site.put()
    extend = json.dumps({"Image": 5, "ImageLink": {"params": 3}, "Nothing": {"fields": ["a"]}})
    [found] = site.v3("GET", f"/mem/gallery/{site.gallery()}/images", extend=extend).data["GalleryImage"]
    assert found["ImageLink"]["link"]
    assert found["Image"]["file_name"] == "tractor_001.jpg"
    assert "Nothing" not in found


def test_v3_searches_for_visitors_what_is_public(site: Site, visitor: Site) -> None:
    shown = site.put(jpeg(1), "open.jpg", containers=["Open"], visibility="everyone", searchable=True)
    site.put(jpeg(2), "unlisted.jpg", containers=["Open"])
    site.put(jpeg(3), "closed.jpg", containers=["Closed"], searchable=True)
    for query in ({}, {"galleries": site.gallery("Open")}, {"org_id": site.org}):
        found = visitor.v3("GET", "/media/search", terms="jpg", **query).data["Media"]
        assert [each["Image"]["image_id"] for each in found] == [shown]
    assert len(site.v3("GET", "/media/search", terms="jpg").data["Media"]) == 3


# What clients of other people call (PS 1: DRU, TT, NAQ, and v3's public side)


def test_v3_signs_in_by_get_and_by_json_that_is_called_text(site: Site) -> None:
    known = site.served.credentials
    query = {"email": known["email"], "password": known["password"], "mode": "token"}
    address = f"{V3}/mem/authenticate?api_key={known['api_key_v3']}"
    for answer in (
        site.send("GET", f"{address}&{urlencode(query)}"),
        site.send("POST", address, json.dumps(query).encode(), {"Content-Type": "text/plain;charset=UTF-8"}),
    ):
        token = answer.data["token"]
        path = f"{V3}/mem/organization/{answer.data['org'][0]['id']}/authenticate?api_key={known['api_key_v3']}"
        assert site.send("GET", f"{path}&auth_token={token}").json()["status"] == "ok"
    assert site.send("POST", address, b"email=x", {"Content-Type": "text/plain"}).status == 400
    v4 = f"{V4}/authenticate?api_key={known['api_key']}"
    assert site.send("POST", v4, json.dumps(query).encode(), {"Content-Type": "text/plain"}).status == 415


def test_v3_shows_workspaces_to_members_who_entered_no_organization_and_signs_them_out(site: Site) -> None:
    file = site.put(reviews={"Spring": "up"})
    site.sign_in(enter=False)
    [workspace] = site.v3("GET", "/workspace/query", extend='{"MediaCount": {"fields": "total"}}').data["Workspace"]
    assert workspace["MediaCount"] == {"total": 1}
    path = f"/workspace/{workspace['workspace_id']}/media"
    [tie] = site.v3("GET", path, extend='{"Media": {"fields": "image_id"}}').data["WorkspaceMedia"]
    assert tie["WorkspaceImage"]["Media"] == {"image_id": file}
    assert site.v3("GET", f"{path}/{file}/review").data["Review"]["thumb"] == "up"
    assert site.v3("GET", "/mem/collection/root/children").status == 401
    for method in ("GET", "POST"):
        site.sign_in(enter=False)
        assert site.v3("GET", "/workspace/query").status == 200
        assert site.v3(method, "/mem/authenticate/logout").json()["status"] == "ok"
        assert site.v3("GET", "/workspace/query").status == 401


def test_a_session_token_may_stand_in_the_query(site: Site) -> None:
    path = f"{V4}/media/{site.put(jpeg(5))}"
    key = {"X-PS-Api-Key": site.key}
    assert site.send("GET", path, None, key).status == 401
    assert site.send("GET", f"{path}?token=nobodys", None, key).status == 401
    assert site.send("GET", f"{path}?token={site.token}", None, key).status == 200
    assert site.send("GET", f"{path}/download?token={site.token}", None, key).body == jpeg(5)
    assert f"{site.token}".encode() not in site.control("GET", "/journal").body
    site.call("POST", "/authenticate/logout")
    assert site.send("GET", f"{path}?token={site.token}", None, key).status == 401


def test_v3_lists_all_collections_and_galleries_with_what_is_about_them(site: Site) -> None:
    image = site.put(containers=["Riverbend/Harvest 2025"], iptc={"keywords": ["a", "b"], "credit": "C"})
    site.put(jpeg(2), containers=["Riverbend/Deep/Down"])
    link = {"ImageLink": {"fields": "link", "params": {"image_size": "x700", "f_https_link": "t"}}}
    about = {"KeyImage": {"fields": "image_id,gallery_id"}, "Visibility": {"fields": "mode"}, **link}
    children = {"Gallery": {"fields": "gallery_id,name"}, "Collection": {"fields": "collection_id"}}
    extend = json.dumps({"Permission": {"fields": "mode"}, "Children": children, **about})
    found = site.v3("GET", "/mem/collection", fields="collection_id,name,modified_at", extend=extend).data["Collection"]
    top = next(each for each in found if each["name"] == "Riverbend")
    assert top["Permission"] == top["Visibility"] == {"mode": "private"}
    assert top["KeyImage"]["image_id"] == image
    assert "=x700" in top["KeyImage"]["ImageLink"]["link"]
    assert [set(each) for each in top["Children"]["Gallery"]] == [{"gallery_id", "name"}]
    assert [set(each) for each in top["Children"]["Collection"]] == [{"collection_id"}]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT", top["modified_at"])
    one = site.v3("GET", f"/mem/collection/{top['collection_id']}", fields="name", extend=extend).data["Collection"]
    assert one["Children"] == top["Children"]
    extend = json.dumps({"Parents": {"fields": "collection_id"}, **about})
    gallery = site.v3("GET", "/mem/gallery", fields="gallery_id,name", extend=extend).data["Gallery"][0]
    assert gallery["Parents"] == [{"collection_id": top["collection_id"]}]
    assert gallery["Visibility"] == {"mode": "private"}
    extend = json.dumps({"Image": {"fields": "file_name"}, "Iptc": {"fields": "keyword,credit"}, **link})
    [tie] = site.v3("GET", f"/mem/gallery/{gallery['gallery_id']}/images", extend=extend).data["GalleryImage"]
    assert tie["Image"]["Iptc"] == tie["Iptc"] == {"keyword": "a, b", "credit": "C"}
    assert site.send("GET", tie["ImageLink"]["link"].removeprefix(site.served.url)).status == 200


def test_v3_goes_up_from_collections_galleries_and_images(site: Site) -> None:
    image = site.put(containers=["Riverbend/Deep/Down"])
    gallery = site.gallery("Down")
    parents = site.v3("GET", f"/mem/gallery/{gallery}/parent").data["Parents"]["Collection"]
    assert [each["name"] for each in parents] == ["Deep"]
    above = site.v3("GET", f"/mem/collection/{parents[0]['collection_id']}/parent").data["Collection"]
    assert above["name"] == "Riverbend"
    assert site.v3("GET", f"/mem/collection/{above['collection_id']}/parent").data["Collection"] == {}
    path = f"/mem/image/{image}/galleries"
    [tie] = site.v3("GET", path, extend='{"Gallery": {"fields": "name"}}').data["ImageGallery"]
    assert (tie["gallery_id"], tie["Gallery"]) == (gallery, {"name": "Down"})
    assert "Gallery" not in site.v3("GET", path).data["ImageGallery"][0]


def test_v3_shows_visitors_what_is_open_and_members_call_under_mem(site: Site, visitor: Site) -> None:
    image = site.put(containers=["Shop/Open"], visibility="everyone")
    site.put(jpeg(2), containers=["Shop/Closed"], visibility="private")
    shop, opened, closed = site.get("/collections").data[0]["id"], site.gallery("Open"), site.gallery("Closed")
    extend = json.dumps({"GalleryImage": {"fields": "image_id"}, "ImageLink": {"fields": "link"}})
    record = visitor.v3("GET", f"/gallery/{opened}", extend=extend).data["Gallery"]
    assert [each["image_id"] for each in record["GalleryImage"]] == [image]
    assert record["GalleryImage"][0]["ImageLink"]["link"]
    assert len(visitor.v3("GET", f"/gallery/{opened}/images").data["GalleryImage"]) == 1
    for path in (f"/gallery/{closed}", f"/collection/{shop}", f"/mem/gallery/{opened}", f"/mem/image/{image}"):
        assert visitor.v3("GET", path).status == 401
        assert site.v3("GET", path).status == 200
    assert visitor.v3("GET", f"/collection/{shop}/children").status == 401
    assert site.v3("POST", f"/mem/collection/{shop}/visibility/update", visibility="everyone").status == 200
    children = visitor.v3("GET", f"/collection/{shop}/children", fields="name").data["Children"]
    assert children == {"Collection": [], "Gallery": [{"name": "Open"}]}
    about = {"Gallery": {"fields": "name"}, "MediaCount": {"fields": "images"}, "KeyImage": {"fields": "image_id"}}
    extend = json.dumps({**about, "ImageLink": {"fields": "base,link"}})
    [child] = visitor.v3("GET", f"/collection/{shop}/children", extend=extend).data["Children"]["Gallery"]
    assert (child["name"], child["MediaCount"], child["KeyImage"]["image_id"]) == ("Open", {"images": 1}, image)
    address = child["KeyImage"]["ImageLink"]["base"].removeprefix(site.served.url)
    assert visitor.send("GET", f"{address}/fit=20x20").headers["content-type"] == "image/jpeg"


def test_v3_sorts_the_images_of_a_gallery_and_reads_json_that_nobody_encoded(site: Site) -> None:
    for number, name in enumerate(("b.jpg", "C.jpg", "a.jpg")):
        site.put(jpeg(number), name)
    for way, names in (("asc", ["a.jpg", "b.jpg", "C.jpg"]), ("desc", ["C.jpg", "b.jpg", "a.jpg"])):
        query = f'sort_by=file_name&sort_dir={way}&extend={{"Image":{{"fields":"file_name"}}}}'
        key = {"X-PS-Api-Key": str(site.served.credentials["api_key_v3"]), "X-PS-Auth-Token": site.token}
        answer = site.send("GET", f"{V3}/mem/gallery/{site.gallery()}/images?{query}", None, key)
        assert [each["Image"]["file_name"] for each in answer.data["GalleryImage"]] == names
    assert site.v3("GET", f"/mem/gallery/{site.gallery()}/images", sort_by="mood").status == 400


def test_what_is_absent_is_a_section_of_the_reference(site: Site) -> None:
    assert site.control("POST", "/switches", {"absent": ["E26", "8", "6.4"]}).status == 200
    for value in (["E26", "E99"], [26], [["E26"]], "E26"):
        assert site.control("POST", "/switches", {"absent": value}).status == 400
    assert site.get("/contacts").status == 404


# People


@pytest.mark.parametrize("meta", [{"trash": "yes"}, {"iptc": {"title": {"a": 1}}}, {"iptc": {"keywords": [["a"]]}}])
def test_a_person_cannot_say_nonsense(site: Site, meta: dict[str, Any]) -> None:
    identifier = site.put()
    assert site.control("PATCH", f"/assets/{identifier}", meta).status == 400
    assert site.control("PATCH", f"/assets/{identifier}", {"trash": False, "iptc": {"title": "T"}}).status == 200

"""Collections and galleries: the wire of section 6.1."""

from __future__ import annotations

import pytest

from .conftest import Site, jpeg

GALLERY_ATTRIBUTES = {
    "name", "description", "display_order", "access_id", "is_listed", "created_at", "modified_at",
}  # fmt: skip


def _find(site: Site, path: str, name: str) -> str:
    return str(next(each["id"] for each in site.get(path).data if each["attributes"]["name"] == name))


def test_the_root_and_its_children(site: Site) -> None:
    site.set_clock("2025-05-11T16:20:00.125Z")
    site.put()
    answer = site.get("/library")
    (top,) = answer.data
    assert top["type"] == "collection"
    assert top["id"].startswith("C0000")
    assert set(top["attributes"]) == GALLERY_ATTRIBUTES
    assert top["attributes"]["created_at"] == "2025-05-11T16:20:00.125000"
    assert answer.json()["meta"]["paging"]["total"] == 1
    answer = site.get(f"/collections/{top['id']}/children")
    (child,) = answer.data
    assert {"mode", "effective_mode", "access_inherit", "name"} <= set(child["attributes"])
    assert child["links"]["self"].endswith(f"/psapi/v4/galleries/{child['id']}")
    assert answer.json()["meta"]["children_count"] == {"total": 1, "galleries": 1, "collections": 0}


def test_counts_stand_in_meta_and_answer_to_old_and_new_paths(site: Site) -> None:
    site.put()
    site.put(b"%PDF-1.4\n", "contract.pdf")
    gallery, top = site.gallery(), site.get("/library").data[0]["id"]
    wanted = {"total": 2, "images": 1, "videos": 0, "audio": 0, "documents": 1}
    for path in ("child-count", "children/count", "child_count"):
        body = site.get(f"/galleries/{gallery}/{path}").json()
        assert "data" not in body
        assert body["meta"]["children_count"] == wanted
    for path in ("child-count", "count"):
        assert site.get(f"/collections/{top}/{path}").json()["meta"]["children_count"]["galleries"] == 1


def test_a_gallery_brings_what_is_asked_for_and_no_more(site: Site) -> None:
    image = site.put()
    gallery = site.gallery()
    bare = site.get(f"/galleries/{gallery}").data
    assert set(bare["attributes"]) == GALLERY_ATTRIBUTES
    assert "includes" not in bare
    names = "key-image,link,permissions,access,path,child-count,parent,nonsense"
    included = site.get(f"/galleries/{gallery}", include=names).data["includes"]
    assert set(included) == set(names.split(",")) - {"nonsense"}
    assert included["key-image"]["data"]["attributes"]["image_id"] == image
    assert [each["attributes"]["name"] for each in included["path"]["data"]] == ["Harvest 2025", "Riverbend"]
    assert included["parent"]["data"]["attributes"]["name"] == "Riverbend"
    assert included["child-count"]["data"]["attributes"]["total"] == 1
    assert included["permissions"]["data"] == []
    assert set(site.get(f"/galleries/{gallery}", include="key_image").data["includes"]) == {"key-image"}


def test_collections_are_found_by_exact_or_partial_name(site: Site) -> None:
    site.put(containers=["Riverbend/A", "Riverside/B"])
    assert site.get("/collections", name="river").data == []
    assert len(site.get("/collections", name="river", match="false").data) == 2
    assert len(site.get("/collections", name="Riverbend").data) == 1
    assert len(site.get("/collections", parent="").data) == 2


def test_galleries_by_part_of_the_name_by_parent_and_newest_first(site: Site) -> None:
    site.set_clock("2025-01-01T00:00:00Z")
    site.put(containers=["Riverbend/Old"])
    site.advance(60)
    site.put(containers=["Riverbend/New harvest"])
    site.advance(60)
    site.put(containers=["Riverbend/Old"], data=jpeg(2))
    assert len(site.get("/galleries", name="HARV").data) == 1
    parent = site.get("/collections").data[0]["id"]
    assert len(site.get("/galleries", parent=parent).data) == 2
    recent = site.get("/galleries", recently_updated="true").data
    assert [each["attributes"]["name"] for each in recent] == ["Old", "New harvest"]
    site.switch(membership_moves_container=False)


def test_children_of_a_gallery_are_thin_and_sorted_as_asked(site: Site) -> None:
    site.set_clock("2025-01-01T00:00:00Z")
    first = site.put(file_name="b.jpg")
    site.advance(5)
    second = site.put(jpeg(1), file_name="a.jpg")
    gallery = site.gallery()
    items = site.get(f"/galleries/{gallery}/children", page=1, per_page=1000).data
    assert items == [
        {"id": first, "type": "image", "attributes": {"display_order": 1}},
        {"id": second, "type": "image", "attributes": {"display_order": 2}},
    ]

    def order(**query: object) -> list[str]:
        return [each["id"] for each in site.get(f"/galleries/{gallery}/children", **query).data]

    assert order(sort_by="file_name") == [second, first]
    assert order(sort_by="added_at", sort_direction="descending") == [second, first]
    assert order(sort_by="modification_time") == [first, second]
    assert site.get(f"/galleries/{gallery}/children", sort_by="nonsense").status == 400


def test_added_at_knows_a_file_that_was_put_there_later(site: Site) -> None:
    site.set_clock("2025-01-01T00:00:00Z")
    old = site.put(containers=["Intake/Drafts"])
    site.advance(60)
    site.put(jpeg(1), containers=["Intake/Approved"])
    site.advance(60)
    before = site.get(f"/media/{old}").data["attributes"]["updated_at"]
    site.edit(old, containers=["Intake/Approved"])
    children = site.get(f"/galleries/{site.gallery('Approved')}/children", sort_by="added_at", sort_dir="desc").data
    assert children[0]["id"] == old
    assert site.get(f"/media/{old}").data["attributes"]["updated_at"] == before
    assert site.get(f"/galleries/{site.gallery('Drafts')}/children").data == []


def test_ids_with_dots_are_no_file_extensions(site: Site) -> None:
    ids = [site.put(jpeg(seed), file_name=f"{seed}.jpg") for seed in range(40)]
    assert any("." in each for each in ids)
    for each in ids:
        assert len(each) == 16
        assert site.get(f"/media/{each}").data["id"] == each


@pytest.mark.parametrize("query", [{"page": 2}, {"per_page": 1}])
def test_one_of_the_two_paging_parameters_alone_does_nothing(site: Site, query: dict[str, int]) -> None:
    for seed in range(3):
        site.put(jpeg(seed))
    body = site.get(f"/galleries/{site.gallery()}/children", **query).json()
    assert len(body["data"]) == 3
    assert body["meta"]["paging"]["page"] == 1


def test_paging_links_carry_the_key_and_no_scheme(site: Site) -> None:
    for seed in range(5):
        site.put(jpeg(seed))
    path = f"/galleries/{site.gallery()}/children"
    paging = site.get(path, page=2, per_page=2).json()["meta"]["paging"]
    host = site.served.url.removeprefix("http://")
    link = f"{host}/psapi/v4.0{path}?api_key={site.key}&page="
    assert paging == {
        "total": 5, "page": 2, "first": f"{link}1", "prev": f"{link}1", "next": f"{link}3", "last": f"{link}3",
    }  # fmt: skip
    assert "prev" not in site.get(path, page=0, per_page=2).json()["meta"]["paging"]
    assert site.get(path, page=9, per_page=2).data == []
    assert site.get(path, page="x", per_page=2).status == 400


@pytest.mark.hazard("P08")
def test_a_walk_while_files_come_and_go_misses_or_repeats_as_real_paging_does(site: Site) -> None:
    ids = []
    for seed in range(6):
        ids.append(site.put(jpeg(seed)))
        site.advance(1)
    path = f"/galleries/{site.gallery()}/children"
    first = [each["id"] for each in site.get(path, page=1, per_page=3).data]
    site.control("DELETE", f"/assets/{ids[0]}")
    second = [each["id"] for each in site.get(path, page=2, per_page=3).data]
    assert ids[3] not in first + second
    newest = site.put(jpeg(99))
    site.advance(1)
    down = {"per_page": 3, "sort_by": "added_at", "sort_direction": "descending"}
    assert site.get(path, page=1, **down).data[0]["id"] == newest
    site.put(jpeg(100))
    page = [each["id"] for each in site.get(path, page=2, **down).data]
    assert page[0] == ids[4]
    whole = [each["id"] for each in site.get(path, page=1, per_page=1000).data]
    assert len(set(whole)) == 7


def test_making_changing_and_deleting_containers(site: Site) -> None:
    top = site.call("POST", "/collections", {"name": "Partners"}).data["id"]
    made = site.call("POST", "/galleries", {"name": "Press", "parent": top, "mode": "private"}).data
    assert made["attributes"]["name"] == "Press"
    changed = site.call("PATCH", f"/galleries/{made['id']}", {"description": "x" * 100, "is_listed": "true"}).data
    assert changed["attributes"]["is_listed"] is True
    assert site.call("PATCH", f"/galleries/{made['id']}", {"description": "x" * 101}).status == 400
    assert site.call("POST", "/galleries", {"name": "n" * 101}).status == 400
    assert site.call("POST", "/galleries", {"name": "n", "parent": "C0000nobodyknows"}).status == 404
    assert site.call("POST", "/galleries", {"name": "n", "mode": "secret"}).status == 400
    file = site.put(containers=["Elsewhere/One"])
    assert site.call("POST", f"/galleries/{made['id']}/children", {"media_id": file}).status == 200
    assert site.call("DELETE", f"/collections/{top}").status == 200
    assert site.get(f"/galleries/{made['id']}").status == 404
    assert site.get(f"/media/{file}").status == 200


def test_a_deleted_gallery_sends_its_own_files_to_the_trash(site: Site) -> None:
    alone, shared = site.put(), site.put(jpeg(1), containers=["Riverbend/Harvest 2025", "Riverbend/Other"])
    assert site.call("DELETE", f"/galleries/{site.gallery()}").status == 200
    assert site.get(f"/media/{alone}").status == 404
    assert site.state()[alone]["trash"] is True
    assert site.state()[shared]["containers"] == ["Riverbend/Other"]


def test_a_file_leaves_one_gallery_and_stays_in_the_library(site: Site) -> None:
    file, gallery = site.put(), site.gallery()
    assert site.call("DELETE", f"/galleries/{gallery}/children/{file}").status == 200
    assert site.call("DELETE", f"/galleries/{gallery}/children/{file}").status == 404
    assert site.get(f"/media/{file}").status == 200
    assert site.get(f"/media/{file}/galleries").data == []


def test_the_cover_is_four_files_with_their_links(site: Site) -> None:
    for seed in range(5):
        site.put(jpeg(seed))
    cover = site.get(f"/galleries/{site.gallery()}/cover", include="link").data
    assert len(cover) == 4
    assert cover[0]["includes"]["link"]["data"]["attributes"]["link"].startswith("http://")


def test_unknown_ids_and_paths(site: Site) -> None:
    site.put()
    assert site.get("/galleries/G0000nobodyknows").error["id"] == "ResourceNotFoundException"
    assert site.get("/collections/G0000nobodyknows/children").status == 404
    assert site.get(f"/collections/{site.gallery()}").status == 404
    assert site.get("/no/such/thing").status == 404
    assert site.get("/psapi/v4/library").status == 200

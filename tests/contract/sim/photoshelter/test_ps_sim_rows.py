"""Operations of the reference that have no example in it and no story of their own: each answers with what it is there for."""

from __future__ import annotations

import pytest

from .conftest import Site, jpeg


@pytest.fixture
def places(site: Site) -> dict[str, str]:
    """A gallery with one picture, in a collection, in a collection."""
    file = site.put(jpeg(1), "a.jpg", containers=["Upper/Lower/Gallery"])
    found = {"file": file}
    for kind, name in (("collections", "Upper"), ("collections", "Lower"), ("galleries", "Gallery")):
        listed = site.get(f"/{kind}", page=1, per_page=50).data
        found[name] = next(it["id"] for it in listed if it["attributes"]["name"] == name)
    return found


def test_leaving_by_get(site: Site) -> None:
    assert site.get("/user/session").status == 200
    assert site.get("/authenticate/logout").status == 200
    assert site.get("/user/session").status == 401


def test_older_paths_of_counts(site: Site, places: dict[str, str]) -> None:
    upper, gallery = places["Upper"], places["Gallery"]
    replies = [
        site.get(f"/collections/{upper}/count"),
        site.get(f"/collections/{upper}/children/count"),
        site.get(f"/galleries/{gallery}/count"),
        site.get(f"/galleries/{gallery}/children/count"),
    ]
    assert [it.status for it in replies] == [200] * 4
    counts = [it.json()["meta"]["children_count"] for it in replies]
    assert [it["galleries"] for it in counts[:2]] == [0, 0]
    assert [it["total"] for it in counts[2:]] == [1, 1]


def test_one_child_of_a_gallery_and_its_key_image(site: Site, places: dict[str, str]) -> None:
    gallery, file = places["Gallery"], places["file"]
    assert file in str(site.get(f"/galleries/{gallery}/children/{file}").data)
    assert site.get(f"/galleries/{gallery}/children/I0000nobodyknows").status == 404
    assert site.get(f"/galleries/{gallery}/key-image").data["attributes"]["image_id"] == file


def test_containers_in_v3_and_what_is_above_and_below_them(site: Site, places: dict[str, str]) -> None:
    upper, lower, gallery = places["Upper"], places["Lower"], places["Gallery"]
    assert lower in str(site.v3("GET", f"/mem/collection/{lower}").json()["data"])
    assert upper in str(site.v3("GET", f"/mem/collection/{lower}/parent").json()["data"])
    assert lower in str(site.v3("GET", f"/mem/gallery/{gallery}/parent").json()["data"])
    assert places["file"] in str(site.v3("GET", f"/mem/gallery/{gallery}/children").json()["data"])


def test_a_file_in_v3_with_its_galleries_and_its_exif(site: Site, places: dict[str, str]) -> None:
    file = places["file"]
    assert places["Gallery"] in str(site.v3("GET", f"/mem/image/{file}/galleries").json()["data"])
    assert "Exif" in site.v3("GET", f"/mem/image/{file}/exif").json()["data"]


def test_writes_of_v3_by_the_other_method(site: Site, places: dict[str, str]) -> None:
    made = site.v3("POST", "/mem/gallery/insert", name="Posted", parent=places["Upper"]).json()["data"]["Gallery"]
    assert "Posted" in str(site.get(f"/collections/{places['Upper']}/children").data)
    path = f"/mem/collection/{places['Upper']}/visibility/update"
    assert site.v3("GET", path, visibility="everyone").status == 200
    assert site.get(f"/collections/{places['Upper']}/permissions").data["attributes"]["mode"] == "everyone"
    path = f"/mem/gallery/{places['Gallery']}/visibility/update"
    assert site.v3("GET", path, visibility="private").status == 200
    assert site.get(f"/galleries/{places['Gallery']}/permissions").data["attributes"]["mode"] == "private"
    assert made

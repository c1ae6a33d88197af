"""The two searches: what they demand, filter, sort, and when they see a change."""

from __future__ import annotations

import json

import pytest

from .conftest import Site, jpeg


def found(site: Site, path: str = "/media", **query: object) -> list[str]:
    """Names of the files that a search finds."""
    answer = site.get(path, **{"org_id": site.org, "page": 1, "per_page": 100, **query})
    return [each["attributes"]["file_name"] for each in answer.data]


@pytest.fixture
def library(site: Site) -> Site:
    """Four files, an hour apart."""
    site.set_clock("2025-10-15T12:00:00.900Z")
    site.put(
        jpeg(1, (100, 50)),
        "dawn.jpg",
        iptc={"caption": "A tractor crosses the north field.", "keywords": ["tractor", "dawn"], "city": "Leeds",
              "edit_status": "approved", "ci_city": "Leeds"},
        custom={"permit_no": "P-118"}, rating=3, model_released=True, searchable=True, taken_at="2025-09-01",
    )  # fmt: skip
    site.advance(3600)
    site.put(jpeg(2, (50, 50)), "Dusk.jpg", iptc={"keywords": ["dusk"], "country": "United Kingdom"})
    site.advance(3600)
    site.put(b"%PDF-1.4\n%%EOF", "contract.pdf", containers=["Papers/Contracts"])
    site.advance(3600)
    site.put(b"RIFF\0\0\0\0WAVEfmt ", "sound.wav")
    return site


def test_a_search_without_any_required_parameter_is_refused(library: Site) -> None:
    assert library.get("/media").status == 400
    assert library.get("/media", modify_start="2025-10-15 12:00:00 GMT", file_name="dawn").status == 400
    assert library.get("/media", terms="dawn").status == 200
    assert library.get("/search", mode="library").status == 400
    assert library.get("/search", terms="dawn").status == 200
    assert library.get("/search", org_id=library.org, mode="library").status == 200


def test_hits_are_thin_and_spelled_as_the_live_server_does(library: Site) -> None:
    hits = library.get("/media", org_id=library.org, sort_by="upload_time").data
    assert [(each["type"], each["attributes"]) for each in hits] == [
        ("image", {"file_name": "dawn.jpg", "type": "image"}),
        ("image", {"file_name": "Dusk.jpg", "type": "image"}),
        ("document", {"file_name": "contract.pdf", "type": "doc"}),
        ("audio", {"file_name": "sound.wav", "type": "audio"}),
    ]


def test_modified_between_counts_whole_seconds_and_includes_both_ends(library: Site) -> None:
    second = "2025-10-15 12:00:00 GMT"
    assert found(library, modify_start=second, modify_end=second) == ["dawn.jpg"]
    assert found(library, modify_start="2025-10-15 12:00:01 GMT", modify_end="2025-10-15 13:00:00 GMT") == ["Dusk.jpg"]
    assert found(library, modify_end="2025-10-15 11:59:59 GMT") == []
    assert library.get("/media", org_id=library.org, modify_start="yesterday").status == 400


def test_an_edit_of_iptc_moves_a_file_into_the_window_and_other_edits_as_the_switches_say(library: Site) -> None:
    window = {"modify_start": "2025-10-15 15:00:01 GMT"}
    ids = {each["attributes"]["file_name"]: each["id"] for each in library.get("/media", org_id=library.org).data}
    library.advance(3600)
    library.edit(ids["dawn.jpg"], custom={"permit_no": "P-119"}, license_expires="2026-01-01")
    library.edit(ids["Dusk.jpg"], containers=["Approved/All"])
    assert found(library, **window) == []
    library.edit(ids["dawn.jpg"], rating=5)
    library.edit(ids["contract.pdf"], iptc={"title": "Contract"})
    assert found(library, sort_by="file_name", **window) == ["contract.pdf", "dawn.jpg"]
    library.advance(3600)
    library.switch(custom_moves_modified=True, membership_moves_modified=True, iptc_moves_modified=False)
    late = {"modify_start": "2025-10-15 17:00:00 GMT"}
    library.edit(ids["dawn.jpg"], custom={"permit_no": "P-120"})
    library.edit(ids["Dusk.jpg"], containers=["Approved/More"])
    library.edit(ids["contract.pdf"], iptc={"title": "Contract, signed"})
    assert found(library, sort_by="file_name", **late) == ["dawn.jpg", "Dusk.jpg"]


def test_an_edit_that_changes_nothing_moves_nothing(library: Site) -> None:
    ids = {each["attributes"]["file_name"]: each["id"] for each in library.get("/media", org_id=library.org).data}
    library.advance(3600)
    library.call("PATCH", f"/media/{ids['dawn.jpg']}/iptc", {"city": "Leeds"})
    assert found(library, modify_start="2025-10-15 15:30:00 GMT") == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"terms": "tractor field"}, ["dawn.jpg"]),
        ({"terms": "tractor dusk"}, []),
        ({"terms": "tractor dusk", "match_all_terms": "false"}, ["dawn.jpg", "Dusk.jpg"]),
        ({"terms": "!"}, []),
        ({"file_name": "DAWN"}, ["dawn.jpg"]),
        ({"media_type": "doc,audio"}, ["contract.pdf", "sound.wav"]),
        ({"media_type": "image,video,audio,doc"}, ["contract.pdf", "dawn.jpg", "Dusk.jpg", "sound.wav"]),
        ({"edit_status": "approved"}, ["dawn.jpg"]),
        ({"keywords": "dus"}, ["Dusk.jpg"]),
        ({"contact_info": "city,Leeds"}, ["dawn.jpg"]),
        ({"is_empty": "keywords", "media_type": "image"}, []),
        ({"is_empty": "city", "media_type": "image"}, ["Dusk.jpg"]),
        ({"not_empty": "keywords,caption"}, ["dawn.jpg"]),
        ({"rating": "3"}, ["dawn.jpg"]),
        ({"rating_min": "4"}, []),
        ({"rating_max": "3"}, ["dawn.jpg"]),
        ({"model_release": "true"}, ["dawn.jpg"]),
        ({"searchble": "true"}, ["dawn.jpg"]),
        ({"orientation": "square"}, ["Dusk.jpg"]),
        ({"orientation": "panoramic"}, ["dawn.jpg"]),
        ({"custom_metadata": json.dumps({"permit_no": "opt_p_118"})}, ["dawn.jpg"]),
        ({"custom_metadata": json.dumps({"permit_no": "opt_other"})}, []),
        ({"date_start": "2025-08-31 00:00:00 GMT", "date_end": "2025-09-01 00:00:00 GMT"}, ["dawn.jpg"]),
        ({"create_start": "2025-10-15 14:30:00 GMT"}, ["sound.wav"]),
        ({"virtual_agency_id": "VA000nobodyknows"}, []),
        ({"priced": "true"}, []),
        ({"no_such_filter": "x", "rating": "3"}, ["dawn.jpg"]),
    ],
)
def test_filters_are_anded(library: Site, query: dict[str, str], names: list[str]) -> None:
    assert found(library, sort_by="file_name", **query) == names


@pytest.mark.parametrize(
    "query",
    [
        {"media_type": "picture"}, {"rating": "many"}, {"rating": "255"}, {"custom_metadata": "[1]"}, {"is_empty": "soul"},
        {"orientation": "upright"}, {"contact_info": "city"}, {"searchble": "perhaps"}, {"sort_by": "modification_time"},
    ],
)  # fmt: skip
def test_malformed_filters_are_refused(library: Site, query: dict[str, str]) -> None:
    assert library.get("/media", org_id=library.org, **query).status == 400


def test_filters_by_gallery_and_collection(library: Site) -> None:
    gallery, top = library.gallery("Contracts"), library.get("/collections", name="Riverbend").data[0]["id"]
    assert found(library, galleries=gallery) == ["contract.pdf"]
    assert found(library, galleries=f"{gallery},{library.gallery()}", sort_by="file_name", media_type="image,doc") == [
        "contract.pdf", "dawn.jpg", "Dusk.jpg",
    ]  # fmt: skip
    assert found(library, collections=top, media_type="image") == ["dawn.jpg", "Dusk.jpg"]


@pytest.mark.parametrize("word", ["sort_dir", "sort_direction"])
def test_both_words_for_the_direction_work(library: Site, word: str) -> None:
    down = "desc" if word == "sort_dir" else "descending"
    names = ["sound.wav", "contract.pdf", "Dusk.jpg", "dawn.jpg"]
    assert found(library, sort_by="upload_time", **{word: down}) == names
    assert found(library, "/search", sort_by="creation_time", **{word: down}) == names


def test_pages_walk_the_whole_result(site: Site) -> None:
    for seed in range(7):
        site.put(jpeg(seed), f"{seed}.jpg")
    for query in ({}, {"rating": "", "media_type": "image"}, {"modify_start": "2020-01-01 00:00:00 GMT"}):
        names = [name for page in (1, 2, 3) for name in found(site, page=page, per_page=3, **query)]
        assert sorted(names) == [f"{seed}.jpg" for seed in range(7)]


@pytest.mark.hazard("P09")
def test_the_index_sees_a_write_late_when_the_switch_says_so(site: Site) -> None:
    site.set_clock("2025-10-15T12:00:00Z")
    site.switch(index_lag_s=30)
    file = site.put(jpeg(1), "late.jpg", iptc={"city": "Leeds"})
    assert site.get(f"/media/{file}").status == 200
    assert found(site) == []
    site.advance(31)
    assert found(site) == ["late.jpg"]
    site.call("PATCH", f"/media/{file}/iptc", {"city": "York"})
    window = {"modify_start": "2025-10-15 12:00:31 GMT"}
    assert found(site, city="York") == []
    assert found(site, **window) == []
    assert found(site, city="Leeds") == ["late.jpg"]
    site.advance(31)
    assert found(site, city="York") == ["late.jpg"]
    assert found(site, **window) == ["late.jpg"]
    site.call("DELETE", f"/media/{file}")
    assert site.get(f"/media/{file}").status == 404
    assert found(site) == ["late.jpg"]
    site.advance(31)
    assert found(site) == []


def test_without_a_login_only_public_and_searchable_files_are_found(library: Site, visitor: Site) -> None:
    assert found(visitor) == []
    library.call("PATCH", f"/galleries/{library.gallery()}", {"mode": "everyone", "access_inherit": "false"})
    assert found(visitor) == ["dawn.jpg"]
    assert visitor.get("/media", terms="dawn").status == 401
    assert visitor.get("/search", org_id=library.org).status == 401


def test_a_session_searches_its_own_organization_alone(library: Site) -> None:
    assert library.get("/media", org_id="O0000otherhouse1").status == 401


@pytest.mark.hazard("P01")
def test_lists_under_faults(library: Site) -> None:
    query = {"org_id": library.org, "page": 1, "per_page": 100}

    def names(action: str, **more: object) -> list[str]:
        library.control("POST", "/faults", {"rules": [{"match": {"path": "*/media"}, "action": action, **more}]})
        return [each["attributes"]["file_name"] for each in library.get("/media", **query).data]

    assert names("empty_list") == []
    assert len(names("half_list")) == 2
    assert len(names("duplicate_item")) == 5
    library.control("DELETE", "/faults")
    assert len(found(library)) == 4


def test_a_computed_million_is_searched_by_its_windows(seeded: object) -> None:
    start = seeded
    assert callable(start)
    site: Site = start("synthetic:1000000")
    body = site.get(
        "/media", org_id=site.org, modify_start="2024-01-01 00:10:30 GMT", modify_end="2024-01-01 00:12:30 GMT"
    ).json()
    assert [each["id"] for each in body["data"]] == [f"I0000s.{number:09d}" for number in (10, 11, 12)]
    crawl = site.get("/search", org_id=site.org, page=1000, per_page=1000, sort_by="creation_time").json()
    assert crawl["meta"]["paging"]["total"] == 1_000_000
    assert crawl["data"][-1]["id"] == "I0000s.000999999"
    site.call("PATCH", "/media/I0000s.000000011/iptc", {"caption": "edited"})
    body = site.get("/media", org_id=site.org, modify_start="2026-01-01 00:00:00 GMT").json()
    assert [each["id"] for each in body["data"]] == ["I0000s.000000011"]
    gallery = site.get("/media/I0000s.000500000/galleries", include="gallery").data[0]
    assert gallery["includes"]["gallery"]["data"]["attributes"]["name"] == "Lot 000500"
    children = site.get(f"/galleries/{gallery['id']}/children", page=1, per_page=1000).data
    assert len(children) == 1000
    assert children[0] == {"id": "I0000s.000500000", "type": "image", "attributes": {"display_order": 1}}

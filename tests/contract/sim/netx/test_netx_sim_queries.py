"""Section 6: the query language, its refusals, and the lag of the index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.sim.netx.conftest import Site

OPTIONS = {"page": {"startIndex": 0, "size": 100}, "data": ["asset.id"]}


def clause(operator: str, kind: str, **members: object) -> dict[str, object]:
    return {"operator": operator, kind: members}


@pytest.fixture
def three(site: Site) -> list[int]:
    """Three assets a minute apart, in a folder, below it, and elsewhere."""
    site.control("POST", "clock", {"now": "2026-03-01T10:00:00Z", "freeze": True})
    ids = []
    for number, path in enumerate(["Shelf", "Shelf/Deep", "Other"]):
        meta = {
            "folders": [path],
            "file_name": f"Pic-{number}.JPG",
            "name": f"Picture {number}",
            "attributes": {"Title": f"Title {number}", "Keywords": ["all", f"k{number}"], "Rating": str(number + 9),
                           "Expiry Date": f"2026-0{number + 1}-15"},
        }  # fmt: skip
        ids.append(site.place(meta))
        site.advance(60)
    return ids


START_MS = 1772359200000  # 2026-03-01T10:00:00Z


@pytest.mark.parametrize(
    ("clauses", "places"),
    [
        ([clause("and", "exact", field="name", value="picture 1")], [1]),
        ([clause("or", "exact", field="fileName", value="pic-2.jpg")], [2]),
        ([clause("and", "exact", field="fileType", value="jpg")], [0, 1, 2]),
        ([clause("and", "exact", attribute="Keywords", value="K1")], [1]),
        ([clause("and", "exact", attribute="Keywords", value="k")], []),
        ([clause("and", "contains", attribute="Keywords", value="k")], [0, 1, 2]),
        ([clause("and", "contains", field="fileName", value="IC-1")], [1]),
        ([clause("and", "contains", field="keywords", value="title 2")], [2]),
        ([clause("not", "exact", attribute="Keywords", value="k1")], [0, 2]),
        ([clause("and", "exact", attribute="Keywords", value="all"), clause("not", "exact", field="name", value="Picture 0")],
         [1, 2]),
        ([clause("or", "exact", attribute="Keywords", value="k0"), clause("or", "exact", attribute="Keywords", value="k2")],
         [0, 2]),
        ([clause("and", "exact", attribute="Keywords", value="all"), clause("or", "exact", field="name", value="Picture 0")],
         [0, 1, 2]),
        ([clause("and", "range", field="modDate", min=START_MS, max=None, includeMin=False, includeMax=False)], [1, 2]),
        ([clause("and", "range", field="MODDATE", min=str(START_MS), max=str(START_MS + 60_000))], [0, 1]),
        ([clause("and", "range", field="modDate", min=None, max=START_MS + 60_000, includeMin=True, includeMax=False)], [0]),
        ([clause("and", "range", field="importDate", min=START_MS + 60_000, max=None)], [1, 2]),
        ([clause("and", "range", field="creationDate", min=START_MS + 60_001, max=None)], [2]),
        ([clause("and", "range", attribute="Expiry Date", min="2026-02-01", max=None)], [1, 2]),
        ([clause("and", "range", attribute="Expiry Date", min="2026-01-15", max="2026-02-15", includeMin=False,
                 includeMax=False)], []),
        ([clause("and", "range", attribute="Rating", min=9.5, max=10)], [1]),
        ([clause("and", "range", attribute="Rating", min="10", max=None)], [1, 2]),
    ],
)  # fmt: skip
def test_what_matches(site: Site, three: list[int], clauses: list[dict[str, object]], places: list[int]) -> None:
    assert site.query(*clauses) == [three[place] for place in places]


def test_folders_and_subqueries(site: Site, three: list[int]) -> None:
    shelf = site.result("getFolderByPath", "Shelf", None)["id"]
    assert site.query(clause("and", "folder", folderId=shelf, recursive=True)) == three[:2]
    assert site.query(clause("and", "folder", folderId=shelf, recursive=False)) == three[:1]
    assert site.query(clause("and", "folder", folderId=1, recursive=True)) == three
    assert site.query(clause("and", "folder", folderId=4242, recursive=True)) == []
    either = [clause("or", "exact", field="assetID", value=str(one)) for one in (three[0], three[2], 999)]
    assert site.query({"operator": "and", "subquery": {"query": either}}) == [three[0], three[2]]
    nested = {"operator": "and", "subquery": {"query": [{"operator": "and", "subquery": {"query": either}}]}}
    assert site.query(nested, clause("and", "folder", folderId=shelf, recursive=True)) == [three[0]]


@pytest.mark.parametrize("field", ["modDate", "importDate", "name", "assetId", "Title", "Rating"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_sorting_and_paging_show_each_asset_once(site: Site, three: list[int], field: str, order: str) -> None:
    seen: list[int] = []
    for start in range(3):
        opt = {"sort": {"field": field, "order": order}, "page": {"startIndex": start, "size": 1}}
        seen += site.query(clause("and", "folder", folderId=1, recursive=True), opt=opt)
    expected = three if field != "Rating" else [three[1], three[2], three[0]]  # attributes sort as text: 10, 11, 9
    assert seen == (expected if order == "asc" else expected[::-1])


def test_a_span_of_times_within_a_tree(site: Site, three: list[int]) -> None:
    shelf = site.result("getFolderByPath", "Shelf", None)["id"]
    within = clause("and", "folder", folderId=shelf, recursive=True)

    def spanned(**bounds: object) -> list[int]:
        opt = {"sort": {"field": "modDate", "order": "asc"}}
        return site.query(within, clause("and", "range", field="modDate", **bounds), opt=opt)

    assert spanned(min=START_MS, max=None) == three[:2]
    assert spanned(min=START_MS, max=None, includeMin=False) == [three[1]]
    assert spanned(min=None, max=START_MS + 60_000, includeMax=False) == [three[0]]
    assert spanned(min=START_MS + 0.5, max=START_MS + 60_000.5) == [three[1]]


@pytest.mark.parametrize(
    "query",
    [
        None,
        {},
        {"query": []},
        {"query": "x"},
        {"query": [{}]},
        {"query": [{"operator": "xor", "exact": {"field": "name", "value": "x"}}]},
        {"query": [{"exact": {"field": "name", "value": "x"}}]},
        {"query": [{"operator": "and"}]},
        {"query": [{"operator": "and", "like": {"field": "name", "value": "x"}}]},
        {"query": [{"operator": "and", "exact": {"field": "name", "value": "x"}, "contains": {}}]},
        {"query": [clause("and", "exact", field="name", attribute="Title", value="x")]},
        {"query": [clause("and", "exact", field="rights", value="x")]},
        {"query": [clause("and", "exact", attribute="No Such", value="x")]},
        {"query": [clause("and", "exact", attribute="title", value="x")]},
        {"query": [clause("and", "exact", field="name", value=None)]},
        {"query": [clause("and", "range", field="modDate", min="2026-01-01", max=None)]},
        {"query": [clause("and", "range", field="modDate")]},
        {"query": [clause("and", "range", attribute="Rating", min="many", max=None)]},
        {"query": [clause("and", "range", field="modDate", min=0, max=None, includeMin="yes")]},
        {"query": [clause("and", "folder", folderId="1", recursive=True)]},
        {"query": [{"operator": "and", "subquery": []}]},
    ],
)
def test_what_is_no_query_is_refused(site: Site, query: object) -> None:
    assert site.error("getAssetsByQuery", query, OPTIONS) == -32602


def test_an_unknown_attribute_may_match_nothing_instead(site: Site, three: list[int]) -> None:
    site.switch(unknown_query_attribute="empty")
    assert site.query(clause("and", "exact", attribute="No Such", value="x")) == []
    assert len(site.query(clause("and", "exact", attribute="Keywords", value="all"))) == len(three)


def test_more_than_a_hundred_or_clauses_fail(site: Site, three: list[int]) -> None:
    def with_ors(count: int) -> dict[str, Any]:
        ors = [clause("or", "exact", field="assetId", value=three[0] + place) for place in range(count)]
        return {"query": [{"operator": "and", "subquery": {"query": ors}}]}

    assert site.result("getAssetsByQuery", with_ors(100), OPTIONS)["size"] == 3
    assert site.error("getAssetsByQuery", with_ors(101), OPTIONS) == 1000
    site.switch(or_limit=75)
    assert site.error("getAssetsByQuery", with_ors(76), OPTIONS) == 1000


class TestLag:
    """The index shows what was there some simulated seconds ago; direct reads show what is."""

    EVERYTHING = clause("and", "folder", folderId=1, recursive=True)

    def test_a_new_asset_shows_late_in_queries_and_at_once_by_id(self, site: Site) -> None:
        site.control("POST", "clock", {"freeze": True})
        site.switch(index_lag_s=10.0)
        folder = site.folder("Late")
        asset = site.imported(folder)
        assert site.query(self.EVERYTHING) == []
        assert site.result("getAssets", [asset], {"data": ["asset.id"]}) == [{"id": asset}]
        assert site.result("getAssetsByFolder", folder, False, OPTIONS)["size"] == 1
        assert site.result("getAssetsByFolder", 1, True, OPTIONS)["size"] == 1
        site.switch(folder_listing_lag=True)
        assert site.result("getAssetsByFolder", folder, False, OPTIONS)["size"] == 0
        assert site.result("getAssetsByFolder", 1, True, OPTIONS)["size"] == 0
        site.advance(9.9)
        assert site.query(self.EVERYTHING) == []
        site.advance(0.1)
        assert site.query(self.EVERYTHING) == [asset]
        assert site.result("getAssetsByFolder", 1, True, OPTIONS)["size"] == 1

    def test_an_edit_is_found_by_its_old_value_until_the_index_follows(self, site: Site) -> None:
        site.control("POST", "clock", {"freeze": True})
        asset = site.place({"folders": ["Late"], "attributes": {"Source Id": "old"}})
        site.switch(index_lag_s=10.0)
        site.advance(60)
        site.result("updateAsset", {"id": asset, "attributes": {"Source Id": ["new"]}}, None)
        old, new = (clause("and", "exact", attribute="Source Id", value=value) for value in ("old", "new"))
        whole_old, whole_new = (
            clause("and", "contains", attribute="Source Id", value=value) for value in ("old", "new")
        )
        assert (site.query(old), site.query(new)) == ([asset], [])
        assert (site.query(whole_old), site.query(whole_new)) == ([asset], [])
        assert site.result("getAssetAttributes", asset)["Source Id"] == ["new"]
        site.advance(10)
        assert (site.query(old), site.query(new)) == ([], [asset])
        assert (site.query(whole_old), site.query(whole_new)) == ([], [asset])

    def test_a_deleted_asset_still_counts_but_is_not_shown(self, site: Site) -> None:
        site.control("POST", "clock", {"freeze": True})
        asset = site.place({"folders": ["Late"], "file_name": "a.jpg", "attributes": {"Source Id": "one"}})
        site.switch(index_lag_s=10.0)
        site.advance(60)
        site.result("deleteAsset", asset)
        questions = [
            self.EVERYTHING,
            clause("and", "contains", field="fileName", value="a.j"),
            clause("and", "exact", attribute="Source Id", value="one"),
            clause("and", "range", field="modDate", min=0, max=None),
            clause("not", "exact", field="name", value="other"),
        ]
        for size in (1, 0):
            for question in questions:
                found = site.result("getAssetsByQuery", {"query": [question]}, OPTIONS)
                assert found == {"results": [], "size": size}, question
            site.advance(10)


@pytest.mark.hazard("P08")
def test_pages_of_a_moving_set_skip_what_slid_past(site: Site) -> None:
    """The simulator shows the danger: by start index, an asset that moves up is not seen."""
    folder = site.folder("Moving")
    ids = [site.imported(folder, f"{number}.jpg") for number in range(4)]
    everything = clause("and", "folder", folderId=folder, recursive=True)
    first = site.query(everything, opt={"page": {"startIndex": 0, "size": 2}})
    site.result("deleteAsset", ids[0])
    second = site.query(everything, opt={"page": {"startIndex": 2, "size": 2}})
    assert (first, second) == (ids[:2], ids[3:])


@pytest.mark.hazard("P01")
@pytest.mark.parametrize(("action", "expected"), [("empty_list", 0), ("half_list", 2)])
def test_lists_can_be_shortened_by_a_fault(site: Site, action: str, expected: int) -> None:
    folder = site.folder("Short")
    for number in range(4):
        site.imported(folder, f"{number}.jpg")
    rule = {"match": {"rpc": "getAssetsByFolder"}, "action": action, "times": 1}
    site.control("POST", "faults", {"rules": [rule], "seed": 1})
    listed = site.result("getAssetsByFolder", folder, False, OPTIONS)
    assert (len(listed["results"]), listed["size"]) == (expected, expected)
    assert site.result("getAssetsByFolder", folder, False, OPTIONS)["size"] == 4


def test_a_stale_read_shows_the_state_before_the_last_write(site: Site) -> None:
    asset = site.place({"attributes": {"Title": "before"}})
    site.result("updateAsset", {"id": asset, "attributes": {"Title": ["after"]}}, None)
    site.control("POST", "faults", {"rules": [{"match": {"rpc": "getAssets"}, "action": "stale_read", "times": 1}]})
    read = [
        site.result("getAssets", [asset], {"data": ["asset.attributes"]})[0]["attributes"]["Title"] for _ in range(2)
    ]
    assert read == [["before"], ["after"]]

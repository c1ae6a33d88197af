"""NetX's protocol without a network: requests, errors by next move, honest listings."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx.config import NetxOptions
from dambridge.connectors.netx.listing import Scan
from dambridge.connectors.netx.wire import BadReply
from dambridge.model.records import MediaType
from dambridge.ports.errors import CannotGoOn, NextMove, Refused, TryLater, Unclear


def setup(**more: object) -> NetxOptions:
    return NetxOptions.model_validate({"base_url": "https://dam.example.org", "token": "canary", **more})


class TestRequests:
    def test_an_envelope_has_positional_parameters_and_its_id(self) -> None:
        assert nx.envelope(7, "getAssets", ([1, 2], {})) == {
            "jsonrpc": "2.0",
            "id": 7,
            "method": "getAssets",
            "params": [[1, 2], {}],
        }

    def test_a_page_is_always_asked_for(self) -> None:
        assert nx.options(("asset.id",), size=50) == {"page": {"startIndex": 0, "size": 50}, "data": ["asset.id"]}
        assert nx.options((), size=50, start=9, sort="modDate")["sort"] == {"field": "modDate", "order": "asc"}

    def test_everything_is_written_in_one_call(self) -> None:
        ((method, params),) = nx.write_call(
            setup(), "4101", attributes={"Title": ("a",), "Caption": ()}, name="n", file_name="f.jpg"
        )
        assert method == "updateAsset"
        assert params[0] == {
            "id": 4101,
            "name": "n",
            "fileName": "f.jpg",
            "attributes": {"Title": ["a"], "Caption": []},
        }

    def test_what_is_not_given_is_not_sent(self) -> None:
        ((_, params),) = nx.write_call(setup(), "1", attributes={}, name="n", file_name=None)
        assert params[0] == {"id": 1, "name": "n"}
        assert nx.write_call(setup(), "1", attributes={}, name=None, file_name=None) == []

    def test_a_site_that_wants_attributes_apart_gets_two_calls(self) -> None:
        apart = setup(write_encoding="separate_method", write_method="setAssetAttributes")
        calls = nx.write_call(apart, "1", attributes={"Title": ("a",)}, name="n", file_name=None)
        assert [method for method, _ in calls] == ["updateAsset", "setAssetAttributes"]
        assert calls[1][1][:2] == [1, {"Title": ["a"]}]

    @pytest.mark.parametrize(("route", "expected"), [("version", ("POST", "/version")), ("reimport", ("PUT", "/9"))])
    def test_new_bytes_go_the_configured_way(self, route: str, expected: tuple[str, str]) -> None:
        method, path = nx.version_call(setup(version_route=route), "9")
        assert method == expected[0]
        assert path.endswith(expected[1])

    @pytest.mark.parametrize("odd", ["", "abc", "-1", "1 OR 1", "٣", "1/2"])
    def test_an_id_that_is_no_number_never_reaches_the_site(self, odd: str) -> None:
        with pytest.raises(Refused):
            nx.number(odd)

    def test_a_page_for_people_opens_in_the_portal_where_there_is_one(self) -> None:
        assert nx.page_for_people(setup(), "4101") == "https://dam.example.org/app/#asset/4101"
        portal = nx.page_for_people(setup(portal="press room"), "4101")
        assert portal == "https://dam.example.org/portals/press%20room/#asset/4101"


class TestReplies:
    def test_a_result_is_taken_out_null_included(self) -> None:
        assert nx.result_of({"id": 1, "result": {"a": 1}}, 1) == {"a": 1}
        assert nx.result_of({"id": 1, "result": None}, 1) is None

    @pytest.mark.parametrize("odd", [[], "text", None, {"id": 2, "result": 1}, {"id": "1", "result": 1}, {"id": 1}])
    def test_what_answers_no_call_of_ours_is_a_bad_reply(self, odd: object) -> None:
        with pytest.raises(BadReply):
            nx.result_of(odd, 1)

    @pytest.mark.parametrize(
        ("error", "code"),
        [({"code": 3004, "message": "no"}, 3004), ({"message": "no"}, 0), ("no", 0), ({"code": "x"}, 0)],
    )
    def test_an_error_under_http_200_is_an_error(self, error: object, code: int) -> None:
        with pytest.raises(nx.SaidNo) as said:
            nx.result_of({"id": 1, "error": error}, 1)
        assert said.value.code == code

    @pytest.mark.parametrize(
        ("code", "writing", "move"),
        [
            (10000, False, CannotGoOn),
            (10000, True, CannotGoOn),
            (3004, False, Refused),
            (3004, True, Refused),
            (1000, True, Refused),
            (-32601, True, Refused),
            (-32602, True, Refused),
            (-32603, False, TryLater),
            (-32603, True, Unclear),
            (4711, True, Refused),
        ],
    )
    def test_each_code_has_its_next_move(self, code: int, writing: bool, move: type[NextMove]) -> None:
        found = nx.next_move(nx.SaidNo(code, "its words"), tried="write asset 4101", writing=writing)
        assert type(found) is move
        assert "write asset 4101" in str(found)
        assert "its words" in str(found)
        if isinstance(found, Refused):
            assert found.code == str(code)


def walk(scan: Scan, pages: list[list[str]]) -> list[str]:
    """Drive a scan over a set that is `pages[n]` when the n-th page is asked for, the last one from then on."""
    asked = 0
    while not scan.ended:
        now = pages[min(asked, len(pages) - 1)]
        asked += 1
        assert asked < 1000
        scan.take(now[scan.start : scan.start + scan.page_size], len(now))
    return list(scan.met)


@pytest.mark.hazard("P08")
class TestScan:
    @given(count=st.integers(0, 120), size=st.integers(2, 40))
    def test_a_still_set_is_met_whole_and_proven(self, count: int, size: int) -> None:
        ids = [str(it) for it in range(count)]
        scan = Scan(size)
        assert walk(scan, [ids]) == ids
        assert scan.proven

    @given(
        count=st.integers(1, 60),
        size=st.integers(2, 12),
        edits=st.lists(st.tuples(st.booleans(), st.integers(0, 80)), max_size=12),
    )
    def test_a_pass_that_calls_itself_proven_met_all_that_was_there_throughout(
        self, count: int, size: int, edits: list[tuple[bool, int]]
    ) -> None:
        pages = [[str(it) for it in range(count)]]
        for number, (adds, where) in enumerate(edits):
            now = list(pages[-1])
            if adds:
                now.append(f"new{number}")  # sorted by modified time: what changes goes to the end
            elif now:
                now.pop(where % len(now))
            pages.append(now)
        scan = Scan(size)
        met = walk(scan, pages)
        throughout = set.intersection(*(set(it) for it in pages))
        if scan.proven:
            assert throughout <= set(met)

    @settings(max_examples=500, deadline=None)
    @given(
        count=st.integers(1, 60),
        size=st.integers(2, 12),
        edits=st.lists(st.tuples(st.sampled_from(["add", "delete", "edit"]), st.integers(0, 80)), max_size=30),
        at_once=st.integers(1, 6),
    )
    def test_a_pass_that_steps_back_loses_nothing_that_stayed(
        self, count: int, size: int, edits: list[tuple[str, int]], at_once: int
    ) -> None:
        """People add, delete and edit between any two pages; what is edited goes to the end with a new stamp."""
        now = [(str(it), 0) for it in range(count)]
        stays, left, stamp = {it for it, _ in now}, list(edits), 0
        scan = Scan(size, exact=False)
        while not scan.ended:
            page = now[scan.start : scan.start + size]
            scan.take([it for it, _ in page], len(now), [when for _, when in page])
            for what, where in left[:at_once]:
                stamp += 1
                if what == "add":
                    now.append((f"new{stamp}", stamp))
                elif now:
                    gone, _ = now.pop(where % len(now))
                    stays -= {gone} if what == "delete" else set()
                    if what == "edit":
                        now.append((gone, stamp))
            del left[:at_once]
        if scan.proven:
            assert stays <= set(scan.met)
        else:
            assert edits, "a set that nobody touched is always proven"

    def test_items_that_vanish_between_pages_are_noticed(self) -> None:
        scan = Scan(10)
        ids = [str(it) for it in range(30)]
        walk(scan, [ids, ids[5:]])
        assert not scan.proven

    def test_a_page_that_comes_back_empty_is_not_the_end_of_the_set(self) -> None:
        scan = Scan(10)
        scan.take([str(it) for it in range(10)], 30)
        scan.take([], 30)
        assert scan.ended
        assert not scan.proven

    def test_a_site_that_gives_smaller_pages_than_asked_is_walked_all_the_same(self) -> None:
        scan = Scan(100)
        ids = [str(it) for it in range(25)]
        while not scan.ended:
            scan.take(ids[scan.start : scan.start + 3], len(ids))
        assert list(scan.met) == ids
        assert scan.proven

    def test_pages_of_one_item_cannot_overlap_and_so_prove_nothing(self) -> None:
        scan = Scan(100)
        while not scan.ended:
            scan.take([str(scan.start)], 5)
        assert list(scan.met) == ["0", "1", "2", "3", "4"]
        assert not scan.proven

    def test_an_id_that_was_met_and_has_changed_since_closes_no_gap(self) -> None:
        """Twelve assets; after the first page three are touched, which moves them to the end, and two go: the second page
        begins with one of the three, and two that were never met stand before it."""
        scan = Scan(10)
        scan.take([f"a{it}" for it in range(10)], 12, range(10))
        now = {f"a{it}": it for it in range(5, 12)} | {f"a{it}": 100 + it for it in range(3)}
        scan.take(list(now)[scan.start :], len(now), list(now.values())[scan.start :])
        assert len(scan.met) == scan.total
        assert not scan.proven


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.JPG", MediaType.IMAGE),
        ("a.b.tiff", MediaType.IMAGE),
        ("x.CR3", MediaType.RAW),
        ("x.dng", MediaType.RAW),
        ("x.mov", MediaType.VIDEO),
        ("x.wav", MediaType.AUDIO),
        ("x.pdf", MediaType.DOCUMENT),
        ("no extension", MediaType.DOCUMENT),
        ("", MediaType.DOCUMENT),
    ],
)
def test_the_kind_of_a_file_follows_from_its_name(name: str, kind: MediaType) -> None:
    assert nx.media_type_of(name) is kind

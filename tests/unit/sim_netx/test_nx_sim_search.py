"""Whatever index answers a query, the answer is that of reading every asset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dambridge_sim.kit.lookup import Lookup
from dambridge_sim.kit.simulator import Options as SimulatorOptions
from dambridge_sim.kit.simulator import Simulator
from dambridge_sim.netx import make_vendor, synthetic
from dambridge_sim.netx.matching import Surroundings, predicate
from dambridge_sim.netx.options import Options, read_options
from dambridge_sim.netx.query import read_query
from dambridge_sim.netx.search import Search
from dambridge_sim.netx.vendor import Netx

BASE_MS = 1_700_000_000_000
PATHS = ["A", "A/B", "A/B/C", "D"]
NAMES = ["one", "Two", "two", "a-1.jpg"]
WORDS = ["red", "Red", "green", ""]


@pytest.fixture(scope="module")
def vendor() -> Iterator[Netx]:
    """A site with forty assets that differ in everything."""
    made = make_vendor()
    simulator = Simulator(made, SimulatorOptions())
    simulator.start()
    for number in range(40):
        meta = {
            "folders": sorted({PATHS[number % 4], PATHS[number // 4 % 4]}),
            "file_name": f"{NAMES[number % 3]}-{number % 5}.jpg",
            "name": NAMES[number % 4],
            "attributes": {
                "Keywords": [word for word in {WORDS[number % 4], WORDS[number // 3 % 4]} if word],
                "Rating": str(number % 6 - 2),
                "Caption": "x" * (190 + number),
            },
            "mod_date": BASE_MS + number * 7 % 40,
            "import_date": BASE_MS + number // 3,
        }
        simulator.add(None, meta)
    yield made
    simulator.close()


times = st.none() | st.integers(BASE_MS - 2, BASE_MS + 45) | st.integers(BASE_MS, BASE_MS + 40).map(lambda ms: ms + 0.5)
spans = st.fixed_dictionaries(
    {"min": times, "max": times, "includeMin": st.booleans(), "includeMax": st.booleans()},
)
leaves = st.one_of(
    st.builds(
        lambda field, span: {"range": {"field": field, **span}}, st.sampled_from(["modDate", "importDate"]), spans
    ),
    st.builds(lambda low: {"range": {"attribute": "Rating", "min": low, "max": None}}, st.integers(-3, 4)),
    st.builds(
        lambda folder, deep: {"folder": {"folderId": folder, "recursive": deep}},
        st.sampled_from([1, 303, 304, 305, 306, 999]),
        st.booleans(),
    ),
    st.builds(
        lambda kind, field, value: {kind: {"field": field, "value": value}},
        st.sampled_from(["exact", "contains"]),
        st.sampled_from(["name", "fileName", "fileType", "keywords"]),
        st.sampled_from([*NAMES, "one-1.jpg", "jpg"]),
    ),
    st.builds(
        lambda kind, value: {kind: {"attribute": "Keywords", "value": value}},
        st.sampled_from(["exact", "contains"]),
        st.sampled_from(["red", "GREEN", "re"]),
    ),
    st.builds(lambda size: {"exact": {"attribute": "Caption", "value": "x" * size}}, st.integers(188, 232)),
    st.builds(lambda one: {"exact": {"field": "assetId", "value": one}}, st.integers(4099, 4145)),
)


def clauses(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    one = st.builds(lambda operator, leaf: {"operator": operator, **leaf}, st.sampled_from(["and", "or", "not"]), inner)
    return st.builds(lambda listed: {"query": listed}, st.lists(one, min_size=1, max_size=4))


queries = clauses(leaves | clauses(leaves).map(lambda query: {"subquery": query}))
sorts = st.none() | st.builds(
    lambda field, order: {"field": field, "order": order},
    st.sampled_from(["modDate", "importDate", "name", "assetId", "Rating"]),
    st.sampled_from(["asc", "desc"]),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=queries, sort=sorts)
def test_a_query_gives_what_reading_every_asset_gives(
    vendor: Netx, raw: dict[str, Any], sort: dict[str, str] | None
) -> None:
    library = vendor.library
    user = library.site.users["integration"]
    group = read_query(raw, or_limit=100)
    options = read_options({"sort": sort}, default_size=100, max_size=100)
    found = Search(library).query(user, group, options)
    ids = list(found.ids(0, found.total))
    numbers = frozenset({"Rating"})
    around = Surroundings(
        lambda one: frozenset(library.tree.below(one)) if one in library.tree else frozenset(), numbers
    )
    test = predicate(group, around)
    everything = [library.find(int(one)) for one in library.world.documents.every("asset")]
    expected = [asset for asset in everything if asset is not None and test(asset)]
    assert sorted(ids) == sorted(str(asset.id) for asset in expected)
    assert found.total == len(expected)
    pages = [one for start in range(0, found.total, 3) for one in found.ids(start, 3)]
    assert pages == ids
    if sort is not None and sort["field"] in {"modDate", "importDate"}:
        member = {"modDate": "modified_ms", "importDate": "imported_ms"}[sort["field"]]
        by_id = {str(asset.id): getattr(asset, member) for asset in expected}
        ordered = [by_id[one] for one in ids]
        assert ordered == sorted(ordered, reverse=sort["order"] == "desc")


@settings(max_examples=200, deadline=None)
@given(
    index=st.sampled_from(["modified", "imported", "number", "known", "tree", "tree_modified"]),
    low=st.none() | st.integers(-3, 205),
    high=st.none() | st.integers(-3, 205),
    low_open=st.booleans(),
    high_open=st.booleans(),
)
def test_a_span_of_computed_assets_is_that_of_their_values(
    index: str, low: int | None, high: int | None, *, low_open: bool, high_open: bool
) -> None:
    def bound(number: int | None) -> Any:
        return None if number is None else synthetic.value(index, max(0, number), 7)

    lookup = Lookup(index, low=bound(low), high=bound(high), low_open=low_open, high_open=high_open)
    span = synthetic.span(lookup, 200, 7)

    def inside(number: int) -> bool:
        here: Any = synthetic.value(index, number, 7)
        above = lookup.low is None or here > lookup.low or (here == lookup.low and not low_open)
        return above and (lookup.high is None or here < lookup.high or (here == lookup.high and not high_open))

    assert list(span) == [number for number in range(200) if inside(number)]


def test_options_default_to_one_page() -> None:
    assert read_options(None, default_size=25, max_size=100) == Options(size=25)
    assert read_options({}, default_size=25, max_size=10).size == 10

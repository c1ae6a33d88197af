"""The coverage report holds what a count by hand says, whatever the order and however the assets are gathered."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dambridge.model.coverage import FacetCount, FacetRow
from dambridge.model.identity import LinkId
from dambridge.model.values import FieldName
from dambridge.planning.coverage import NOBODY, NOWHERE, coverage_of

FACETS = tuple(map(FieldName, ("a", "b", "c")))
FILLED = st.sets(st.sampled_from(FACETS)).map(lambda it: tuple(sorted(it)))
ROWS = st.builds(
    FacetRow,
    link=st.just(LinkId("")),
    galleries=st.sets(st.sampled_from(["One", "Two"])).map(lambda it: tuple(sorted(it))),
    contributor=st.sampled_from(["Ann", "Ben", ""]),
    facets=st.just(FACETS),
    first=FILLED,
    now=FILLED,
)


@given(rows=st.lists(ROWS, max_size=12))
def test_the_report_equals_a_count_by_hand(rows: list[FacetRow]) -> None:
    report = coverage_of([FacetCount(row=it, assets=1) for it in rows], FACETS)
    gathered = Counter(rows)
    again = coverage_of([FacetCount(row=it, assets=gathered[it]) for it in sorted(gathered, key=repr)], FACETS)
    assert again == report
    assert report["assets"] == len(rows)
    for facet in FACETS:
        assert report["filled"][facet] == {
            "before": sum(facet in it.first for it in rows),
            "now": sum(facet in it.now for it in rows),
        }
        for name, part in report["contributors"].items():
            mine = [it for it in rows if (it.contributor or NOBODY) == name]
            assert part["filled"][facet]["now"] == sum(facet in it.now for it in mine)
        for name, part in report["galleries"].items():
            mine = [it for it in rows if name in (it.galleries or (NOWHERE,))]
            assert part["assets"] == len(mine)
            assert part["filled"][facet]["before"] == sum(facet in it.first for it in mine)
    assert report["filled"]["complete"]["now"] == sum(it.now == FACETS for it in rows)


def test_a_later_look_keeps_what_was_filled_at_first() -> None:
    old = FacetRow(
        link=LinkId("ln1"), galleries=(), contributor="", facets=FACETS[:2], first=FACETS[:1], now=FACETS[:1]
    )
    new = replace(old, facets=FACETS, first=FACETS[1:], now=FACETS[1:])
    assert (new.after(old).first, new.after(old).now) == ((FACETS[0], FACETS[2]), FACETS[1:])

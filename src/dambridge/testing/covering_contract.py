"""What every ledger of facets has to hold to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dambridge.model.coverage import CoverageReport, FacetRow
from dambridge.model.identity import LinkId, RunId
from dambridge.model.values import FieldName
from dambridge.ports.covering import Covering

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)


def row(number: int, *filled: str, facets: str = "a b c", who: str = "Ann") -> FacetRow:
    names = tuple(FieldName(it) for it in sorted(filled))
    return FacetRow(
        link=LinkId(f"ln{number}"),
        galleries=("Intake/One", "Intake/Two"),
        contributor=who,
        facets=tuple(FieldName(it) for it in facets.split()),
        first=names,
        now=names,
    )


class CoveringContract(ABC):
    """Subclass it, give it a ledger, and every promise of `ports.covering` is held to."""

    @abstractmethod
    @pytest.fixture
    def ledger(self) -> Covering:
        """An empty ledger."""

    async def test_what_was_filled_at_first_stays_and_the_rest_follows(self, ledger: Covering) -> None:
        await ledger.note_facets([row(1, "a"), row(2, "a", "b")])
        await ledger.note_facets([row(1, "b", "c", who="Ben")])
        counts = {it.row.contributor: it for it in await ledger.count_facets()}
        assert (counts["Ben"].row.first, counts["Ben"].row.now) == (("a",), ("b", "c"))
        assert (counts["Ann"].row.first, counts["Ann"].row.now) == (("a", "b"), ("a", "b"))

    async def test_a_facet_that_is_new_is_first_met_now(self, ledger: Covering) -> None:
        await ledger.note_facets([row(1, "a", facets="a b")])
        await ledger.note_facets([row(1, "b", "c", facets="b c")])
        (count,) = await ledger.count_facets()
        assert (count.row.facets, count.row.first, count.row.now) == (("b", "c"), ("c",), ("b", "c"))

    async def test_those_alike_are_counted_together(self, ledger: Covering) -> None:
        await ledger.note_facets([*(row(it, "a") for it in range(700)), *(row(it, "b") for it in range(700, 1000))])
        found = {it.row.now: it.assets for it in await ledger.count_facets()}
        assert found == {("a",): 700, ("b",): 300}
        assert {it.row.link for it in await ledger.count_facets()} == {LinkId("")}
        await ledger.forget_facets([LinkId(f"ln{it}") for it in range(650)])
        assert {it.row.now: it.assets for it in await ledger.count_facets()} == {("a",): 50, ("b",): 300}
        await ledger.note_facets([])
        await ledger.forget_facets([])

    async def test_reports_come_back_the_latest_first(self, ledger: Covering) -> None:
        assert await ledger.coverage_reports(limit=5) == []
        reports = [
            CoverageReport(run=RunId(f"run-{it:06d}"), at=AT + timedelta(hours=it), body={"assets": it})
            for it in range(3)
        ]
        for it in reports:
            await ledger.put_coverage(it)
        assert await ledger.coverage_reports(limit=2) == [reports[2], reports[1]]
        again = replace(reports[0], body={"assets": 9})
        await ledger.put_coverage(again)
        assert await ledger.coverage_reports(limit=9) == [reports[2], reports[1], again]

"""Facets and reports in memory: the `Covering` port."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from dambridge.model.coverage import CoverageReport, FacetCount, FacetRow
from dambridge.model.identity import LinkId
from dambridge.testing.fake_agreeing import MemoryAgreeing


class MemoryCovering(MemoryAgreeing):
    """Implements `ports.covering.Covering`."""

    async def note_facets(self, rows: Sequence[FacetRow]) -> None:
        for it in rows:
            old = self.memory.facets.get(it.link)
            self.memory.facets[it.link] = it if old is None else it.after(old)

    async def forget_facets(self, links: Sequence[LinkId]) -> None:
        for it in links:
            self.memory.facets.pop(it, None)

    async def count_facets(self) -> Sequence[FacetCount]:
        alike = Counter(replace(it, link=LinkId("")) for it in self.memory.facets.values())
        order = sorted(alike, key=lambda it: (it.galleries, it.contributor, it.facets, it.first, it.now))
        return [FacetCount(row=it, assets=alike[it]) for it in order]

    async def put_coverage(self, report: CoverageReport) -> None:
        self.memory.coverage[report.run] = report

    async def coverage_reports(self, *, limit: int) -> Sequence[CoverageReport]:
        return sorted(self.memory.coverage.values(), key=lambda it: (it.at, it.run), reverse=True)[:limit]

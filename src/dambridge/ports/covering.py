"""The ledger of facets: what every record copy has and lacks, counted without reading any account again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dambridge.model.coverage import CoverageReport, FacetCount, FacetRow
from dambridge.model.identity import LinkId


class Covering(Protocol):
    """Offered by the ledger beside `ports.ledger` and `ports.agreeing`: all are one store."""

    async def note_facets(self, rows: Sequence[FacetRow]) -> None:
        """Write what was seen; of an asset that is known, what was filled when it was first met stays."""
        ...

    async def forget_facets(self, links: Sequence[LinkId]) -> None:
        """These have no record copy any more."""
        ...

    async def count_facets(self) -> Sequence[FacetCount]:
        """All of them, those alike counted together, in a fixed order."""
        ...

    async def put_coverage(self, report: CoverageReport) -> None:
        """Keep the report of a run; writing it again replaces it."""
        ...

    async def coverage_reports(self, *, limit: int) -> Sequence[CoverageReport]:
        """The latest first."""
        ...

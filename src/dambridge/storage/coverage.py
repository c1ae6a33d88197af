"""Facets of record copies, one row per link, and the reports that runs left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from dambridge.model.coverage import CoverageReport, FacetCount, FacetRow
from dambridge.model.identity import LinkId, RunId
from dambridge.model.values import FieldName
from dambridge.storage.keys import pieces
from dambridge.storage.store import SqlStore
from dambridge.storage.tables.in_step import coverage_reports, facets
from dambridge.storage.upserting import put

_ALIKE = (facets.c.galleries, facets.c.contributor, facets.c.looked_for, facets.c.first_filled, facets.c.now_filled)


class SqlCovering(SqlStore):
    """Implements `ports.covering.Covering`."""

    async def note_facets(self, rows: Sequence[FacetRow]) -> None:
        await self._write(lambda c: _note(c, rows))

    async def forget_facets(self, links: Sequence[LinkId]) -> None:
        await self._write(lambda c: _forget(c, links))

    async def count_facets(self) -> Sequence[FacetCount]:
        return await self._read(_count)

    async def put_coverage(self, report: CoverageReport) -> None:
        row = {"run": report.run, "at": report.at, "body": report.body}
        await self._write(lambda c: put(c, coverage_reports, [row]))

    async def coverage_reports(self, *, limit: int) -> Sequence[CoverageReport]:
        order = (coverage_reports.c.at.desc(), coverage_reports.c.run.desc())
        query = select(coverage_reports).order_by(*order).limit(limit)

        def read(conn: Connection) -> list[CoverageReport]:
            return [CoverageReport(run=RunId(it.run), at=it.at, body=it.body) for it in conn.execute(query)]

        return await self._read(read)


def _note(conn: Connection, rows: Sequence[FacetRow]) -> None:
    known: dict[LinkId, FacetRow] = {}
    for piece in pieces([it.link for it in rows]):
        found = conn.execute(select(facets).where(facets.c.link.in_(piece)))
        known |= {LinkId(it.link): _row(it, LinkId(it.link)) for it in found}
    put(conn, facets, [_columns(it.after(known[it.link]) if it.link in known else it) for it in rows])


def _forget(conn: Connection, links: Sequence[LinkId]) -> None:
    for piece in pieces(links):
        conn.execute(delete(facets).where(facets.c.link.in_(piece)))


def _count(conn: Connection) -> list[FacetCount]:
    query = select(*_ALIKE, func.count().label("assets")).group_by(*_ALIKE).order_by(*_ALIKE)
    return [FacetCount(row=_row(it, LinkId("")), assets=it.assets) for it in conn.execute(query)]


def _row(it: Row[Any], link: LinkId) -> FacetRow:
    return FacetRow(
        link=link,
        galleries=tuple(it.galleries),
        contributor=it.contributor,
        facets=_names(it.looked_for),
        first=_names(it.first_filled),
        now=_names(it.now_filled),
    )


def _names(given: Sequence[str]) -> tuple[FieldName, ...]:
    return tuple(FieldName(it) for it in given)


def _columns(it: FacetRow) -> dict[str, Any]:
    return {
        "link": it.link,
        "galleries": list(it.galleries),
        "contributor": it.contributor,
        "looked_for": list(it.facets),
        "first_filled": list(it.first),
        "now_filled": list(it.now),
    }

"""Coverage: what every record copy has of its facets, when it was first met and now, and a report for each run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dambridge.engine.enriching.parts import EnrichParts
from dambridge.engine.mirroring.deciding import Known
from dambridge.mapping import is_absent
from dambridge.model.accords import Accord, GroupName
from dambridge.model.actions import Action, ActionKind
from dambridge.model.coverage import CoverageReport, FacetRow
from dambridge.model.identity import LinkId, RunId
from dambridge.model.records import Missing, Present
from dambridge.model.values import FieldName
from dambridge.planning.coverage import coverage_of, facet_row
from dambridge.policy.enrich import group_name


@dataclass(slots=True)
class Coverage:
    """Counts along with one run: what is seen at each look, and what the run's own writes have made of it since."""

    parts: EnrichParts
    _written: dict[LinkId, FacetRow] = field(default_factory=dict)
    _counted: bool = False

    async def looked(self, known: Known, writes: Collection[LinkId]) -> None:
        """Note the links as they were found; those that are about to be written are kept, to be settled when that is done."""
        if not self.parts.enrich.facets:
            return
        rows, gone = [], []
        for link_id, link in known.links.items():
            seen = {it.id: known.seen[it.key] for it in link.copies}
            found = {it: one.record for it, one in seen.items() if isinstance(one, Present)}
            target = found.get(self.parts.target_copy)
            if target is not None:
                source = found.get(self.parts.source_copy)
                rows.append(facet_row(link_id, target, source, self.parts.enrich.facets, target.fields))
            elif isinstance(seen.get(self.parts.target_copy), Missing):
                gone.append(link_id)
        due = set(writes)
        self._written |= {it.link: it for it in rows if it.link in due}
        self._counted = self._counted or bool(rows or gone)
        await self.parts.ledger.note_facets(rows)
        await self.parts.ledger.forget_facets(gone)

    async def close(self, run: RunId) -> None:
        """Keep the run's report, where it counted anything."""
        await self.settle()
        if self._counted:
            await write_report(self.parts, run)

    async def settle(self) -> None:
        """Note what the writes came to: what was read back stands in the accords."""
        accords = await self.parts.ledger.accords(sorted(self._written)) if self._written else {}
        rows = [replace(it, now=self._now(it, accords.get(it.link, {}))) for it in self._written.values()]
        self._written = {}
        if rows:
            await self.parts.ledger.note_facets(rows)

    def _now(self, row: FacetRow, accords: Mapping[GroupName, Accord]) -> tuple[FieldName, ...]:
        filled = set(row.now)
        for name in row.facets:
            accord = accords.get(group_name(name))
            standing = accord.copies.get(self.parts.target_copy) if accord is not None else None
            if standing is not None and name in self.parts.enrich.fields:
                filled -= {name}
                filled |= set() if is_absent(standing.shown.get(name)) else {name}
        return tuple(sorted(filled))


async def write_report(parts: EnrichParts, run: RunId) -> None:
    """The report as things now stand, unless the last one says the same."""
    body = coverage_of(await parts.ledger.count_facets(), parts.enrich.facets)
    last = next(iter(await parts.ledger.coverage_reports(limit=1)), None)
    if last is None or last.body != body:
        await parts.ledger.put_coverage(CoverageReport(run=run, at=await parts.clock.now(), body=body))


def written_links(actions: Iterable[Action]) -> Sequence[LinkId]:
    """The links whose record copies these actions write."""
    return sorted({it.link for it in actions if it.kind is ActionKind.UPDATE_FIELDS})

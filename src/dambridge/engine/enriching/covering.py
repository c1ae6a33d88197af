"""Coverage: what every record copy has of its facets, when it was first met and now, and a report for each run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dambridge.engine.enriching.parts import EnrichParts
from dambridge.engine.mirroring.deciding import Decided, Known
from dambridge.mapping import is_absent
from dambridge.model.actions import Action, ActionKind
from dambridge.model.coverage import CoverageReport
from dambridge.model.identity import Link, LinkId, RunId
from dambridge.model.records import AssetRecord, Missing, Present
from dambridge.model.values import FieldName, Fields
from dambridge.planning.coverage import coverage_of, facet_row
from dambridge.policy.enrich import group_name


@dataclass(slots=True)
class Coverage:
    """Counts along with one run: what is seen at the look, and what the run's own writes have made of it at the end."""

    parts: EnrichParts
    _acted: dict[LinkId, tuple[AssetRecord, AssetRecord | None]] = field(default_factory=dict)

    async def looked(self, known: Known, decided: Decided) -> None:
        """Note the links as they were found; those that are about to be written are looked at again at the end."""
        writes = {it.link for it in decided.actions if it.kind is ActionKind.UPDATE_FIELDS}
        rows, gone = [], []
        for link_id, link in known.links.items():
            target, source = self._records(known, link)
            if target is None:
                if isinstance(known.seen[_record_copy(self.parts, link)], Missing):
                    gone.append(link_id)
                continue
            rows.append(facet_row(link_id, target, source, self.parts.enrich.facets, target.fields))
            if link_id in writes:
                self._acted[link_id] = (target, source)
        if self.parts.enrich.facets and rows:
            await self.parts.ledger.note_facets(rows)
        if gone:
            await self.parts.ledger.forget_facets(gone)

    def _records(self, known: Known, link: Link) -> tuple[AssetRecord | None, AssetRecord | None]:
        seen = {it.id: known.seen[it.key] for it in link.copies}
        found = {it: one.record for it, one in seen.items() if isinstance(one, Present)}
        return found.get(self.parts.target_copy), found.get(self.parts.source_copy)

    async def close(self, run: RunId) -> None:
        """Note what the run's writes came to, and keep its report where anything is counted."""
        facets = self.parts.enrich.facets
        if not facets:
            return
        accords = await self.parts.ledger.accords(sorted(self._acted))
        rows = []
        for link_id, (target, source) in sorted(self._acted.items()):
            fields = dict(target.fields)
            for name in self.parts.enrich.fields:
                accord = accords.get(link_id, {}).get(group_name(name))
                standing = accord.copies.get(self.parts.target_copy) if accord is not None else None
                if standing is not None:
                    fields = _with(fields, name, standing.shown)
            rows.append(facet_row(link_id, target, source, facets, fields))
        await self.parts.ledger.note_facets(rows)
        await write_report(self.parts, run)


def _record_copy(parts: EnrichParts, link: Link) -> Any:
    copy = link.copy(parts.target_copy)
    assert copy is not None  # noqa: S101 - only links with a record copy are looked at
    return copy.key


def _with(fields: Mapping[FieldName, Any], name: FieldName, shown: Fields) -> dict[FieldName, Any]:
    others = {it: value for it, value in fields.items() if it != name}
    return others if is_absent(shown.get(name)) else {**others, name: shown[name]}


async def write_report(parts: EnrichParts, run: RunId) -> None:
    """The report as things now stand, unless the last one says the same."""
    body = coverage_of(await parts.ledger.count_facets(), parts.enrich.facets)
    last = next(iter(await parts.ledger.coverage_reports(limit=1)), None)
    if last is None or last.body != body:
        await parts.ledger.put_coverage(CoverageReport(run=run, at=await parts.clock.now(), body=body))


def written_links(actions: Iterable[Action]) -> Sequence[LinkId]:
    """The links whose record copies these actions write."""
    return sorted({it.link for it in actions if it.kind is ActionKind.UPDATE_FIELDS})

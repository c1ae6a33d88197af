"""The coverage report: the share of assets with each facet field filled, when first met and now, whole and by part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dambridge.mapping import is_absent
from dambridge.model.coverage import FacetCount, FacetRow
from dambridge.model.identity import LinkId
from dambridge.model.records import AssetRecord
from dambridge.model.values import FieldName, Fields

NOBODY = "(nobody named)"
NOWHERE = "(in no gallery)"
COMPLETE = "complete"
"""Beside the facets: assets that lack none of them."""


@dataclass(slots=True)
class _Part:
    """A part of the library, counted."""

    assets: int = 0
    before: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    now: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, row: FacetRow, facets: Sequence[FieldName], assets: int) -> None:
        self.assets += assets
        for filled, counts in ((set(row.first), self.before), (set(row.now), self.now)):
            for name in filled & set(facets):
                counts[name] += assets
            counts[COMPLETE] += assets if filled >= set(facets) else 0

    def to_json(self, facets: Sequence[FieldName]) -> dict[str, Any]:
        counts = {it: {"before": self.before[it], "now": self.now[it]} for it in (*facets, COMPLETE)}
        return {"assets": self.assets, "filled": counts}


def coverage_of(counts: Iterable[FacetCount], facets: Sequence[FieldName]) -> dict[str, Any]:
    """The report as JSON. An asset in two galleries counts in both, and once in the whole."""
    whole = _Part()
    galleries: defaultdict[str, _Part] = defaultdict(_Part)
    contributors: defaultdict[str, _Part] = defaultdict(_Part)
    for it in counts:
        whole.add(it.row, facets, it.assets)
        contributors[it.row.contributor or NOBODY].add(it.row, facets, it.assets)
        for gallery in it.row.galleries or (NOWHERE,):
            galleries[gallery].add(it.row, facets, it.assets)
    return {
        "facets": [str(it) for it in facets],
        **whole.to_json(facets),
        "galleries": {it: galleries[it].to_json(facets) for it in sorted(galleries)},
        "contributors": {it: contributors[it].to_json(facets) for it in sorted(contributors)},
    }


def facet_row(
    link: LinkId, target: AssetRecord, source: AssetRecord | None, facets: Sequence[FieldName], fields: Fields
) -> FacetRow:
    """What is to be counted of one asset whose record copy has these `fields`: by the source's galleries and creator, the
    record copy's own where there is no source any more."""
    here = source or target
    filled = tuple(sorted(it for it in facets if not is_absent(fields.get(it))))
    return FacetRow(
        link=link,
        galleries=tuple(sorted({it.path for it in here.containers})),
        contributor=_creator(here.fields) or _creator(target.fields),
        facets=tuple(sorted(facets)),
        first=filled,
        now=filled,
    )


def _creator(fields: Mapping[FieldName, Any]) -> str:
    value = fields.get(FieldName("creator"))
    return value[0] if isinstance(value, tuple) and value else str(value or "")

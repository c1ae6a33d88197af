"""Which facet fields of an asset are filled: when it was first met, and now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dambridge.model.identity import LinkId, RunId
from dambridge.model.values import FieldName


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetRow:
    """One record copy, by its link. `facets` are the fields that were looked for; of these those in `first` were filled when
    the asset was first met, those in `now` at the last look. All three are sorted."""

    link: LinkId
    galleries: tuple[str, ...]
    contributor: str
    facets: tuple[FieldName, ...]
    first: tuple[FieldName, ...]
    now: tuple[FieldName, ...]

    def after(self, old: FacetRow) -> FacetRow:
        """This look at an asset of which `old` is known: a facet that is new to it is first met now."""
        news = set(self.facets) - set(old.facets)
        first = (set(old.first) & set(self.facets)) | (set(self.first) & news)
        return replace(self, first=tuple(sorted(first)))


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetCount:
    """So many assets that are alike in everything but their link; the link of `row` is that of none."""

    row: FacetRow
    assets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageReport:
    """What a run left behind: the report as JSON (see `planning.coverage`)."""

    run: RunId
    at: datetime
    body: Any

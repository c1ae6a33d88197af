"""Facets: how many assets there are of each value. An asset counts once for each value that one of its matching copies has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dambridge.model.queries import Facet
from dambridge.model.searching import FacetCounts
from dambridge.ports.searching import Row
from dambridge.search.gates import ProfileBook, in_region
from dambridge.search.viewing import Viewer

MOST_VALUES = 100
"""Values of one facet that are shown."""


def counted(rows: Sequence[Row], book: ProfileBook, viewer: Viewer) -> FacetCounts:
    """The counts of all facets, the most first; of equals by their spelling."""
    words = book.words(viewer.searcher, viewer.now)
    regions = _regions(rows, book, viewer)
    having: dict[Facet, dict[str, set[str]]] = {it: {} for it in Facet}
    for row in rows:
        for facet, value in _values(row):
            having[facet].setdefault(value, set()).add(row.entry)
        having[Facet.RIGHTS].setdefault(str(words[row.profile].usable), set()).add(row.entry)
        for region in regions[row.profile]:
            having[Facet.REGION].setdefault(region, set()).add(row.entry)
    return {facet: _ordered(values) for facet, values in having.items()}


def _values(row: Row) -> Iterator[tuple[Facet, str]]:
    yield Facet.HOME, str(row.account)
    yield Facet.TYPE, str(row.media_type)
    if row.status:
        yield Facet.STATUS, row.status
    if row.date is not None:
        yield Facet.DATE, row.date[:7]
    for it in row.campaigns:
        yield Facet.CAMPAIGN, it
    for it in row.photographers:
        yield Facet.PHOTOGRAPHER, it


def _regions(rows: Sequence[Row], book: ProfileBook, viewer: Viewer) -> dict[int, tuple[str, ...]]:
    """By profile the territories that it is known to admit: those that the person has to do with, else all that are named
    anywhere in the rights of what was found, or in the configuration."""
    profiles = {row.profile: book.profile(row.profile) for row in rows}
    own = viewer.searcher.scope.regions
    if own is None:
        named = (it.rights.territories.permitted or frozenset() for it in profiles.values())
        own = frozenset(viewer.policy.gate.groups).union(*named)
    asked = sorted(own)
    gate = viewer.policy.gate
    return {number: tuple(it for it in asked if in_region(one, it, gate)) for number, one in profiles.items()}


def _ordered(values: dict[str, set[str]]) -> tuple[tuple[str, int], ...]:
    found = sorted(((value, len(entries)) for value, entries in values.items()), key=lambda it: (-it[1], it[0]))
    return tuple(found[:MOST_VALUES])

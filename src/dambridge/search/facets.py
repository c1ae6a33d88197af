"""Facets: how many assets there are of each value. An asset counts once for each value that one of its matching copies has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dambridge.model.queries import Facet, Time
from dambridge.model.searching import Document, FacetCounts, Profile
from dambridge.ports.searching import Row
from dambridge.search.gates import Word, in_region
from dambridge.search.viewing import Viewer

MOST_VALUES = 100
"""Values of one facet that are shown."""


def counted(
    rows: Sequence[Row], profiles: Mapping[int, Profile], words: Mapping[int, Word], viewer: Viewer
) -> FacetCounts:
    """The counts of all facets, the most first; of equals by their spelling. `profiles` and the gate's `words` on them go by
    the numbers in the rows."""
    regions = _regions({row.profile: profiles[row.profile] for row in rows}, viewer)
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


def counted_copies(copies: Sequence[Document], viewer: Viewer) -> FacetCounts:
    """The same of copies at hand."""
    numbers = {it: number for number, it in enumerate(dict.fromkeys(it.profile for it in copies))}
    rows = [
        Row(
            entry=it.entry,
            account=it.key.account,
            status=it.status,
            media_type=it.media_type,
            campaigns=it.campaigns,
            photographers=it.photographers,
            date=it.days.get(Time.DATE),
            profile=numbers[it.profile],
        )
        for it in copies
    ]
    profiles = {number: it for it, number in numbers.items()}
    return counted(rows, profiles, {number: viewer.word(it) for number, it in profiles.items()}, viewer)


def _regions(profiles: Mapping[int, Profile], viewer: Viewer) -> dict[int, tuple[str, ...]]:
    """By profile the territories that it is known to admit: those that the person has to do with, else all that are named
    anywhere in the rights of what was found, or in the configuration."""
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

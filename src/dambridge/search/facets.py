"""Facets: how many assets there are of each value. An asset counts once for each value that one of its matching copies has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from dambridge.model.queries import Facet, Time
from dambridge.model.searching import Document, FacetCounts, Profile
from dambridge.ports.searching import Row
from dambridge.search.gates import Word, in_region
from dambridge.search.viewing import Viewer

MOST_VALUES = 100
"""Values of one facet that are shown."""


Admitting = Callable[[str], Container[int]]
"""By a territory the numbers of the profiles that are known to admit it."""


def counted(
    rows: Sequence[Row],
    profiles: Mapping[int, Profile],
    words: Mapping[int, Word],
    viewer: Viewer,
    admitting: Admitting,
) -> FacetCounts:
    """The counts of all facets, the most first; of equals by their spelling. `profiles`, the gate's `words` on them and those
    that are `admitting` a territory go by the numbers in the rows."""
    having: dict[Facet, defaultdict[str, set[str]]] = {it: defaultdict(set) for it in Facet}
    of_profile: defaultdict[int, set[str]] = defaultdict(set)
    for row in rows:
        of_profile[row.profile].add(row.entry)
        _count(row, having)
    for number, entries in of_profile.items():
        having[Facet.RIGHTS][str(words[number].usable)] |= entries
    for region in _regions([profiles[it] for it in of_profile], viewer):
        inside = admitting(region)
        having[Facet.REGION][region] = {
            one for number, entries in of_profile.items() if number in inside for one in entries
        }
    return {facet: _ordered(values) for facet, values in having.items()}


def _count(row: Row, having: Mapping[Facet, defaultdict[str, set[str]]]) -> None:
    """Thousands of times an answer: no list is made on the way."""
    entry = row.entry
    having[Facet.HOME][row.account].add(entry)
    having[Facet.TYPE][row.media_type].add(entry)
    if row.status:
        having[Facet.STATUS][row.status].add(entry)
    if row.date is not None:
        having[Facet.DATE][row.date[:7]].add(entry)
    for it in row.campaigns:
        having[Facet.CAMPAIGN][it].add(entry)
    for it in row.photographers:
        having[Facet.PHOTOGRAPHER][it].add(entry)


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
    words = {number: viewer.word(it) for number, it in profiles.items()}

    def admitting(region: str) -> Container[int]:
        return {number for number, it in profiles.items() if in_region(it, region, viewer.policy.gate)}

    return counted(rows, profiles, words, viewer, admitting)


def _regions(profiles: Iterable[Profile], viewer: Viewer) -> list[str]:
    """The territories that are counted: those that the person has to do with, else all that are named anywhere in the rights of
    what was found, or in the configuration."""
    own = viewer.searcher.scope.regions
    if own is None:
        named = (it.rights.territories.permitted or frozenset() for it in profiles)
        own = frozenset(viewer.policy.gate.groups).union(*named)
    return sorted(own)


def _ordered(values: Mapping[str, set[str]]) -> tuple[tuple[str, int], ...]:
    found = sorted(
        ((value, len(entries)) for value, entries in values.items() if entries), key=lambda it: (-it[1], it[0])
    )
    return tuple(found[:MOST_VALUES])

"""Facets: how many assets there are of each value. An asset counts once for each value that one of its matching copies has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import itemgetter

from dambridge.model.queries import Facet, Time
from dambridge.model.searching import Document, FacetCounts, Profile
from dambridge.ports.searching import Columns
from dambridge.search.gates import Word, in_region
from dambridge.search.viewing import Viewer

MOST_VALUES = 100
"""Values of one facet that are shown."""


Admitting = Callable[[str], frozenset[int]]
"""By a territory the numbers of the profiles that are known to admit it."""


def counted(
    copies: Columns,
    profiles: Mapping[int, Profile],
    words: Mapping[int, Word],
    viewer: Viewer,
    admitting: Admitting,
) -> FacetCounts:
    """The counts of all facets, the most first; of equals by their spelling. `profiles`, the gate's `words` on them and those
    that are `admitting` a territory go by the numbers in `copies`."""
    under = _Under.of(copies)
    usable = {it: str(words[it].usable) for it in set(copies.profiles)}
    having: dict[Facet, Mapping[str, int]] = {
        Facet.HOME: _with_value(copies, copies.accounts),
        Facet.TYPE: _with_value(copies, copies.types),
        Facet.STATUS: _with_value(copies, copies.statuses),
        Facet.DATE: _with_value(copies, [it[:7] if it else "" for it in copies.dates]),
        Facet.CAMPAIGN: _with_any(copies, copies.campaigns),
        Facet.PHOTOGRAPHER: _with_any(copies, copies.photographers),
        Facet.RIGHTS: {
            it: under.count({number for number, word in usable.items() if word == it}) for it in {*usable.values()}
        },
        Facet.REGION: {it: under.count(admitting(it)) for it in _regions([profiles[it] for it in usable], viewer)},
    }
    return {facet: _ordered(having[facet]) for facet in Facet}


def _with_value(copies: Columns, values: Sequence[str]) -> Mapping[str, int]:
    """How many assets have each value in a copy; an empty one is none."""
    found = Counter(map(_value, set(zip(copies.entries, values, strict=True))))
    found.pop("", None)
    return found


def _with_any(copies: Columns, lists: Sequence[tuple[str, ...]]) -> Mapping[str, int]:
    return Counter(
        map(_value, {(entry, it) for entry, several in zip(copies.entries, lists, strict=True) for it in several})
    )


_value = itemgetter(1)


@dataclass(frozen=True, slots=True)
class _Under:
    """How many assets stand under each profile, and the profiles of each that stands under `several`: hardly any, for one
    profile counts for all copies of an asset."""

    one: Mapping[int, int]
    several: Sequence[frozenset[int]]

    @classmethod
    def of(cls, copies: Columns) -> _Under:
        pairs = set(zip(copies.entries, copies.profiles, strict=True))
        twice = {entry for entry, count in Counter(entry for entry, _ in pairs).items() if count > 1}
        gathered: dict[str, set[int]] = {it: set() for it in twice}
        for entry, number in pairs if twice else ():
            if entry in twice:
                gathered[entry].add(number)
        return cls(
            Counter(number for entry, number in pairs if entry not in twice), [*map(frozenset, gathered.values())]
        )

    def count(self, numbers: AbstractSet[int]) -> int:
        """Assets that stand under one of these."""
        return sum(map(self.one.__getitem__, self.one.keys() & numbers)) + sum(
            not numbers.isdisjoint(it) for it in self.several
        )


def counted_copies(copies: Sequence[Document], viewer: Viewer) -> FacetCounts:
    """The same of copies at hand."""
    numbers = {it: number for number, it in enumerate(dict.fromkeys(it.profile for it in copies))}
    columns = Columns(
        entries=[it.entry for it in copies],
        accounts=[it.key.account for it in copies],
        statuses=[it.status for it in copies],
        types=[it.media_type for it in copies],
        campaigns=[it.campaigns for it in copies],
        photographers=[it.photographers for it in copies],
        dates=[it.days.get(Time.DATE) for it in copies],
        profiles=[numbers[it.profile] for it in copies],
    )
    profiles = {number: it for it, number in numbers.items()}
    words = {number: viewer.word(it) for number, it in profiles.items()}

    def admitting(region: str) -> frozenset[int]:
        return frozenset(number for number, it in profiles.items() if in_region(it, region, viewer.policy.gate))

    return counted(columns, profiles, words, viewer, admitting)


def _regions(profiles: Iterable[Profile], viewer: Viewer) -> list[str]:
    """The territories that are counted: those that the person has to do with, else all that are named anywhere in the rights of
    what was found, or in the configuration."""
    own = viewer.searcher.scope.regions
    if own is None:
        named = (it.rights.territories.permitted or frozenset() for it in profiles)
        own = frozenset(viewer.policy.gate.groups).union(*named)
    return sorted(own)


def _ordered(values: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    found = sorted((it for it in values.items() if it[1]), key=lambda it: (-it[1], it[0]))
    return tuple(found[:MOST_VALUES])

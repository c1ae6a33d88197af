"""Facets: how many assets there are of each value. An asset counts once for each value that one of its matching copies has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import compress
from operator import itemgetter
from typing import TypeVar

from dambridge.model.queries import Facet, Time, Usable
from dambridge.model.searching import Document, FacetCounts
from dambridge.ports.searching import Columns
from dambridge.search.gates import in_region
from dambridge.search.viewing import Viewer

T = TypeVar("T")
MOST_VALUES = 100
"""Values of one facet that are shown."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is known of profiles by the numbers that copies name: the territories that their rights name, and the numbers of
    those of which the gate says this, or that are known to admit a territory."""

    territories: Mapping[int, frozenset[str] | None]
    standing: Callable[[Usable], AbstractSet[int]]
    admitting: Callable[[str], AbstractSet[int]]


def counted(copies: Columns, terms: Terms, viewer: Viewer) -> FacetCounts:
    """The counts of all facets, the most first; of equals by their spelling."""
    assets = _Assets.of(copies)
    under = assets.under(copies.profiles)
    regions = _regions(set(map(terms.territories.__getitem__, set(copies.profiles))), viewer)
    having: dict[Facet, Mapping[str, int]] = {
        Facet.HOME: assets.with_value(copies.accounts),
        Facet.TYPE: assets.with_value(copies.types),
        Facet.STATUS: assets.with_value(copies.statuses),
        Facet.DATE: assets.with_value([it[:7] if it else "" for it in copies.dates]),
        Facet.CAMPAIGN: assets.with_any(copies.campaigns),
        Facet.PHOTOGRAPHER: assets.with_any(copies.photographers),
        Facet.RIGHTS: {str(it): under.count(terms.standing(it)) for it in Usable},
        Facet.REGION: {it: under.count(terms.admitting(it)) for it in regions},
    }
    return {facet: _ordered(having[facet]) for facet in Facet}


@dataclass(frozen=True, slots=True)
class _Assets:
    """The assets of copies. Most have one copy, which is counted as it stands; of the others each value is counted once."""

    entries: Sequence[str]
    alone: Sequence[bool]
    twins: Sequence[bool]

    @classmethod
    def of(cls, copies: Columns) -> _Assets:
        count = Counter(copies.entries)
        alone = [count[it] == 1 for it in copies.entries]
        return cls(copies.entries, alone, [not it for it in alone])

    def with_value(self, values: Sequence[str]) -> Mapping[str, int]:
        """How many assets have each value in a copy; an empty one is none."""
        found = Counter(compress(values, self.alone))
        found.update(map(_value, set(self._of_twins(values))))
        found.pop("", None)
        return found

    def with_any(self, lists: Sequence[tuple[str, ...]]) -> Mapping[str, int]:
        found: Counter[str] = Counter()
        for several, count in Counter(compress(lists, self.alone)).items():
            for it in dict.fromkeys(several):
                found[it] += count
        found.update(map(_value, {(entry, it) for entry, several in self._of_twins(lists) for it in several}))
        return found

    def under(self, profiles: Sequence[int]) -> _Under:
        gathered: dict[str, set[int]] = {}
        for entry, number in self._of_twins(profiles):
            gathered.setdefault(entry, set()).add(number)
        one = Counter(compress(profiles, self.alone))
        one.update(next(iter(it)) for it in gathered.values() if len(it) == 1)
        return _Under(one, [frozenset(it) for it in gathered.values() if len(it) > 1])

    def _of_twins(self, values: Sequence[T]) -> Iterator[tuple[str, T]]:
        return zip(compress(self.entries, self.twins), compress(values, self.twins), strict=True)


_value = itemgetter(1)


@dataclass(frozen=True, slots=True)
class _Under:
    """How many assets stand under each profile, and the profiles of each that stands under `several`: hardly any, for one
    profile counts for all copies of an asset."""

    one: Mapping[int, int]
    several: Sequence[frozenset[int]]

    def count(self, numbers: AbstractSet[int]) -> int:
        """Assets that stand under one of these."""
        return sum(compress(self.one.values(), map(numbers.__contains__, self.one))) + sum(
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
    words = {number: viewer.word(it).usable for number, it in profiles.items()}

    def standing(wanted: Usable) -> frozenset[int]:
        return frozenset(number for number, it in words.items() if it is wanted)

    def admitting(region: str) -> frozenset[int]:
        return frozenset(number for number, it in profiles.items() if in_region(it, region, viewer.policy.gate))

    territories = {number: it.rights.territories.permitted for number, it in profiles.items()}
    return counted(columns, Terms(territories, standing, admitting), viewer)


def _regions(named: Iterable[frozenset[str] | None], viewer: Viewer) -> list[str]:
    """The territories that are counted: those that the person has to do with, else all that are `named` in the rights of what
    was found, or in the configuration."""
    own = viewer.searcher.scope.regions
    if own is None:
        own = frozenset(viewer.policy.gate.groups).union(*(it for it in named if it))
    return sorted(own)


def _ordered(values: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    found = sorted((it for it in values.items() if it[1]), key=lambda it: (-it[1], it[0]))
    return tuple(found[:MOST_VALUES])

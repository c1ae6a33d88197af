"""Lay changed and deleted documents over a computed library, without ever listing the library."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence

from dambridge_sim.kit.lookup import Base, Lookup, Value


class Overlay:
    """A base and the sorted numbers that were touched: stored anew or deleted, so no longer computed."""

    def __init__(self, base: Base, touched_ids: Iterable[str]) -> None:
        """Take the ids of all stored rows of the kind, deleted ones included."""
        self.base = base
        numbers = (base.number_of(identifier) for identifier in touched_ids)
        self._touched = sorted(number for number in numbers if number is not None)

    def touch(self, identifier: str) -> None:
        """Note that the document now stands in the store, or is gone."""
        number = self.base.number_of(identifier)
        if number is None or not 0 <= number < self.base.count:
            return
        place = bisect_left(self._touched, number)
        if place == len(self._touched) or self._touched[place] != number:
            insort(self._touched, number)

    def number(self, identifier: str) -> int | None:
        """Return the number of an id that is part of the library (touched or not), else None."""
        number = self.base.number_of(identifier)
        return number if number is not None and 0 <= number < self.base.count else None

    def untouched(self, identifier: str) -> int | None:
        """Return the number of an id that is part of the library and still computed, else None."""
        number = self.number(identifier)
        if number is None:
            return None
        place = bisect_left(self._touched, number)
        return None if place < len(self._touched) and self._touched[place] == number else number

    def total(self, lookup: Lookup, stored: int) -> int:
        """Return how many documents a lookup selects, `stored` of which stand in the store."""
        span = self.base.span(lookup)
        return len(span) - len(self._ranks(span)) + stored

    def page(self, lookup: Lookup, stored: Sequence[tuple[Value, str]], offset: int, limit: int) -> list[str]:
        """Return one page of ids; `stored` are all selected entries of the store, ascending by value and id."""
        span = self.base.span(lookup)
        ranks = self._ranks(span)
        total = len(span) - len(ranks) + len(stored)
        start, stop = offset, min(offset + limit, total)
        if lookup.descending:
            start, stop = max(0, total - offset - limit), max(0, total - offset)
        places = self._places(lookup.index, span, ranks, stored)
        ids = self._window(span, ranks, places, range(start, stop))
        return ids[::-1] if lookup.descending else ids

    def _ranks(self, span: range) -> list[int]:
        """Return the places within `span` that touched numbers leave empty, ascending."""
        if not span or not self._touched:
            return []
        return sorted(span.index(number) for number in self._touched if number in span)

    def _places(
        self, index: str, span: range, ranks: Sequence[int], stored: Sequence[tuple[Value, str]]
    ) -> dict[int, str]:
        """Return where each stored document stands in the merged order."""
        return {
            position + self._computed_before(index, span, ranks, value): identifier
            for position, (value, identifier) in enumerate(stored)
        }

    def _window(self, span: range, ranks: Sequence[int], places: dict[int, str], window: range) -> list[str]:
        """Return the ids at the places of `window`: the computed ones that remain, and the stored ones in between."""
        computed = window.start - sum(place < window.start for place in places)
        ids: list[str] = []
        for place in window:
            if place in places:
                ids.append(places[place])
            else:
                ids.append(self.base.id_of(span[_nth_free(ranks, computed)]))
                computed += 1
        return ids

    def _computed_before(self, index: str, span: range, ranks: Sequence[int], value: Value) -> int:
        rank = bisect_left(span, value, key=lambda number: self.base.value(index, number))
        return int(rank) - bisect_left(ranks, rank)


def _nth_free(ranks: Sequence[int], nth: int) -> int:
    """Return the `nth` place (from 0) that is not in the sorted `ranks`."""
    low, high = 0, len(ranks)
    while low < high:
        middle = (low + high) // 2
        if ranks[middle] - middle <= nth:
            low = middle + 1
        else:
            high = middle
    return nth + low

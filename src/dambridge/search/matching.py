"""Whether a copy satisfies a question, decided here: for what a system found by a search of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dambridge.model.queries import (
    AllOf,
    AnyOf,
    During,
    Facet,
    InRegion,
    Is,
    May,
    Not,
    Query,
    Stands,
    Usable,
    Words,
    words_of,
)
from dambridge.model.searching import Document
from dambridge.search.gates import in_region
from dambridge.search.viewing import Viewer


def satisfies(it: Document, query: Query, viewer: Viewer) -> bool:
    """Whether all that is asked holds of this copy, for the one who asks, at this instant."""
    match query:
        case AllOf(items):
            return all(satisfies(it, one, viewer) for one in items)
        case AnyOf(items):
            return any(satisfies(it, one, viewer) for one in items)
        case Not(item):
            return not satisfies(it, item, viewer)
        case Words():
            return any(_stands_in(query, value) for value in _values(it, query))
        case Is(facet, value):
            return _is(it, facet, value)
        case During(time, first, last):
            day = it.days.get(time)
            return day is not None and (first is None or day >= first) and (last is None or day <= last)
        case May(channel, territory):
            return viewer.word(it.profile, channel=channel, territory=territory).usable is Usable.NOW
        case Stands(usable):
            return viewer.word(it.profile).usable is usable
        case InRegion(region):
            return in_region(it.profile, region, viewer.policy.gate)
    raise TypeError(f"a copy is not asked {query!r}")


def _values(it: Document, wanted: Words) -> Iterator[tuple[str, ...]]:
    """The values, as words, in which it may stand."""
    for name, values in it.texts.items():
        if _same_field(name, wanted.field) if wanted.field else name in it.free:
            yield from values


def _same_field(name: str, field: str) -> bool:
    """Names of fields are compared as their words: a site's own are spelled in many ways."""
    return name == field or words_of(name.replace("_", " ")) == words_of(field.replace("_", " "))


def _stands_in(wanted: Words, value: tuple[str, ...]) -> bool:
    *whole, last = wanted.words
    size = len(wanted.words)
    for at in range(len(value) - size + 1):
        end = value[at + size - 1]
        if list(value[at : at + size - 1]) == whole and (end.startswith(last) if wanted.prefix else end == last):
            return True
    return False


def _is(it: Document, facet: Facet, value: str) -> bool:
    match facet:
        case Facet.STATUS:
            return it.status == value
        case Facet.TYPE:
            return it.media_type == value
        case Facet.HOME:
            return it.key.account == value
        case Facet.CAMPAIGN:
            return _named(it.campaigns, value)
        case Facet.PHOTOGRAPHER:
            return _named(it.photographers, value)
    raise TypeError(f"a copy has no single value of the facet {facet}")


def _named(several: Iterable[str], value: str) -> bool:
    return any(words_of(it) == words_of(value) for it in several)

"""What somebody looks for: a question as a frozen tree, whatever language it was asked in.

A question is about one copy of an asset at a time: a copy matches when all that is asked holds of it. Words are compared in the
form that `words_of` gives them, whole; several words of one `Words` stand side by side, within one value of one field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum

_PARTS = re.compile(r"[^\W_]+")
_ALONE = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+"
)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text as they are compared: without case, accents and signs; each character of Chinese and Japanese is a
    word of its own, for nothing stands between theirs."""
    if text.isascii():  # most are, and nothing of the rest touches them
        return tuple(_PARTS.findall(text.lower()))
    plain = "".join(it for it in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(it))
    found = _PARTS.findall(unicodedata.normalize("NFC", plain).casefold())
    return tuple(part for word in found for part in _ALONE.findall(word))


class Facet(StrEnum):
    """What answers are counted and narrowed by."""

    STATUS = "status"
    RIGHTS = "rights"
    REGION = "region"
    CAMPAIGN = "campaign"
    TYPE = "type"
    DATE = "date"
    PHOTOGRAPHER = "photographer"
    HOME = "home"


class Usable(StrEnum):
    """The values of the facet `rights`: what the gate says at this moment."""

    NOW = "usable"
    """Through some channel of the one who asks, in some territory of theirs."""
    LATER = "later"
    """Not yet: shut for its date alone."""
    ENDED = "ended"
    """Its end has passed."""
    UNKNOWN = "unknown"
    """What has to be known is not."""
    SHUT = "shut"
    """For any other reason."""


class Time(StrEnum):
    """The days that can be asked for: when it was made, when it came into its system, when it was last changed there."""

    DATE = "date"
    ADDED = "added"
    MODIFIED = "modified"


@dataclass(frozen=True, slots=True)
class Words:
    """These words side by side; the last may go on where `prefix`. `field` is a canonical field or empty: anywhere. `spelled`
    is how they were typed, for systems that compare in their own way; it makes no other question."""

    words: tuple[str, ...]
    field: str = ""
    prefix: bool = False
    spelled: str = dataclass_field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Is:
    """The copy has exactly this value of the facet, in the spelling of its words. `STATUS`, `TYPE`, `HOME`, `CAMPAIGN` and
    `PHOTOGRAPHER` alone: what turns on rights is a `Among`."""

    facet: Facet
    value: str


@dataclass(frozen=True, slots=True)
class During:
    """The day is known and lies between these, both ends included, each `YYYY-MM-DD` or None for open. A day that is known to
    the month or year counts as its first."""

    time: Time
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class May:
    """The rights gate permits it now, through this channel in this territory; empty: any of those of the one who asks."""

    channel: str = ""
    territory: str = ""


@dataclass(frozen=True, slots=True)
class Stands:
    """The rights stand so, as facet `rights` counts them."""

    usable: Usable


@dataclass(frozen=True, slots=True)
class InRegion:
    """Its territories are known to admit this one."""

    region: str


@dataclass(frozen=True, slots=True)
class Among:
    """The copy's rights are one of these profiles, by number: what an index is told instead of `May`, `Stands`, `InRegion`."""

    profiles: frozenset[int]


@dataclass(frozen=True, slots=True)
class Not:
    item: Query


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of them hold; of none at all everything does."""

    items: tuple[Query, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one holds."""

    items: tuple[Query, ...]


Leaf = Words | Is | During | May | Stands | InRegion | Among
Query = Leaf | Not | AllOf | AnyOf
EVERYTHING = AllOf()


def rewritten(query: Query, leaf: Callable[[Leaf], Query]) -> Query:
    """The same question with each leaf put in other words."""
    match query:
        case Not(item):
            return Not(rewritten(item, leaf))
        case AllOf(items):
            return AllOf(tuple(rewritten(it, leaf) for it in items))
        case AnyOf(items):
            return AnyOf(tuple(rewritten(it, leaf) for it in items))
        case _:
            return leaf(query)


def leaves(query: Query) -> Iterator[Leaf]:
    match query:
        case Not(item):
            yield from leaves(item)
        case AllOf(items) | AnyOf(items):
            for it in items:
                yield from leaves(it)
        case _:
            yield query


def both(*several: Query) -> Query:
    """All of these, without needless layers."""
    flat = [part for it in several for part in (it.items if isinstance(it, AllOf) else (it,))]
    return flat[0] if len(flat) == 1 else AllOf(tuple(flat))

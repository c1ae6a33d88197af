"""From a question to what one system may be asked: never more than what every match satisfies, so that nothing is lost, and with
a word for each part that has to be decided here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from dambridge.mapping import AccountMap
from dambridge.model.identity import AccountId
from dambridge.model.queries import AllOf, AnyOf, During, Facet, Is, Leaf, Not, Query, Time, Words, words_of
from dambridge.model.records import MediaType
from dambridge.model.values import FieldName
from dambridge.policy.searching import SearchPolicy
from dambridge.ports.searching import Wanted
from dambridge.search.documents import FREE, NAMES
from dambridge.search.query import OWN

MOST_BRANCHES = 6
"""Alternatives that a system is asked about one by one; of more it is asked what they have in common, which is nothing."""
_TOLD_APART = frozenset({"country", "country_code", "state"})
"""Fields whose values systems spell otherwise than people ask for them."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One alternative: what the system is asked, and what of the question is left to be decided here."""

    wanted: Wanted
    left: tuple[str, ...]


def branches(query: Query, account: AccountId, rules: AccountMap, policy: SearchPolicy) -> tuple[Branch, ...]:
    """The alternatives, of which every match satisfies one; none at all where the account can hold no match."""
    found = list(_alternatives(query))
    if len(found) > MOST_BRANCHES:
        return (Branch(Wanted(), ("the alternatives",)),)
    made = [it for leaves in found if (it := _branch(leaves, account, rules, policy)) is not None]
    return tuple(dict.fromkeys(made))


def _alternatives(query: Query) -> Iterator[tuple[Leaf | Not, ...]]:
    """The question as alternatives of things that all hold. What is negated stays whole."""
    match query:
        case AnyOf(items):
            for it in items:
                yield from _alternatives(it)
        case AllOf(items):
            each = [list(_alternatives(it)) for it in items]
            count = 1
            for several in each:
                count *= len(several)
            if count > MOST_BRANCHES:
                each = [several if len(several) == 1 else [()] for several in each]
            for combined in product(*each):
                yield tuple(leaf for leaves in combined for leaf in leaves)
        case _:
            yield (query,)


def _branch(leaves: Sequence[Leaf | Not], account: AccountId, rules: AccountMap, policy: SearchPolicy) -> Branch | None:
    words: list[str] = []
    texts: list[tuple[str, str]] = []
    kinds: frozenset[MediaType] | None = None
    days: dict[Time, tuple[str | None, str | None]] = {}
    left: list[str] = []
    for leaf in leaves:
        match leaf:
            case Words(field=""):
                words.append(leaf.spelled or " ".join(leaf.words))
                left += ["phrase"] if len(leaf.words) > 1 else []
            case Words():
                _of_field(leaf, rules, policy, texts, left)
            case Is(Facet.HOME, value) if value != account:
                return None
            case Is(Facet.TYPE, value):
                kinds = frozenset({MediaType(value)}) if kinds is None else kinds & {MediaType(value)}
            case Is(Facet.CAMPAIGN | Facet.PHOTOGRAPHER as facet, value):
                _of_field(Words(words_of(value), str(facet), spelled=value), rules, policy, texts, left)
            case During(time, first, last) if time is not Time.DATE:
                days[time] = (first, last)
            case Is(Facet.HOME):
                pass
            case _:
                left.append(_called(leaf))
    wanted = Wanted(
        words=tuple(words),
        texts=tuple(texts),
        kinds=kinds,
        modified=days.get(Time.MODIFIED),
        added=days.get(Time.ADDED),
    )
    return Branch(wanted, tuple(dict.fromkeys(left)))


def _of_field(
    leaf: Words, rules: AccountMap, policy: SearchPolicy, texts: list[tuple[str, str]], left: list[str]
) -> None:
    """The field by its native name where it holds free text there as it does here; else it is left."""
    name = {str(Facet.CAMPAIGN): policy.campaign, str(Facet.PHOTOGRAPHER): policy.photographer}.get(
        leaf.field, FieldName(leaf.field)
    )
    spelled = leaf.spelled or " ".join(leaf.words)
    if name == NAMES:
        texts.append((NAMES, spelled))
        return
    rule = rules.by_field.get(name)
    plain = name in FREE - _TOLD_APART and rule is not None and rule.read and rule.transform is None
    if rule is not None and plain and rule.expression is None and rule.constant is None and rule.default is None:
        texts.append((rule.native, spelled))
    else:
        left.append(leaf.field.removeprefix(OWN))


def _called(leaf: Leaf | Not) -> str:
    """A part of a question as people call it."""
    match leaf:
        case Not():
            return "what must not be there"
        case Is(facet):
            return str(facet)
        case During(time):
            return str(time)
        case _:
            return "rights"

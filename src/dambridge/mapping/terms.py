"""What words mean in an account's vocabularies: by the account's own terms, by what persons decided, by what they imported.

Nothing here guesses: a word that is none of these is unknown, and waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from dambridge.mapping.normal import normal_text, same
from dambridge.mapping.rules import AccountMap, NewTerms, Rule
from dambridge.mapping.transforms import TransformFailed
from dambridge.mapping.values import Unreadable, canonical_value, native_texts, short_code
from dambridge.mapping.vocabularies import Proposal, Term, Vocabulary, word_key
from dambridge.model.identity import AccountId
from dambridge.model.terms import TermDecision, TermKey, TermUse, Verdict
from dambridge.model.values import FieldName, Fields, Value

Definition = tuple[str, tuple[str, ...] | None]
"""Kind of an attribute and its terms (None where values are free)."""
WITH_TERMS = frozenset({"pulldown", "tag", "multi-select", "multiselect"})
_MANY = frozenset({"tag", "multi-select", "multiselect"})


def place_in(definitions: Mapping[str, Definition] | None, rule: Rule, aliases: Aliases) -> Definition | None:
    """The rule's place, its terms None where values are free: as the account shows it; where the account shows none of its
    places, of the type that the map names and with the terms of the vocabulary that was imported for it. None where the
    account shows its places and this is none of them."""
    if definitions is None:
        kept = aliases.vocabularies.get(rule.native)
        return rule.kind, None if kept is None else tuple(dict.fromkeys(it.label for it in kept))
    shown = definitions.get(rule.native)
    return shown if shown is None or shown[0] in WITH_TERMS else (shown[0], None)


def takes_many(rule: Rule, kind: str) -> bool:
    """Whether a place of this type takes several values; a type that is not known is not in the way."""
    return rule.many if rule.many is not None else kind in _MANY or not kind


def separator_for(rule: Rule, kind: str) -> str | None:
    """What joins a list in a place of this type; None where the place is known to take several values, or nothing joins them."""
    several = rule.many if rule.many is not None else kind in _MANY
    return None if several else rule.separator


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one text means for an attribute: `term` is the vocabulary's own spelling, None where nobody knows or where the
    word was dropped; `decision` is the one that applies, if any."""

    term: str | None
    decision: TermDecision | None = None

    @property
    def dropped(self) -> bool:
        return self.decision is not None and self.decision.verdict is Verdict.DROP


@dataclass(frozen=True)
class Aliases:
    """What persons gave as meanings in one account: decisions by attribute and folded word, vocabularies by attribute."""

    account: AccountId
    decisions: Mapping[tuple[str, str], TermDecision] = field(default_factory=dict)
    vocabularies: Mapping[str, tuple[Term, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, account: AccountId, decisions: Iterable[TermDecision], vocabularies: Mapping[str, tuple[Term, ...]]
    ) -> Aliases:
        return cls(account, {(it.key.attribute, it.key.word): it for it in decisions}, vocabularies)

    def meaning(self, rule: Rule, text: str, terms: Sequence[str]) -> Meaning:
        """The account's own term goes before every decision, a decision before an imported vocabulary."""
        if (own := own_term(rule.field, text, terms)) is not None:
            return Meaning(own)
        decision = self.decisions.get((rule.native, word_key(text)))
        if decision is not None:
            wanted = decision.term if decision.verdict is not Verdict.DROP else ""
            return Meaning(own_term(rule.field, wanted, terms) if wanted else None, decision)
        if rule.native in self.vocabularies:
            found = self.vocabulary(rule.native, tuple(terms)).find(text)
            return Meaning(found.label if found is not None else None)
        return Meaning(None)

    def key(self, rule: Rule, text: str) -> TermKey:
        return TermKey(self.account, rule.native, word_key(text))

    def propose(self, rule: Rule, text: str, terms: Sequence[str], limit: int) -> tuple[Proposal, ...]:
        return self.vocabulary(rule.native, tuple(terms)).propose(text, limit)

    def vocabulary(self, attribute: str, terms: tuple[str, ...]) -> Vocabulary:
        """The account's terms, with the synonyms and languages that an imported vocabulary knows of them."""
        known = self._joined.get(attribute)
        if known is None or known[0] != terms:
            known = self._joined[attribute] = (terms, joined(attribute, terms, self.vocabularies.get(attribute, ())))
        return known[1]

    @cached_property
    def _joined(self) -> dict[str, tuple[tuple[str, ...], Vocabulary]]:
        return {}


NO_ALIASES = Aliases(AccountId(""))
"""Where nobody has given words a meaning."""


def joined(name: str, live: Sequence[str], kept: Sequence[Term]) -> Vocabulary:
    """What can be chosen in the account (`live`), each with what an imported vocabulary says of it. Terms that only the
    imported one has are no choice, but stand above others."""
    labels = {normal_text(it): it for it in live}
    enriched = [
        Term(
            id=it.id,
            label=labels.pop(normal_text(it.label)),
            broader=it.broader,
            synonyms=it.synonyms,
            labels=it.labels,
        )
        for it in kept
        if normal_text(it.label) in labels
    ]
    bare = [Term(id=f"live:{label}", label=label) for label in labels.values()]
    chosen = {it.id for it in enriched}
    above = {it.id: it for it in kept}
    linked = [
        Term(
            id=it.id,
            label=it.label,
            broader=_nearest(it.broader, above, chosen),
            synonyms=it.synonyms,
            labels=it.labels,
        )
        for it in enriched
    ]
    return Vocabulary(name, (*linked, *bare))


def _nearest(broader: str, above: Mapping[str, Term], chosen: frozenset[str] | set[str]) -> str:
    """The closest term above that can be chosen; empty at the top, and where the terms above run in a ring."""
    met: set[str] = set()
    while broader and broader not in chosen and broader not in met:
        met.add(broader)
        broader = above[broader].broader if broader in above else ""
    return broader if broader in chosen else ""


def own_term(name: FieldName, text: str, terms: Sequence[str]) -> str | None:
    """The account's own spelling of this text: the same term, in other Unicode or as another code of one country."""
    if text in terms:
        return text
    if name == "country_code":
        return next((it for it in terms if same(name, it, text)), None)
    wanted = normal_text(text)
    return next((it for it in terms if normal_text(it) == wanted), None)


@dataclass(frozen=True, slots=True)
class Spoken:
    """Fields in the account's terms as far as these are known, and every word of them that some person has to know of."""

    fields: Fields
    uses: tuple[TermUse, ...] = ()


def in_terms(
    fields: Fields, account: AccountMap, definitions: Mapping[str, Definition] | None, aliases: Aliases
) -> Spoken:
    """Say these canonical values in the account's terms. A word that is not known stays as it is, for `to_native` to name;
    a dropped one is left out, and a field of which nothing is left is absent."""
    spoken: dict[FieldName, Value] = dict(fields)
    uses: dict[TermKey, TermUse] = {}
    for name, value in fields.items():
        rule = account.by_field.get(name)
        if rule is None or not rule.write or (place := place_in(definitions, rule, aliases)) is None:
            continue
        kind, terms = place
        if terms is None:
            continue
        texts = texts_of(rule, kind, value)
        said = _say(rule, texts, terms, aliases, uses)
        if texts and not said:
            del spoken[name]
        elif said != texts:
            spoken[name] = _value(rule, value, said)
    return Spoken(spoken, tuple(uses[it] for it in sorted(uses)))


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """The terms of an account's attributes, None where it does not show them, and what persons said that words mean."""

    definitions: Mapping[str, Definition] | None = None
    aliases: Aliases = NO_ALIASES

    def say(self, fields: Fields, account: AccountMap) -> Spoken:
        return in_terms(fields, account, self.definitions, self.aliases)


def _say(
    rule: Rule, texts: Sequence[str], terms: Sequence[str], aliases: Aliases, uses: dict[TermKey, TermUse]
) -> tuple[str, ...]:
    said: list[str] = []
    for text in texts:
        meaning = aliases.meaning(rule, text, terms)
        if meaning.decision is not None or (meaning.term is None and rule.new_terms is NewTerms.WAIT):
            note(uses, aliases.key(rule, text), text, meaning.decision)
        if not meaning.dropped:
            said.append(meaning.term or text)
    return tuple(said)


def _value(rule: Rule, value: Value, said: tuple[str, ...]) -> Value:
    """What will be read back once these terms are written."""
    ours = tuple(dict.fromkeys(said))
    if rule.transform is not None:
        if rule.transform.read is None:
            return value  # the account's spelling leads back to no text of ours; `to_native` spells it
        try:
            ours = rule.transform.as_read(ours)
        except TransformFailed:
            return value
    try:
        again, _ = canonical_value(rule.field, ours)
    except Unreadable:
        return value  # the field cannot hold the term; `to_native` spells it
    return value if again is None else again


def texts_of(rule: Rule, kind: str, value: Value) -> tuple[str, ...]:
    """A value as the texts of an attribute with terms; none where it cannot be spelled."""
    try:
        texts = native_texts(value, separator=separator_for(rule, kind), day_only=False)
        texts = tuple(short_code(rule.field, it) for it in texts)
        return texts if rule.transform is None else rule.transform.written(texts)
    except (Unreadable, TransformFailed):
        return ()


def note(uses: dict[TermKey, TermUse], key: TermKey, text: str, decision: TermDecision | None) -> None:
    """Write a use down; several spellings of one word are one use."""
    before = uses[key].spellings if key in uses else ()
    spellings = before if text in before else (*before, text)
    uses[key] = TermUse(key=key, spellings=spellings, under=decision.order if decision else "")


def waiting_for(uses: Iterable[TermUse], unknown: Iterable[TermUse]) -> tuple[TermUse, ...]:
    """The uses of an asset that waits for these unknown words."""
    held = {it.key: it for it in unknown}
    found = {it.key: it for it in uses} | held
    return tuple(
        TermUse(key=it.key, spellings=it.spellings, under=it.under, waiting=it.key in held)
        for _, it in sorted(found.items())
    )

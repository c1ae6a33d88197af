"""From canonical fields to a system's own words. What cannot be spelled there is a problem, never left out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dambridge.mapping.displays import joined
from dambridge.mapping.fields import MARK, Kind, kind_of
from dambridge.mapping.normal import is_absent
from dambridge.mapping.rules import AccountMap, NewTerms, Rule
from dambridge.mapping.speaking import at_each
from dambridge.mapping.terms import (
    NO_ALIASES,
    Aliases,
    Definition,
    note,
    place_in,
    separator_for,
    takes_many,
    waiting_for,
)
from dambridge.mapping.transforms import TransformFailed
from dambridge.mapping.values import PLUS_RELEASES, RELEASE_FLAGS, Unreadable, as_flags, native_texts, short_code
from dambridge.model.reasons import Code, Reason
from dambridge.model.terms import TermKey, TermUse
from dambridge.model.values import FieldName, Fields, Value

_PROPOSED = 3
"""Terms that are proposed with a word that is not known."""


@dataclass(frozen=True, slots=True)
class NativeWrite:
    """Attributes to write, an empty tuple clearing one; `problems` are values that could not be spelled, with `unknown`
    naming every word among them that the account's vocabularies do not know."""

    attributes: Mapping[str, tuple[str, ...]]
    problems: tuple[Reason, ...] = ()
    unknown: tuple[TermUse, ...] = ()


def to_native(
    fields: Fields,
    cleared: Iterable[FieldName],
    account: AccountMap,
    *,
    definitions: Mapping[str, Definition] | None = None,
    aliases: Aliases = NO_ALIASES,
    beside: Fields | None = None,
) -> NativeWrite:
    """The account's words for these values; fields that the map does not write are not this account's business.

    With `definitions` each value is held against the attribute as the account defines it: an attribute that is not
    there, a wrong type, an unknown term or a value too long is a problem. Our own marks are left out where a site has
    no attribute for them. `aliases` say what words mean that are no terms; every unknown word is named, not the first alone.
    `beside` is what the copy says now, for places that two fields share (`displays`)."""
    fields, cleared = joined(fields, cleared, account.displays, beside=beside or {})
    attributes: dict[str, tuple[str, ...]] = {}
    problems: list[Reason] = []
    unknown: dict[TermKey, TermUse] = {}
    for name in sorted({*fields, *cleared}):
        rule = account.by_field.get(name)
        if rule is None or not rule.write:
            continue
        value = fields.get(name)
        for one, said in at_each(rule, None if is_absent(value) else value):
            place = place_in(definitions, one, aliases)
            if place is None:
                if definitions is not None and not name.startswith(MARK):
                    problems.append(missing_attribute(one, definitions))
                continue
            if said is None:
                attributes[one.native] = ()
                continue
            kind, terms = place
            spelled = _spell(one, said, kind)
            if isinstance(spelled, Reason):
                problems.append(spelled)
                continue
            if terms is not None:
                spelled, strange = _known_terms(one, spelled, terms, aliases, unknown)
                problems += strange
                if strange or not spelled:
                    continue  # of a value that was dropped whole nothing is written, and nothing emptied
            attributes[one.native] = spelled
    return NativeWrite(attributes, tuple(problems), waiting_for((), unknown.values()))


def missing_attribute(rule: Rule, definitions: Mapping[str, Definition]) -> Reason:
    """Say that the account has no such attribute, with the closest one that it has."""
    folded = {it.casefold(): it for it in definitions}
    near = difflib.get_close_matches(rule.native.casefold(), folded, n=1, cutoff=0.6)
    return Reason.of(
        Code.ATTRIBUTE_MISSING, field=rule.field, attribute=rule.native, closest=folded[near[0]] if near else ""
    )


def _spell(rule: Rule, value: Value, kind: str) -> tuple[str, ...] | Reason:
    separator = separator_for(rule, kind)
    try:
        texts = native_texts(value, separator=separator, day_only=kind == "date")
    except Unreadable as error:
        return _refused(rule, str(error))
    texts = tuple(short_code(rule.field, it) for it in texts)
    if rule.native in RELEASE_FLAGS and rule.field in PLUS_RELEASES:
        texts = as_flags(rule.field, texts)
    if rule.transform is not None:
        try:
            texts = rule.transform.written(texts)
        except TransformFailed as error:
            return _refused(rule, f"its transform failed: {error}")
    problem = _unfit(rule, value, texts, kind=kind, separator=separator)
    return texts if problem is None else problem


def _unfit(rule: Rule, value: Value, texts: tuple[str, ...], *, kind: str, separator: str | None) -> Reason | None:
    """Why the place cannot hold these texts, or None."""
    if separator and isinstance(value, tuple) and kind_of(rule.field) is Kind.BAG:
        inside = next((it for it in value if separator.strip() in it), None)
        if inside is not None:
            return _refused(rule, f"the term {inside[:60]!r} contains the separator {separator!r}")
    if len(texts) > 1 and not takes_many(rule, kind):
        return _refused(rule, f"it holds one value and {len(texts)} are to be written")
    if kind == "number" and not texts[0].lstrip("-").isdigit():
        return _refused(rule, f"{texts[0][:40]!r} is no number")
    long = next((it for it in texts if rule.limit and len(it) > rule.limit), None)
    return Reason.of(Code.VALUE_CUT, field=rule.field, kept=rule.limit or 0, wanted=len(long)) if long else None


def _refused(rule: Rule, why: str) -> Reason:
    return Reason.of(Code.VALUE_REFUSED, field=rule.field, attribute=rule.native, text=why)


def _known_terms(
    rule: Rule, texts: tuple[str, ...], terms: tuple[str, ...], aliases: Aliases, unknown: dict[TermKey, TermUse]
) -> tuple[tuple[str, ...], list[Reason]]:
    """The account's terms for these texts, each once where words were found to mean them; and a problem per unknown word."""
    found: list[str] = []
    strange: list[Reason] = []
    for text in texts:
        meaning = aliases.meaning(rule, text, terms)
        if meaning.term is not None:
            found.append(meaning.term)
        elif meaning.decision is None and rule.new_terms is NewTerms.SEND:
            found.append(text)
        elif not meaning.dropped:
            note(unknown, aliases.key(rule, text), text, meaning.decision)
            strange.append(_strange(rule, text, terms, aliases))
    return (texts if found == list(texts) else tuple(dict.fromkeys(found))), strange


def _strange(rule: Rule, text: str, terms: tuple[str, ...], aliases: Aliases) -> Reason:
    near = tuple(it.term.label for it in aliases.propose(rule, text, terms, _PROPOSED))
    return Reason.of(Code.UNKNOWN_TERM, field=rule.field, attribute=rule.native, term=text, suggestions=near)

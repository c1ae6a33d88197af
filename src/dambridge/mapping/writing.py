"""From canonical fields to a system's own words. What cannot be spelled there is a problem, never left out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dambridge.mapping.displays import joined
from dambridge.mapping.fields import MARK, Kind, kind_of
from dambridge.mapping.normal import is_absent, normal_text, same
from dambridge.mapping.rules import AccountMap, NewTerms, Rule
from dambridge.mapping.transforms import TransformFailed
from dambridge.mapping.values import Unreadable, native_texts, short_code
from dambridge.model.reasons import Code, Reason
from dambridge.model.values import FieldName, Fields, Value

Definition = tuple[str, tuple[str, ...] | None]
"""Kind of an attribute and its terms (None where values are free)."""
_WITH_TERMS = frozenset({"pulldown", "tag", "multi-select", "multiselect"})
_MANY = frozenset({"tag", "multi-select", "multiselect"})


@dataclass(frozen=True, slots=True)
class NativeWrite:
    """Attributes to write, an empty tuple clearing one; `problems` are values that could not be spelled."""

    attributes: Mapping[str, tuple[str, ...]]
    problems: tuple[Reason, ...] = ()


def to_native(
    fields: Fields,
    cleared: Iterable[FieldName],
    account: AccountMap,
    *,
    definitions: Mapping[str, Definition] | None = None,
    beside: Fields | None = None,
) -> NativeWrite:
    """The account's words for these values; fields that the map does not write are not this account's business.

    With `definitions` each value is held against the attribute as the account defines it: an attribute that is not
    there, a wrong type, an unknown term or a value too long is a problem. Our own marks are left out where a site has
    no attribute for them. `beside` is what the copy says now, for places that two fields share (`displays`)."""
    fields, cleared = joined(fields, cleared, account.displays, beside=beside or {})
    attributes: dict[str, tuple[str, ...]] = {}
    problems: list[Reason] = []
    for name in sorted({*fields, *cleared}):
        rule = account.by_field.get(name)
        if rule is None or not rule.write:
            continue
        definition = None if definitions is None else definitions.get(rule.native)
        if definitions is not None and definition is None:
            if not name.startswith(MARK):
                problems.append(missing_attribute(rule, definitions))
            continue
        if name not in fields or is_absent(fields[name]):
            attributes[rule.native] = ()
            continue
        spelled = _spell(rule, fields[name], definition)
        if isinstance(spelled, Reason):
            problems.append(spelled)
        else:
            attributes[rule.native] = spelled
    return NativeWrite(attributes, tuple(problems))


def missing_attribute(rule: Rule, definitions: Mapping[str, Definition]) -> Reason:
    """Say that the account has no such attribute, with the closest one that it has."""
    folded = {it.casefold(): it for it in definitions}
    near = difflib.get_close_matches(rule.native.casefold(), folded, n=1, cutoff=0.6)
    return Reason.of(
        Code.ATTRIBUTE_MISSING, field=rule.field, attribute=rule.native, closest=folded[near[0]] if near else ""
    )


def _spell(rule: Rule, value: Value, definition: Definition | None) -> tuple[str, ...] | Reason:
    kind, terms = definition if definition is not None else (rule.kind, rule.terms)
    separator = None if takes_many(rule, kind) else rule.separator
    try:
        texts = native_texts(value, separator=separator, day_only=kind == "date")
    except Unreadable as error:
        return _refused(rule, str(error))
    texts = tuple(short_code(rule.field, it) for it in texts)
    if rule.transform is not None:
        try:
            texts = rule.transform.written(texts)
        except TransformFailed as error:
            return _refused(rule, f"its transform failed: {error}")
    problem = _unfit(rule, value, texts, kind=kind, separator=separator)
    if problem is not None:
        return problem
    return texts if terms is None or kind not in _WITH_TERMS else _known_terms(rule, texts, terms)


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


def takes_many(rule: Rule, kind: str) -> bool:
    """Whether a place of this type takes several values; a type that is not known is not in the way."""
    return rule.many if rule.many is not None else kind in _MANY or not kind


def _refused(rule: Rule, why: str) -> Reason:
    return Reason.of(Code.VALUE_REFUSED, field=rule.field, attribute=rule.native, text=why)


def _known_terms(rule: Rule, texts: tuple[str, ...], terms: tuple[str, ...]) -> tuple[str, ...] | Reason:
    found: list[str] = []
    for text in texts:
        term = _term_for(rule.field, text, terms)
        if term is None and rule.new_terms is NewTerms.WAIT:
            near = difflib.get_close_matches(text, terms, n=3, cutoff=0.6)
            return Reason.of(
                Code.UNKNOWN_TERM, field=rule.field, attribute=rule.native, term=text, suggestions=tuple(near)
            )
        found.append(term if term is not None else text)
    return tuple(found)


def _term_for(name: FieldName, text: str, terms: tuple[str, ...]) -> str | None:
    """The vocabulary's own spelling of this text: the same term, in other Unicode or as another code of one country."""
    if text in terms:
        return text
    if name == "country_code":
        return next((it for it in terms if same(name, it, text)), None)
    wanted = normal_text(text)
    return next((it for it in terms if normal_text(it) == wanted), None)

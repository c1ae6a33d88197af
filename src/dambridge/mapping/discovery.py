"""Holding a map against the account as it is: attributes missing or misspelt, wrong types, vocabularies without terms."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import replace

from dambridge.mapping.displays import SHOWN
from dambridge.mapping.fields import MARK, Kind, kind_of
from dambridge.mapping.rules import AccountMap, NewTerms, Rule
from dambridge.mapping.terms import Definition
from dambridge.mapping.writing import missing_attribute
from dambridge.model.reasons import Code, Reason

FITS: Mapping[Kind, frozenset[str]] = {
    Kind.TEXT: frozenset({"text", "textarea", "text area", "pulldown", "tag"}),
    Kind.LANG: frozenset({"text", "textarea", "text area"}),
    Kind.BAG: frozenset({"tag", "multi-select", "multiselect"}),
    Kind.SEQ: frozenset({"text", "textarea", "text area", "tag", "multi-select", "multiselect"}),
    Kind.DATE: frozenset({"date", "text"}),
    Kind.URI: frozenset({"text", "textarea", "text area", "pulldown"}),
    Kind.INT: frozenset({"number", "text"}),
    Kind.BOOL: frozenset({"pulldown", "text"}),
}


def discover(account: AccountMap, definitions: Mapping[str, Definition]) -> list[Reason]:
    """What is wrong between the map's written fields and the account's attributes, in the order of the map.

    An account without room for our own marks can be worked with, so they are not asked for."""
    problems: list[Reason] = []
    for rule in account.rules:
        if not rule.write or rule.field.startswith((MARK, SHOWN)):
            continue
        found = (_of_place(replace(rule, native=place), definitions) for place in rule.places)
        problems += [it for it in found if it is not None]
    return problems


def _of_place(rule: Rule, definitions: Mapping[str, Definition]) -> Reason | None:
    if rule.native not in definitions:
        return missing_attribute(rule, definitions)
    kind, terms = definitions[rule.native]
    fits = FITS[kind_of(rule.field)] | ({"text", "textarea"} if rule.separator else frozenset())
    if kind not in fits and kind not in {"", "unknown"}:
        return _wrong(rule, kind, tuple(sorted(fits)))
    if terms == () and rule.new_terms is NewTerms.WAIT:
        return _wrong(rule, f"{kind} without terms", ("a vocabulary with terms",))
    return None


def discover_reads(account: AccountMap, shown: Collection[str]) -> list[Reason]:
    """Fields that the map reads by a name under which the account shows nothing; `shown` are the names that its API has and
    those of its own fields that were met in assets (PS E25: there is no call that lists them)."""
    problems: list[Reason] = []
    for rule in account.rules:
        if rule.read and rule.native not in shown:
            folded = {it.casefold(): it for it in shown}
            near = difflib.get_close_matches(rule.native.casefold(), folded, n=1, cutoff=0.6)
            closest = folded[near[0]] if near else ""
            problems.append(Reason.of(Code.ATTRIBUTE_MISSING, field=rule.field, attribute=rule.native, closest=closest))
    return problems


def _wrong(rule: Rule, kind: str, wanted: tuple[str, ...]) -> Reason:
    return Reason.of(Code.ATTRIBUTE_WRONG_TYPE, field=rule.field, attribute=rule.native, kind=kind, wanted=wanted)

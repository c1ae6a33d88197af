"""Texts in languages that have places of their own in an account: many places read into one value, one value written to many.

A system that has no languages (NX 5, CONFIRMED: an attribute is a list of texts) can have an attribute for each. What such an
account can hold of a value is what `as_held` gives, and that is what it shows again once it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dambridge.mapping.rules import Rule
from dambridge.model.values import DEFAULT_LANGUAGE, LangAlt, Value


def heard(rule: Rule, said: Mapping[str, str]) -> LangAlt | None:
    """What the places say together, by the name of each; None where none says anything. A text without a language stands for
    the first language that shares its place."""
    texts = {tag: said[place] for tag, place in rule.languages if place in said}
    if rule.native in said:
        texts[DEFAULT_LANGUAGE] = said[rule.native]
    return LangAlt.of(texts) if texts else None


def as_held(rule: Rule, value: Value) -> Value | None:
    """What these places can hold of a value: its texts in their languages, and one without a language. None where that is
    nothing. A text without a language alone stays one: it says nothing of the languages beside it."""
    if not isinstance(value, LangAlt):
        return value
    texts = {tag.casefold(): text for tag, text in value.entries if text.strip()}
    kept = {tag: texts[tag.casefold()] for tag, _ in rule.languages if tag.casefold() in texts}
    plain = kept.get(rule.first_language) or texts.get(DEFAULT_LANGUAGE)
    if plain is not None:
        kept[DEFAULT_LANGUAGE] = plain
    if len(kept) > 1 and plain is not None and rule.first_language:
        kept[rule.first_language] = plain
    return LangAlt.of(kept) if kept else None


def at_each(rule: Rule, value: Value | None) -> list[tuple[Rule, Value | None]]:
    """The rule at each place that is to be written and what it is to say there, None for nothing."""
    if not rule.languages:
        return [(rule, value)]
    said = dict.fromkeys(rule.places, "") if value is None else spread(rule, value)
    return [
        (replace(rule, native=place, languages=()), LangAlt.plain(text) if text else None)
        for place, text in sorted(said.items())
    ]


def spread(rule: Rule, value: Value) -> dict[str, str]:
    """The text of each place that the value speaks of, empty where it says that there is none: one in languages speaks of
    all, one without a language only of its own place."""
    held = as_held(rule, value)
    if held is None:
        return {}
    if not isinstance(held, LangAlt):
        return {rule.native: str(held)}
    texts = dict(held.entries)
    if set(texts) == {DEFAULT_LANGUAGE}:
        return {rule.native: texts[DEFAULT_LANGUAGE]}
    said = {place: texts.get(tag, "") for tag, place in rule.languages}
    return {rule.native: texts.get(DEFAULT_LANGUAGE, ""), **said}

"""The linter's findings in words, and what a person does about each."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "two_into_one": (
        "{names} all make {place}; what comes first wins and the others are lost.",
        "Let one of them make it, or give the others a place of their own.",
    ),
    "attribute_missing": (
        "{field} goes to {place}, and the account has no such place.",
        "Did you mean {closest}? Correct the name, or make the attribute.",
    ),
    "type_does_not_fit": (
        "{field} goes to {place}, which is of the type {type}; it needs {wanted}.",
        "Name a place of a type that fits, or change its type.",
    ),
    "list_into_one": (
        "{field} is a list, and {place} ({type}) holds one value.",
        "Give the rule a `separator`, or name a place that takes several values.",
    ),
    "value_cut": (
        "{field} does not fit into {place}: {kept} of {wanted} characters would be kept ({origin}).",
        "Raise the `limit` if the place holds more, shorten the text, or name a longer place.",
    ),
    "value_refused": (
        "{field} cannot be written into {place} ({origin}): {text}.",
        "Correct the value, or the rule's separator, type or transform.",
    ),
    "no_inverse": (
        "{field} goes both ways through {place}, and its transform has no `{missing}`.",
        "Add the other half, or say `direction: out` or `in`.",
    ),
    "inverse_differs": (
        "{field}: {text} written into {place} and read again becomes {back}.",
        "Make the two halves of the transform undo each other, or let the field go one way.",
    ),
    "required_without_source": (
        "{place} must not stay empty, and nothing gives {field}.",
        "Map a field of the source to it, or give it a default, a table or a classification.",
    ),
    "term_without_partner": (
        "{term} ({origin}) is no term of {place}.",
        "Add the term to the vocabulary, or write the term that is meant.",
    ),
    "last_map_wins": (
        "The site's metadata maps import {names} into {place}; only {last} counts.",
        "Switch Import off in all of these maps but one.",
    ),
    "maps_append": (
        "The site's metadata maps export {names} into {place}, one appended to the other.",
        "Switch Export off in all of these maps but one.",
    ),
    "import_overwrites": (
        "The site imports {name} into {place}, where {field} ({own}) is written: the next sync of a file puts it back.",
        "Switch that map's Import off, or name another place.",
    ),
    "never_reached": ("{what} never counts: {why}.", "Take it out, or change the order."),
    "nowhere_written": (
        "{names} makes {field}, and no account has a place for it.",
        "Give {field} a place under `accounts`, or take it out.",
    ),
    "key_never_found": (
        "{keys} keys of the table {field} can never be found by the pattern {pattern}, for instance {key}.",
        "Correct the pattern, or the keys.",
    ),
    "table_empty": ("The table {field} has no rows.", "Fill it, or take it out."),
    "table_fails": ("The table {field} cannot say what an asset is: {text}.", "Add the row, or correct the text."),
    "rule_fails": ("The rule of {field} fails: {text}.", "Correct the rule, for instance by asking `present` first."),
    "languages_lost": (
        "{field} has texts in {languages}, and {place} holds one language.",
        "Give them places of their own under `languages`, if they are wanted.",
    ),
    "language_unknown": (
        "{place} is to hold {field} in a language that nobody asks for: {why}.",
        "Write the tag as outlets and files do, for instance de or de-AT.",
    ),
    "review_overdue": (
        "The map was to be looked at again by {date}; {owner} answers for it.",
        "Look through it and set a new `review_by`.",
    ),
    "cannot_be_used": ("{text}", "{remedy}"),
}


_OF_ASSETS = (
    "Assets say words that are no terms of {place}, for instance {term}; what says one waits.",
    "Decide about them once a run has met them (`dambridge terms`), or add them to the vocabulary.",
)
_OF_ASSETS_WITHOUT_TERMS = (
    "{place} has no terms yet, so that every word for it waits, for instance {term}.",
    "Have its terms made, or say `new_terms: send` in its rule if it takes any word.",
)


class _Gaps(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def lint_words(fault: str, field: str, params: Mapping[str, str]) -> tuple[str, str]:
    """What was found, and what to do about it."""
    told, remedy = WORDS[fault]
    if "text" in params and fault == "two_into_one":
        return params["text"], params.get("remedy", remedy)
    if fault == "attribute_missing" and not params.get("closest"):
        remedy = "Correct the name, or make the attribute."
    if fault == "term_without_partner" and params.get("origin") == "assets":
        told, remedy = _OF_ASSETS_WITHOUT_TERMS if "empty" in params else _OF_ASSETS
    values = _Gaps({"field": field, **params})
    return told.format_map(values), remedy.format_map(values)

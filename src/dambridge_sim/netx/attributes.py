"""Attribute definitions (section 4.6) and the check of values that are written to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

from dambridge_sim.netx.errors import Refusal, bad_params, failure

AttributeType = Literal["text", "textarea", "pulldown", "multiselect", "tag", "number", "date"]
UnknownTerm = Literal["error", "ignore", "create"]
TYPES: tuple[str, ...] = get_args(AttributeType)
NAME_LIMIT = 100  # characters of an attribute's name (NX 4.6, CONFIRMED)
_SEVERAL = frozenset({"tag", "multiselect"})
_VOCABULARY = frozenset({"tag", "multiselect", "pulldown"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute of the site.

    `sync` lets embedded metadata in; a `mandatory` one is not emptied by a write (INFERRED).
    `open` lets writers add terms to its vocabulary (INFERRED: NetX wants administrators to make terms). `view_groups` and
    `edit_groups` empty means every group.
    """

    id: int
    name: str
    type: AttributeType
    vocabulary: str | None = None
    open: bool = False
    default: tuple[str, ...] = ()
    object_type: str = "asset"
    sync: bool = True
    mandatory: bool = False
    view_level: int = 1
    edit_level: int = 4
    view_groups: frozenset[str] = frozenset()
    edit_groups: frozenset[str] = frozenset()

    @property
    def holds_several(self) -> bool:
        """Tag and multi-select take several values, all others one."""
        return self.type in _SEVERAL

    @property
    def has_vocabulary(self) -> bool:
        """Pulldown, multi-select and tag take values of a vocabulary alone."""
        return self.type in _VOCABULARY


@dataclass(frozen=True, slots=True)
class Checked:
    """Values as they will be stored, and the terms that the vocabulary gains by them."""

    values: tuple[str, ...]
    new_terms: tuple[str, ...] = ()


@dataclass(slots=True)
class Vocabularies:
    """Term lists by name, in the administrator's order."""

    terms: dict[str, list[str]] = field(default_factory=dict)

    def of(self, attribute: Attribute) -> Sequence[str]:
        """The terms of an attribute; empty when it has no vocabulary."""
        return self.terms.get(attribute.vocabulary or attribute.name, ()) if attribute.has_vocabulary else ()

    def add(self, attribute: Attribute, terms: Iterable[str]) -> None:
        """Append terms that are not there yet."""
        held = self.terms.setdefault(attribute.vocabulary or attribute.name, [])
        held.extend(term for term in dict.fromkeys(terms) if term not in held)


def check_values(
    attribute: Attribute, raw: object, vocabularies: Vocabularies, *, unknown_term: UnknownTerm, limit: int = 0
) -> Checked:
    """Check what a client writes; raise `Refusal` naming the attribute. `[]` clears. `limit` is in characters, 0 for none."""
    if not isinstance(raw, list) or not all(isinstance(value, str) for value in raw):
        raise bad_params(f'Attribute "{attribute.name}": values must be an array of strings')
    values = tuple(raw)
    if attribute.has_vocabulary:
        return _terms(attribute, values, vocabularies, unknown_term)
    values = tuple(value for value in values if value != "")
    if len(values) > 1:
        raise failure(f'Attribute "{attribute.name}" of type {attribute.type} takes one value, got {len(values)}')
    for value in values:
        if problem := _problem(attribute, value, limit):
            raise failure(f'Attribute "{attribute.name}": {problem}')
    return Checked(values)


def _terms(
    attribute: Attribute, values: tuple[str, ...], vocabularies: Vocabularies, unknown_term: UnknownTerm
) -> Checked:
    values = tuple(dict.fromkeys(values))
    if attribute.type not in _SEVERAL and len(values) > 1:
        raise failure(f'Attribute "{attribute.name}" of type {attribute.type} takes one value, got {len(values)}')
    known = set(vocabularies.of(attribute))
    missing = [value for value in values if value not in known]
    if not missing:
        return Checked(values)
    if (attribute.open or unknown_term == "create") and all(missing):
        return Checked(values, tuple(missing))
    if unknown_term == "ignore":
        return Checked(tuple(value for value in values if value in known))
    wrong = next(
        (one for one in missing if not one), missing[0]
    )  # an empty term is none, even where new ones are welcome
    raise failure(f'Attribute "{attribute.name}": "{wrong}" is not a term of its vocabulary')


def _problem(attribute: Attribute, value: str, limit: int) -> str | None:
    if attribute.type == "date" and not is_day(value):
        return f'"{value}" is not a date of the form YYYY-MM-DD'
    if attribute.type == "number" and not is_number(value):
        return f'"{value}" is not a number'
    if limit and len(value) > limit:
        return f"the value has {len(value)} characters, the limit is {limit}"
    return None


def is_day(value: str) -> bool:
    """Whether `value` is a calendar day spelt `YYYY-MM-DD`."""
    if not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_number(value: str) -> bool:
    """Whether `value` is a decimal number in plain digits."""
    return _NUMBER.fullmatch(value) is not None


def taken_from_file(
    attribute: Attribute, values: Sequence[str], vocabularies: Vocabularies, *, unknown_term: UnknownTerm, limit: int
) -> Checked:
    """Make embedded values fit an attribute, as a sync does: never an error, what does not fit is left out (INFERRED).

    Several values for a text are joined by `, `; a date keeps its day; a text over `limit` is cut.
    """
    given = [value for value in values if value.strip()]
    if not attribute.has_vocabulary:
        given = _one_value(attribute, given, limit)
    elif attribute.type not in _SEVERAL:
        given = given[:1]
    lenient: UnknownTerm = "create" if unknown_term == "create" else "ignore"
    try:
        return check_values(attribute, given, vocabularies, unknown_term=lenient)
    except Refusal:
        return Checked(())


def _one_value(attribute: Attribute, values: Sequence[str], limit: int) -> list[str]:
    if not values:
        return []
    if attribute.type == "date":
        return [values[0][:10].replace(":", "-")]
    if attribute.type == "number":
        return [values[0].strip()]
    joined = ", ".join(values)
    return [joined[:limit] if limit else joined]


def rendered(attributes: Iterable[Attribute], values: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Attributes as a reply shows them: every defined one, always an array, empty when unset (NX 4.1)."""
    return {attribute.name: list(values.get(attribute.name, ())) for attribute in attributes}

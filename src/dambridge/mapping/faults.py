"""What the linter of maps finds: codes with parameters, put into words at the edge (`telemetry.lint_words`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Codes are stable: scripts count them. Add, never rename."""

    TWO_INTO_ONE = "two_into_one"
    ATTRIBUTE_MISSING = "attribute_missing"
    TYPE_DOES_NOT_FIT = "type_does_not_fit"
    LIST_INTO_ONE = "list_into_one"
    VALUE_CUT = "value_cut"
    VALUE_REFUSED = "value_refused"
    NO_INVERSE = "no_inverse"
    INVERSE_DIFFERS = "inverse_differs"
    REQUIRED_WITHOUT_SOURCE = "required_without_source"
    TERM_WITHOUT_PARTNER = "term_without_partner"
    LAST_MAP_WINS = "last_map_wins"
    MAPS_APPEND = "maps_append"
    IMPORT_OVERWRITES = "import_overwrites"
    NEVER_REACHED = "never_reached"
    NOWHERE_WRITTEN = "nowhere_written"
    KEY_NEVER_FOUND = "key_never_found"
    TABLE_EMPTY = "table_empty"
    TABLE_FAILS = "table_fails"
    RULE_FAILS = "rule_fails"
    LANGUAGES_LOST = "languages_lost"
    LANGUAGE_UNKNOWN = "language_unknown"
    REVIEW_OVERDUE = "review_overdue"
    CANNOT_BE_USED = "cannot_be_used"


MINDS = frozenset({Fault.REVIEW_OVERDUE, Fault.LANGUAGES_LOST})
"""What is worth a look and breaks nothing; everything else loses or holds back values."""


ASSETS = "assets"
"""The origin of values that assets say, and not the map."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A real asset that shows the fault: which, and the value that it has."""

    asset: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LintFinding:
    """One fault: in which account's map (empty: in what all accounts have in common), on which field or rule."""

    fault: Fault
    account: str = ""
    field: str = ""
    params: Mapping[str, str]
    samples: tuple[Sample, ...] = ()
    assets: int = 0
    """How many of the assets that were looked at show it."""

    @property
    def bad(self) -> bool:
        return self.fault not in MINDS and not self.is_of_words

    @property
    def is_of_words(self) -> bool:
        """Whether it tells of words that people wrote, for which the queue of words is there, and not of the map itself."""
        return self.fault is Fault.TERM_WITHOUT_PARTNER and self.params.get("origin") == ASSETS


def found(fault: Fault, field: str = "", **params: str) -> LintFinding:
    return LintFinding(fault=fault, field=field, params=params)

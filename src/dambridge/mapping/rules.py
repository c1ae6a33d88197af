"""The values of a map: one account's rules, and what goes with them. `account_map` makes them of options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from dambridge.expressions import Program
from dambridge.mapping.classifying import Classification
from dambridge.mapping.displays import Display
from dambridge.mapping.fields import MARK
from dambridge.mapping.lookups import Lookup
from dambridge.mapping.transforms import Transform
from dambridge.mapping.uploader import UploaderWord
from dambridge.model.identity import System
from dambridge.model.reasons import Reason
from dambridge.model.records import NativeRecord
from dambridge.model.values import FieldName, Value


class Direction(StrEnum):
    """Which way a rule carries values, seen from dambridge: `in` reads, `out` writes."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


class NewTerms(StrEnum):
    """What becomes of a term that the account's vocabulary does not know: wait for a librarian, or let the account say."""

    WAIT = "wait"
    SEND = "send"


class MapInvalid(ValueError):
    """The rules of a map cannot be used; `problems` has one (field, sentence) per mistake, `collisions` those of the fields
    that would be written where another one is."""

    def __init__(self, problems: Sequence[tuple[str, str]], collisions: Iterable[str] = ()) -> None:
        self.problems = tuple(problems)
        self.collisions = frozenset(collisions)
        super().__init__("; ".join(f"{name}: {what}" for name, what in problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One canonical field and its place in the account.

    `separator` joins a list into one text and splits it again; `limit` is the most characters that the place holds;
    `default` stands in for an absent value, `constant` for any, `expression` computes one. `kind` is the place's type
    in a NetX profile, empty where it is not known; `many` says whether it takes several values, None where its type says
    so. `language` is the one language that the place holds, and `transform` how it spells texts. `required` places must not
    stay empty. `languages` are places of single languages, tag and name; `native` is that of texts without one then, which
    the first language may share."""

    field: FieldName
    native: str
    direction: Direction = Direction.BOTH
    group: str = "attributes"
    kind: str = ""
    separator: str | None = None
    limit: int | None = None
    new_terms: NewTerms = NewTerms.WAIT
    default: Value | None = None
    constant: Value | None = None
    expression: Program | None = None
    transform: Transform | None = None
    language: str = ""
    languages: tuple[tuple[str, str], ...] = ()
    many: bool | None = None
    required: bool = False

    @property
    def read(self) -> bool:
        return self.direction is not Direction.OUT

    @property
    def write(self) -> bool:
        return self.direction is not Direction.IN

    @property
    def places(self) -> tuple[str, ...]:
        """Every place of the field in the account."""
        if not self.languages:
            return (self.native,)
        return tuple(dict.fromkeys((self.native, *(place for _, place in self.languages))))

    @property
    def first_language(self) -> str:
        """The language that shares its place with texts without one; empty where none does."""
        return next((tag for tag, place in self.languages if place == self.native), "")


@dataclass(frozen=True, slots=True)
class Derivations:
    """What an asset's own values bring along before they are written: tables first, then classification."""

    lookups: tuple[Lookup, ...] = ()
    classes: tuple[Classification, ...] = ()


class Told(Protocol):
    """A canonical field that has no place of its own in an account: it is told from the record as a whole."""

    @property
    def field(self) -> FieldName: ...

    def tell(self, native: NativeRecord) -> tuple[Value | None, Reason | None, bool]:
        """The value, what is noted with it, and whether it is known."""
        ...

    def shown(self, value: Value | None) -> Value | None:
        """What `tell` says of a record that was brought to this value."""
        ...


@dataclass(frozen=True, slots=True)
class AccountMap:
    """The rules of one account. `writes` are the canonical fields that may be written, our own marks aside; `reads`
    those that are read; both are what a version of the account's record speaks of. `told` is read as well, and written by
    whoever gave it."""

    system: System
    rules: tuple[Rule, ...]
    derivations: Derivations = Derivations()
    displays: tuple[Display, ...] = ()
    uploader: UploaderWord | None = None
    told: Told | None = None
    writes: frozenset[FieldName] = field(init=False, repr=False, compare=False)
    reads: frozenset[FieldName] = field(init=False, repr=False, compare=False)
    by_field: Mapping[FieldName, Rule] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        writes = frozenset(it.field for it in self.rules if it.write and not it.field.startswith(MARK))
        object.__setattr__(self, "writes", writes)
        told = {self.told.field} if self.told is not None else set()
        object.__setattr__(self, "reads", frozenset(it.field for it in self.rules if it.read) | told)
        object.__setattr__(self, "by_field", {it.field: it for it in self.rules})

    def narrowed(self, managed: Iterable[FieldName]) -> AccountMap:
        """The same map writing only these fields (our marks stay); what else it reads is still read."""
        wanted = frozenset(managed)
        rules = [it if it.field in wanted or it.field.startswith(MARK) else _read_only(it) for it in self.rules]
        return replace(self, rules=tuple(it for it in rules if it is not None))


def _read_only(rule: Rule) -> Rule | None:
    return replace(rule, direction=Direction.IN) if rule.read else None

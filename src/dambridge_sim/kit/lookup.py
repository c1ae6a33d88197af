"""What one may ask of documents: kinds, indexes, lookups, and the computed library that may lie underneath."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

Document: TypeAlias = dict[str, Any]
Value: TypeAlias = str | int | float


@dataclass(frozen=True, slots=True)
class Index:
    """A secondary index: `values(document)` gives what it stands under. A `lagged` one sees writes late, as search does."""

    values: Callable[[Document], Iterable[Value]]
    lagged: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document. `counts=False` is bookkeeping: it never makes a call count as one that changed something."""

    name: str
    indexes: Mapping[str, Index] = field(default_factory=dict)
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Lookup:
    """Documents whose index value equals `equal` or lies between `low` and `high`, in the order of value, then id.

    The index `"id"` is every document by id. Bounds are inclusive unless `low_open` or `high_open`.
    """

    index: str = "id"
    equal: Value | None = None
    low: Value | None = None
    high: Value | None = None
    low_open: bool = False
    high_open: bool = False
    descending: bool = False

    def bounds(self) -> tuple[Value | None, bool, Value | None, bool]:
        """Return low, low_open, high, high_open with `equal` written as two bounds."""
        if self.equal is not None:
            return self.equal, False, self.equal, False
        return self.low, self.low_open, self.high, self.high_open


class Base(Protocol):
    """A library computed from numbers 0 to `count` - 1 that lies under the stored documents of one kind."""

    @property
    def kind(self) -> str:
        """The kind of document."""
        ...

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    def id_of(self, number: int) -> str:
        """Return the id of a number."""
        ...

    def number_of(self, identifier: str) -> int | None:
        """Return the number of an id, or None when the id is not one of the library."""
        ...

    def document(self, number: int) -> Document:
        """Compute the document."""
        ...

    def value(self, index: str, number: int) -> Value:
        """Return the value under which a number stands in an index; it grows with the place in `span`."""
        ...

    def span(self, lookup: Lookup) -> range:
        """Return the numbers that a lookup selects, in ascending order of the index's value."""
        ...

"""How sure the references are of an operation, and what strict mode makes of it."""

from __future__ import annotations

from enum import StrEnum


class Confidence(StrEnum):
    """The mark that the API reference gives to an operation."""

    CONFIRMED = "CONFIRMED"
    CONFIRMED_2019 = "CONFIRMED-2019"
    SINGLE = "SINGLE"
    INFERRED = "INFERRED"

    @property
    def in_strict(self) -> bool:
        """Whether strict mode serves it."""
        return self in (Confidence.CONFIRMED, Confidence.CONFIRMED_2019)

    def at_most(self, other: Confidence) -> Confidence:
        """The weaker of two: what is known of a method at an address is no surer than the address."""
        order = list(Confidence)
        return max(self, other, key=order.index)

    @property
    def header(self) -> str:
        """The word for `X-Sim-Confidence`, which knows three."""
        return "CONFIRMED" if self.in_strict else str(self)

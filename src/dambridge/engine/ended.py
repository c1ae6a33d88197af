"""How an item ended, and what several ends of one item come to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dambridge.model.outcomes import NOBODY, Outcome
from dambridge.model.reasons import Reason
from dambridge.ports.ledger import Observation

_WORSE = (Outcome.FAILED, Outcome.QUARANTINED, Outcome.WAITING, Outcome.DONE, Outcome.SKIPPED, Outcome.UNCHANGED)


@dataclass(frozen=True, slots=True)
class Ended:
    """How an item ended, or one of its actions."""

    outcome: Outcome
    reason: Reason
    waits_for: str = ""
    bytes_moved: int = 0

    @classmethod
    def of(cls, it: Observation) -> Ended:
        return cls(it.outcome, it.reason, it.waits_for)


def worse(one: Ended | None, other: Ended) -> Ended:
    """An item has one end: the worst of what its actions came to, the later of two as bad."""
    if one is None:
        return other
    moved = one.bytes_moved + other.bytes_moved
    chosen = one if _rank(one) < _rank(other) else other
    return replace(chosen, bytes_moved=moved)


def _rank(it: Ended) -> tuple[int, bool]:
    return _WORSE.index(it.outcome), it.waits_for in NOBODY

"""How items of a run end, and the sums that have to match."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dambridge.model.identity import AssetKey, LinkId
from dambridge.model.reasons import Reason


class Outcome(StrEnum):
    """The six ways in which an item of a run can end. `seen` is the sum of all of them."""

    DONE = "done"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    WAITING = "waiting"
    QUARANTINED = "quarantined"
    FAILED = "failed"


NOBODY = ("system", "next run", "date")
"""What an item waits for when no person needs to look at it: an answer, another round, an instant that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemOutcome:
    """One item's end in one run. `waits_for` names a role or person when the outcome is waiting.

    `lag` is the seconds from the source's modified time to the end of the work, None where nothing was carried over.
    """

    key: AssetKey
    link: LinkId | None
    outcome: Outcome
    reason: Reason
    waits_for: str = ""
    bytes_moved: int = 0
    lag: float | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """The accounting identity: `seen` is always the sum of the rest."""

    done: int = 0
    unchanged: int = 0
    skipped: int = 0
    waiting: int = 0
    quarantined: int = 0
    failed: int = 0

    @property
    def seen(self) -> int:
        return self.done + self.unchanged + self.skipped + self.waiting + self.quarantined + self.failed

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Counts:
        sums = dict.fromkeys((str(it) for it in Outcome), 0)
        for outcome in outcomes:
            sums[str(outcome)] += 1
        return cls(**sums)

    def to_json(self) -> dict[str, Any]:
        return {"seen": self.seen, **{str(it): getattr(self, str(it)) for it in Outcome}}


class ExitCode(StrEnum):
    """What a run means to a script; `cli` turns it into the process's exit status."""

    WELL = "0"
    FAILED = "1"
    USAGE = "2"
    NEEDS_ATTENTION = "3"

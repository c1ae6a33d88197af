"""What a running run tells those who watch: how far, how fast, how long still. Real time, for eyes only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dambridge.model.outcomes import Outcome


@dataclass(slots=True)
class Progress:
    """Counts of the run under way; `listener` is called after each change with this very object."""

    stage: str = "idle"
    total: int = 0
    ended: int = 0
    bytes: int = 0
    by_outcome: dict[Outcome, int] = field(default_factory=dict)
    started: float = 0.0
    listener: Callable[[Progress], None] | None = None

    def begin(self, stage: str, *, total: int = 0) -> None:
        self.stage = stage
        self.total += total
        if not self.started:
            self.started = time.monotonic()
        self._tell()

    def end_item(self, outcome: Outcome, moved: int = 0) -> None:
        self.ended += 1
        self.bytes += moved
        self.by_outcome[outcome] = self.by_outcome.get(outcome, 0) + 1
        self._tell()

    def clear(self) -> None:
        self.stage, self.total, self.ended, self.bytes, self.started = "idle", 0, 0, 0, 0.0
        self.by_outcome = {}

    @property
    def seconds_left(self) -> float | None:
        """From the pace so far; None until enough has ended to tell."""
        if self.ended < 10 or not self.total:
            return None
        per_item = (time.monotonic() - self.started) / self.ended
        return per_item * max(0, self.total - self.ended)

    def _tell(self) -> None:
        if self.listener is not None:
            self.listener(self)

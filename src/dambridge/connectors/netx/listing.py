"""Listings by start index that stay whole while the set changes (hazard P08). No input or output of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

_MOST_STEPS_BACK: Final = 40


@dataclass(slots=True)
class Scan:
    """One pass over a listing that is sorted by modified time upwards: what changes meanwhile moves to its end.

    Pages overlap. A page that begins with an asset that was met before, unchanged since, shows that nothing slipped by
    between the two; where it does not, more than the overlap went away meanwhile. An `exact` pass is torn by that. Any other
    steps back, further each time, until it is on known ground.

    A pass is proven when it is not torn and as many ids were met as the service counts; where it need not be exact, more may
    have been met than there are now, for some went away after they were met.
    """

    page_size: int
    exact: bool = True
    start: int = 0
    torn: bool = False
    ended: bool = False
    total: int = 0
    met: dict[str, object] = field(default_factory=dict)
    overlap: int = 0
    unguarded: bool = False
    steps_back: int = 0

    def take(self, ids: Sequence[str], total: int, stamps: Sequence[object] = ()) -> None:
        """Note a page that was asked for at `start`, and where the next one begins. An id twice on it counts once.

        `stamps` are the modified times beside the ids: an asset that was changed after it was met is no known ground."""
        rows = dict(zip(ids, stamps or [None] * len(ids), strict=True))
        self.total = total
        if self.start and not self._on_known_ground(rows, total):
            if not self.exact and self.steps_back < _MOST_STEPS_BACK:
                return self._step_back()
            self.torn = True
        if self.start and not self.overlap:
            self.unguarded = True
        self.met.update(rows)
        reached = self.start + len(rows)
        if not rows or reached >= total:
            self.ended = True
            return None
        self.overlap = min(max(1, self.page_size // 10), 20, len(rows) - 1)
        self.start = reached - self.overlap
        return None

    def _on_known_ground(self, rows: dict[str, object], total: int) -> bool:
        if not self.overlap:
            return True
        if not rows:  # the set may have become shorter than the place where this page began
            return total >= self.start + self.overlap
        return any(it in self.met and self.met[it] == rows[it] for it in list(rows)[: self.overlap])

    def _step_back(self) -> None:
        """The page is as good as unread; the next one begins earlier, and all that lies between counts as overlap."""
        self.steps_back += 1
        back = min(self.start, max(1, self.page_size // 2) * 2 ** min(self.steps_back, 12))
        self.start -= back
        self.overlap += back

    @property
    def proven(self) -> bool:
        more = len(self.met) > self.total and not self.exact
        return self.ended and not self.torn and not self.unguarded and (len(self.met) == self.total or more)

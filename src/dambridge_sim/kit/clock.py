"""The simulated clock: every date that a simulator stamps or enforces comes from here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = (datetime(9000, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)
"""Whatever is stamped ahead of the clock, such as the end of a session, still is a date."""


def _real_ms() -> int:
    return time.time_ns() // 1_000_000


class Clock:
    """Simulated time. It starts at `begin` or at the real now, runs on with real time, and stands still while frozen.

    `keep` is called with the state to store after each change, so that a restart comes back to the same offset.
    """

    def __init__(
        self,
        keep: Callable[[dict[str, Any]], None] = lambda _state: None,
        real_ms: Callable[[], int] = _real_ms,
        *,
        begin: datetime | None = None,
    ) -> None:
        """Start at `begin` (aware), or at the real now. Raises as `set` does."""
        self._real_ms = real_ms
        self._keep = keep
        self._begin_ms = None if begin is None else to_ms(begin)
        if self._begin_ms is not None:
            self.check(self._begin_ms)
        self._offset_ms = self._first_offset_ms()
        self._frozen_at: int | None = None
        self._pinned_at: int | None = None

    def now_ms(self) -> int:
        """Return simulated time in milliseconds since 1970 UTC."""
        if self._pinned_at is not None:
            return self._pinned_at
        return self._frozen_at if self._frozen_at is not None else self._real_ms() + self._offset_ms

    def now(self) -> datetime:
        """Return simulated time as an aware UTC datetime."""
        return to_datetime(self.now_ms())

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen_at is not None

    def set(self, when: datetime) -> None:
        """Move the clock to `when` (aware); it runs on from there unless frozen. Raises `ValueError` outside 1970 to 9000."""
        self._move_to(to_ms(when))

    def advance(self, step: timedelta) -> None:
        """Move the clock by `step`, which may be negative. Raises as `set` does."""
        self._move_to(self.now_ms() + round(step / timedelta(milliseconds=1)))

    @staticmethod
    def check(milliseconds: int) -> None:
        """Raise `ValueError` for an instant that the clock does not show: before 1970, or so late that dates run out."""
        if not 0 <= milliseconds <= _LATEST_MS:
            raise ValueError(f"the clock shows times from {iso(0)} to {iso(_LATEST_MS)}")

    def freeze(self, frozen: bool) -> None:
        """Let the clock stand still, or run on from where it stands."""
        now = self.now_ms()
        self._frozen_at = now if frozen else None
        self._offset_ms = now - self._real_ms()
        self._store()

    @contextmanager
    def at(self, milliseconds: int) -> Iterator[None]:
        """Let the clock show an earlier instant within the block: for what was due then and is done late."""
        self._pinned_at = milliseconds
        try:
            yield
        finally:
            self._pinned_at = None

    def reset(self) -> None:
        """Go back to where it started, running."""
        self._offset_ms, self._frozen_at = self._first_offset_ms(), None
        self._store()

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `keep` was given."""
        self._offset_ms = int(state.get("offset_ms", 0))
        self._frozen_at = state.get("frozen_at")

    def _first_offset_ms(self) -> int:
        return 0 if self._begin_ms is None else self._begin_ms - self._real_ms()

    def _move_to(self, milliseconds: int) -> None:
        self.check(milliseconds)
        self._offset_ms = milliseconds - self._real_ms()
        if self._frozen_at is not None:
            self._frozen_at = milliseconds
        self._store()

    def _store(self) -> None:
        self._keep({"offset_ms": self._offset_ms, "frozen_at": self._frozen_at})


def to_ms(when: datetime) -> int:
    """Return milliseconds since 1970 UTC. Raises `ValueError` for a time without zone."""
    if when.tzinfo is None:
        raise ValueError("the time has no zone; write it as 2026-11-23T10:00:00Z")
    return (when - EPOCH) // timedelta(milliseconds=1)


def to_datetime(milliseconds: int) -> datetime:
    """Return an aware UTC datetime."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def iso(milliseconds: int) -> str:
    """Return `2026-11-23T10:00:00.250Z`; the control calls write all times so."""
    return to_datetime(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")

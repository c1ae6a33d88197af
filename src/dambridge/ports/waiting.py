"""Until when an answer is waited for. Whoever repeats calls asks here, so that none is repeated for somebody who has gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_until: ContextVar[float | None] = ContextVar("dambridge_wanted_until", default=None)


@contextmanager
def wanted_until(moment: float) -> Iterator[None]:
    """Within this, and in tasks begun within it, an answer after `moment` is of no use; of the running loop's time."""
    before = _until.set(moment)
    try:
        yield
    finally:
        _until.reset(before)


def comes_too_late(moment: float) -> bool:
    """Whether nobody waits any more at that moment."""
    until = _until.get()
    return until is not None and moment >= until

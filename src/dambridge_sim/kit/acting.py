"""Who is acting right now, and whether the act changed anything.

One `Acting` exists per API call or control call. It travels in a context variable, so that the documents can say what
a call changed without every vendor function passing it along.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Acting:
    """One act: who does it, by which operation, which ids it touched and whether it changed state."""

    who: str
    what: str
    ids: set[str] = field(default_factory=set)
    changed: bool = False


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


def now_acting() -> Acting | None:
    """Return the act in whose course we run, or None outside any."""
    return _acting.get()


@contextmanager
def acting(act: Acting) -> Iterator[Acting]:
    """Make `act` the current one within the block."""
    token = _acting.set(act)
    try:
        yield act
    finally:
        _acting.reset(token)

"""Errors by the next move. Anything that is not one of these is a bug: it fails the step and is not retried.

The text of each says what was tried, on which asset, and what a person can do.
"""

from __future__ import annotations

from datetime import timedelta


class NextMove(Exception):
    """The base of all errors that the engine knows how to answer."""


class TryLater(NextMove):
    """Nothing happened; safe to repeat, after `after` where the other side named a time."""

    def __init__(self, text: str, *, after: timedelta | None = None) -> None:
        super().__init__(text)
        self.after = after


class Unclear(NextMove):
    """It may have happened: look before doing it again."""


class MovedOn(NextMove):
    """The asset is not what the plan expected: plan again."""


class Refused(NextMove):
    """The system said no to this asset; a person decides. `code` is the system's own word or number for it."""

    def __init__(self, text: str, *, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class CannotGoOn(NextMove):
    """The account or the machine cannot be worked with at all (bad key, full disk): stop the run, tell a person."""
